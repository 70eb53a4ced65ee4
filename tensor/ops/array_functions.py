"""Ops made of one NumPy function each: indices, row ends, counts, pieces of strings.

The bookkeeping of ragged and sparse tensors and of split strings is plain NumPy. What
it computes has no gradient, and a shape that depends on values; but it must work on
eager tensors and inside traced functions alike. So each function becomes an op::

    @array_function("RowLengthsToSplits", lambda n: like(n, longer(n)), [[2, 0, 1]])
    def lengths_to_splits(lengths): ...

Called with tensors it gives tensors, called with arrays it gives arrays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register
from tensor.core.tensor_spec import TensorSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tensor.core.dtypes import DType


class ArrayFunction(Op):
    """What a NumPy function of arrays returns; it has no gradient.

    Attributes:
        function: `function(*arrays, **parameters)` returns an array or several.
        returns: The same call on specs returns the specs of the results.
        example: The inputs of the generated tests.
        parameters: The parameters there.
    """

    gradient = NON_DIFFERENTIABLE
    shape_depends_on_values = True
    function: Callable[..., Any]
    returns: Callable[..., Any]
    example: tuple[Any, ...] = ()
    parameters: dict[str, Any]

    def kernel(self, *arrays: Any, **attrs: Any) -> Any:
        return type(self).function(*[np.asarray(a) for a in arrays], **attrs)

    def infer(self, *inputs: TensorSpec, **attrs: Any) -> Any:
        return type(self).returns(*inputs, **attrs)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(*[np.array(x) for x in self.example], **self.parameters)


def array_function(
    type_name: str,
    returns: Callable[..., Any],
    *example: Any,
    kind: str = "other",
    **parameters: Any,
) -> Callable[[Callable[..., Any]], Any]:
    """Decorate a NumPy function so that it is an op.

    Args:
        type_name: The op's name.
        returns: Takes the inputs' specs, returns the specs of the results.
        *example: Inputs for the generated tests.
        kind: The op's kind: "random" if the function draws from a stream.
        **parameters: Parameters for the generated tests.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        body = {
            "__doc__": function.__doc__,
            "__module__": function.__module__,  # a SavedModel finds it there
            "type_name": type_name,
            "kind": kind,
            "function": staticmethod(function),
            "returns": staticmethod(returns),
            "example": example,
            "parameters": parameters,
        }
        return register(type(type_name, (ArrayFunction,), body))

    return decorate


def vector(dtype: DType, length: int | None = None) -> TensorSpec:
    """Return the spec of a vector."""
    return TensorSpec.of((length,), dtype)


def like(spec: TensorSpec, length: int | None = None) -> TensorSpec:
    """Return the spec of a vector of the dtype of another."""
    return TensorSpec.of((length,), spec.dtype)


def longer(spec: TensorSpec, by: int = 1) -> int | None:
    """Return the length of a vector, and `by` more, if it is known."""
    length = None if spec.dims is None else spec.dims[0]
    return None if length is None else length + by
