"""What holds for all of Keras: float type, epsilon, image format, learning phase."""

from __future__ import annotations

import contextlib
import re
import threading
import weakref
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from tensor.core.context import context
from tensor.keras.engine.call_context import calls

if TYPE_CHECKING:
    from collections.abc import Iterator

_FLOAT_TYPES = ("bfloat16", "float16", "float32", "float64")
_IMAGE_FORMATS = ("channels_last", "channels_first")


class _Settings:
    """The process-wide settings."""

    float_type = "float32"
    epsilon = 1e-7
    image_data_format = "channels_last"


_settings = _Settings()
_thread = threading.local()
_names_used: dict[str, int] = defaultdict(int)
_names_used_in: weakref.WeakKeyDictionary[Any, dict[str, int]] = (
    weakref.WeakKeyDictionary()
)
# Names that users gave.
_names_seen: set[str] = set()


def floatx() -> str:
    """Return the name of the default float type."""
    return _settings.float_type


def set_floatx(value: str) -> None:
    """Set the default float type.

    Raises:
        ValueError: It is no float type that layers can have.
    """
    if value not in _FLOAT_TYPES:
        raise ValueError(
            f"Unknown `floatx` value: {value}. Expected one of {_FLOAT_TYPES}"
        )
    _settings.float_type = value


def epsilon() -> float:
    """Return the small number that guards divisions and logarithms."""
    return _settings.epsilon


def set_epsilon(value: float) -> None:
    """Set the small number that guards divisions and logarithms."""
    _settings.epsilon = value


def image_data_format() -> str:
    """Return where images have their channels by default."""
    return _settings.image_data_format


def set_image_data_format(data_format: str) -> None:
    """Set where images have their channels by default.

    Raises:
        ValueError: It is neither "channels_last" nor "channels_first".
    """
    _settings.image_data_format = checked_data_format(data_format)


def checked_data_format(value: str | None) -> str:
    """Return a layer's `data_format` argument, by default the global one.

    Raises:
        ValueError: It is neither "channels_last" nor "channels_first".
    """
    if value is None:
        return _settings.image_data_format
    if str(value).lower() not in _IMAGE_FORMATS:
        raise ValueError(
            'The `data_format` argument must be one of "channels_first", '
            f'"channels_last". Received: {value}'
        )
    return str(value).lower()


def learning_phase() -> Any:
    """Return the learning phase set for this thread, 0 if none is."""
    return getattr(_thread, "learning_phase", None) or 0


def global_learning_phase() -> Any:
    """Return the learning phase set for this thread, None if none is."""
    return getattr(_thread, "learning_phase", None)


def set_learning_phase(value: Any) -> None:
    """Fix whether layers train (1) or infer (0) where a call does not say.

    Raises:
        ValueError: It is neither 0 nor 1.
    """
    if value not in (0, 1):
        raise ValueError(f"Expected learning phase to be 0 or 1. Received: {value!r}")
    _thread.learning_phase = value


@contextlib.contextmanager
def learning_phase_scope(value: Any) -> Iterator[None]:
    """Fix whether layers train (1) or infer (0) inside.

    Raises:
        ValueError: It is neither 0 nor 1.
    """
    before = global_learning_phase()
    set_learning_phase(value)
    try:
        yield
    finally:
        _thread.learning_phase = before


def get_uid(prefix: str = "") -> int:
    """Return how often names with this prefix were asked for, counting this time.

    While a call is traced, what it makes is counted apart: a layer that makes others
    when it is first called gives them the same names wherever that happens.
    """
    graph = calls.traced if context.graph is None else context.graph
    used = _names_used
    if graph is not None:
        used = _names_used_in.setdefault(graph, defaultdict(int))
    used[prefix] += 1
    return used[prefix]


def reset_uids() -> None:
    """Forget the names that were given out."""
    _names_used.clear()
    _names_seen.clear()


def clear_session() -> None:
    """Forget all global state: names given out and the learning phase."""
    reset_uids()
    _thread.learning_phase = None


def note_name(name: str) -> str:
    """Note a name that the user gave, and return it."""
    _names_seen.add(name)
    return name


def unique_name(
    name: str, zero_based: bool = True, avoid_given_names: bool = False
) -> str:
    """Return `name` with a number if it was given out before: dense, dense_1.

    Args:
        name: The name without a number.
        zero_based: Whether the first has no number.
        avoid_given_names: Whether names that users gave are left out.
    """
    while True:
        number = get_uid(name)
        chosen = f"{name}_{number}"
        if zero_based:
            chosen = name if number == 1 else f"{name}_{number - 1}"
        if not avoid_given_names or chosen not in _names_seen:
            return chosen


def snake_case(class_name: str) -> str:
    """Return the name that objects of a class get: `Conv2D` gives conv2d."""
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", class_name)
    name = re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()
    return name if not name.startswith("_") else "private" + name
