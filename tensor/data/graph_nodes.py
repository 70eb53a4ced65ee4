"""Datasets inside traced functions: what makes or reads one is a node of the graph.

A dataset that is made of tensors which a function computes is itself a symbolic tensor,
of type variant; its node makes the dataset when the graph runs.
"""

from __future__ import annotations

import contextvars
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors, nest
from tensor.core.context import context
from tensor.core.registry import NON_DIFFERENTIABLE, Op
from tensor.core.tensor import wrap
from tensor.core.variants import held
from tensor.data.elements import arrays_of
from tensor.data.unknown import filler, unknown_in
from tensor.graph.control.stream import StreamOp

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tensor.core.tensor_spec import TensorSpec


class Code:
    """Python code that runs as a node of a graph.

    Attributes:
        specs: What its results are, tensor by tensor.
    """

    def __init__(self, run: Callable[..., Any], arguments: Any, spec: Any) -> None:
        self._run = run
        self._fill = filler(arguments)
        self.specs = tuple(nest.flatten(spec, True))

    def __repr__(self) -> str:
        return "code that makes or reads a dataset"

    def __call__(self, arrays: Sequence[Any]) -> tuple[Any, ...]:
        """Run it, with `arrays` for what was unknown in its arguments."""
        # The code applies ops, and a kernel runs in a context that cannot be entered
        # twice: give the ops inside one of their own.
        outer = context.run
        quiet = contextvars.Context()
        quiet.run(np.seterr, all="ignore")
        context.run = quiet.run
        graph, context.graph = context.graph, None
        try:
            arguments = self._fill(iter([wrap(a) for a in arrays]))
            return arrays_of(self._run(*arguments))
        finally:
            context.run, context.graph = outer, graph


class RunCode(Op):
    """Run code, for what it reads and does, each time the graph runs."""

    kind = "stateful"
    gradient: Any = NON_DIFFERENTIABLE

    def kernel(self, *arrays: Any, code: Code) -> Any:
        return code(arrays)

    def infer(self, *inputs: TensorSpec, code: Code) -> Any:
        return code.specs


class MakeDataset(RunCode):
    """Make a dataset each time the graph runs, if anything needs it."""

    kind = "other"


run_code = RunCode()
make_dataset = MakeDataset()


def in_graph() -> bool:
    """Return whether a function is being traced in this thread."""
    return context.graph is not None


def run_in_graph(
    run: Callable[..., Any], arguments: Sequence[Any], spec: Any, op: Op = run_code
) -> list[Any]:
    """Make `run` a node of the graph being traced; return its results as tensors.

    Args:
        run: Returns components: arrays, or the objects that leaves are.
        arguments: What it takes: tensors, datasets, functions of elements, and
            structures of them. It gets them with eager tensors in them.
        spec: The structure of specs of the results.
        op: The kind of node.
    """
    arguments = tuple(arguments)
    attrs = {"code": Code(run, arguments, spec)}
    return list(context.graph.call_op(op, unknown_in(arguments), attrs, None))


def packed(spec: Any, tensors: list[Any]) -> Any:
    """Return the tensors that a node gave, as values that fit `spec`."""
    return nest.pack_sequence_as(spec, tensors, True)


class NextElement(StreamOp):
    """The next element of an iteration; an error after the last one."""

    type_name = "IteratorGetNextOrFail"

    def kernel(self, cursor: Any, specs: tuple[TensorSpec, ...]) -> Any:
        position = held(cursor)
        if not position.advance():
            raise end_of_sequence()
        return tuple(position.arrays)

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

    def __init__(self, element_spec: Any, cursor: Any) -> None:
        self.element_spec = element_spec
        self.cursor = cursor

    def __iter__(self) -> TracedIterator:
        return self

    def __next__(self) -> Any:
        """Return the next element; when the function runs, an error at the end."""
        attrs = {"specs": tuple(nest.flatten(self.element_spec, True))}
        tensors = context.graph.call_op(next_element, (self.cursor,), attrs)
        return packed(self.element_spec, list(tensors))

    get_next = __next__

    def get_next_as_optional(self) -> Any:
        """Return the next element as an Optional, which is empty at the end."""
        from tensor.data.optional import traced_next_as_optional

        return traced_next_as_optional(self)

    @property
    def leaf_spec(self) -> Any:
        """What describes this iterator where it is an argument or a result."""
        from tensor.data.iterator import IteratorSpec

        return IteratorSpec(self.element_spec)

    _type_spec = leaf_spec

    def composite_components(self) -> list[Any]:
        """Return the tensor that holds where the iteration stands."""
        return [self.cursor]

    def composite_from(self, parts: Sequence[Any]) -> Any:
        """Return the iterator that another tensor holds."""
        return self.leaf_spec.composite_from(parts)
