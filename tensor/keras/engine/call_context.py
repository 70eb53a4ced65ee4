"""What is going on in this thread's layer calls: the mode, and who called whom."""

from __future__ import annotations

import threading
from typing import Any

from tensor.core.context import context


class CallContext(threading.local):
    """The innermost layer call.

    Attributes:
        layer: The layer whose `call` runs, None outside of all.
        is_frozen: Whether that layer, or one around it, is not to be trained.
        training: The mode that inner layers take over.
        is_symbolic: Whether the call only finds out shapes.
        traced: The graph that is traced around an `init_scope`.
        keeps_results: Whether results of metrics stay those of this replica: training
            asks for those of all replicas itself, after the step.
    """

    def __init__(self) -> None:
        self.layer: Any = None
        self.is_frozen = False
        self.training: Any = None
        self.is_symbolic = False
        self.traced: Any = None
        self.keeps_results = False


calls = CallContext()


class entered:  # noqa: N801  # used as a statement
    """Marks a layer's call as the innermost one inside the `with` block."""

    __slots__ = ("_layer", "_outer", "_training")

    def __init__(self, layer: Any, training: Any) -> None:
        self._layer = layer
        self._training = training

    def __enter__(self) -> None:
        self._outer = calls.layer, calls.training, calls.is_frozen
        calls.layer = self._layer
        calls.training = self._training
        if self._layer is not None and not self._layer._trainable:
            calls.is_frozen = True

    def __exit__(self, *exception: object) -> None:
        calls.layer, calls.training, calls.is_frozen = self._outer


class init_scope:  # noqa: N801  # TensorFlow's name
    """Runs what is inside eagerly and unrecorded, even while a function is traced.

    Layers make their variables in it: a variable's first value is no step of the
    function that happens to call the layer first.
    """

    def __enter__(self) -> None:
        state = context
        self._outer = state.graph, state.tapes, calls.traced
        calls.traced = state.graph or calls.traced
        state.graph, state.tapes = None, []

    def __exit__(self, *exception: object) -> None:
        context.graph, context.tapes, calls.traced = self._outer
