"""Diagonals of tensors: the elements where both halves of the indices are equal."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors
from tensor.core.convert import convert
from tensor.core.registry import Op, Sample, register
from tensor.core.shapes import are_compatible, merge
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.families import bracketed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tensor.core.shapes import Dims


class TensorDiag(Op):
    """A tensor of twice the rank, with x where both halves of the indices are equal."""

    type_name = "Diag"
    names = ("linalg.tensor_diag",)
    keeps_inputs = False

    def kernel(self, x: Any) -> Any:
        shape = self._twice(np.shape(x))
        count = math.prod(np.shape(x))
        result = np.zeros((count, count), x.dtype)
        np.fill_diagonal(result, x)
        return result.reshape(shape)

    def infer(self, x: TensorSpec) -> TensorSpec:
        return TensorSpec.of(None if x.dims is None else self._twice(x.dims), x.dtype)

    def _twice(self, dims: Dims) -> Any:
        if not dims:
            raise errors.invalid(self.type_name, "Input must be at least rank 1, got 0")
        return dims + dims

    def gradient(self, call: Any, dz: Any) -> Any:
        return tensor_diag_part(dz)

    def public(self, diagonal: Any, name: str | None = None) -> Any:
        return self(convert(diagonal), name=name)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2, 3)))
        yield Sample(rng.normal(size=(2,)))


class TensorDiagPart(Op):
    """The elements of x where both halves of the indices are equal."""

    type_name = "DiagPart"
    names = ("linalg.tensor_diag_part",)
    keeps_inputs = False

    def kernel(self, x: Any) -> Any:
        shape: Any = self._half(x.shape)
        count = math.prod(shape)
        return x.reshape(count, count).diagonal().reshape(shape)

    def infer(self, x: TensorSpec) -> TensorSpec:
        return TensorSpec.of(None if x.dims is None else self._half(x.dims), x.dtype)

    def _half(self, dims: Dims) -> Dims | None:
        rank = len(dims)
        if not rank or rank % 2:
            raise errors.invalid(
                self.type_name,
                "The rank of the tensor should be even and positive, got shape "
                f"{bracketed(dims)}",
            )
        first, second = dims[: rank // 2], dims[rank // 2 :]
        for i, (a, b) in enumerate(zip(first, second, strict=True)):
            if not are_compatible((a,), (b,)):
                raise errors.invalid(
                    self.type_name,
                    f"Invalid shape {bracketed(dims)}: dimensions {i} and "
                    f"{rank // 2 + i} do not match.",
                )
        return merge(first, second)

    def gradient(self, call: Any, dz: Any) -> Any:
        return tensor_diag(dz)

    def public(self, input: Any, name: str | None = None) -> Any:
        return self(convert(input), name=name)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2, 3, 2, 3)))
        yield Sample(rng.normal(size=(2, 2)))


tensor_diag = register(TensorDiag)
tensor_diag_part = register(TensorDiagPart)
