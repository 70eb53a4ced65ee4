"""Depthwise convolution: each channel has filters of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors
from tensor.core.public_api import export
from tensor.core.registry import Op, Sample, register
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import as_static_shape, shape_for, static_value
from tensor.ops.families import bracketed, shape_of
from tensor.ops.nn.conv import wide
from tensor.ops.nn.conv_public import FLOATS, invalid, tensors
from tensor.ops.nn.dilated_by_batches import with_space_to_batch
from tensor.ops.nn.odd_maxima import places
from tensor.ops.nn.pooling import in_pieces
from tensor.ops.nn.windows import Windows, padded, parse_padding, per_axis

if TYPE_CHECKING:
    from collections.abc import Iterator

Shape = tuple[int, ...]


def _split(z: np.ndarray, channels: int) -> np.ndarray:
    """Return z with its last axis split into channels and multiplier."""
    return z.reshape(*z.shape[:-1], channels, -1)


def depthwise(x: np.ndarray, w: np.ndarray, windows: Windows) -> np.ndarray:
    """Return each channel of x convolved with its own filters."""
    counts = windows.known_counts(x.shape[1:-1])
    channels, multiplier = w.shape[-2:]
    result = np.zeros((len(x), *counts, channels * multiplier), x.dtype)
    pads = windows.pads(x.shape[1:-1])

    def work(batch: slice) -> None:
        piece = padded(x[batch], pads)[..., None]
        total = _split(result[batch], channels)
        for where, taps in zip(places(windows, counts), _taps(w), strict=True):
            total += piece[where] * taps

    if result.size:
        in_pieces(work, result)
    return result


def _taps(w: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the filters' numbers [channels, multiplier], place by place."""
    yield from w.reshape(-1, *w.shape[-2:])


def depthwise_input_gradient(
    dz: np.ndarray, w: np.ndarray, spatial: Shape, windows: Windows
) -> np.ndarray:
    """Return the gradient of an input of the given spatial shape."""
    channels = w.shape[-2]
    pads = windows.pads(spatial)
    sizes = [n + b + a for n, (b, a) in zip(spatial, pads, strict=True)]
    result = np.zeros((len(dz), *spatial, channels), dz.dtype)
    inner = tuple(slice(b, b + n) for n, (b, _) in zip(spatial, pads, strict=True))

    def work(batch: slice) -> None:
        given = _split(dz[batch], channels)
        total = np.zeros((len(given), *sizes, channels), dz.dtype)
        spots = places(windows, dz.shape[1:-1])
        for where, taps in zip(spots, _taps(w), strict=True):
            total[where] += (given * taps).sum(axis=-1)
        result[batch] = total[(slice(None), *inner)]

    if result.size and dz.size:
        in_pieces(work, dz)
    return result


def depthwise_filter_gradient(
    x: np.ndarray, dz: np.ndarray, shape: Shape, windows: Windows
) -> np.ndarray:
    """Return the gradient of the filters."""
    x = padded(x, windows.pads(x.shape[1:-1]))
    given = _split(dz, shape[-2])
    taps = [
        np.einsum("nhwc,nhwcm->cm", x[where], given)
        for where in places(windows, dz.shape[1:-1])
    ]
    return np.stack(taps).reshape(shape)


