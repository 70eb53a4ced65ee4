"""Where functions that only TF1 has are kept, by their names in tf.compat.v1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

OLDER_FUNCTIONS: dict[str, Callable[..., Any]] = {}


def older_function(
    *names: str,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Publish a function under names in tf.compat.v1."""

    def publish(function: Callable[..., Any]) -> Callable[..., Any]:
        OLDER_FUNCTIONS.update(dict.fromkeys(names, function))
        return function

    return publish


def one_of(name: str, value: Any, other: str, other_value: Any) -> Any:
    """Return the one of two arguments that is given.

    Raises:
        ValueError: Both are.
    """
    if value is not None and other_value is not None:
        raise ValueError(f"Cannot specify both '{name}' and '{other}'. They are one.")
    return value if other_value is None else other_value
