"""Strides together with dilations, as TensorFlow's depthwise convolution has them.

It takes every `dilation`-th row for an image of its own, convolves each of those images
with the strides, and weaves the results together again. So window p starts at row
(p // dilation) * stride * dilation + p % dilation: the windows at stride 1 are all
computed, and those are taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.ops.gather import gather

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tensor.ops.nn.windows import Windows


def convolve_interleaved(
    convolve: Callable[..., Any], spatial: Sequence[int | None], windows: Windows
) -> Any:
    """Return a dilated convolution with strides among every `dilation`-th row.

    Args:
        convolve: `convolve(strides=…, dilations=…, padding=…)` convolves an input.
        spatial: The input's height and width.
        windows: The windows, with strides and dilations.

    Raises:
        ValueError: Height or width is not known.
    """
    if None in spatial:
        raise ValueError(
            "Strides together with dilations need images of known height and width. "
            f"Received: spatial shape={tuple(spatial)}. Use tf.ensure_shape."
        )
    known: Any = spatial
    dense = windows._replace(strides=(1,) * len(known))
    pads, taken = [], []
    for i, (before, after) in enumerate(dense.pads(known)):
        rate, stride = windows.dilations[i], windows.strides[i]
        size = known[i] + before + after
        extra = -size % rate
        count = (size + extra) // rate - windows.sizes[i]  # among every rate-th row
        places = np.arange(max(rate * (count // stride + 1) - extra, 0))
        pads.append((before, after + extra))
        taken.append(places // rate * stride * rate + places % rate)
    z = convolve(
        strides=dense.strides, dilations=windows.dilations, padding=tuple(pads)
    )
    for axis, places in enumerate(taken, start=1):
        z = gather(z, places, axis=axis, batch_dims=0)
    return z
