"""Layers that pad, crop and enlarge sequences, images and volumes."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.keras import settings
from tensor.keras.engine.input_spec import InputSpec
from tensor.keras.engine.layer import Layer
from tensor.keras.layers.convolution import channels_back, channels_last
from tensor.keras.layers.sizes import is_channels_first, per_axis

_NUMBERS = {1: "one", 2: "two", 3: "three"}


class _Spatial(Layer):
    """A layer that changes the lengths of the spatial axes."""

    rank = 2

    def __init__(self, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = settings.checked_data_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def _first_axis(self) -> int:
        return 2 if is_channels_first(self) else 1

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        if self.rank > 1:
            config["data_format"] = self.data_format
        return config


def _sides(value: Any, rank: int, name: str) -> tuple[tuple[int, int], ...]:
    """Return an argument as (before, after) for each axis.

    Raises:
        ValueError: It cannot be understood so.
    """
    if isinstance(value, int):
        return ((value, value),) * rank
    parts = list(value)
    if rank == 1 and len(parts) == 2 and all(isinstance(v, int) for v in parts):
        return ((parts[0], parts[1]),)
    if len(parts) != rank:
        raise ValueError(
            f"`{name}` should have {_NUMBERS[rank]} elements. Received: {name}={value}."
        )
    result = []
    for part in parts:
        pair = per_axis(part, 2, name, allow_zero=True)
        result.append((pair[0], pair[1]))
    return tuple(result)


class _ZeroPadding(_Spatial):
    """Puts zeros before and after."""

    def __init__(
        self, padding: Any = 1, data_format: str | None = None, **kwargs: Any
    ) -> None:
        """Take how many zeros: for all axes, each axis, or each side."""
        super().__init__(data_format, **kwargs)
        self.padding = _sides(padding, self.rank, "padding")

    def call(self, inputs: Any) -> Any:
        widths = [(0, 0)] * (self.rank + 2)
        first = self._first_axis()
        widths[first : first + self.rank] = self.padding
        return tf.pad(inputs, widths)

    def get_config(self) -> dict[str, Any]:
        padding = self.padding if self.rank > 1 else self.padding[0]
        return {**super().get_config(), "padding": padding}


class ZeroPadding1D(_ZeroPadding):
    """Zeros before and after sequences."""

    rank = 1


class ZeroPadding2D(_ZeroPadding):
    """Zeros around images."""

    rank = 2


class ZeroPadding3D(_ZeroPadding):
    """Zeros around volumes."""

    rank = 3


class _Cropping(_Spatial):
    """Cuts off elements before and after."""

    def __init__(
        self, cropping: Any = 0, data_format: str | None = None, **kwargs: Any
    ) -> None:
        """Take how many elements: for all axes, each axis, or each side."""
        super().__init__(data_format, **kwargs)
        self.cropping = _sides(cropping, self.rank, "cropping")

    def call(self, inputs: Any) -> Any:
        first = self._first_axis()
        for i, (before, after) in enumerate(self.cropping):
            length = inputs.static_shape[first + i]
            if length is not None and before + after >= length:
                raise ValueError(
                    "Argument `cropping` must be smaller than the input shape. "
                    f"Received: inputs.shape={inputs.shape}, and "
                    f"cropping={self.cropping}"
                )
        index: list[Any] = [slice(None)] * (self.rank + 2)
        index[first : first + self.rank] = [
            slice(before, -after or None) for before, after in self.cropping
        ]
        return inputs[tuple(index)]

    def get_config(self) -> dict[str, Any]:
        cropping = self.cropping if self.rank > 1 else self.cropping[0]
        return {**super().get_config(), "cropping": cropping}


class Cropping1D(_Cropping):
    """Cuts off the ends of sequences."""

    rank = 1

    def __init__(self, cropping: Any = (1, 1), **kwargs: Any) -> None:
        """Take how many steps to cut off: at both ends, or at each."""
        super().__init__(cropping, **kwargs)


class Cropping2D(_Cropping):
    """Cuts off the borders of images."""

    rank = 2


class Cropping3D(_Cropping):
    """Cuts off the borders of volumes."""

    rank = 3

    def __init__(self, cropping: Any = ((1, 1), (1, 1), (1, 1)), **kwargs: Any) -> None:
        """Take how much to cut off: for all axes, each axis, or each side."""
        super().__init__(cropping, **kwargs)


class UpSampling1D(_Spatial):
    """Repeats each step of a sequence."""

    rank = 1

    def __init__(self, size: int = 2, **kwargs: Any) -> None:
        """Take how often."""
        super().__init__(**kwargs)
        self.size = int(size)

    def call(self, inputs: Any) -> Any:
        return tf.repeat(inputs, self.size, axis=1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "size": self.size}


class UpSampling2D(_Spatial):
    """Enlarges images, by repeating or by interpolation."""

    rank = 2

    def __init__(
        self,
        size: Any = (2, 2),
        data_format: str | None = None,
        interpolation: str = "nearest",
        **kwargs: Any,
    ) -> None:
        """Take the factors of height and width, and the method.

        Raises:
            NotImplementedError: There is no such method.
        """
        super().__init__(data_format, **kwargs)
        self.size = per_axis(size, 2, "size")
        methods = {
            "area",
            "bicubic",
            "bilinear",
            "gaussian",
            "lanczos3",
            "lanczos5",
            "mitchellcubic",
            "nearest",
        }
        if interpolation not in methods:
            raise NotImplementedError(
                f"Value not recognized for `interpolation`: {interpolation}. Supported "
                f"values are: {sorted(methods)}."
            )
        self.interpolation = interpolation

    def call(self, inputs: Any) -> Any:
        x = channels_last(self, inputs)
        if self.interpolation == "nearest":
            x = tf.repeat(tf.repeat(x, self.size[0], axis=1), self.size[1], axis=2)
        else:
            height, width = (tf.shape(x)[i + 1] * s for i, s in enumerate(self.size))
            x = tf.image.resize(x, [height, width], method=self.interpolation)
        return channels_back(self, x)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "size": self.size,
            "interpolation": self.interpolation,
        }


class UpSampling3D(_Spatial):
    """Repeats the elements of volumes."""

    rank = 3

    def __init__(
        self, size: Any = (2, 2, 2), data_format: str | None = None, **kwargs: Any
    ) -> None:
        """Take how often along each axis."""
        super().__init__(data_format, **kwargs)
        self.size = per_axis(size, 3, "size")

    def call(self, inputs: Any) -> Any:
        first = self._first_axis()
        for i, times in enumerate(self.size):
            inputs = tf.repeat(inputs, times, axis=first + i)
        return inputs

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "size": self.size}
