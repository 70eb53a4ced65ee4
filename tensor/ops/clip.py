"""Limits on values and norms: clip_by_value, clip_by_norm, clip_by_global_norm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors
from tensor.core.composites import takes_composites
from tensor.core.convert import convert
from tensor.core.indexed_slices import IndexedSlices
from tensor.core.public_api import export
from tensor.core.registry import Op, Sample, get_op, register
from tensor.core.shapes import are_compatible, broadcast
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import identity, ones_like, where, zeros_like
from tensor.ops.families import REAL, check_kind, shape_of, sum_to

if TYPE_CHECKING:
    from collections.abc import Iterator


class ClipByValue(Op):
    """x, with low where it is below low and high where it is above high."""

    kind = "elementwise"
    allows = REAL

    def kernel(self, x: Any, low: Any, high: Any) -> Any:
        # In TensorFlow's order: where low > high, low it is.
        return np.maximum(np.minimum(x, high), low)

    def infer(self, x: TensorSpec, low: TensorSpec, high: TensorSpec) -> TensorSpec:
        return TensorSpec.of(broadcast(x.dims, low.dims, high.dims), x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        x, low, high = call.inputs
        below, above = x < low, x > high
        zeros = zeros_like(dz)
        wants_x, wants_low, wants_high = call.wants
        return (
            where(below, zeros, where(above, zeros, dz)) if wants_x else None,
            sum_to(where(below, dz, zeros), low) if wants_low else None,
            sum_to(where(above, dz, zeros), high) if wants_high else None,
        )

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        x = rng.normal(size=(3, 4))
        yield Sample(x, np.float64(-0.5), np.float64(0.5))
        yield Sample(x, np.full((4,), -0.5), np.full((3, 1), 0.75))


clip_by_value_op = register(ClipByValue)


@export("clip_by_value")
@takes_composites
def clip_by_value(
    t: Any, clip_value_min: Any, clip_value_max: Any, name: str | None = None
) -> Any:
    """Return `t` with values below and above the limits replaced by the limits.

    Args:
        t: A tensor or IndexedSlices.
        clip_value_min: The lower limit; it broadcasts to the shape of `t`.
        clip_value_max: The upper limit, likewise.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: A limit does not broadcast to the shape of `t`.
    """
    if isinstance(t, IndexedSlices):
        values = clip_by_value(t.values, clip_value_min, clip_value_max, name)
        return IndexedSlices(values, t.indices, t.dense_shape)
    x = convert(t)
    check_kind(clip_by_value_op, x, REAL)
    low = convert(clip_value_min, x.dtype)
    high = convert(clip_value_max, x.dtype)
    for op_type, limit in (("Minimum", high), ("Maximum", low)):
        try:
            dims = broadcast(x.static_shape, limit.static_shape)
        except ValueError:
            dims = ()
        if not are_compatible(dims, x.static_shape):
            raise errors.invalid(
                op_type,
                f"Incompatible shapes: {list(x.static_shape)} vs. "
                f"{list(limit.static_shape)}: Dimensions must be equal",
            )
    return clip_by_value_op(x, low, high, name=name)


@export("clip_by_norm")
@takes_composites
def clip_by_norm(
    t: Any, clip_norm: Any, axes: Any = None, name: str | None = None
) -> Any:
    """Return `t` scaled down so that its L2 norm is at most `clip_norm`.

    Args:
        t: A tensor or IndexedSlices.
        clip_norm: The largest norm allowed.
        axes: The axes along which to take norms; over all elements by default.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: `t` is not floating point.
    """
    is_slices = isinstance(t, IndexedSlices)
    values = convert(t.values if is_slices else t)
    total = get_op("Sum").public(values * values, axis=axes, keepdims=True)
    positive = total > 0
    # The square root has no slope at 0: take it of 1 there.
    root = get_op("Sqrt").public(where(positive, total, ones_like(total)))
    norm = where(positive, root, total)
    limit = convert(clip_norm, values.dtype)
    limit = get_op("Maximum")(limit, zeros_like(limit))
    scaled = values * limit
    if shape_of(scaled) != shape_of(values) and None not in (values.static_shape or ()):
        raise ValueError(
            f"Shapes {values.shape} and {scaled.shape} are incompatible: `clip_norm` "
            "must not have more dimensions than `t`."
        )
    clipped = identity(scaled / get_op("Maximum")(norm, limit), name=name)
    if is_slices:
        return IndexedSlices(clipped, t.indices, t.dense_shape)
    return clipped


def _values_in(t_list: Any) -> list[Any]:
    """Return the tensors of a list, with None left in place.

    Raises:
        TypeError: `t_list` is no sequence.
    """
    if not isinstance(t_list, Sequence) or isinstance(t_list, str):
        raise TypeError(
            f"`t_list` should be a sequence of tensors. Received {type(t_list)}."
        )
    return [
        None if t is None else convert(t.values if isinstance(t, IndexedSlices) else t)
        for t in t_list
    ]


@export("linalg.global_norm")
def global_norm(t_list: Any, name: str | None = None) -> Any:
    """Return the L2 norm of all tensors of a list together; None entries are skipped.

    Raises:
        TypeError: `t_list` is no sequence.
    """
    total: Any = None
    for values in _values_in(t_list):
        if values is not None:
            half = get_op("Sum")(values * values, axis=None, keepdims=False) * 0.5
            total = half if total is None else total + half
    if total is None:
        return convert(0.0)
    return get_op("Sqrt").public(total * 2.0)


@export("clip_by_global_norm")
def clip_by_global_norm(
    t_list: Any, clip_norm: Any, use_norm: Any = None, name: str | None = None
) -> Any:
    """Scale a list of tensors down so that their norm together is at most `clip_norm`.

    Args:
        t_list: Tensors, IndexedSlices, or None.
        clip_norm: The largest norm allowed.
        use_norm: The norm, if it is known already.
        name: A name for the nodes, in a graph.

    Returns:
        The scaled list (None stays None; all NaN if the norm is not finite), and the
        norm before.

    Raises:
        TypeError: `t_list` is no sequence.
    """
    all_values = _values_in(t_list)
    norm = global_norm(t_list) if use_norm is None else convert(use_norm)
    one = ones_like(norm)
    limit = convert(clip_norm, norm.dtype)
    scale = limit * get_op("Minimum")(one / norm, one / limit)
    # inf - inf is NaN: a norm that is not finite must not go unnoticed.
    scale = scale + (norm - norm)
    clipped: list[Any] = []
    for t, values in zip(t_list, all_values, strict=True):
        if values is None:
            clipped.append(None)
            continue
        factor = scale
        if values.dtype is not scale.dtype:
            factor = get_op("Cast")(scale, dtype=values.dtype)
        scaled = values * factor
        if isinstance(t, IndexedSlices):
            scaled = IndexedSlices(scaled, t.indices, t.dense_shape)
        clipped.append(scaled)
    return clipped, norm
