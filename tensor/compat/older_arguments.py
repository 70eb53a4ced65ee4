"""Functions that TF1 knew with other arguments: in another order, or by other names.

A line is the name that TF1 has, and its parameters in TF1's order. `old>new` is a
parameter that TF2 calls differently; two that become the same one exclude each other.
`old-` has no effect here; `old=x` gives a value where TF1's default is another one.
"""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

_REDUCTION = "input_tensor axis keepdims name reduction_indices>axis keep_dims>keepdims"
_CHECK_OF_ONE = "x data- summarize message name"
_CHECK_OF_TWO = "x y data- summarize message name"
_POOL = "value>input ksize strides padding data_format name input"
_PARTITIONED_LOSS = (
    "weights biases labels inputs num_sampled num_classes num_true sampled_values "
    "remove_accidental_hits partition_strategy- name"
)

_TABLE = f"""
arg_max: input dimension>axis output_type name
arg_min: input dimension>axis output_type name
argmax: input axis name dimension>axis output_type
argmin: input axis name dimension>axis output_type
batch_to_space_nd: input block_shape crops name
boolean_mask: tensor mask name axis
constant: value dtype shape name verify_shape-
convert_to_tensor: value dtype name preferred_dtype>dtype_hint dtype_hint
expand_dims: input axis name dim>axis
gather: params indices validate_indices- name axis batch_dims
gather_nd: params indices name batch_dims bad_indices_policy
gradients: ys xs grad_ys name colocate_gradients_with_ops- gate_gradients \
 aggregation_method stop_gradients unconnected_gradients
hessians: ys xs name colocate_gradients_with_ops- gate_gradients aggregation_method
norm: tensor ord axis keepdims name keep_dims>keepdims
ones_like: tensor>input dtype name optimize-
pad: tensor paddings mode name constant_values
reverse_sequence: input seq_lengths seq_axis batch_axis name seq_dim>seq_axis \
 batch_dim>batch_axis
shape: input name out_type
size: input name out_type
squeeze: input axis name squeeze_dims>axis
transpose: a perm name conjugate
tuple: tensors name control_inputs
zeros_like: tensor>input dtype name optimize-
debugging.assert_all_finite: t>x msg>message name x message
debugging.assert_rank: x rank data- summarize- message name
debugging.assert_rank_at_least: x rank data- summarize- message name
debugging.assert_rank_in: x ranks data- summarize- message name
debugging.assert_scalar: tensor name message
debugging.assert_near: x y rtol atol data- summarize message name
image.crop_and_resize: image boxes box_ind>box_indices crop_size method \
 extrapolation_value name box_indices
image.draw_bounding_boxes: images boxes name colors
image.extract_image_patches: images ksizes>sizes strides rates padding name sizes
io.decode_csv: records record_defaults field_delim use_quote_delim name na_value \
 select_cols
io.decode_raw: input_bytes out_type little_endian name bytes>input_bytes
io.parse_example: serialized features name example_names
io.parse_single_example: serialized features name example_names
io.serialize_many_sparse: sp_input name out_type
io.serialize_sparse: sp_input name out_type
math.confusion_matrix: labels predictions num_classes dtype name weights
math.count_nonzero: input_tensor>input axis keepdims dtype name \
 reduction_indices>axis keep_dims>keepdims input
math.in_top_k: predictions targets k name
nn.avg_pool: {_POOL}
nn.avg_pool2d: {_POOL}
nn.max_pool: {_POOL}
nn.batch_norm_with_global_normalization: t>input m>mean v>variance beta gamma \
 variance_epsilon scale_after_normalization name input mean variance
nn.conv1d: value>input filters stride padding use_cudnn_on_gpu- data_format name \
 input dilations
nn.conv2d: input filter>filters strides padding use_cudnn_on_gpu- data_format \
 dilations name filters
nn.conv2d_transpose: value>input filter>filters output_shape strides padding \
 data_format name input filters dilations
nn.conv3d: input filter>filters strides padding data_format dilations name filters
nn.conv3d_transpose: value>input filter>filters output_shape strides padding \
 data_format name input filters dilations
nn.convolution: input filter>filters padding strides dilation_rate>dilations name \
 data_format filters dilations
nn.crelu: features name axis
nn.depth_to_space: input block_size name data_format
nn.depthwise_conv2d: input filter strides padding rate>dilations name data_format \
 dilations
nn.depthwise_conv2d_native: input filter strides padding data_format dilations name
nn.dilation2d: input filter>filters strides rates>dilations padding name filters \
 dilations data_format=NHWC
nn.embedding_lookup: params ids partition_strategy- name validate_indices- max_norm
nn.embedding_lookup_sparse: params sp_ids sp_weights partition_strategy- name combiner \
 max_norm allow_fast_lookup
nn.erosion2d: value kernel>filters strides rates>dilations padding name \
 data_format=NHWC
nn.fractional_avg_pool: value pooling_ratio pseudo_random overlapping deterministic- \
 seed seed2- name
nn.fractional_max_pool: value pooling_ratio pseudo_random overlapping deterministic- \
 seed seed2- name
nn.in_top_k: predictions targets k name
nn.l2_normalize: x axis epsilon name dim>axis
nn.log_softmax: logits axis name dim>axis
nn.max_pool_with_argmax: input ksize strides padding data_format Targmax>output_dtype \
 name output_dtype include_batch_in_index
nn.moments: x axes shift name keep_dims>keepdims keepdims
nn.nce_loss: {_PARTITIONED_LOSS}
nn.pool: input window_shape pooling_type padding dilation_rate>dilations strides name \
 data_format dilations
nn.safe_embedding_lookup_sparse: embedding_weights sparse_ids sparse_weights combiner \
 default_id name partition_strategy- max_norm allow_fast_lookup
nn.sampled_softmax_loss: {_PARTITIONED_LOSS} seed
nn.separable_conv2d: input depthwise_filter pointwise_filter strides padding \
 rate>dilations name data_format dilations
nn.softmax: logits axis name dim>axis
nn.softmax_cross_entropy_with_logits_v2: labels logits axis name dim>axis
nn.space_to_depth: input block_size name data_format
nn.sufficient_statistics: x axes shift keep_dims>keepdims name keepdims
nn.weighted_cross_entropy_with_logits: labels logits pos_weight name targets>labels
nn.weighted_moments: x axes frequency_weights name keep_dims>keepdims keepdims
random.poisson: lam shape dtype seed name
sparse.segment_mean: data indices segment_ids name num_segments sparse_gradient
sparse.segment_sqrt_n: data indices segment_ids name num_segments sparse_gradient
sparse.segment_sum: data indices segment_ids name num_segments sparse_gradient
sparse.concat: axis sp_inputs name expand_nonconcat_dim>expand_nonconcat_dims \
 concat_dim>axis expand_nonconcat_dims
strings.length: input name unit
strings.reduce_join: inputs axis keep_dims>keepdims separator name \
 reduction_indices>axis keepdims
strings.substr: input pos len name unit
strings.to_hash_bucket: string_tensor>input num_buckets name input
strings.to_number: string_tensor>input out_type name input
"""

