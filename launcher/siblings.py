"""Whether `dist` is ours: a name that common may be taken by a user's own folder."""

from __future__ import annotations

from pathlib import Path


def require_own_dist() -> None:
    """Raise an ImportError that names the file in the way, if there is one."""
    import dist

    ours = Path(__file__).resolve().parents[1] / "dist" / "__init__.py"
    found = getattr(dist, "__file__", None)
    if found is None or Path(found).resolve() != ours:
        raise ImportError(
            f"{found or 'a folder called dist'} is in the way of ringflow's own "
            "package `dist`. Rename it, or start `launch` from another folder."
        )
