"""Convolution as ops: Conv2D, Conv3D and the ops that are their gradients.

Three ops close the circle: the gradient of each, of any order, is made of the others.
Filters have shape [*sizes, channels, filters]; if x has several times their channels,
the channels form groups that are convolved separately.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors
from tensor.core.registry import Op, Sample, register
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import shape_for, static_value
from tensor.ops.nn import convolution
from tensor.ops.nn.windows import Padding, Windows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Sizes = tuple[int, ...]


def wide(*arrays: np.ndarray) -> tuple[list[np.ndarray], Any]:
    """Return half precision arrays as float32, and the dtype that a result should have.

    BLAS knows no half precision, and sums of many products need more digits.
    """
    dtype = arrays[0].dtype
    if dtype.itemsize == 2 and dtype.kind in "fV":
        return [a.astype(np.float32) for a in arrays], dtype
    return list(arrays), dtype


def _in_groups(
    function: Callable[..., np.ndarray],
    groups: int,
    split: tuple[np.ndarray, ...],
    *rest: Any,
) -> np.ndarray:
    """Apply `function` to each group of channels; join the results' channels."""
    if groups == 1:
        return function(*split, *rest)
    pieces = zip(*(np.split(a, groups, axis=-1) for a in split), strict=True)
    return np.concatenate([function(*piece, *rest) for piece in pieces], axis=-1)


class _Convolution(Op):
    """What the ops of one number of spatial axes share.

    Attributes:
        axes: The number of spatial axes.
    """

    kind = "contraction"
    parameters = ("input", "filter")
    axes: int

    def _sample_shapes(self) -> Iterator[tuple[Sizes, Sizes, dict[str, Any]]]:
        ones = (1,) * self.axes
        twos = (2,) * self.axes
        x = (2, 4, 5, 3, 2)[: self.axes + 1]
        w = (3, 2, 2)[: self.axes]
        yield (*x, 2), (*w, 2, 3), _attrs(ones, ones, "SAME")
        yield (*x, 2), (*w, 2, 3), _attrs(twos, ones, "VALID")
        yield (*x, 4), (*w, 2, 2), _attrs(ones, ones, ((1, 2),) * self.axes)
        yield (*x, 1), (*w, 1, 2), _attrs(twos, ones, "SAME")
        if self.axes == 2:
            yield (2, 6, 5, 2), (3, 2, 2, 2), _attrs(ones, twos, "SAME")
            yield (0, 6, 5, 2), (3, 2, 2, 2), _attrs(ones, ones, "SAME")


def _attrs(strides: Sizes, dilations: Sizes, padding: Padding) -> dict[str, Any]:
    return {"strides": strides, "dilations": dilations, "padding": padding}


