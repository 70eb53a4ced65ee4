"""Choosing elements by a condition: where in both forms, and boolean_mask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.call import is_symbolic
from tensor.core.composites import takes_composites
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register
from tensor.core.shapes import are_compatible, broadcast, to_text
from tensor.core.tensor import Tensor
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import concat, reshape, shape_op, where
from tensor.ops.families import check_kind
from tensor.ops.gather import gather
from tensor.ops.reduce import reduce_prod

if TYPE_CHECKING:
    from collections.abc import Iterator


class Nonzero(Op):
    """The indices of the elements that are true (not zero), one row each."""

    type_name = "Where"
    gradient = NON_DIFFERENTIABLE
    shape_depends_on_values = True

    def kernel(self, x: Any) -> Any:
        x = np.asarray(x)
        if x.ndim == 0:
            return np.zeros((int(bool(x)), 0), np.int64)
        return np.argwhere(x).astype(np.int64, copy=False)

    def infer(self, x: TensorSpec) -> TensorSpec:
        return TensorSpec.of((None, x.rank), dtypes.int64)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(3, 4)) > 0)
        yield Sample(np.array([0.0, 2.0]))


nonzero = register(Nonzero)


@export("where")
@takes_composites
def where_(
    condition: Any, x: Any = None, y: Any = None, name: str | None = None
) -> Any:
    """Return elements of `x` where `condition` holds and of `y` elsewhere.

    Without `x` and `y`, return the indices at which `condition` holds, one row each.

    Raises:
        ValueError: Only one of `x` and `y` was given.
        InvalidArgumentError: The three do not broadcast, or dtypes differ.
    """
    if (x is None) != (y is None):
        raise ValueError(
            f"x and y must both be non-None or both be None. Got x={x!r} and y={y!r}."
        )
    if x is None:
        condition = convert(condition, hint=dtypes.bool_)
        check_kind(nonzero, condition, "biufVc")
        if condition.ndim == 0:
            raise errors.invalid("Where", "WhereOp : Unhandled input dimensions: 0")
        return nonzero(condition, name=name)
    condition = convert(condition, dtypes.bool_)
    x, y = _same_dtype(x, y)
    try:
        broadcast(condition.static_shape, x.static_shape, y.static_shape)
    except ValueError:
        shapes = [list(v.static_shape) for v in (condition, x, y)]
        raise errors.invalid(
            "SelectV2",
            f"condition {shapes[0]}, then {shapes[1]}, and else {shapes[2]} must be "
            "broadcastable: Dimensions must be equal",
        ) from None
    return where(condition, x, y, name=name)


def _same_dtype(x: Any, y: Any) -> tuple[Any, Any]:
    """Return two values as tensors of one dtype: the first tensor's."""
    known = [v for v in (x, y) if isinstance(v, Tensor) or hasattr(v, "read_for_op")]
    if len(known) == 1:
        return convert(x, known[0].dtype), convert(y, known[0].dtype)
    x = convert(x)
    if known:
        y = convert(y)
        if y.dtype is not x.dtype:
            short = dtypes.short_name
            raise errors.invalid(
                "SelectV2",
                "cannot compute SelectV2 as input #2(zero-based) was expected to be a "
                f"{short(x.dtype)} tensor but is a {short(y.dtype)} tensor",
            )
        return x, y
    return x, convert(y, x.dtype)


@export("boolean_mask")
@takes_composites
def boolean_mask(
    tensor: Any, mask: Any, axis: Any = None, name: str = "boolean_mask"
) -> Any:
    """Return the elements (or slices) of `tensor` where `mask` is true, in order.

    Args:
        tensor: What to select from.
        mask: Booleans whose shape begins the shape of `tensor`, counted from `axis`.
        axis: The axis at which the mask begins, 0 by default.
        name: A name for the node, in a graph.

    Raises:
        ValueError: `mask` is a scalar, of unknown rank, or its shape does not fit.
    """
    tensor, mask = convert(tensor), convert(mask)
    mask_dims, dims = mask.static_shape, tensor.static_shape
    if mask_dims is None:
        raise ValueError(
            "Number of mask dimensions must be specified, even if some dimensions are "
            "None.  E.g. shape=[None] is ok, but shape=None is not."
        )
    if mask_dims == ():
        raise ValueError(
            "mask cannot be scalar. Its shape is (); tf.cond chooses by one condition."
        )
    if is_symbolic(axis):
        dims = None
    else:
        axis = 0 if axis is None else int(axis)
        axis = axis + len(dims) if dims is not None and axis < 0 else axis
    end = axis + len(mask_dims)
    if dims is not None and not are_compatible(dims[axis:end], mask_dims):
        raise ValueError(
            f"Shapes {to_text(dims[axis:end])} and {to_text(mask_dims)} are "
            "incompatible"
        )
    # Also where the mask has one axis: the gradient is dense then, as in TensorFlow.
    tensor = _merge_axes(tensor, dims, axis, end)
    if len(mask_dims) > 1:
        mask = reshape(mask, shape=(-1,))
    rows = nonzero(mask)
    return gather(tensor, reshape(rows, shape=(-1,)), axis=axis, batch_dims=0)


def _merge_axes(x: Any, dims: Any, start: Any, end: Any) -> Any:
    """Return x, of shape `dims` if known, with the axes from start to end made one."""
    if dims is not None and None not in (*dims[:start], *dims[end:]):
        merged = -1 if 0 not in dims else int(np.prod(dims[start:end]))
        return reshape(x, shape=(*dims[:start], merged, *dims[end:]))
    shape = shape_op(x, out_type=dtypes.int32)
    merged_dim = reduce_prod(shape[start:end], axis=(0,), keepdims=True)
    return reshape(x, shape=concat(shape[:start], merged_dim, shape[end:], axis=0))
