"""Whether ops run now or are recorded, and how to change that."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from tensor.core.context import context
from tensor.core.public_api import export

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Modes:
    """Settings of the process.

    Attributes:
        functions_run_eagerly: Whether `tf.function`s call their Python function.
    """

    functions_run_eagerly = False


modes = _Modes()


@export("executing_eagerly")
def executing_eagerly() -> bool:
    """Return whether ops run at once rather than being recorded in a graph."""
    return context.graph is None


@export("inside_function")
def inside_function() -> bool:
    """Return whether a function is being traced."""
    return context.graph is not None


@export("config.run_functions_eagerly")
def run_functions_eagerly(run_eagerly: bool) -> None:
    """Make every `tf.function` call its Python function (True), for debugging."""
    modes.functions_run_eagerly = bool(run_eagerly)


@export("config.functions_run_eagerly")
def functions_run_eagerly() -> bool:
    """Return the setting of `run_functions_eagerly`."""
    return modes.functions_run_eagerly


@export("init_scope")
@contextlib.contextmanager
def init_scope() -> Iterator[None]:
    """Leave the functions being traced: ops inside the `with` block run at once."""
    saved = context.graph, context.tapes
    context.graph, context.tapes = None, []
    try:
        yield
    finally:
        context.graph, context.tapes = saved