class DepthwiseConv2d(Op):
    """Convolution of each channel with its own filters, the results side by side."""

    type_name = "DepthwiseConv2dNative"
    kind = "contraction"

    def kernel(self, x: Any, w: Any, **attrs: Any) -> Any:
        (x, w), dtype = wide(x, w)
        z = depthwise(x, w, Windows(w.shape[:2], **attrs))
        return z.astype(dtype, copy=False)

    def infer(self, x: TensorSpec, w: TensorSpec, **attrs: Any) -> TensorSpec:
        sizes = (None, None) if w.dims is None else w.dims[:2]
        batch, *spatial, channels = x.dims or (None,) * 4
        if None in sizes and attrs["padding"] == "SAME":
            sizes = (1, 1)
        counts: Any = (None, None)
        if None not in sizes:
            windows = Windows(sizes, **attrs)  # type: ignore[arg-type]
            counts = windows.counts(spatial, self.type_name)
        if w.dims is not None and w.dims[2] is not None:
            channels = w.dims[2]
        multiplier = None if w.dims is None else w.dims[3]
        known = channels is not None and multiplier is not None
        depth = channels * multiplier if known else None  # type: ignore[operator]
        return TensorSpec.of((batch, *counts, depth), x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        x, w = call.inputs
        attrs = call.attrs
        return (
            depthwise_input(dz, w, shape=shape_for(x), **attrs)
            if call.wants[0]
            else None,
            depthwise_filter(x, dz, shape=shape_for(w), **attrs)
            if call.wants[1]
            else None,
        )

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for _, x, w, attrs in _sample_shapes():
            yield Sample(rng.normal(size=x), rng.normal(size=w), **attrs)


def _sample_shapes() -> Iterator[tuple[Shape, Shape, Shape, dict[str, Any]]]:
    for x, w, stride, rate, padding in (
        ((2, 4, 5, 3), (3, 2, 3, 2), 1, 1, "SAME"),
        ((2, 5, 5, 2), (2, 2, 2, 1), 2, 1, "VALID"),
        ((1, 5, 5, 2), (2, 2, 2, 1), 1, 2, ((1, 0), (0, 2))),
    ):
        attrs = {
            "strides": (stride, stride),
            "dilations": (rate, rate),
            "padding": padding,
        }
        counts = Windows(w[:2], **attrs).known_counts(x[1:-1])  # type: ignore[arg-type]
        yield (x[0], *counts, w[2] * w[3]), x, w, attrs


def _check_counts(dz: Any, spatial: Shape, windows: Windows, op: Op) -> None:
    """Check that a convolution of an input of this size gives `dz`.

    Raises:
        InvalidArgumentError: It does not.
    """
    counts = windows.counts(spatial, op.type_name)
    for what, have, want in zip(("rows", "cols"), dz.shape[1:-1], counts, strict=True):
        if have != want:
            name = op.type_name.replace("2dNative", "2D")
            raise invalid(
                f"{name}: Number of {what} of out_backprop doesn't match computed: "
                f"actual = {have}, computed = {want}",
                op,
            )


class DepthwiseConv2dBackpropInput(Op):
    """What a depthwise convolution's result gives back to its input."""

    type_name = "DepthwiseConv2dNativeBackpropInput"

    def kernel(self, dz: Any, w: Any, shape: Any, **attrs: Any) -> Any:
        (dz, w), dtype = wide(dz, w)
        spatial = tuple(int(d) for d in shape)[1:-1]
        _check_counts(dz, spatial, Windows(w.shape[:2], **attrs), self)
        x = depthwise_input_gradient(dz, w, spatial, Windows(w.shape[:2], **attrs))
        return x.astype(dtype, copy=False)

    def infer(self, dz: TensorSpec, w: TensorSpec, shape: Any, **_: Any) -> TensorSpec:
        return TensorSpec.of(static_value(shape) or (None,) * 4, dz.dtype)

    def gradient(self, call: Any, ddx: Any) -> Any:
        dz, w = call.inputs
        attrs = {k: v for k, v in call.attrs.items() if k != "shape"}
        return (
            depthwise_op(ddx, w, **attrs),
            depthwise_filter(ddx, dz, shape=shape_for(w), **attrs),
        )

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for dz, x, w, attrs in _sample_shapes():
            yield Sample(rng.normal(size=dz), rng.normal(size=w), shape=x, **attrs)


class DepthwiseConv2dBackpropFilter(Op):
    """What a depthwise convolution's result gives back to its filters."""

    type_name = "DepthwiseConv2dNativeBackpropFilter"

    def kernel(self, x: Any, dz: Any, shape: Any, **attrs: Any) -> Any:
        (x, dz), dtype = wide(x, dz)
        sizes = tuple(int(d) for d in shape)
        _check_counts(dz, x.shape[1:-1], Windows(sizes[:2], **attrs), self)
        w = depthwise_filter_gradient(x, dz, sizes, Windows(sizes[:2], **attrs))
        return w.astype(dtype, copy=False)

    def infer(self, x: TensorSpec, dz: TensorSpec, shape: Any, **_: Any) -> TensorSpec:
        return TensorSpec.of(static_value(shape) or (None,) * 4, dz.dtype)

    def gradient(self, call: Any, ddw: Any) -> Any:
        x, dz = call.inputs
        attrs = {k: v for k, v in call.attrs.items() if k != "shape"}
        return (
            depthwise_input(dz, ddw, shape=shape_for(x), **attrs),
            depthwise_op(x, ddw, **attrs),
        )

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for dz, x, w, attrs in _sample_shapes():
            yield Sample(rng.normal(size=x), rng.normal(size=dz), shape=w, **attrs)


depthwise_op = register(DepthwiseConv2d)
depthwise_input = register(DepthwiseConv2dBackpropInput)
depthwise_filter = register(DepthwiseConv2dBackpropFilter)


@export("nn.depthwise_conv2d")
def depthwise_conv2d(
    input: Any,
    filter: Any,
    strides: Any,
    padding: Any,
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """Convolve each channel with its own filters.

    Args:
        input: [batch, height, width, channels].
        filter: [height, width, channels, filters for each channel].
        strides: Four numbers, 1 first and last.
        padding: "SAME", "VALID" or four pairs (before, after).
        data_format: "NHWC", the only one on a CPU.
        dilations: Two numbers: how far apart the window's elements lie.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: Shapes, dtypes or parameters do not go together.
        ValueError: A dilation is not positive.
        UnimplementedError: `data_format` is "NCHW".
        ValueError: A dilation is not positive.
    """
    op = depthwise_op
    if data_format not in (None, "NHWC"):
        raise errors.because(
            errors.UnimplementedError,
            "Depthwise convolution on CPU is only supported for NHWC format, got "
            f"{data_format} [Op:{op.type_name}]",
        )
    x, w = tensors(op, input, filter, FLOATS)
    steps = _strides(strides, op)
    rates = _rates(dilations)
    have, filters = shape_of(x), shape_of(w)
    if have is not None and filters is not None:
        _check(have, filters, op)
    pads = parse_padding(padding, 2, False, op.type_name)
    if max(steps) > 1 and max(rates) > 1:
        attrs = {"strides": steps, "dilations": (1, 1), "padding": "VALID"}
        return with_space_to_batch(
            x, rates, pads, lambda z, *_: op(z, w, name=name, **attrs), w.shape[:2]
        )
    return op(x, w, strides=steps, dilations=rates, padding=pads, name=name)


def _rates(dilations: Any) -> tuple[int, ...]:
    """Return the dilations along rows and columns.

    Raises:
        TypeError: They are no list.
        ValueError: They are not two positive numbers.
    """
    if dilations is None:
        return (1, 1)
    if not hasattr(dilations, "__len__"):
        raise TypeError(
            f"'{type(dilations).__name__}' object is not iterable: `dilations` must be "
            f"two numbers, for rows and columns. Received: dilations={dilations!r}"
        )
    rates = tuple(int(d) for d in dilations)
    if len(rates) != 2 or min(rates) < 1:
        raise ValueError(
            f"`dilation_rate` must be positive. Received: dilation_rate="
            f"{np.array(rates)}; give two numbers, for rows and columns."
        )
    return rates


def _strides(strides: Any, op: Op) -> tuple[int, ...]:
    """Return the strides along rows and columns.

    Raises:
        TypeError: They are no list.
        InvalidArgumentError: They are not 1, n, n, 1.
    """
    if not hasattr(strides, "__len__"):
        raise TypeError(
            "Expected list for 'strides' argument to 'depthwise_conv2d_native' Op, not "
            f"{strides!r}. Write [1, {strides!r}, {strides!r}, 1]."
        )
    steps = [int(s) for s in strides]
    problem = None
    if len(steps) != 4:
        problem = "Sliding window strides field must specify 4 dimensions"
    elif (steps[0], steps[3]) != (1, 1):
        problem = (
            "Current implementation does not yet support strides in the batch and "
            "depth dimensions."
        )
    elif min(steps) < 1:
        problem = f"Stride must be > 0, but got {min(steps)}"
    elif steps[1] != steps[2]:
        problem = (
            "Current implementation only supports equal length strides in the row and "
            "column dimensions."
        )
    if problem:
        raise invalid(f"{problem}, got strides={steps}", op)
    return steps[1], steps[2]


def _check(x: Any, w: Any, op: Op) -> None:
    for name, dims in (("input", x), ("filter", w)):
        if len(dims) != 4:
            mark = ": " if name == "filter" else ""
            raise invalid(f"{name} must be 4-dimensional{mark}{bracketed(dims)}", op)
    if None not in (x[-1], w[-2]) and x[-1] != w[-2]:
        raise invalid(
            f"input and filter must have the same depth: {x[-1]} vs {w[-2]}", op
        )


@export("nn.depthwise_conv2d_backprop_input")
def depthwise_conv2d_backprop_input(
    input_sizes: Any,
    filter: Any,
    out_backprop: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NHWC",
    dilations: Any = (1, 1, 1, 1),
    name: str | None = None,
) -> Any:
    """Return what the result of a depthwise convolution gives back to its input."""
    dz, w = tensors(depthwise_input, out_backprop, filter, FLOATS)
    return depthwise_input(
        dz,
        w,
        shape=as_static_shape(input_sizes),
        name=name,
        **_geometry(strides, padding, dilations),
    )


@export("nn.depthwise_conv2d_backprop_filter")
def depthwise_conv2d_backprop_filter(
    input: Any,
    filter_sizes: Any,
    out_backprop: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NHWC",
    dilations: Any = (1, 1, 1, 1),
    name: str | None = None,
) -> Any:
    """Return what the result of a depthwise convolution gives back to its filters."""
    x, dz = tensors(depthwise_filter, input, out_backprop, FLOATS)
    return depthwise_filter(
        x,
        dz,
        shape=as_static_shape(filter_sizes),
        name=name,
        **_geometry(strides, padding, dilations),
    )


def _geometry(strides: Any, padding: Any, dilations: Any) -> dict[str, Any]:
    return {
        "strides": per_axis(strides, 2, False, "strides")[0],
        "dilations": per_axis(dilations, 2, False, "dilations")[0],
        "padding": parse_padding(padding, 2, False, depthwise_op.type_name),
    }
