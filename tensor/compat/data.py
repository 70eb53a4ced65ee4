"""`tf.compat.v1.data`: iterators of TF1's graphs, beside TF2's names."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core import errors
from tensor.core.context import context
from tensor.core.tensor import Tensor, wrap
from tensor.core.tensor_spec import TensorSpec
from tensor.core.variants import hold
from tensor.data import structure as nest
from tensor.data.graph_nodes import TracedIterator, run_in_graph
from tensor.data.iterator import OwnedIterator
from tensor.graph.control.stream import Cursor


class InitializableIterator(TracedIterator):
    """An iterator that begins when its `initializer` runs, and goes on from run to run.

    Attributes:
        initializer: The operation that begins a new pass.
    """

    def __init__(self, dataset: Any) -> None:
        self._position = Cursor(iter(_not_begun, None))
        super().__init__(dataset.element_spec, wrap(hold(self._position)))
        (begun,) = run_in_graph(self._begin, [dataset], TensorSpec([], "bool"))
        self.initializer = begun.op

    def _begin(self, dataset: Any) -> list[Any]:
        self._position.iterator = iter(dataset)
        return [np.bool_(True)]


def _not_begun() -> Any:
    """Raise when the first element is asked for.

    Raises:
        FailedPreconditionError: Always.
    """
    raise errors.because(
        errors.FailedPreconditionError,
        "GetNext() failed because the iterator has not been initialized. Ensure that "
        "you have run the initializer operation for this iterator before getting the "
        "next element.",
    )


def make_one_shot_iterator(dataset: Any) -> Any:
    """Return an iterator over one pass; in a graph it goes on from run to run."""
    iterator = OwnedIterator(dataset)
    if context.graph is None:
        return iterator
    return TracedIterator(dataset.element_spec, iterator.cursor)


def make_initializable_iterator(dataset: Any, shared_name: str | None = None) -> Any:
    """Return an iterator that begins when its `initializer` runs.

    Raises:
        RuntimeError: No graph is being built.
    """
    if context.graph is None:
        raise RuntimeError(
            "make_initializable_iterator() is not supported in eager mode. Use Python-"
            "style iteration instead."
        )
    return InitializableIterator(dataset)


def get_output_types(dataset_or_iterator: Any) -> Any:
    """Return the dtype of each leaf of the elements."""
    return nest.map_structure(lambda s: s.dtype, dataset_or_iterator.element_spec)


def get_output_shapes(dataset_or_iterator: Any) -> Any:
    """Return the static shape of each leaf of the elements."""
    return nest.map_structure(lambda s: s.shape, dataset_or_iterator.element_spec)


def get_output_classes(dataset_or_iterator: Any) -> Any:
    """Return the class of each leaf of the elements."""

    def kind(spec: Any) -> type:
        return Tensor if isinstance(spec, TensorSpec) else spec.value_type

    return nest.map_structure(kind, dataset_or_iterator.element_spec)


def __getattr__(name: str) -> Any:
    import tensor

    return getattr(tensor.data, name)
