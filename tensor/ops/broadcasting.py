"""Static shapes of whatever ops see, and broadcasting undone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core.call import ArraySpec
from tensor.core.dtypes import int32 as tf_int32
from tensor.core.registry import get_op
from tensor.core.tensor import Tensor
from tensor.core.tensor_spec import TensorSpec

if TYPE_CHECKING:
    from tensor.core.shapes import Dims


def shape_of(x: Any) -> Dims | None:
    """Return the static shape of a tensor, array, spec or Python number."""
    if type(x) is np.ndarray:
        return x.shape
    if isinstance(x, Tensor):
        return x.static_shape
    if isinstance(x, _WITH_SHAPE):
        return x.shape
    if isinstance(x, TensorSpec):
        return x.dims
    return getattr(x, "static_shape", ())


_WITH_SHAPE = (np.ndarray, np.generic, ArraySpec)
_SCALARS = frozenset((np.float16, np.float32, np.float64))


def sum_to(dz: Any, like: Any) -> Any:
    """Undo broadcasting: sum `dz` to the shape of `like`."""
    kind = type(dz)
    if kind is type(like) and (
        kind in _SCALARS or (kind is np.ndarray and dz.shape == like.shape)
    ):
        return dz  # the usual case, at the least cost
    shape, have = shape_of(like), shape_of(dz)
    if shape is None or have is None or None in shape or None in have:
        return get_op("SumTo")(dz, shape=get_op("Shape")(like, out_type=tf_int32))
    if have == shape:
        return dz
    lead = len(have) - len(shape)
    axis = (
        *range(lead),
        *(i + lead for i, d in enumerate(shape) if d == 1 and have[i + lead] != 1),
    )
    total = get_op("Sum")(dz, axis=axis, keepdims=False)
    return total if shape_of(total) == shape else get_op("Reshape")(total, shape=shape)


def bracketed(dims: Dims | None) -> str:
    """Write a static shape as TensorFlow's kernels do: `[2,3]`."""
    return "[" + ",".join("?" if d is None else str(d) for d in dims or ()) + "]"
