"""Raw ops of variables, random numbers and texts."""

# ruff: noqa: A006, ARG005  # the names of arguments are TensorFlow's
from __future__ import annotations

from typing import Any

import tensor as tf


def _rows(method: str) -> Any:
    """Return the raw op that changes a variable's rows by one of its methods."""
    return lambda resource, indices, updates: _do(
        getattr(resource.variable, method)(tf.IndexedSlices(updates, indices))
    )


def _do(_: Any) -> None:
    """Return nothing, as ops on resources do."""


FORMS: dict[str, Any] = {
    "AssignAddVariableOp": lambda resource, value: _do(
        resource.variable.assign_add(value)
    ),
    "AssignSubVariableOp": lambda resource, value: _do(
        resource.variable.assign_sub(value)
    ),
    "AssignVariableOp": lambda resource, value, validate_shape=False: _do(
        resource.variable.assign(value)
    ),
    "DecodeBase64": lambda input: tf.io.decode_base64(input),
    "EncodeBase64": lambda input, pad=False: tf.io.encode_base64(input, pad),
    "NoOp": lambda: tf.no_op(),
    "ReadVariableOp": lambda resource, dtype: resource.variable.read_value(),
    "ResourceGather": lambda resource, indices, dtype, batch_dims=0, validate_indices=True: (  # noqa: E501
        tf.gather(resource.variable, indices, batch_dims=batch_dims)
    ),
    "ResourceScatterAdd": _rows("scatter_add"),
    "ResourceScatterDiv": _rows("scatter_div"),
    "ResourceScatterMax": _rows("scatter_max"),
    "ResourceScatterMin": _rows("scatter_min"),
    "ResourceScatterMul": _rows("scatter_mul"),
    "ResourceScatterSub": _rows("scatter_sub"),
    "ResourceScatterUpdate": _rows("scatter_update"),
    "SobolSample": lambda dim, num_results, skip, dtype=tf.float32: (
        tf.math.sobol_sample(dim, num_results, skip, dtype)
    ),
    "StatelessRandomNormal": lambda shape, seed, dtype=tf.float32: (
        tf.random.stateless_normal(shape, seed, dtype=dtype)
    ),
    "StatelessRandomUniform": lambda shape, seed, dtype=tf.float32: (
        tf.random.stateless_uniform(shape, seed, dtype=dtype)
    ),
    "StatelessRandomUniformInt": lambda shape, seed, minval, maxval: (
        tf.random.stateless_uniform(
            shape, seed, minval, maxval, tf.convert_to_tensor(minval).dtype
        )
    ),
    "StatelessTruncatedNormal": lambda shape, seed, dtype=tf.float32: (
        tf.random.stateless_truncated_normal(shape, seed, dtype=dtype)
    ),
    "StringJoin": lambda inputs, separator="": tf.strings.join(inputs, separator),
    "StringLower": lambda input, encoding="": tf.strings.lower(input, encoding),
    "StringToHashBucketFast": lambda input, num_buckets: tf.strings.to_hash_bucket_fast(
        input, num_buckets
    ),
    "StringToNumber": lambda string_tensor, out_type=tf.float32: tf.strings.to_number(
        string_tensor, out_type
    ),
    "StringUpper": lambda input, encoding="": tf.strings.upper(input, encoding),
    "Substr": lambda input, pos, len, unit="BYTE": tf.strings.substr(
        input, pos, len, unit
    ),
    "Timestamp": lambda: tf.timestamp(),
    "VarIsInitializedOp": lambda resource: resource.variable.is_initialized(),
    "VariableShape": lambda input, out_type=tf.int32: tf.shape(
        input.variable, out_type
    ),
}
