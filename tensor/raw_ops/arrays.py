"""Raw ops that make, cut, join and look up arrays."""

# ruff: noqa: A006, ARG005  # the names of arguments are TensorFlow's
from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.core.registry import get_op


def strided_slice(
    input: Any,
    begin: Any,
    end: Any,
    strides: Any,
    begin_mask: int = 0,
    end_mask: int = 0,
    ellipsis_mask: int = 0,
    new_axis_mask: int = 0,
    shrink_axis_mask: int = 0,
) -> Any:
    """Return a slice; the masks say what a range or index is in each dimension."""
    masks = (begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask)
    return tf.strided_slice(input, begin, end, strides, *masks)


def strided_slice_grad(
    shape: Any,
    begin: Any,
    end: Any,
    strides: Any,
    dy: Any,
    begin_mask: int = 0,
    end_mask: int = 0,
    ellipsis_mask: int = 0,
    new_axis_mask: int = 0,
    shrink_axis_mask: int = 0,
) -> Any:
    """Return zeros of a shape, with `dy` where the slice is."""
    masks = (begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask)
    dy = tf.convert_to_tensor(dy)
    zeros = tf.zeros(shape, dy.dtype)
    with tf.GradientTape() as tape:
        tape.watch(zeros)
        part = tf.strided_slice(zeros, begin, end, strides, *masks)
    return tape.gradient(part, zeros, output_gradients=dy)


def tensor_strided_slice_update(
    input: Any,
    begin: Any,
    end: Any,
    strides: Any,
    value: Any,
    begin_mask: int = 0,
    end_mask: int = 0,
    ellipsis_mask: int = 0,
    new_axis_mask: int = 0,
    shrink_axis_mask: int = 0,
) -> Any:
    """Return `input` with a slice replaced by a value that broadcasts to it."""
    masks = (begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask)
    x = tf.convert_to_tensor(input)
    places = tf.reshape(tf.range(tf.size(x)), tf.shape(x))
    part = tf.strided_slice(places, begin, end, strides, *masks)
    updates = tf.broadcast_to(tf.convert_to_tensor(value, x.dtype), tf.shape(part))
    flat = tf.tensor_scatter_nd_update(
        tf.reshape(x, [-1]), tf.reshape(part, [-1, 1]), tf.reshape(updates, [-1])
    )
    return tf.reshape(flat, tf.shape(x))


def mirror_pad_grad(input: Any, paddings: Any, mode: str) -> Any:
    """Return what a mirrored border and its content sum up to in each element."""
    x = tf.convert_to_tensor(input)
    pairs = tuple((int(a), int(b)) for a, b in tf.convert_to_tensor(paddings).numpy())
    sizes = zip(x.shape, pairs, strict=True)
    shape = tuple(size - before - after for size, (before, after) in sizes)
    if min(shape, default=1) < 1:
        raise tf.errors.InvalidArgumentError(
            None,
            None,
            "Total paddings must be less than the input dimension size: got paddings "
            f"{list(pairs)} for shape {x.shape}. [Op:MirrorPadGrad]",
        )
    return get_op("MirrorPadGrad")(x, shape=shape, paddings=pairs, mode=mode)


def list_diff(x: Any, y: Any, out_idx: Any = tf.int32) -> Any:
    """Return the elements of `x` that are not in `y`, and their places."""
    x, y = tf.convert_to_tensor(x), tf.convert_to_tensor(y)
    is_in = tf.reduce_any(tf.equal(x[:, tf.newaxis], y), axis=1)
    places = tf.where(tf.logical_not(is_in))[:, 0]
    return tf.gather(x, places), tf.cast(places, out_idx)


