"""The state of the running thread: active tapes, the graph being traced, scopes.

This is the only thread-local state of the engine. Whoever changes it restores it in a
`finally`, so that an exception in user code leaves it clean.
"""

from __future__ import annotations

import contextlib
import contextvars
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tensor.core.tape import Tape


class Context(threading.local):
    """What is going on in this thread.

    Attributes:
        tapes: The gradient tapes that record now, outermost first.
        accumulators: The forward-mode accumulators that are active now.
        graph: The graph being traced (an object with `call_op`, `constant`,
            `unique_name` …), or None in eager execution.
        tracing: The graph of the function being traced, which `tf.init_scope` leaves as
            it is; None outside functions.
        name_scopes: The open `tf.name_scope`s, outermost first.
        outer_name_scopes: The lists that `name_scopes` was before each of them.
        device: What `tf.device` asks for, or None.
        placement: The whole name of that device if it is another than the first CPU,
            else None. What is made now says that it is there.
        variable_creators: The functions of `tf.variable_creator_scope`, outermost
            first.
        numerics: What `tf.debugging.enable_check_numerics` asked for, or None.
        run: `run(f, *args)` calls a kernel with NumPy's floating point warnings off:
            inf and NaN are values here, as in TensorFlow. NumPy keeps its error
            state in a context variable, so entering a prepared context costs 15 ns
            where `np.errstate` costs 760; and the user's own NumPy code keeps its
            warnings. The context cannot be entered twice: kernels never call ops.
    """

    def __init__(self) -> None:
        self.tapes: list[Tape] = []
        self.accumulators: list[Any] = []
        self.graph: Any = None
        self.tracing: Any = None
        self.name_scopes: list[str] = []
        self.outer_name_scopes: list[list[str]] = []
        self.device: str | None = None
        self.placement: str | None = None
        self.variable_creators: list[Any] = []
        self.replica: Any = None
        self.numerics: Any = None
        self.run = _quiet_run()

    @contextlib.contextmanager
    def eager_inside_kernel(self) -> Iterator[None]:
        """Let a kernel run ops: eagerly, unrecorded, in a context of their own."""
        saved = self.graph, self.tapes, self.accumulators, self.run
        tracing, self.tracing = self.tracing, None
        self.graph, self.tapes, self.accumulators = None, [], []
        self.run = _quiet_run()
        try:
            yield
        finally:
            self.graph, self.tapes, self.accumulators, self.run = saved
            self.tracing = tracing


def _quiet_run() -> Any:
    """Return a `run` in which NumPy is silent; see `Context.run`."""
    quiet = contextvars.Context()
    quiet.run(np.seterr, all="ignore")
    return quiet.run


context = Context()
