"""Convolutions with a kernel of its own at each place."""

from __future__ import annotations

import itertools
import math
from typing import Any

import tensor as tf
from tensor.keras import settings


def local_conv(
    inputs: Any,
    kernel: Any,
    kernel_size: Any,
    strides: Any,
    output_shape: Any,
    data_format: str | None = None,
) -> Any:
    """Return the convolution of a tensor with a kernel for each place of the result.

    Args:
        inputs: Batch, spatial axes and channels.
        kernel: For each place a matrix of [window, filters].
        kernel_size: The size of the windows.
        strides: The steps from window to window.
        output_shape: The places along each spatial axis.
        data_format: Where the channels are.

    Raises:
        ValueError: The format is unknown.
    """
    is_first = settings.checked_data_format(data_format) == "channels_first"
    rank = len(output_shape)
    lead: tuple[slice, ...] = (slice(None),) * (2 if is_first else 1)
    windows = []
    for place in itertools.product(*map(range, output_shape)):
        at = zip(place, strides, kernel_size, strict=True)
        index = (*lead, *(slice(p * step, p * step + size) for p, step, size in at))
        windows.append(tf.reshape(inputs[index], [-1, kernel.shape[1]]))
    products = tf.transpose(tf.matmul(tf.stack(windows), kernel), [1, 0, 2])
    count = math.prod(output_shape)
    filters = kernel.shape[-1]
    outputs = tf.reshape(products, [-1, count, filters])
    outputs = tf.reshape(outputs, [-1, *output_shape, filters])
    if not is_first:
        return outputs
    return tf.transpose(outputs, [0, rank + 1, *range(1, rank + 1)])


def local_conv1d(
    inputs: Any,
    kernel: Any,
    kernel_size: Any,
    strides: Any,
    data_format: str | None = None,
) -> Any:
    """Return the convolution of sequences with a kernel for each step."""
    return local_conv(
        inputs, kernel, kernel_size, strides, (kernel.shape[0],), data_format
    )


def local_conv2d(
    inputs: Any,
    kernel: Any,
    kernel_size: Any,
    strides: Any,
    output_shape: Any,
    data_format: str | None = None,
) -> Any:
    """Return the convolution of images with a kernel for each place."""
    return local_conv(inputs, kernel, kernel_size, strides, output_shape, data_format)
