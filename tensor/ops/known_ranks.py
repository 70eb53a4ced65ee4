"""Functions that must know the ranks of their tensors, in graphs that do not.

Where a graph knows no rank, such a function becomes one node, which calls the function
when the graph runs. The node holds the function's name and its other arguments, so that
graphs with such nodes can be saved.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes
from tensor.core.context import context
from tensor.core.convert import convert
from tensor.core.registry import Op, Sample, register
from tensor.core.tape import GradientTape
from tensor.core.tensor import wrap
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.broadcasting import shape_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tensor.core.dtypes import DType

_FUNCTIONS: dict[str, Callable[..., Any]] = {}


class CallKnowingRanks(Op):
    """The results of a function of tensors that is called when the graph runs.

    With `pulled`, those of its gradient: the last inputs are the gradients that arrive
    at its results, of which there are `pulled[-1]`. So on for gradients of gradients.
    """

    shape_depends_on_values = True

    def kernel(
        self,
        *arrays: Any,
        function: str,
        options: dict[str, Any],
        results: tuple[DType, ...],
        pulled: tuple[int, ...] = (),
    ) -> Any:
        with context.eager_inside_kernel():
            tensors = [wrap(np.asarray(a)[()]) for a in arrays]
            called = functools.partial(_FUNCTIONS[function], **options)
            found = _call(called, tensors, pulled)
            return tuple([convert(z)._array for z in found])

    def infer(self, *specs: TensorSpec, results: Any, **attrs: Any) -> Any:
        return tuple([TensorSpec.of(None, dtype) for dtype in results])

    def gradient(self, call: Any, *dz: Any) -> Any:
        attrs = call.attrs
        return self(
            *call.inputs,
            *dz,
            function=attrs["function"],
            options=attrs["options"],
            results=tuple([dtypes.as_dtype(x.dtype) for x in call.inputs]),
            pulled=(*attrs.get("pulled", ()), len(dz)),
        )

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        attrs = {"function": "scaled_square", "options": {"scale": 3.0}}
        yield Sample(rng.normal(size=(2,)), **attrs, results=(dtypes.float64,))


call_knowing_ranks = register(CallKnowingRanks)


def _call(
    function: Callable[..., Any], values: list[Any], pulled: tuple[int, ...]
) -> list[Any]:
    """Return the results of a function, or of its gradient."""
    if not pulled:
        found = function(*values)
        return list(found) if isinstance(found, list | tuple) else [found]
    count = len(values) - pulled[-1]
    inputs, dz = values[:count], values[count:]
    with GradientTape() as tape:
        tape.watch([x for x in inputs if x.dtype.is_differentiable])
        results = _call(function, inputs, pulled[:-1])
    return tape.gradient(
        results, inputs, output_gradients=dz, unconnected_gradients="zero"
    )


class KnowingRanks:
    """A function that waits, in a graph, until the ranks of its tensors are known."""

    def __init__(
        self, function: Callable[..., Any], results: tuple[DType | None, ...]
    ) -> None:
        functools.update_wrapper(self, function)
        self._function = function
        self._name = function.__name__.strip("_")
        self._results = results
        _FUNCTIONS[self._name] = function

    def __call__(self, *tensors: Any, **options: Any) -> Any:
        if all(shape_of(x) is not None for x in tensors):
            return self._function(*tensors, **options)
        return self.later(*tensors, **options)

    def later(self, *tensors: Any, **options: Any) -> Any:
        """Return the function's results, called when the graph runs in any case."""
        kinds = tuple([dtype or tensors[0].dtype for dtype in self._results])
        found = call_knowing_ranks(
            *tensors, function=self._name, options=options, results=kinds
        )
        return found if len(kinds) > 1 else found[0]


def knowing_ranks(
    *results: DType | None,
) -> Callable[[Callable[..., Any]], KnowingRanks]:
    """Let a function wait, in a graph, until the ranks of its tensors are known.

    Args:
        *results: The dtypes of its results; None for that of the first tensor.

    Returns:
        A decorator of functions that take tensors by place, all else by name, and
        return a tensor or, if there are several `results`, as many.
    """
    return lambda function: KnowingRanks(function, results)


@knowing_ranks(None)
def _scaled_square(x: Any, scale: float) -> Any:
    """Return scale · x²: the function of the op's sample."""
    return x * x * scale
