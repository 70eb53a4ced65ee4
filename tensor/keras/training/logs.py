"""Logs: what steps return, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def flat_logs(logs: Any) -> dict[str, Any]:
    """Return a step's logs as one dictionary of numbers.

    Raises:
        ValueError: A step returned no dictionary.
    """
    if not isinstance(logs, Mapping):
        raise ValueError(
            "Unexpected result of the step: expected a dictionary of metrics by name, "
            f"got {logs!r}. `train_step` and `test_step` must return one."
        )
    flat: dict[str, Any] = {}
    for name, value in logs.items():
        if isinstance(value, Mapping):
            flat.update(value)
        else:
            flat[name] = value
    return flat


def in_order(logs: Mapping[str, Any], names: list[str]) -> Any:
    """Return logs as a list in the order of names, other ones last; one by itself."""
    others = sorted(set(logs) - set(names))
    values = [logs[name] for name in [*names, *others] if name in logs]
    return values[0] if len(values) == 1 else values
