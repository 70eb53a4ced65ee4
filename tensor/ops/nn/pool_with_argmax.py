"""The maximum of every window together with where it is."""

from __future__ import annotations

from typing import Any, NamedTuple

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.ops.families import REAL, check_kind, shape_of
from tensor.ops.nn.pool import max_pool_with_argmax_op
from tensor.ops.nn.pool_public import check_positive, pool_padding, refused
from tensor.ops.nn.windows import Windows, per_axis


class MaxPoolWithArgmax(NamedTuple):
    """The result of `tf.nn.max_pool_with_argmax`."""

    output: Any
    argmax: Any


@export("nn.max_pool_with_argmax")
def max_pool_with_argmax(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NHWC",
    output_dtype: Any = dtypes.int64,
    include_batch_in_index: bool = False,
    name: str | None = None,
) -> MaxPoolWithArgmax:
    """Return the maximum of every window, and where in its image it is.

    The index counts through an image's elements in row-major order; with
    `include_batch_in_index`, through those of the whole batch.

    Raises:
        ValueError: `data_format` is not "NHWC".
        InvalidArgumentError: A parameter, shape or dtype is wrong.
        UnimplementedError: The windows take several channels or images.
    """
    if data_format != "NHWC":
        raise ValueError(
            f"`data_format` values other than 'NHWC' are not supported. Received: "
            f"data_format={data_format}"
        )
    op = max_pool_with_argmax_op
    x = convert(input)
    check_kind(op, x, REAL)
    sizes, others = per_axis(ksize, 2, False, "ksize")
    steps, other_steps = per_axis(strides, 2, False, "strides")
    target = dtypes.as_dtype(output_dtype)
    dims = shape_of(x)
    problem = None
    if target not in (dtypes.int32, dtypes.int64):
        problem = (
            f"Value for attr 'Targmax' of {dtypes.short_name(target)} is not in the "
            "list of allowed values: int32, int64"
        )
    elif dims is not None and len(dims) != 4:
        problem = f"tensor_in must be 4-dimensional, got {len(dims)}"
    elif dims is not None and 0 in dims:
        problem = f"tensor_in must not be empty, got shape {x.shape}"
    if problem:
        raise refused(problem, op)
    if others != (1, 1) or other_steps != (1, 1):
        raise errors.because(
            errors.UnimplementedError,
            "MaxPooling supports exactly one of pooling across depth or pooling across "
            f"width/height. [Op:{op.type_name}]",
        )
    check_positive(sizes, steps, op)
    windows = Windows(sizes, steps, (1, 1), pool_padding(sizes, padding, op))
    y, index = op(
        x,
        windows=windows,
        dtype=target,
        with_batch=include_batch_in_index,
        name=name,
    )
    return MaxPoolWithArgmax(y, index)