class Conv2D(_Convolution):
    """Convolution of images: sums of products of filters with every window."""

    axes = 2
    accepts_out = True

    def kernel(
        self,
        x: Any,
        w: Any,
        strides: Sizes,
        dilations: Sizes,
        padding: Padding,
        out: Any = None,
    ) -> Any:
        windows = Windows(w.shape[:-2], strides, dilations, padding)
        groups = x.shape[-1] // w.shape[-2]
        (x, w), dtype = wide(x, w)
        if groups == 1 and x.dtype == dtype:
            return convolution.convolve(x, w, windows, out)
        z = _in_groups(convolution.convolve, groups, (x, w), windows)
        if out is None:
            return z.astype(dtype, copy=False)
        out[...] = z
        return out

    def infer(
        self,
        x: TensorSpec,
        w: TensorSpec,
        strides: Sizes,
        dilations: Sizes,
        padding: Padding,
    ) -> TensorSpec:
        batch, *spatial = (x.dims or (None,) * (self.axes + 2))[:-1]
        sizes = None if w.dims is None else w.dims[:-2]
        counts: tuple[int | None, ...]
        if padding == "SAME":
            sizes = (1,) * self.axes  # they make no difference
        if sizes is None or None in sizes:
            counts = (None,) * self.axes
        else:
            known: Any = sizes
            windows = Windows(known, strides, dilations, padding)
            counts = windows.counts(spatial, self.type_name)
        filters = None if w.dims is None else w.dims[-1]
        return TensorSpec.of((batch, *counts, filters), x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        x, w = call.inputs
        attrs = call.attrs
        to_input, to_filter = _GRADIENTS[self.axes][1:]
        return (
            to_input(dz, w, shape=shape_for(x), **attrs) if call.wants[0] else None,
            to_filter(x, dz, shape=shape_for(w), **attrs) if call.wants[1] else None,
        )

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for x, w, attrs in self._sample_shapes():
            yield Sample(rng.normal(size=x), rng.normal(size=w), **attrs)


class Conv2DBackpropInput(_Convolution):
    """What a convolution's result gives back to its input; "transposed convolution"."""

    axes = 2

    def kernel(
        self,
        dz: Any,
        w: Any,
        shape: Any,
        strides: Sizes,
        dilations: Sizes,
        padding: Padding,
    ) -> Any:
        shape = tuple(int(d) for d in shape)
        windows = Windows(w.shape[:-2], strides, dilations, padding)
        self.check(dz.shape, w.shape, shape, windows)
        (dz, w), dtype = wide(dz, w)
        groups = shape[-1] // w.shape[-2]
        x = _in_groups(
            convolution.input_gradient, groups, (dz, w), shape[1:-1], windows
        )
        return x.astype(dtype, copy=False)

    def check(self, dz: Sizes, w: Sizes, shape: Sizes, windows: Windows) -> None:
        """Check that a convolution of an input of `shape` gives `dz`.

        Raises:
            InvalidArgumentError: It does not.
        """
        op = "Conv2DCustomBackpropInput" if self.axes == 2 else "Conv3DBackpropInputOp"
        problem = None
        if len(shape) != self.axes + 2:
            problem = (
                f"{self.type_name} requires input_sizes to contain {self.axes + 2} "
                f"values or {self.axes} values, but got: {len(shape)}"
            )
        elif dz[-1] != w[-1] and self.axes == 3:
            problem = (
                "out_backprop and filter_sizes must have the same number of channels. "
                f"Got {dz[-1]} for out_backprop and {w[-1]} for filter_sizes"
            )
        elif dz[-1] != w[-1]:
            problem = f"{op}: filter and out_backprop must have the same out_depth"
        elif shape[0] != dz[0]:
            problem = (
                f"{op}: input and out_backprop must have the same batch size. Input "
                f"batch: {shape[0]}, outbackprop batch: {dz[0]}, batch_dim: 0"
            )
        elif w[-2] == 0 or shape[-1] % w[-2]:
            problem = (
                f"{op}: input depth must be evenly divisible by filter depth: "
                f"{shape[-1]} vs {w[-2]}"
            )
        if problem is None:
            counts = windows.counts(shape[1:-1], self.type_name)
            for i, (have, want) in enumerate(zip(dz[1:-1], counts, strict=True)):
                if have != want:
                    problem = (
                        f"{op}: Size of out_backprop doesn't match computed: actual = "
                        f"{have}, computed = {want} spatial_dim: {i + 1} input: "
                        f"{shape[i + 1]} filter: {w[i]} output: {have} stride: "
                        f"{windows.strides[i]} dilation: {windows.dilations[i]}"
                    )
                    break
        if problem:
            raise errors.because(
                errors.InvalidArgumentError, f"{problem} [Op:{self.type_name}]"
            )

    def infer(
        self, dz: TensorSpec, w: TensorSpec, shape: Any, **attrs: Any
    ) -> TensorSpec:
        dims = static_value(shape)
        if dims is None:
            batch = None if dz.dims is None else dz.dims[0]
            dims = (batch, *(None,) * (self.axes + 1))
        return TensorSpec.of(dims, dz.dtype)

    def gradient(self, call: Any, ddx: Any) -> Any:
        dz, w = call.inputs
        attrs = {k: v for k, v in call.attrs.items() if k != "shape"}
        forward, _, to_filter = _GRADIENTS[self.axes]
        return (
            forward(ddx, w, **attrs) if call.wants[0] else None,
            to_filter(ddx, dz, shape=shape_for(w), **attrs) if call.wants[1] else None,
        )

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for x, w, attrs in self._sample_shapes():
            windows = Windows(w[:-2], **attrs)
            dz = (x[0], *windows.known_counts(x[1:-1]), w[-1])
            yield Sample(rng.normal(size=dz), rng.normal(size=w), shape=x, **attrs)


class Conv2DBackpropFilter(_Convolution):
    """What a convolution's result gives back to its filters."""

    axes = 2

    def kernel(
        self,
        x: Any,
        dz: Any,
        shape: Any,
        strides: Sizes,
        dilations: Sizes,
        padding: Padding,
    ) -> Any:
        sizes = tuple(int(d) for d in shape)
        windows = Windows(sizes[:-2], strides, dilations, padding)
        (x, dz), dtype = wide(x, dz)
        groups = x.shape[-1] // sizes[-2]
        w = _in_groups(convolution.filter_gradient, groups, (x, dz), windows)
        return w.astype(dtype, copy=False)

    def infer(
        self, x: TensorSpec, dz: TensorSpec, shape: Any, **attrs: Any
    ) -> TensorSpec:
        dims = static_value(shape)
        return TensorSpec.of(dims or (None,) * (self.axes + 2), dz.dtype)

    def gradient(self, call: Any, ddw: Any) -> Any:
        x, dz = call.inputs
        attrs = {k: v for k, v in call.attrs.items() if k != "shape"}
        forward, to_input, _ = _GRADIENTS[self.axes]
        return (
            to_input(dz, ddw, shape=shape_for(x), **attrs) if call.wants[0] else None,
            forward(x, ddw, **attrs) if call.wants[1] else None,
        )

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for x, w, attrs in self._sample_shapes():
            windows = Windows(w[:-2], **attrs)
            dz = (x[0], *windows.known_counts(x[1:-1]), w[-1])
            yield Sample(rng.normal(size=x), rng.normal(size=dz), shape=w, **attrs)


class Conv3D(Conv2D):
    """Convolution of volumes: sums of products of filters with every window."""

    axes = 3


class Conv3DBackpropInput(Conv2DBackpropInput):
    """What a convolution of volumes gives back to its input."""

    type_name = "Conv3DBackpropInputV2"
    axes = 3


class Conv3DBackpropFilter(Conv2DBackpropFilter):
    """What a convolution of volumes gives back to its filters."""

    type_name = "Conv3DBackpropFilterV2"
    axes = 3


conv2d_op = register(Conv2D)
conv2d_input_op = register(Conv2DBackpropInput)
conv2d_filter_op = register(Conv2DBackpropFilter)
conv3d_op = register(Conv3D)
conv3d_input_op = register(Conv3DBackpropInput)
conv3d_filter_op = register(Conv3DBackpropFilter)

# By number of spatial axes: the convolution, the gradient of its input, of its filters.
_GRADIENTS = {
    2: (conv2d_op, conv2d_input_op, conv2d_filter_op),
    3: (conv3d_op, conv3d_input_op, conv3d_filter_op),
}
