"""Iterators of batches, and the logs that steps return."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Peekable:
    """An iterator that can be asked whether anything is left."""

    def __init__(self, iterator: Any) -> None:
        self._iterator = iter(iterator)
        self._next: list[Any] = []

    def has_next(self) -> bool:
        if not self._next:
            for item in self._iterator:
                self._next.append(item)
                break
        return bool(self._next)

    def __iter__(self) -> Peekable:
        return self

    def __next__(self) -> Any:
        if self._next:
            return self._next.pop()
        return next(self._iterator)


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