# TF2's functions under the names of rows that are called differently there.
_TARGETS = {
    "arg_max": "argmax",
    "arg_min": "argmin",
    "batch_to_space_nd": "batch_to_space",
    "image.extract_image_patches": "image.extract_patches",
    "nn.depthwise_conv2d_native": "nn.depthwise_conv2d",
    "nn.softmax_cross_entropy_with_logits_v2": "nn.softmax_cross_entropy_with_logits",
}

_FAMILIES = {
    _REDUCTION: (
        *("reduce_all", "reduce_any", "reduce_logsumexp", "reduce_max", "reduce_mean"),
        *("reduce_min", "reduce_prod", "reduce_sum"),
    ),
    _CHECK_OF_ONE: (
        *("debugging.assert_negative", "debugging.assert_positive"),
        *("debugging.assert_non_negative", "debugging.assert_non_positive"),
    ),
    _CHECK_OF_TWO: (
        *("debugging.assert_equal", "debugging.assert_none_equal"),
        *("debugging.assert_greater", "debugging.assert_greater_equal"),
        *("debugging.assert_less", "debugging.assert_less_equal"),
    ),
}


class _Parameter(NamedTuple):
    """A parameter of TF1's form of a function.

    Attributes:
        name: What TF1 calls it.
        target: What TF2 calls it, None where it has no effect.
        default: The value to hand on where none is given, or nothing.
    """

    name: str
    target: str | None
    default: Any


