"""Windows with gaps: every `rate`-th row becomes an image of its own, and back.

An op that knows no gaps then works on whole images. Strides count among the rows of
those images: that is what they mean in TensorFlow's dilated depthwise convolution.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.tensor import Tensor
from tensor.ops.array import shape_op
from tensor.ops.families import shape_of
from tensor.ops.space_to_batch import batch_to_space_, space_to_batch_

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@export("nn.with_space_to_batch")
def with_space_to_batch(
    input: Any,
    dilation_rate: Any,
    padding: Any,
    op: Callable[..., Any],
    filter_shape: Any = None,
    spatial_dims: Sequence[int] | None = None,
    data_format: str | None = None,
) -> Any:
    """Apply an op to windows with gaps, by moving blocks of space into the batch.

    Args:
        input: [batch, *spatial, channels].
        dilation_rate: How far apart a window's elements lie along each spatial axis.
        padding: "SAME", "VALID" or a pair (before, after) for each spatial axis.
        op: `op(input, num_spatial_dims, padding)` works without gaps.
        filter_shape: The window's size along each axis, for "SAME".
        spatial_dims: Which axes are spatial; by default all from the first after the
            batch, or after the channels if those come second.
        data_format: "NC…" if the channels come second.

    Raises:
        ValueError: A rate is not positive, or "SAME" without a window's size.
    """
    rates = np.asarray(dilation_rate)
    if rates.ndim != 1 or rates.min(initial=1) < 1:
        raise ValueError(
            "all values of `dilation_rate` must be positive. Received: dilation_rate="
            f"{dilation_rate}"
        )
    first = 2 if data_format is not None and data_format.startswith("NC") else 1
    axes = list(spatial_dims or range(first, first + len(rates)))
    x = convert(input)
    if (rates == 1).all():
        return op(x, len(rates), padding)
    base = np.zeros((max(axes), 2), np.int64)
    block = np.ones(max(axes), np.int64)
    places = [axis - 1 for axis in axes]
    base[places], block[places] = _around(rates, padding, filter_shape), rates
    paddings, crops = _blocks(x, base, block)
    z = op(space_to_batch_(x, block, paddings), len(rates), "VALID")
    return batch_to_space_(z, block, crops)


def _around(rates: np.ndarray, padding: Any, filter_shape: Any) -> np.ndarray:
    """Return how many places come before and after each axis.

    Raises:
        ValueError: "SAME" without a window's size.
    """
    if not isinstance(padding, str):
        return np.asarray(padding)
    if padding == "VALID":
        return np.zeros((len(rates), 2), np.int64)
    if filter_shape is None:
        raise ValueError(
            "`filter_shape` must be specified for `padding='SAME'`. Received: "
            f"filter_shape={filter_shape} and padding={padding}"
        )
    total = (np.asarray(filter_shape)[: len(rates)] - 1) * rates
    return np.stack([total // 2, total - total // 2], axis=1)


def _blocks(x: Any, base: np.ndarray, block: np.ndarray) -> tuple[Any, Any]:
    """Return paddings that make sizes multiples of the block, and crops to undo."""
    sizes: Any = (shape_of(x) or (None,))[1 : 1 + len(block)]
    if len(sizes) < len(block) or None in sizes:
        known, sizes = sizes, shape_op(x, out_type=dtypes.int32)[1 : 1 + len(block)]
        sizes = [
            sizes[i] if n is None else n
            for i, n in enumerate((*known, *[None] * len(block))[: len(block)])
        ]
    extra = [
        -(size + int(pair.sum())) % int(rate)
        for size, pair, rate in zip(sizes, base, block, strict=True)
    ]
    paddings = [
        [int(pair[0]), more + int(pair[1])]
        for pair, more in zip(base, extra, strict=True)
    ]
    crops = [[0, more] for more in extra]
    if any(isinstance(more, Tensor) for more in extra):
        return convert(paddings, dtypes.int32), convert(crops, dtypes.int32)
    return paddings, crops
