"""List TensorFlow's public names in docs/tensorflow_names.txt.

Run it with a Python that has TensorFlow: `python tests/oracle/list_public_names.py`.
"""

from __future__ import annotations

import importlib
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

# Machinery of TensorFlow's own, or thousands of names of other modules.
LEFT_OUT = frozenset(("compat", "dtensor", "lite", "mlir", "raw_ops", "security"))
LEFT_OUT |= frozenset(("tools", "tpu", "xla"))
DEEPEST = 5


def names_in(module: Any, prefix: str, above: tuple[Any, ...]) -> Iterator[str]:
    """Yield `name kind` for what is public in a namespace and those inside it."""
    for name in sorted(n for n in dir(module) if not n.startswith("_")):
        try:
            value = getattr(module, name)
        except (AttributeError, ImportError):
            continue
        full = prefix + name
        if isinstance(value, types.ModuleType) or "Loader" in type(value).__name__:
            owner = getattr(value, "__name__", "")
            is_ours = "tensorflow" in owner or "keras" in owner
            if not is_ours or value in above or len(above) > DEEPEST:
                continue
            yield f"{full} module"
            if full not in LEFT_OUT:
                yield from names_in(value, f"{full}.", (*above, value))
        elif isinstance(value, type):
            yield f"{full} class"
        else:
            yield f"{full} {'function' if callable(value) else 'value'}"


if __name__ == "__main__":
    tf = importlib.import_module("tensorflow")
    target = Path(__file__).parents[2] / "docs" / "tensorflow_names.txt"
    rows = sorted(
        row
        for row in names_in(tf, "", (tf,))
        if "." not in row.split()[0] or row.split(".")[0] not in LEFT_OUT
    )
    target.write_text("\n".join(rows) + "\n")
