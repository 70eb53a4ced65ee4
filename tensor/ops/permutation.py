"""Permutations of 0, 1, 2 … as vectors, and their inverses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.dtype_kinds import check_attribute

if TYPE_CHECKING:
    from collections.abc import Iterator


class InvertPermutation(Op):
    """The inverse of a permutation along the last axis: where each number is."""

    names = ("math.invert_permutation",)
    gradient = NON_DIFFERENTIABLE

    def kernel(self, x: Any) -> Any:
        places = np.argsort(x, axis=-1)
        if np.any(np.take_along_axis(x, places, -1) != np.arange(x.shape[-1])):
            raise self.problem(x)
        return places.astype(x.dtype)

    def problem(self, x: np.ndarray) -> errors.OpError:
        """Return the error for a vector that is no permutation."""
        size = x.shape[-1]
        for v in x.reshape(-1):
            if not 0 <= v < size:
                return errors.invalid(
                    self.type_name, f"{v} is not between 0 and {size}"
                )
        numbers, counts = np.unique(x, return_counts=True)
        twice = numbers[np.argmax(counts)]
        return errors.invalid(self.type_name, f"{twice} is duplicated in the input.")

    def infer(self, x: TensorSpec) -> TensorSpec:
        return x if x.dims is not None else TensorSpec.of((None,), x.dtype)

    def public(self, x: Any, name: str | None = None) -> Any:
        exactly = type(x) is float
        x = convert(x, dtypes.int32 if exactly else None, dtypes.int32)
        kinds = (dtypes.int32, dtypes.int64)
        check_attribute(self.type_name, "T", x.dtype, kinds, "x")
        if x.ndim not in (None, 1):
            raise errors.invalid(
                self.type_name,
                f"invert_permutation expects a 1D vector. Got shape {x.shape}.",
            )
        return self(x, name=name)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(np.array([[1, 2, 0], [0, 2, 1]]))


invert_permutation = register(InvertPermutation)
