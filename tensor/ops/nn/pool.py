"""Pooling as ops: MaxPool, AvgPool, their gradients and the gradients of those."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes
from tensor.core.registry import Op, Sample, register
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import shape_for, static_value, zeros_like
from tensor.ops.nn import pooling
from tensor.ops.nn.conv import wide
from tensor.ops.nn.windows import Windows

if TYPE_CHECKING:
    from collections.abc import Iterator


def _windows_for(axes: int) -> Iterator[tuple[tuple[int, ...], Windows]]:
    """Yield shapes and windows for samples."""
    twos, ones = (2,) * axes, (1,) * axes
    yield (*(2, 4, 5, 3)[: axes + 1], 2), Windows(twos, twos, ones, "VALID")
    yield (*(2, 5, 4, 3)[: axes + 1], 2), Windows((3, 2, 2)[:axes], ones, ones, "SAME")
    pads = ((1, 1), (0, 1), (1, 0))[:axes]
    yield (*(1, 4, 3, 3)[: axes + 1], 1), Windows(twos, twos, ones, pads)
    yield (*(0, 4, 4, 4)[: axes + 1], 2), Windows(twos, twos, ones, "VALID")


class MaxPool(Op):
    """The maximum of every window."""

    keeps_output = True
    axes = 2

    def kernel(self, x: Any, windows: Windows) -> Any:
        return pooling.maximum(x, windows, is_finite=self.axes == 2)

    def infer(self, x: TensorSpec, windows: Windows) -> TensorSpec:
        return TensorSpec.of(_pooled(x, windows, self), x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        grad = _MAX_GRADIENTS[self.axes][0]
        return grad(call.inputs[0], call.output, dz, windows=call.attrs["windows"])

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for shape, windows in _windows_for(self.axes):
            yield Sample(rng.normal(size=shape), windows=windows)


def _pooled(x: TensorSpec, windows: Windows, op: Op) -> tuple[int | None, ...]:
    dims = x.dims or (None,) * (len(windows.sizes) + 2)
    return (dims[0], *windows.counts(dims[1:-1], op.type_name), dims[-1])


class MaxPoolGrad(Op):
    """dz at the place of each window's maximum."""

    keeps_inputs = (0, 1)
    axes = 2

    def kernel(self, x: Any, y: Any, dz: Any, windows: Windows) -> Any:
        return pooling.maximum_gradient(x, y, dz, windows)

    def infer(
        self, x: TensorSpec, y: TensorSpec, dz: TensorSpec, windows: Windows
    ) -> TensorSpec:
        return TensorSpec.of(x.dims, dz.dtype)

    def gradient(self, call: Any, ddx: Any) -> Any:
        x, y, _ = call.inputs
        pick = _MAX_GRADIENTS[self.axes][1]
        return (
            zeros_like(x) if call.wants[0] else None,
            zeros_like(y) if call.wants[1] else None,
            pick(x, y, ddx, windows=call.attrs["windows"]),
        )

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for shape, windows in _windows_for(self.axes):
            x = rng.normal(size=shape)
            y = pooling.maximum(x, windows)
            # As float32 the places of the maxima stay put when float64 inputs vary.
            x, y = x.astype(np.float32), y.astype(np.float32)
            yield Sample(x, y, rng.normal(size=y.shape), windows=windows)


