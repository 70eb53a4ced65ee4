"""TF1's functions that TF2 has under no name, or that do something else there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import tensor as tf
from tensor.compat.older_table import older_function, one_of

if TYPE_CHECKING:
    from collections.abc import Callable


def _blocks(paddings: Any, block_size: Any, block_shape: Any) -> Any:
    block_shape = one_of("block_size", block_size, "block_shape", block_shape)
    if isinstance(block_shape, int):
        return [block_shape] * int(tf.convert_to_tensor(paddings).shape[0])
    return block_shape


@older_function("space_to_batch", "nn.space_to_batch")
def space_to_batch(
    input: Any,
    paddings: Any,
    block_size: Any = None,
    name: str | None = None,
    block_shape: Any = None,
) -> Any:
    """Move blocks of space into the batch; see tf.space_to_batch."""
    blocks = _blocks(paddings, block_size, block_shape)
    return tf.space_to_batch(input, blocks, paddings, name=name)


@older_function("batch_to_space")
def batch_to_space(
    input: Any,
    crops: Any,
    block_size: Any = None,
    name: str | None = None,
    block_shape: Any = None,
) -> Any:
    """Move the batch into blocks of space; see tf.batch_to_space."""
    blocks = _blocks(crops, block_size, block_shape)
    return tf.batch_to_space(input, blocks, crops, name=name)


@older_function("batch_gather")
def batch_gather(params: Any, indices: Any, name: str | None = None) -> Any:
    """Look up along the last axis of `indices`; those before it are a batch."""
    indices = tf.convert_to_tensor(indices)
    axis = indices.ndim - 1
    return tf.gather(params, indices, axis=axis, batch_dims=axis, name=name)


def _cast_to(dtype: Any) -> Callable[..., Any]:
    def cast(x: Any, name: str | None = None) -> Any:
        return tf.cast(x, dtype, name)

    cast.__doc__ = f"Return x as {dtype.name}."
    return cast


for _name, _dtype in (
    ("to_float", tf.float32),
    ("to_double", tf.float64),
    ("to_int32", tf.int32),
    ("to_int64", tf.int64),
    ("to_bfloat16", tf.bfloat16),
    ("to_complex64", tf.complex64),
    ("to_complex128", tf.complex128),
):
    older_function(_name)(_cast_to(_dtype))


@older_function("div")
def div(x: Any, y: Any, name: str | None = None) -> Any:
    """Return x / y as Python 2 did: of integers, the floor."""
    x = tf.convert_to_tensor(x)
    divide = tf.math.floordiv if x.dtype.is_integer else tf.realdiv
    return divide(x, tf.convert_to_tensor(y, dtype_hint=x.dtype), name=name)


@older_function("multinomial", "random.multinomial")
def multinomial(
    logits: Any,
    num_samples: Any,
    seed: int | None = None,
    name: str | None = None,
    output_dtype: Any = None,
) -> Any:
    """Draw classes from unscaled log probabilities; see tf.random.categorical."""
    return tf.random.categorical(logits, num_samples, output_dtype, seed, name)


@older_function("random.stateless_multinomial")
def stateless_multinomial(
    logits: Any,
    num_samples: Any,
    seed: Any,
    output_dtype: Any = tf.int64,
    name: str | None = None,
) -> Any:
    """Draw classes from a seed; see tf.random.stateless_categorical."""
    return tf.random.stateless_categorical(
        logits, num_samples, seed, output_dtype, name
    )


@older_function("strings.split")
def split_strings(
    input: Any = None,
    sep: str | None = None,
    maxsplit: int = -1,
    result_type: str = "SparseTensor",
    source: Any = None,
    name: str | None = None,
) -> Any:
    """Split strings into a SparseTensor, or with `result_type` into ragged rows.

    Raises:
        ValueError: `result_type` is neither "SparseTensor" nor "RaggedTensor".
    """
    text = tf.convert_to_tensor(one_of("input", input, "source", source))
    ragged = tf.strings.split(text if text.ndim else text[None], sep, maxsplit, name)
    return _as_rows(ragged, result_type)


@older_function("string_split")
def string_split(
    source: Any,
    sep: str | None = None,
    skip_empty: bool = True,
    delimiter: Any = None,
    result_type: str = "SparseTensor",
    name: str | None = None,
) -> Any:
    """Split strings at any of several characters into a SparseTensor.

    Raises:
        ValueError: `result_type` is neither "SparseTensor" nor "RaggedTensor".
    """
    sep = one_of("sep", sep, "delimiter", delimiter)
    sep = " " if sep is None else sep
    text = tf.convert_to_tensor(source)
    if sep:
        text = tf.strings.regex_replace(text, f"[{re.escape(sep)}]", sep[0])
        ragged = tf.strings.split(text, sep[0])
        if skip_empty:
            ragged = tf.ragged.boolean_mask(ragged, tf.not_equal(ragged, ""))
    else:
        ragged = tf.strings.bytes_split(text)
    return _as_rows(ragged, result_type)


def _as_rows(ragged: Any, result_type: str) -> Any:
    """Return ragged rows as they are, or as a SparseTensor.

    Raises:
        ValueError: `result_type` is neither "SparseTensor" nor "RaggedTensor".
    """
    if result_type not in ("SparseTensor", "RaggedTensor"):
        raise ValueError("result_type must be 'RaggedTensor' or 'SparseTensor'.")
    return ragged if result_type == "RaggedTensor" else ragged.to_sparse()


def _does_nothing() -> None:
    """Do nothing: this is TF2's behaviour."""