_NOTHING: Any = inspect.Parameter.empty


@functools.cache
def _rows() -> dict[str, tuple[_Parameter, ...]]:
    rows = dict(
        line.split(": ", 1) for line in _TABLE.splitlines() if line and ": " in line
    )
    for parameters, names in _FAMILIES.items():
        rows |= dict.fromkeys(names, parameters)
    return {name: tuple(map(_parsed, row.split())) for name, row in rows.items()}


def _parsed(word: str) -> _Parameter:
    if word.endswith("-"):
        return _Parameter(word[:-1], None, _NOTHING)
    word, _, default = word.partition("=")
    name, _, target = word.partition(">")
    return _Parameter(name, target or name, default or _NOTHING)


def has_older_form(name: str) -> bool:
    """Return whether TF1 has a function by this name with other arguments."""
    return name in _rows()


@functools.cache
def older_form(name: str) -> Callable[..., Any]:
    """Return a function that takes TF1's arguments and calls TF2's function."""
    import tensor

    target: Any = tensor
    for part in _TARGETS.get(name, name).split("."):
        target = getattr(target, part)
    parameters = _rows()[name]

    def function(*args: Any, **kwargs: Any) -> Any:
        if len(args) > len(parameters):
            raise TypeError(
                f"Too many arguments were given. Expected {len(parameters)} but got "
                f"{len(args)}. [tf.compat.v1.{name}]"
            )
        given = dict(zip((p.name for p in parameters), args, strict=False))
        for key, value in kwargs.items():
            if key in given:
                raise TypeError(
                    f"Got multiple values for argument {key!r} [tf.compat.v1.{name}]"
                )
            given[key] = value
        return target(**_translated(name, parameters, given))

    function.__name__ = function.__qualname__ = name.rpartition(".")[2]
    function.__doc__ = f"Call tf.{name} with TF1's arguments.\n\n{target.__doc__ or ''}"
    keyword = inspect.Parameter.POSITIONAL_OR_KEYWORD
    function.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [inspect.Parameter(p.name, keyword, default=None) for p in parameters]
    )
    return function


def _translated(
    name: str, parameters: tuple[_Parameter, ...], given: dict[str, Any]
) -> dict[str, Any]:
    """Return TF2's arguments for TF1's.

    Raises:
        TypeError: There is no such parameter.
        ValueError: Two names of one parameter are given.
    """
    result: dict[str, Any] = {}
    source: dict[str, str] = {}
    known = {p.name: p for p in parameters}
    for key, value in given.items():
        if key not in known:
            raise TypeError(
                f"Got an unexpected keyword argument {key!r} [tf.compat.v1.{name}]"
            )
        target = known[key].target
        if target is None or (value is None and target != key):
            continue
        if target in result and result[target] is not None and value is not None:
            old, new = sorted((key, source[target]), key=target.__eq__)
            raise ValueError(f"Cannot specify both '{old}' and '{new}'. They are one.")
        if value is not None or target not in result:
            result[target], source[target] = value, key
    for p in parameters:
        if p.default is not _NOTHING and p.target is not None:
            result.setdefault(p.target, p.default)
    return result
