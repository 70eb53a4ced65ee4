"""The logger "tensorflow", as `tf.get_logger()` hands it out, and one-time warnings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tensor.core.public_api import export

if TYPE_CHECKING:
    import logging

_said: set[str] = set()


@export("get_logger")
def get_logger() -> logging.Logger:
    """Return the logger that ringflow writes to; it has TensorFlow's name."""
    import logging  # on demand: it takes 7 ms to import

    return logging.getLogger("tensorflow")


def warn_once(message: str) -> None:
    """Log a warning the first time that this text comes up."""
    if message not in _said:
        _said.add(message)
        get_logger().warning(message)