for _feature in (
    *("control_flow_v2", "resource_variables", "tensor_equality", "v2_tensorshape"),
):
    older_function(f"enable_{_feature}")(_does_nothing)
older_function("control_flow_v2_enabled", "resource_variables_enabled")(lambda: True)


@older_function("get_seed", "random.get_seed")
def get_seed(op_seed: int | None) -> tuple[int | None, int | None]:
    """Return the two seeds that an op draws with."""
    from tensor.ops.random.seeds import op_seeds

    return op_seeds(op_seed)


@older_function("clip_by_average_norm")
def clip_by_average_norm(t: Any, clip_norm: Any, name: str | None = None) -> Any:
    """Return t scaled down to an average norm, its norm over its size."""
    t = tf.convert_to_tensor(t)
    count = tf.cast(tf.size(t), t.dtype)
    scale = clip_norm * count * tf.math.rsqrt(tf.reduce_sum(t * t))
    return tf.identity(t * tf.minimum(scale, 1.0), name=name)


@older_function("sparse_to_dense")
def sparse_to_dense(
    sparse_indices: Any,
    output_shape: Any,
    sparse_values: Any,
    default_value: Any = 0,
    validate_indices: bool = True,
    name: str | None = None,
) -> Any:
    """Return a dense tensor: values at the given indices, a default elsewhere."""
    indices = tf.cast(tf.convert_to_tensor(sparse_indices), tf.int64)
    if indices.ndim == 0:
        indices = indices[None]
    if indices.ndim == 1:
        indices = indices[:, None]
    values = tf.convert_to_tensor(sparse_values)
    values = tf.broadcast_to(values, tf.shape(indices)[:1])
    shape = tf.cast(tf.convert_to_tensor(output_shape), tf.int64)
    sparse = tf.SparseTensor(indices, values, shape)
    if type(default_value) is int:
        default_value = tf.cast(default_value, values.dtype)
    return tf.sparse.to_dense(sparse, default_value, validate_indices, name)


@older_function("sparse_add")
def sparse_add(a: Any, b: Any, threshold: Any = None, thresh: Any = None) -> Any:
    """Add two tensors of which one is sparse at least; see tf.sparse.add."""
    limit = one_of("threshold", threshold, "thresh", thresh)
    return tf.sparse.add(a, b, 0 if limit is None else limit)


def _sparse_reduction(how: str, as_sparse: bool) -> Callable[..., Any]:
    def reduce(
        sp_input: Any,
        axis: Any = None,
        keepdims: Any = None,
        reduction_axes: Any = None,
        keep_dims: Any = None,
    ) -> Any:
        axis = one_of("axis", axis, "reduction_axes", reduction_axes)
        keepdims = one_of("keepdims", keepdims, "keep_dims", keep_dims)
        function = getattr(tf.sparse, f"reduce_{how}")
        return function(sp_input, axis, bool(keepdims), output_is_sparse=as_sparse)

    reduce.__doc__ = f"Reduce a sparse tensor; see tf.sparse.reduce_{how}."
    return reduce


for _how in ("sum", "max"):
    older_function(f"sparse_reduce_{_how}")(_sparse_reduction(_how, as_sparse=False))
    older_function(f"sparse_reduce_{_how}_sparse")(
        _sparse_reduction(_how, as_sparse=True)
    )


@older_function("sparse_split")
def sparse_split(
    keyword_required: Any = None,
    sp_input: Any = None,
    num_split: Any = None,
    axis: Any = None,
    name: str | None = None,
    split_dim: Any = None,
) -> Any:
    """Split a sparse tensor along an axis; see tf.sparse.split."""
    axis = one_of("axis", axis, "split_dim", split_dim)
    return tf.sparse.split(sp_input, num_split, axis, name=name)
