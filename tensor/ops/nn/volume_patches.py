"""Patches of volumes: the elements of each window, along the channels."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors
from tensor.core.convert import convert
from tensor.core.registry import Op, Sample, register
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import shape_for, static_value
from tensor.ops.families import REAL, bracketed, check_kind, shape_of
from tensor.ops.nn.windows import Windows, padded, view

if TYPE_CHECKING:
    from collections.abc import Iterator


def _windows(sizes: tuple[int, ...], strides: tuple[int, ...], padding: str) -> Windows:
    return Windows(sizes, strides, (1, 1, 1), padding)


class ExtractVolumePatches(Op):
    """The patches of volumes, each one's elements along the last axis."""

    names = ("extract_volume_patches",)
    keeps_inputs = False

    def kernel(self, x: Any, **attrs: Any) -> Any:
        windows = _windows(**attrs)
        counts = windows.known_counts(x.shape[1:-1])
        whole = padded(np.ascontiguousarray(x), windows.pads(x.shape[1:-1]))
        return view(whole, windows, counts).reshape(len(x), *counts, -1)

    def infer(self, x: TensorSpec, **attrs: Any) -> TensorSpec:
        windows = _windows(**attrs)
        if x.dims is None:
            return TensorSpec.of((None,) * 5, x.dtype)
        counts = windows.counts(x.dims[1:-1], self.type_name)
        size = None
        if x.dims[-1] is not None:
            size = int(np.prod(windows.sizes)) * x.dims[-1]
        return TensorSpec.of((x.dims[0], *counts, size), x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        return volume_patches_grad(dz, shape=shape_for(call.inputs[0]), **call.attrs)

    def public(
        self, input: Any, ksizes: Any, strides: Any, padding: str, name: Any = None
    ) -> Any:
        """Return the patches of volumes, each one's elements along the last axis.

        Args:
            input: [batch, planes, rows, columns, channels].
            ksizes: [1, planes, rows, columns, 1] of a patch.
            strides: [1, planes, rows, columns, 1]: how far apart patches lie.
            padding: "VALID" or "SAME".
            name: A name for the node, in a graph.

        Raises:
            InvalidArgumentError: Something has not five dimensions, or the padding is
                none of these.
            UnimplementedError: Patches would span batch entries or channels.
        """
        x = convert(input)
        check_kind(self, x, REAL)
        if x.ndim not in (None, 5):
            raise errors.invalid(
                self.type_name,
                f"input must be 5-dimensional{bracketed(shape_of(x))}. Expected "
                "[batch, planes, rows, columns, channels]",
            )
        sizes, steps = self._spatial(ksizes=ksizes), self._spatial(strides=strides)
        if padding not in ("SAME", "VALID"):
            raise errors.invalid(
                self.type_name,
                f"Value for attr 'padding' of \"{padding}\" is not in the list of "
                'allowed values: "SAME", "VALID"',
            )
        return self(x, sizes=sizes, strides=steps, padding=padding, name=name)

    def _spatial(self, **parameter: Any) -> tuple[int, ...]:
        ((word, numbers),) = parameter.items()
        if len(numbers) != 5:
            raise errors.invalid(
                self.type_name,
                f"Length for attr '{word}' of {len(numbers)} must be at least minimum "
                "5, and no more",
            )
        batch, *spatial, channels = (int(n) for n in numbers)
        if not batch == channels == 1:
            raise errors.because(
                errors.UnimplementedError,
                f"Only support {word} across space. [Op:{self.type_name}]",
            )
        return tuple(spatial)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        x = rng.normal(size=(2, 3, 4, 5, 2))
        for padding in ("SAME", "VALID"):
            yield Sample(x, sizes=(2, 2, 3), strides=(1, 2, 1), padding=padding)


class ExtractVolumePatchesGrad(Op):
    """Volumes that are the sum of patches, each where it was taken."""

    keeps_inputs = False

    def kernel(self, dz: Any, shape: Any, **attrs: Any) -> Any:
        windows = _windows(**attrs)
        batch, *spatial, channels = (int(n) for n in shape)
        pads, counts = windows.pads(spatial), dz.shape[1:-1]
        whole_sizes = [n + sum(pair) for n, pair in zip(spatial, pads, strict=True)]
        whole = np.zeros((batch, *whole_sizes, channels), dz.dtype)
        patches = dz.reshape(batch, *counts, *windows.sizes, channels)
        for place in itertools.product(*(range(size) for size in windows.sizes)):
            lie = [
                slice(at, at + step * count, step)
                for at, step, count in zip(place, windows.strides, counts, strict=True)
            ]
            whole[(slice(None), *lie)] += patches[(slice(None),) * 4 + place]
        inner = [slice(b, b + n) for n, (b, _) in zip(spatial, pads, strict=True)]
        return whole[(slice(None), *inner)]

    def infer(self, dz: TensorSpec, shape: Any, **attrs: Any) -> TensorSpec:
        return TensorSpec.of(static_value(shape), dz.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        attrs = {k: v for k, v in call.attrs.items() if k != "shape"}
        return extract_volume_patches(dz, **attrs)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        attrs = {"sizes": (2, 2, 1), "strides": (1, 2, 1), "padding": "SAME"}
        yield Sample(rng.normal(size=(1, 2, 2, 3, 8)), shape=(1, 2, 3, 3, 2), **attrs)


extract_volume_patches = register(ExtractVolumePatches)
volume_patches_grad = register(ExtractVolumePatchesGrad)
