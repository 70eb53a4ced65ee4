"""Greyscale morphology: dilation and erosion by a structuring function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors
from tensor.core.convert import convert
from tensor.core.dtypes import as_dtype
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.families import REAL, bracketed, check_kind, operands, shape_of
from tensor.ops.nn.conv_public import invalid
from tensor.ops.nn.odd_maxima import places
from tensor.ops.nn.windows import Padding, Windows, padded, parse_padding, per_axis
from tensor.ops.reorder import reverse

if TYPE_CHECKING:
    from collections.abc import Iterator

Pair = tuple[int, ...]


class _Sums:
    """The sums of an image's elements and a filter's, place by place of the windows.

    What lies outside the image takes no part: it is below every sum.
    """

    def __init__(self, x: np.ndarray, w: np.ndarray, windows: Windows) -> None:
        self._pads = windows.pads(x.shape[1:-1])
        counts = windows.known_counts(x.shape[1:-1])
        self.shape = (len(x), *counts, x.shape[-1])
        self.lowest = x.dtype.type(as_dtype(x.dtype).min)
        self._x = padded(x, self._pads)
        inside = np.ones((1, *x.shape[1:-1], 1), np.bool_)
        self._inside = padded(inside, self._pads, False)
        self._taps = w.reshape(-1, w.shape[-1])
        self._where = list(places(windows, counts))

    def __iter__(self) -> Iterator[np.ndarray]:
        for where, tap in zip(self._where, self._taps, strict=True):
            yield np.where(self._inside[where], self._x[where] + tap, self.lowest)

    def maxima(self) -> np.ndarray:
        """Return the largest sum of each window; NaN is passed over."""
        best = np.full(self.shape, self.lowest)
        for term in self:
            np.fmax(best, term, out=best)
        return best

    def chosen(self) -> Iterator[tuple[int, tuple[slice, ...], np.ndarray]]:
        """Yield each place: number, where it is, and the windows that it is best for.

        Among equals the first place has it.
        """
        best = self.maxima()
        taken = np.zeros(self.shape, np.bool_)
        for k, term in enumerate(self):
            mask = (term == best) & ~taken
            taken |= mask
            yield k, self._where[k], mask

    def within(self, values: np.ndarray) -> np.ndarray:
        """Return values of the padded image without those of the padding."""
        rows, columns = (
            slice(before, size - after)
            for (before, after), size in zip(self._pads, values.shape[1:3], strict=True)
        )
        return values[:, rows, columns]

    def zeros(self) -> np.ndarray:
        """Return zeros of the shape of the padded image."""
        return np.zeros_like(self._x)


class Dilation2D(Op):
    """The largest sum of an element and its filter's, of every window."""

    def kernel(self, x: Any, w: Any, **attrs: Any) -> Any:
        return _Sums(x, w, Windows(w.shape[:2], **attrs)).maxima()

    def infer(
        self, x: TensorSpec, w: TensorSpec, strides: Pair, dilations: Pair, padding: Any
    ) -> TensorSpec:
        batch, *spatial, _ = x.dims or (None,) * 4
        *sizes, filters = w.dims or (None,) * 3
        counts: Any = (None, None)
        if None not in spatial and None not in sizes:
            known: Any = tuple(sizes)
            windows = Windows(known, strides, dilations, padding)
            counts = windows.counts(spatial, self.type_name)
        return TensorSpec.of((batch, *counts, filters), x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        x, w = call.inputs
        return (
            dilation_input(x, w, dz, **call.attrs) if call.wants[0] else None,
            dilation_filter(x, w, dz, **call.attrs) if call.wants[1] else None,
        )

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        # In single precision: its gradients have no gradients, as in TensorFlow.
        for x, w, attrs in _samples(rng):
            yield Sample(x.astype(np.float32), w.astype(np.float32), **attrs)


def _samples(rng: np.random.Generator) -> Iterator[tuple[Any, Any, dict[str, Any]]]:
    for stride, rate, padding in ((1, 1, "SAME"), (2, 1, "VALID"), (1, 2, "SAME")):
        attrs = {
            "strides": (stride, stride),
            "dilations": (rate, rate),
            "padding": padding,
        }
        yield rng.normal(size=(2, 4, 5, 2)), rng.normal(size=(2, 3, 2)), attrs


class Dilation2DBackpropInput(Op):
    """What the largest sums give back to the image."""

    gradient = NON_DIFFERENTIABLE

    def kernel(self, x: Any, w: Any, dz: Any, **attrs: Any) -> Any:
        sums = _Sums(x, w, Windows(w.shape[:2], **attrs))
        total = sums.zeros()
        for _, where, mask in sums.chosen():
            total[where] += dz * mask
        return sums.within(total)

    def infer(self, x: TensorSpec, w: TensorSpec, *_: Any, **attrs: Any) -> TensorSpec:
        return x

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for x, w, attrs in _samples(rng):
            dz = dilation_op(x, w, **attrs)
            yield Sample(x, w, dz, **attrs)


class Dilation2DBackpropFilter(Dilation2DBackpropInput):
    """What the largest sums give back to the filter."""

    def kernel(self, x: Any, w: Any, dz: Any, **attrs: Any) -> Any:
        sums = _Sums(x, w, Windows(w.shape[:2], **attrs))
        total = np.zeros_like(w).reshape(-1, w.shape[-1])
        for k, _, mask in sums.chosen():
            total[k] = (dz * mask).sum(axis=(0, 1, 2))
        return total.reshape(w.shape)

    def infer(self, x: TensorSpec, w: TensorSpec, *_: Any, **attrs: Any) -> TensorSpec:
        return w


dilation_op = register(Dilation2D)
dilation_input = register(Dilation2DBackpropInput)
dilation_filter = register(Dilation2DBackpropFilter)


@export("nn.dilation2d")
def dilation2d(
    input: Any,
    filters: Any,
    strides: Any,
    padding: str,
    data_format: str,
    dilations: Any,
    name: str | None = None,
) -> Any:
    """Return, for every window, the largest sum of an element and its filter's.

    Args:
        input: [batch, height, width, channels].
        filters: [height, width, channels].
        strides: Four numbers, 1 first and last.
        padding: "SAME" or "VALID".
        data_format: "NHWC".
        dilations: Four numbers, 1 first and last.
        name: A name for the node, in a graph.

    Raises:
        ValueError: `data_format` is another one.
        TypeError: `padding` is no text, or strides are no list.
        InvalidArgumentError: Shapes or parameters do not go together.
        UnimplementedError: Strides or dilations of batch or channels.
    """
    if data_format != "NHWC":
        raise ValueError(
            "`data_format` values other than 'NHWC' are not supported. Received: "
            f"data_format={data_format}"
        )
    if not isinstance(padding, str):
        raise TypeError(f"Expected string for argument 'padding' not {padding!r}.")
    op = dilation_op
    x, w = operands(op, input, filters)
    check_kind(op, x, REAL)
    steps, rates = _geometry(strides, "strides"), _geometry(dilations, "dilations")
    pads = parse_padding(padding, 2, False, op.type_name)
    _check_shapes(shape_of(x), shape_of(w), steps, rates, pads)
    return op(x, w, strides=steps, dilations=rates, padding=pads, name=name)


def _geometry(numbers: Any, what: str) -> Pair:
    """Return the strides or dilations along rows and columns.

    Raises:
        TypeError: They are no list.
        InvalidArgumentError: They are not four positive numbers.
        UnimplementedError: The first and last are not 1.
    """
    if not hasattr(numbers, "__len__"):
        raise TypeError(
            f"Expected list for '{what}' argument to 'dilation2d' Op, not {numbers!r}. "
            f"Write [1, {numbers!r}, {numbers!r}, 1]."
        )
    if len(numbers) != 4:
        raise invalid(
            f"Length for attr '{what}' of {len(numbers)} must be at least minimum 4",
            dilation_op,
        )
    spatial, others = per_axis(numbers, 2, False, what)
    word = "Stride" if what == "strides" else "Rate"
    if others != (1, 1):
        raise errors.because(
            errors.UnimplementedError,
            f"{word} is only supported across spatial dimensions. Received: "
            f"{what}={numbers} [Op:Dilation2D]",
        )
    if min(spatial) < 1:
        raise invalid(f"{word} must be > 0, but got {min(spatial)}", dilation_op)
    return spatial


def _check_shapes(
    x: Any, w: Any, strides: Pair, dilations: Pair, padding: Padding
) -> None:
    """Check an image and a filter, as far as their shapes are known.

    Raises:
        InvalidArgumentError: They do not go together.
    """
    if x is not None and len(x) != 4:
        raise invalid(f"input must be 4-dimensional{bracketed(x)}", dilation_op)
    if w is not None and len(w) != 3:
        raise invalid(f"filter must be 3-dimensional: {bracketed(w)}", dilation_op)
    if x is None or w is None:
        return
    if None not in (x[-1], w[-1]) and x[-1] != w[-1]:
        raise invalid(
            f"input and filter must have the same depth: {x[-1]} vs {w[-1]}",
            dilation_op,
        )
    if None not in w[:2]:
        windows = Windows(w[:2], strides, dilations, padding)
        windows.counts(x[1:3], dilation_op.type_name)


@export("nn.erosion2d")
def erosion2d(
    value: Any,
    filters: Any,
    strides: Any,
    padding: str,
    data_format: str,
    dilations: Any,
    name: str | None = None,
) -> Any:
    """Return, for every window, the smallest difference of an element and its filter's.

    The filter is turned round, so that erosion is dilation of the negative.

    Raises:
        ValueError: `data_format` is not "NHWC".
        InvalidArgumentError: Shapes or parameters do not go together.
    """
    turned = reverse(convert(filters), axis=(0, 1))
    return -dilation2d(
        -convert(value), turned, strides, padding, data_format, dilations
    )
