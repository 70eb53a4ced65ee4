"""Sobol's sequence: points that fill the unit cube more evenly than random ones."""

from __future__ import annotations

import functools
import json
import pathlib
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.call import is_symbolic
from tensor.core.convert import convert
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.reduction import known_or_symbolic

if TYPE_CHECKING:
    from collections.abc import Iterator

# The table is made by tests/oracle/sobol_tables.py, and read when first needed.
_FILE = pathlib.Path(__file__).with_name("sobol.json")
_BITS = 32


@functools.cache
def _table() -> list[list[int]]:
    return json.loads(_FILE.read_text())


def direction_numbers(dimension: int) -> np.ndarray:
    """Return what each bit of a point's number adds to its coordinate, in 2**-32."""
    polynomial, *m = _table()[dimension]
    degree = polynomial.bit_length() - 1
    if degree == 0:  # the first coordinate: van der Corput's sequence
        m = [1] * _BITS
    for i in range(len(m), _BITS):
        new = m[i - degree] ^ (m[i - degree] << degree)
        for k in range(1, degree):
            if polynomial >> (degree - k) & 1:
                new ^= m[i - k] << k
        m.append(new)
    return np.array([v << (_BITS - 1 - i) for i, v in enumerate(m)], np.uint64)


class SobolSample(Op):
    """Points of Sobol's sequence, as rows."""

    names = ("math.sobol_sample",)
    gradient = NON_DIFFERENTIABLE

    def kernel(self, skip: Any, dim: Any, count: Any, dtype: dtypes.DType) -> Any:
        dim, count, skip = int(dim), int(count), int(skip)
        self._check(dim, count)
        if skip < 0:
            raise errors.invalid(
                self.type_name, f"skip must be non-negative, got {skip}"
            )
        # The point at the origin is left out. Counting in Gray's code, each point
        # differs from the one before in one bit.
        number = np.arange(skip + 1, skip + 1 + count, dtype=np.uint64)
        gray = number ^ (number >> np.uint64(1))
        points = np.zeros((count, dim), np.uint64)
        for d in range(dim):
            for bit, added in enumerate(direction_numbers(d)):
                is_set = (gray >> np.uint64(bit)) & np.uint64(1)
                points[:, d] ^= is_set * added
        return (points / 2.0**_BITS).astype(dtype.numpy_dtype)

    def _check(self, dim: int, count: int) -> None:
        if dim < 1:
            raise errors.invalid(self.type_name, f"dim must be at least one, got {dim}")
        if dim > len(_table()):
            raise errors.invalid(
                self.type_name, f"Expected dim <= {len(_table())}, got {dim}"
            )
        if count < 1:
            raise errors.invalid(
                self.type_name, f"num_results must be at least one, got {count}"
            )

    def infer(self, skip: TensorSpec, dim: Any, count: Any, dtype: Any) -> TensorSpec:
        sizes = (None if is_symbolic(n) else n for n in (count, dim))
        return TensorSpec.of(tuple(sizes), dtype)

    def public(
        self,
        dim: Any,
        num_results: Any,
        skip: Any = 0,
        dtype: Any = dtypes.float32,
        name: str | None = None,
    ) -> Any:
        """Return points of Sobol's sequence, as rows.

        Args:
            dim: The number of coordinates.
            num_results: The number of points.
            skip: How many points to leave out first.
            dtype: float32 or float64.
            name: A name for the result, in a graph.

        Raises:
            InvalidArgumentError: A number is out of range.
        """
        sizes = [known_or_symbolic(n) for n in (dim, num_results)]
        dim, count = (n if is_symbolic(n) else int(n) for n in sizes)
        if not is_symbolic(dim) and not is_symbolic(count):
            self._check(dim, count)
        dtype = dtypes.as_dtype(dtype)
        return self(convert(skip), dim=dim, count=count, dtype=dtype, name=name)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(np.int32(1), dim=2, count=3, dtype=dtypes.float64)


sobol_sample = register(SobolSample)
