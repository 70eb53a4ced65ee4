"""TF1's names for what TF2 has elsewhere: `tf.compat.v1.log` is `tf.math.log`."""

from __future__ import annotations

_MOVED = """
audio: decode_wav encode_wav
debugging: assert_equal assert_greater assert_greater_equal assert_integer assert_less
 assert_less_equal assert_near assert_rank
 assert_negative assert_non_negative assert_non_positive assert_none_equal
 assert_positive assert_proper_iterable assert_rank_at_least assert_rank_in
 assert_same_float_dtype assert_scalar assert_type check_numerics is_numeric_tensor
image: extract_glimpse
io: decode_base64 decode_compressed decode_csv decode_json_example decode_raw
 deserialize_many_sparse encode_base64 matching_files parse_example
 parse_single_example parse_single_sequence_example parse_tensor read_file
 serialize_many_sparse serialize_sparse serialize_tensor write_file VarLenFeature
 FixedLenFeature FixedLenSequenceFeature SparseFeature
linalg: cholesky cholesky_solve cross matrix_transpose qr svd trace global_norm
math: accumulate_n angle betainc bincount ceil confusion_matrix conj count_nonzero
 cumprod digamma erf erfc expm1 igamma igammac imag invert_permutation is_finite
 is_inf is_nan is_non_decreasing is_strictly_increasing lbeta lgamma log log1p
 log_sigmoid logical_xor polygamma real reciprocal rint rsqrt segment_max
 segment_mean segment_min segment_prod segment_sum squared_difference
 unsorted_segment_max unsorted_segment_mean unsorted_segment_min
 unsorted_segment_prod unsorted_segment_sqrt_n unsorted_segment_sum zeta
nn: depth_to_space space_to_depth
quantization: dequantize fake_quant_with_min_max_args
 fake_quant_with_min_max_args_gradient fake_quant_with_min_max_vars
 fake_quant_with_min_max_vars_gradient fake_quant_with_min_max_vars_per_channel
 fake_quant_with_min_max_vars_per_channel_gradient quantize quantized_concat
signal: fft fft2d fft3d fftnd ifft ifft2d ifft3d ifftnd irfftnd
strings: reduce_join regex_replace substr
"""

