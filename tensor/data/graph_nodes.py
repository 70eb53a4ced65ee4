"""Datasets inside traced functions: whatever reads one becomes a node of the graph."""

from __future__ import annotations

import contextvars
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors
from tensor.core.context import context
from tensor.core.registry import NON_DIFFERENTIABLE, Op
from tensor.core.tensor_spec import TensorSpec
from tensor.data import structure as nest
from tensor.graph.control.stream import StreamOp, open_stream

if TYPE_CHECKING:
    from collections.abc import Callable


class RunPipeline(Op):
    """Run code that reads a dataset each time the graph runs."""

    kind = "stateful"
    gradient: Any = NON_DIFFERENTIABLE

    def kernel(
        self, *components: Any, run: Callable[..., Any], specs: tuple[TensorSpec, ...]
    ) -> Any:
        # The code applies ops, and a kernel runs in a context that cannot be entered
        # twice: give the ops inside one of their own.
        outer = context.run
        quiet = contextvars.Context()
        quiet.run(np.seterr, all="ignore")
        context.run = quiet.run
        graph, context.graph = context.graph, None
        try:
            return tuple(run(*components))
        finally:
            context.run, context.graph = outer, graph

    def infer(
        self,
        *inputs: TensorSpec,
        run: Callable[..., Any],
        specs: tuple[TensorSpec, ...],
    ) -> Any:
        return specs


run_pipeline = RunPipeline()


def in_graph() -> bool:
    """Return whether a function is being traced in this thread."""
    return context.graph is not None


def run_in_graph(run: Callable[..., Any], inputs: list[Any], spec: Any) -> list[Any]:
    """Make `run` a node of the graph being traced; return its results as tensors.

    Args:
        run: Takes the inputs' arrays and returns arrays.
        inputs: Tensors.
        spec: The structure of specs of the results.

    Raises:
        UnimplementedError: A result is not a tensor.
    """
    specs = tuple(nest.flatten(spec))
    for leaf in specs:
        if not isinstance(leaf, TensorSpec):
            raise errors.because(
                errors.UnimplementedError,
                f"Inside tf.function, elements must be tensors, not {leaf!r}.",
            )
    attrs = {"run": run, "specs": specs}
    return list(context.graph.call_op(run_pipeline, tuple(inputs), attrs, None))


class NextElement(StreamOp):
    """The next element of an iteration; an error after the last one."""

    type_name = "IteratorGetNextOrFail"

    def kernel(self, cursor: Any, specs: tuple[TensorSpec, ...]) -> Any:
        if not cursor.advance():
            raise end_of_sequence()
        return tuple(cursor.arrays)

    def infer(self, cursor: TensorSpec, specs: tuple[TensorSpec, ...]) -> Any:
        return specs


next_element = NextElement()


def end_of_sequence() -> errors.OpError:
    """Return the error of an iterator that is asked for more than there is."""
    return errors.because(
        errors.OutOfRangeError, "End of sequence [Op:IteratorGetNext]"
    )


class TracedIterator:
    """What `iter(dataset)` is while a function is traced: nodes of the graph.

    Each run of the function starts an iteration of its own.

    Attributes:
        element_spec: The structure of its elements.
        cursor: The symbolic tensor that stands for where it is.
    """

    def __init__(self, dataset: Any) -> None:
        self.element_spec = dataset.element_spec
        attrs = {"dataset": dataset}
        self.cursor = context.graph.call_op(open_stream, (), attrs)

    def __iter__(self) -> TracedIterator:
        return self

    def __next__(self) -> Any:
        """Return the next element; when the function runs, an error at the end."""
        specs = tuple(nest.flatten(self.element_spec))
        attrs = {"specs": specs}
        tensors = context.graph.call_op(next_element, (self.cursor,), attrs)
        return nest.pack(self.element_spec, tensors)

    get_next = __next__

    def get_next_as_optional(self) -> Any:
        """Return the next element as an Optional, which is empty at the end."""
        from tensor.data.optional import traced_next_as_optional

        return traced_next_as_optional(self)


def reads_pipelines(nodes: Any) -> bool:
    """Return whether some node reads a dataset."""
    return any(node.op is run_pipeline or node.op is open_stream for node in nodes)
