"""The shape argument of functions that draw random numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core import errors
from tensor.core.shapes import TensorShape, to_brackets
from tensor.core.tensor import Tensor
from tensor.ops.array import as_static_shape


def as_shape_vector(shape: Any) -> Any:
    """Return a shape as a tuple of ints, or as a symbolic vector.

    Unlike other functions, those that draw numbers take no single size for a vector.

    Raises:
        InvalidArgumentError: It is no vector of integers.
    """
    dims: Any = (None,)
    if isinstance(shape, Tensor):
        dims = shape.static_shape
    elif not isinstance(shape, list | tuple | TensorShape) or any(
        isinstance(d, list) for d in shape
    ):
        dims = np.shape(shape)
    if dims is not None and len(dims) != 1:
        raise errors.because(
            errors.InvalidArgumentError,
            f"shape must be a vector of {{int32,int64}}, got shape {to_brackets(dims)}."
            " Give the sizes in a list.",
        )
    return as_static_shape(shape)
