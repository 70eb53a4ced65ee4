"""Which public functions work element by element.

tf.experimental.dispatch_for_unary_elementwise_apis and kin are about these.
"""


def _in(namespace: str, names: str) -> tuple[str, ...]:
    return tuple([f"{namespace}.{name}" for name in names.split()])


UNARY = (
    "zeros_like",
    "ones_like",
    "debugging.check_numerics",
    "saturate_cast",
    "cast",
    "clip_by_value",
    *_in(
        "math",
        "abs softplus sign real imag angle round sigmoid log_sigmoid conj "
        "reciprocal_no_nan erfinv ndtri erfcinv ceil sqrt exp rsqrt acos floor "
        "acosh asin asinh atan atanh cos cosh digamma erf erfc expm1 is_finite "
        "is_inf is_nan lgamma log log1p logical_not negative reciprocal rint sin "
        "sinh square tan tanh",
    ),
    *_in(
        "math.special",
        "dawsn expint fresnel_cos fresnel_sin spence bessel_i0 bessel_i0e "
        "bessel_i1 bessel_i1e bessel_k0 bessel_k0e bessel_k1 bessel_k1e bessel_j0 "
        "bessel_j1 bessel_y0 bessel_y1",
    ),
    *_in("nn", "relu6 leaky_relu gelu elu relu selu softsign silu"),
    *_in(
        "strings",
        "regex_full_match regex_replace length substr to_number to_hash_bucket "
        "to_hash_bucket_fast to_hash_bucket_strong as_string lower upper "
        "unicode_transcode unicode_script strip",
    ),
    "io.decode_base64",
    "io.encode_base64",
    "bitwise.invert",
    "image.adjust_brightness",
    "image.convert_image_dtype",
    "image.random_brightness",
    "image.stateless_random_brightness",
)

BINARY = (
    *_in(
        "math",
        "divide multiply subtract scalar_mul pow truediv divide_no_nan "
        "multiply_no_nan floordiv logical_xor equal not_equal add xdivy xlog1py "
        "atan2 floormod greater greater_equal less less_equal logical_and "
        "logical_or maximum minimum squared_difference xlogy zeta nextafter",
    ),
    *_in(
        "bitwise",
        "bitwise_and bitwise_or bitwise_xor left_shift right_shift",
    ),
    "dtypes.complex",
    "complex",
    "realdiv",
    "truncatediv",
    "truncatemod",
    "nn.sigmoid_cross_entropy_with_logits",
)

ASSERTIONS = _in(
    "debugging",
    "assert_equal assert_none_equal assert_near assert_less assert_less_equal "
    "assert_greater assert_greater_equal",
)
