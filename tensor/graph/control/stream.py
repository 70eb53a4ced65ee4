"""Elements of a dataset, one by one, when a graph runs."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from tensor.core import nest
from tensor.core.context import context
from tensor.core.dtypes import bool_, variant
from tensor.core.registry import NON_DIFFERENTIABLE, Op
from tensor.core.tensor import wrap
from tensor.core.tensor_spec import TensorSpec
from tensor.core.variants import held, hold

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def _outside_graphs() -> Iterator[None]:
    """Apply ops now: a session may run one graph while another is being built."""
    graph, context.graph = context.graph, None
    try:
        yield
    finally:
        context.graph = graph


class Cursor:
    """Where the iteration over a dataset stands.

    Attributes:
        iterator: What it goes on with.
        arrays: The tensors of the present element.
    """

    def __init__(self, dataset: Any) -> None:
        with _outside_graphs():
            self.iterator: Iterator[Any] = iter(dataset)
        self.arrays: list[Any] = []

    def advance(self) -> bool:
        """Go to the next element; return whether there was one."""
        try:
            with _outside_graphs():
                element = next(self.iterator)
        except StopIteration:
            return False
        leaves = nest.flatten(element, True)
        self.arrays = [leaf._array for leaf in leaves if leaf is not None]
        return True


class StreamOp(Op):
    """An op on a dataset's iterator."""

    kind = "stateful"
    gradient: Any = NON_DIFFERENTIABLE

    def reapply(self, inputs: list[Any], attrs: dict[str, Any], name: str) -> Any:
        """Apply again, in the graph being traced or now."""
        if context.graph is not None:
            return context.graph.call_op(self, inputs, attrs, name)
        result = self.kernel(*[getattr(x, "_array", x) for x in inputs], **attrs)
        return tuple(map(wrap, result)) if type(result) is tuple else wrap(result)


class OpenStream(StreamOp):
    """A new iteration over a dataset."""

    type_name = "MakeIterator"

    def kernel(self, dataset: Any) -> Any:
        return hold(Cursor(held(dataset)))

    def infer(self, dataset: TensorSpec) -> TensorSpec:
        return TensorSpec.of((), variant)


class AdvanceStream(StreamOp):
    """Whether there is a next element; if so, the iteration moves on to it."""

    type_name = "IteratorAdvance"

    def kernel(self, cursor: Any) -> Any:
        import numpy as np

        return np.bool_(held(cursor).advance())

    def infer(self, cursor: TensorSpec) -> TensorSpec:
        return TensorSpec.of((), bool_)


class StreamElement(StreamOp):
    """The tensors of the element at which the iteration stands."""

    type_name = "IteratorGetNext"

    def kernel(self, cursor: Any, specs: tuple[TensorSpec, ...]) -> Any:
        return tuple(held(cursor).arrays)

    def infer(self, cursor: TensorSpec, specs: tuple[TensorSpec, ...]) -> Any:
        return specs


open_stream = OpenStream()
advance_stream = AdvanceStream()
stream_element = StreamElement()


def begin(dataset: Any) -> Any:
    """Return where a new iteration stands, in the graph being traced.

    Args:
        dataset: A `tf.data.Dataset`, or anything else that can be iterated over.
    """
    if hasattr(dataset, "composite_components"):
        (tensor,) = dataset.composite_components()
    else:
        tensor = wrap(hold(dataset))
    return context.graph.call_op(open_stream, (tensor,), {})


class Stream:
    """A dataset's elements as symbolic tensors."""

    def __init__(self, dataset: Any) -> None:
        """Begin an iteration in the graph being traced; go on with a begun one."""
        self._spec = dataset.element_spec
        self._cursor = getattr(dataset, "cursor", None)
        if self._cursor is None:
            self._cursor = begin(dataset)

    def advance(self) -> Any:
        """Return whether there is another element, and go to it."""
        return context.graph.call_op(advance_stream, (self._cursor,), {})

    def element(self) -> Any:
        """Return the element, in the dataset's structure."""
        specs = tuple(nest.flatten(self._spec, True))
        tensors = context.graph.call_op(
            stream_element, (self._cursor,), {"specs": specs}
        )
        return nest.pack_sequence_as(self._spec, list(tensors), True)