class MaxPoolGradGrad(Op):
    """Values, shaped like x, at the place of each window's maximum."""

    keeps_inputs = (0, 1)
    axes = 2

    def kernel(self, x: Any, y: Any, values: Any, windows: Windows) -> Any:
        return pooling.at_maximum(x, y, values, windows)

    def infer(
        self, x: TensorSpec, y: TensorSpec, values: TensorSpec, windows: Windows
    ) -> TensorSpec:
        return TensorSpec.of(y.dims, values.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        x, y, _ = call.inputs
        grad = _MAX_GRADIENTS[self.axes][0]
        return (
            zeros_like(x) if call.wants[0] else None,
            zeros_like(y) if call.wants[1] else None,
            grad(x, y, dz, windows=call.attrs["windows"]),
        )

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for shape, windows in _windows_for(self.axes):
            x = rng.normal(size=shape).astype(np.float32)
            y = pooling.maximum(x, windows)
            yield Sample(x, y, rng.normal(size=shape), windows=windows)


class MaxPool3D(MaxPool):
    """The maximum of every window of volumes."""

    axes = 3


class MaxPool3DGrad(MaxPoolGrad):
    """What the maxima of volumes' windows give back."""

    axes = 3


class MaxPool3DGradGrad(MaxPoolGradGrad):
    """Values at the places of the maxima of volumes' windows."""

    axes = 3


class MaxPoolWithArgmax(Op):
    """The maximum of every window, and its flat index in the image."""

    keeps_output = True

    def kernel(self, x: Any, windows: Windows, dtype: Any, with_batch: bool) -> Any:
        y, index = pooling.maximum_and_place(x, windows, with_batch)
        return y, index.astype(dtype.numpy_dtype)

    def infer(
        self, x: TensorSpec, windows: Windows, dtype: Any, with_batch: bool
    ) -> Any:
        dims = _pooled(x, windows, self)
        return TensorSpec.of(dims, x.dtype), TensorSpec.of(dims, dtype)

    def gradient(self, call: Any, dz: Any, _: Any) -> Any:
        windows = call.attrs["windows"]
        return max_pool_grad(call.inputs[0], call.output[0], dz, windows=windows)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for shape, windows in _windows_for(2):
            x = rng.normal(size=shape)
            yield Sample(x, windows=windows, dtype=dtypes.int64, with_batch=True)


class AvgPool(Op):
    """The mean of every window; what was padded does not count."""

    keeps_inputs = False
    axes = 2

    def kernel(self, x: Any, windows: Windows) -> Any:
        (x,), dtype = wide(x)
        return pooling.mean(x, windows).astype(dtype, copy=False)

    def infer(self, x: TensorSpec, windows: Windows) -> TensorSpec:
        return TensorSpec.of(_pooled(x, windows, self), x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        grad = _MEAN_GRADIENTS[self.axes][1]
        shape = shape_for(call.inputs[0])
        return grad(dz, shape=shape, windows=call.attrs["windows"])

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for shape, windows in _windows_for(self.axes):
            yield Sample(rng.normal(size=shape), windows=windows)


class AvgPoolGrad(Op):
    """Each window's dz, shared out among its elements."""

    keeps_inputs = False
    axes = 2

    def kernel(self, dz: Any, shape: Any, windows: Windows) -> Any:
        (dz,), dtype = wide(dz)
        spatial = tuple(int(d) for d in shape)[1:-1]
        return pooling.mean_gradient(dz, spatial, windows).astype(dtype, copy=False)

    def infer(self, dz: TensorSpec, shape: Any, windows: Windows) -> TensorSpec:
        dims = static_value(shape)
        return TensorSpec.of(dims or (None,) * (self.axes + 2), dz.dtype)

    def gradient(self, call: Any, ddx: Any) -> Any:
        return _MEAN_GRADIENTS[self.axes][0](ddx, windows=call.attrs["windows"])

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for shape, windows in _windows_for(self.axes):
            dz = (shape[0], *windows.known_counts(shape[1:-1]), shape[-1])
            yield Sample(rng.normal(size=dz), shape=shape, windows=windows)


class AvgPool3D(AvgPool):
    """The mean of every window of volumes."""

    axes = 3


class AvgPool3DGrad(AvgPoolGrad):
    """Each volume window's dz, shared out among its elements."""

    axes = 3


max_pool_op = register(MaxPool)
max_pool_grad = register(MaxPoolGrad)
max_pool_grad_grad = register(MaxPoolGradGrad)
max_pool_3d_op = register(MaxPool3D)
max_pool_3d_grad = register(MaxPool3DGrad)
max_pool_3d_grad_grad = register(MaxPool3DGradGrad)
max_pool_with_argmax_op = register(MaxPoolWithArgmax)
avg_pool_op = register(AvgPool)
avg_pool_grad = register(AvgPoolGrad)
avg_pool_3d_op = register(AvgPool3D)
avg_pool_3d_grad = register(AvgPool3DGrad)

# By number of spatial axes: what gives a pooling back, and what that gives back.
_MAX_GRADIENTS = {
    2: (max_pool_grad, max_pool_grad_grad),
    3: (max_pool_3d_grad, max_pool_3d_grad_grad),
}
_MEAN_GRADIENTS = {
    2: (avg_pool_op, avg_pool_grad),
    3: (avg_pool_3d_op, avg_pool_3d_grad),
}
