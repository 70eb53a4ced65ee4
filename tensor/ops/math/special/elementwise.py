"""The family of special functions: computed in double precision, block by block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.ops.families import (
    FLOATING,
    BinaryElementwise,
    UnaryElementwise,
)

if TYPE_CHECKING:
    from collections.abc import Callable

# Elements per block: its temporaries stay in the processor's cache.
BLOCK = 16384


def in_blocks(function: Callable[..., Any], *arrays: Any, out: Any = None) -> Any:
    """Apply a function of float64 vectors to arrays, which broadcast.

    Args:
        function: Takes one vector per array, gives one of their length.
        *arrays: Floating point arrays, or Python numbers beside them.
        out: Where to write the result.
    """
    dtype = next(a.dtype for a in arrays if hasattr(a, "dtype"))
    arrays = np.broadcast_arrays(*arrays)
    result = np.empty(arrays[0].shape, dtype) if out is None else out
    flat = result.reshape(-1)
    vectors = [a.reshape(-1) for a in arrays]
    for start in range(0, flat.size, BLOCK):
        block = slice(start, start + BLOCK)
        flat[block] = function(*[v[block].astype(np.float64) for v in vectors])
    if flat.base is not result and out is not None:  # `out` was not contiguous
        out[...] = flat.reshape(out.shape)
    return result[()]


class SpecialFunction(UnaryElementwise):
    """A special function of one argument."""

    allows = FLOATING

    def evaluate(self, x: np.ndarray) -> np.ndarray:
        """Return the function of a vector of float64."""
        raise NotImplementedError(f"{type(self).__name__} must define `evaluate`.")

    def kernel(self, x: Any, out: Any = None) -> Any:
        return in_blocks(self.evaluate, x, out=out)


class SpecialFunctionOfTwo(BinaryElementwise):
    """A special function of two arguments, which broadcast."""

    allows = FLOATING

    def evaluate(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the function of two vectors of float64."""
        raise NotImplementedError(f"{type(self).__name__} must define `evaluate`.")

    def kernel(self, x: Any, y: Any, out: Any = None) -> Any:
        return in_blocks(self.evaluate, x, y, out=out)