_RENAMED = {
    "OpError": "errors.OpError",
    "NoGradient": "no_gradient",
    "debugging.is_finite": "math.is_finite",
    "debugging.is_inf": "math.is_inf",
    "debugging.is_nan": "math.is_nan",
    "debugging.is_non_decreasing": "math.is_non_decreasing",
    "debugging.is_strictly_increasing": "math.is_strictly_increasing",
    "diag": "linalg.tensor_diag",
    "diag_part": "linalg.tensor_diag_part",
    "div_no_nan": "math.divide_no_nan",
    "dtypes.as_string": "strings.as_string",
    "extract_image_patches": "image.extract_image_patches",
    "floor_div": "math.floordiv",
    "image.resize_image_with_crop_or_pad": "image.resize_with_crop_or_pad",
    "image.transpose_image": "image.transpose",
    "initialize_all_tables": "tables_initializer",
    "initialize_all_variables": "global_variables_initializer",
    "initialize_local_variables": "local_variables_initializer",
    "initialize_variables": "variables_initializer",
    "all_variables": "global_variables",
    "linalg.l2_normalize": "nn.l2_normalize",
    "linalg.norm": "norm",
    "linalg.transpose": "linalg.matrix_transpose",
    "log_sigmoid": "math.log_sigmoid",
    "lin_space": "linspace",
    "math.argmax": "argmax",
    "math.argmin": "argmin",
    "math.l2_normalize": "nn.l2_normalize",
    "math.log_softmax": "nn.log_softmax",
    "math.reduce_all": "reduce_all",
    "math.reduce_any": "reduce_any",
    "math.reduce_logsumexp": "reduce_logsumexp",
    "math.reduce_max": "reduce_max",
    "math.reduce_mean": "reduce_mean",
    "math.reduce_min": "reduce_min",
    "math.reduce_prod": "reduce_prod",
    "math.reduce_sum": "reduce_sum",
    "math.softmax": "nn.softmax",
    "matrix_band_part": "linalg.band_part",
    "matrix_determinant": "linalg.det",
    "matrix_diag": "linalg.diag",
    "matrix_diag_part": "linalg.diag_part",
    "matrix_inverse": "linalg.inv",
    "matrix_set_diag": "linalg.set_diag",
    "matrix_solve": "linalg.solve",
    "matrix_solve_ls": "linalg.lstsq",
    "matrix_triangular_solve": "linalg.triangular_solve",
    "nn.depthwise_conv2d_native_backprop_filter": "nn.depthwise_conv2d_backprop_filter",
    "nn.depthwise_conv2d_native_backprop_input": "nn.depthwise_conv2d_backprop_input",
    "py_func": "numpy_function",
    "random.set_random_seed": "random.set_seed",
    "random_crop": "image.random_crop",
    "random_gamma": "random.gamma",
    "random_index_shuffle": "random.experimental.index_shuffle",
    "random_normal": "random.normal",
    "random_poisson": "random.poisson",
    "random_shuffle": "random.shuffle",
    "random_uniform": "random.uniform",
    "truncated_normal": "random.truncated_normal",
    "reverse_v2": "reverse",
    "self_adjoint_eig": "linalg.eigh",
    "self_adjoint_eigvals": "linalg.eigvalsh",
    "set_random_seed": "random.set_seed",
    "sets.set_difference": "sets.difference",
    "sets.set_intersection": "sets.intersection",
    "sets.set_size": "sets.size",
    "sets.set_union": "sets.union",
    "sparse_concat": "sparse.concat",
    "sparse_fill_empty_rows": "sparse.fill_empty_rows",
    "sparse_mask": "sparse.mask",
    "sparse_maximum": "sparse.maximum",
    "sparse_minimum": "sparse.minimum",
    "sparse_reorder": "sparse.reorder",
    "sparse_reset_shape": "sparse.reset_shape",
    "sparse_reshape": "sparse.reshape",
    "sparse_retain": "sparse.retain",
    "sparse_segment_mean": "sparse.segment_mean",
    "sparse_segment_sqrt_n": "sparse.segment_sqrt_n",
    "sparse_segment_sum": "sparse.segment_sum",
    "sparse_slice": "sparse.slice",
    "sparse_softmax": "sparse.softmax",
    "sparse_tensor_dense_matmul": "sparse.sparse_dense_matmul",
    "sparse_tensor_to_dense": "sparse.to_dense",
    "sparse_to_indicator": "sparse.to_indicator",
    "sparse_transpose": "sparse.transpose",
    "string_join": "strings.join",
    "string_strip": "strings.strip",
    "string_to_hash_bucket": "strings.to_hash_bucket",
    "string_to_hash_bucket_fast": "strings.to_hash_bucket_fast",
    "string_to_hash_bucket_strong": "strings.to_hash_bucket_strong",
    "string_to_number": "strings.to_number",
    "tensor_scatter_add": "tensor_scatter_nd_add",
    "tensor_scatter_sub": "tensor_scatter_nd_sub",
    "tensor_scatter_update": "tensor_scatter_nd_update",
    "verify_tensor_all_finite": "debugging.assert_all_finite",
}


def _moved() -> dict[str, str]:
    found: dict[str, str] = {}
    namespace = ""
    for line in _MOVED.strip().splitlines():
        if ":" in line:
            namespace, _, names = line.partition(":")
        else:
            names = line
        found |= {name: f"{namespace}.{name}" for name in names.split()}
    return found


OLDER_NAMES = _moved() | _RENAMED

# TF2's form of functions that TF1 has in another one.
NEWER_FORMS = {
    "nn.avg_pool_v2": "nn.avg_pool",
    "nn.ctc_beam_search_decoder_v2": "nn.ctc_beam_search_decoder",
    "nn.ctc_loss_v2": "nn.ctc_loss",
    "nn.max_pool_v2": "nn.max_pool",
    "where_v2": "where",
}