FORMS: dict[str, Any] = {
    "BatchToSpace": lambda input, crops, block_size: tf.batch_to_space(
        input, (block_size, block_size), crops
    ),
    "BatchToSpaceND": lambda input, block_shape, crops: tf.batch_to_space(
        input, block_shape, crops
    ),
    "Bitcast": lambda input, type: tf.bitcast(input, type),
    "BroadcastArgs": lambda s0, s1: tf.broadcast_dynamic_shape(s0, s1),
    "BroadcastTo": lambda input, shape: tf.broadcast_to(input, shape),
    "Concat": lambda concat_dim, values: tf.concat(values, concat_dim),
    "ConcatV2": lambda values, axis: tf.concat(values, axis),
    "ConjugateTranspose": lambda x, perm: tf.transpose(x, perm, conjugate=True),
    "Copy": lambda input, tensor_name="", debug_ops_spec=(): tf.identity(input),
    "DeepCopy": lambda x: tf.identity(x),
    "DepthToSpace": lambda input, block_size, data_format="NHWC": tf.nn.depth_to_space(
        input, block_size, data_format
    ),
    "DynamicPartition": lambda data, partitions, num_partitions: tf.dynamic_partition(
        data, partitions, num_partitions
    ),
    "DynamicStitch": lambda indices, data: tf.dynamic_stitch(indices, data),
    "EnsureShape": lambda input, shape: tf.ensure_shape(input, shape),
    "ExpandDims": lambda input, axis: tf.expand_dims(input, axis),
    "Fill": lambda dims, value: tf.fill(dims, value),
    "Gather": lambda params, indices, validate_indices=True: tf.gather(params, indices),
    "GatherNd": lambda params, indices, bad_indices_policy="": tf.gather_nd(
        params, indices, bad_indices_policy=bad_indices_policy
    ),
    "GatherV2": lambda params, indices, axis, batch_dims=0: tf.gather(
        params, indices, axis=axis, batch_dims=batch_dims
    ),
    "Identity": lambda input: tf.identity(input),
    "IdentityN": lambda input: tf.identity_n(input),
    "InvertPermutation": lambda x: tf.math.invert_permutation(x),
    "ListDiff": list_diff,
    "LowerBound": lambda sorted_inputs, values, out_type=tf.int32: tf.searchsorted(
        sorted_inputs, values, "left", out_type
    ),
    "MatrixBandPart": lambda input, num_lower, num_upper: tf.linalg.band_part(
        input, num_lower, num_upper
    ),
    "MirrorPad": lambda input, paddings, mode: tf.pad(input, paddings, mode),
    "MirrorPadGrad": mirror_pad_grad,
    "OneHot": lambda indices, depth, on_value, off_value, axis=-1: tf.one_hot(
        indices, depth, on_value, off_value, axis
    ),
    "OnesLike": lambda x: tf.ones_like(x),
    "Pack": lambda values, axis=0: tf.stack(values, axis),
    "Pad": lambda input, paddings: tf.pad(input, paddings),
    "PadV2": lambda input, paddings, constant_values: tf.pad(
        input, paddings, constant_values=constant_values
    ),
    "PlaceholderWithDefault": lambda input, shape: (
        tf.compat.v1.placeholder_with_default(input, shape)
    ),
    "Range": lambda start, limit, delta: tf.range(start, limit, delta),
    "Rank": lambda input: tf.rank(input),
    "Reshape": lambda tensor, shape: tf.reshape(tensor, shape),
    "ReverseSequence": lambda input, seq_lengths, seq_dim, batch_dim=0: (
        tf.reverse_sequence(input, seq_lengths, seq_dim, batch_dim)
    ),
    "ReverseV2": lambda tensor, axis: tf.reverse(tensor, axis),
    "Roll": lambda input, shift, axis: tf.roll(input, shift, axis),
    "ScatterNd": lambda indices, updates, shape, bad_indices_policy="": tf.scatter_nd(
        indices, updates, shape, bad_indices_policy
    ),
    "Select": lambda condition, x, y: tf.compat.v1.where(condition, x, y),
    "SelectV2": lambda condition, t, e: tf.where(condition, t, e),
    "Shape": lambda input, out_type=tf.int32: tf.shape(input, out_type),
    "ShapeN": lambda input, out_type=tf.int32: tf.shape_n(input, out_type),
    "Size": lambda input, out_type=tf.int32: tf.size(input, out_type),
    "Slice": lambda input, begin, size: tf.slice(input, begin, size),
    "Snapshot": lambda input: tf.identity(input),
    "SpaceToBatch": lambda input, paddings, block_size: tf.space_to_batch(
        input, (block_size, block_size), paddings
    ),
    "SpaceToBatchND": lambda input, block_shape, paddings: tf.space_to_batch(
        input, block_shape, paddings
    ),
    "SpaceToDepth": lambda input, block_size, data_format="NHWC": tf.nn.space_to_depth(
        input, block_size, data_format
    ),
    "Split": lambda axis, value, num_split: tf.split(value, num_split, axis),
    "SplitV": lambda value, size_splits, axis, num_split: tf.split(
        value, size_splits, axis, num_split
    ),
    "Squeeze": lambda input, axis=(): tf.squeeze(input, axis or None),
    "StopGradient": lambda input: tf.stop_gradient(input),
    "StridedSlice": strided_slice,
    "StridedSliceGrad": strided_slice_grad,
    "TensorScatterAdd": lambda tensor, indices, updates, bad_indices_policy="": (
        tf.tensor_scatter_nd_add(tensor, indices, updates, bad_indices_policy)
    ),
    "TensorScatterMax": lambda tensor, indices, updates, bad_indices_policy="": (
        tf.tensor_scatter_nd_max(tensor, indices, updates, bad_indices_policy)
    ),
    "TensorScatterMin": lambda tensor, indices, updates, bad_indices_policy="": (
        tf.tensor_scatter_nd_min(tensor, indices, updates, bad_indices_policy)
    ),
    "TensorScatterSub": lambda tensor, indices, updates, bad_indices_policy="": (
        tf.tensor_scatter_nd_sub(tensor, indices, updates, bad_indices_policy)
    ),
    "TensorScatterUpdate": lambda tensor, indices, updates, bad_indices_policy="": (
        get_op("TensorScatterUpdate").public(
            tensor, indices, updates, bad_indices_policy
        )
    ),
    "TensorStridedSliceUpdate": tensor_strided_slice_update,
    "Tile": lambda input, multiples: tf.tile(input, multiples),
    "TopKV2": lambda input, k, sorted=True, index_type=tf.int32: tf.math.top_k(
        input, k, sorted, index_type
    ),
    "Transpose": lambda x, perm: tf.transpose(x, perm),
    "Unique": lambda x, out_idx=tf.int32: tf.unique(x, out_idx),
    "UniqueWithCounts": lambda x, out_idx=tf.int32: tf.unique_with_counts(x, out_idx),
    "Unpack": lambda value, num, axis=0: tf.unstack(value, num, axis),
    "UnravelIndex": lambda indices, dims: tf.unravel_index(indices, dims),
    "UpperBound": lambda sorted_inputs, values, out_type=tf.int32: tf.searchsorted(
        sorted_inputs, values, "right", out_type
    ),
    "Where": lambda condition: tf.where(condition),
    "ZerosLike": lambda x: tf.zeros_like(x),
}
