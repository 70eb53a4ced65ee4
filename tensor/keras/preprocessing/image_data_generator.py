"""ImageDataGenerator: images changed at random and made alike, batch by batch."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from tensor.keras import settings
from tensor.keras.preprocessing.affine import GLOBAL_RANDOM, apply_affine_transform
from tensor.keras.preprocessing.colors import (
    apply_brightness_shift,
    apply_channel_shift,
)
from tensor.keras.preprocessing.image_flows import ImageFlows
from tensor.keras.preprocessing.image_iterators import warn_of_channels


class ImageDataGenerator(ImageFlows):
    """Says how images are changed at random, and how they are made alike.

    The layers of `tf.keras.layers` (`RandomFlip` and kin) do the same inside a model.
    """

    def __init__(
        self,
        featurewise_center: bool = False,
        samplewise_center: bool = False,
        featurewise_std_normalization: bool = False,
        samplewise_std_normalization: bool = False,
        zca_whitening: bool = False,
        zca_epsilon: float = 1e-6,
        rotation_range: float = 0,
        width_shift_range: Any = 0.0,
        height_shift_range: Any = 0.0,
        brightness_range: Any = None,
        shear_range: float = 0.0,
        zoom_range: Any = 0.0,
        channel_shift_range: float = 0.0,
        fill_mode: str = "nearest",
        cval: float = 0.0,
        horizontal_flip: bool = False,
        vertical_flip: bool = False,
        rescale: float | None = None,
        preprocessing_function: Any = None,
        data_format: str | None = None,
        validation_split: float = 0.0,
        interpolation_order: int = 1,
        dtype: Any = None,
    ) -> None:
        """Take what is done to the images.

        Args:
            featurewise_center: Whether to subtract the mean of all; see `fit`.
            samplewise_center: Whether to subtract each image's own mean.
            featurewise_std_normalization: Whether to divide by the deviation of all.
            samplewise_std_normalization: Whether to divide by each image's own.
            zca_whitening: Whether to make pixels uncorrelated.
            zca_epsilon: What is added to divisors there.
            rotation_range: The most degrees of a rotation.
            width_shift_range: The most of a shift: part of the width, pixels, or a
                list of shifts to choose from.
            height_shift_range: The same for the height.
            brightness_range: Between which factors brightness lies.
            shear_range: The most degrees of a shear.
            zoom_range: The most of a zoom, or between which factors it lies.
            channel_shift_range: The most that is added to the values.
            fill_mode: What is outside: "constant", "nearest", "reflect" or "wrap".
            cval: The constant outside.
            horizontal_flip: Whether half of the images are mirrored.
            vertical_flip: Whether half of them are turned upside down.
            rescale: What values are multiplied by, before all but the function.
            preprocessing_function: What is applied to each image first of all.
            data_format: Where the channels are.
            validation_split: The share of images for validation.
            interpolation_order: The order of the splines that interpolate.
            dtype: The dtype of the images.

        Raises:
            ValueError: A range or the format is none.
        """
        self.featurewise_center = featurewise_center
        self.samplewise_center = samplewise_center
        self.featurewise_std_normalization = featurewise_std_normalization
        self.samplewise_std_normalization = samplewise_std_normalization
        self.zca_whitening = zca_whitening
        self.zca_epsilon = zca_epsilon
        self.rotation_range = rotation_range
        self.width_shift_range = width_shift_range
        self.height_shift_range = height_shift_range
        self.brightness_range = _checked_brightness(brightness_range)
        self.shear_range = shear_range
        self.zoom_range = _checked_zoom(zoom_range)
        self.channel_shift_range = channel_shift_range
        self.fill_mode = fill_mode
        self.cval = cval
        self.horizontal_flip = horizontal_flip
        self.vertical_flip = vertical_flip
        self.rescale = rescale
        self.preprocessing_function = preprocessing_function
        self.dtype = dtype or settings.floatx()
        self.interpolation_order = interpolation_order
        self.data_format = data_format or settings.image_data_format()
        if self.data_format not in ("channels_last", "channels_first"):
            raise ValueError(
                '`data_format` should be `"channels_last"` (channel after row and '
                'column) or `"channels_first"` (channel before row and column). '
                f"Received: {data_format}"
            )
        first = self.data_format == "channels_first"
        axes = (1, 2, 3) if first else (3, 1, 2)
        self.channel_axis, self.row_axis, self.col_axis = axes
        if validation_split and not 0 < validation_split < 1:
            raise ValueError(
                "`validation_split` must be strictly between 0 and 1.  Received: "
                f"{validation_split}"
            )
        self._validation_split = validation_split
        self.mean: Any = None
        self.std: Any = None
        self.zca_whitening_matrix: Any = None
        if zca_whitening:
            self._override("featurewise_center", True, "zca_whitening")
            self._override("featurewise_std_normalization", False, "zca_whitening")
        if featurewise_std_normalization:
            name = "featurewise_std_normalization"
            self._override("featurewise_center", True, name)
        if samplewise_std_normalization:
            name = "samplewise_std_normalization"
            self._override("samplewise_center", True, name)

    def _override(self, name: str, value: bool, cause: str) -> None:
        if getattr(self, name) != value:
            setattr(self, name, value)
            warnings.warn(
                f"This ImageDataGenerator specifies `{cause}`, which overrides setting "
                f"of `{name}`.",
                stacklevel=3,
            )

    # ---- one image

    def standardize(self, x: Any) -> Any:
        """Return an image made like the others; a floating one is changed in place."""
        if self.preprocessing_function:
            x = self.preprocessing_function(x)
        if self.rescale:
            x *= self.rescale
        if self.samplewise_center:
            x -= np.mean(x, keepdims=True)
        if self.samplewise_std_normalization:
            x /= np.std(x, keepdims=True) + 1e-6
        if self.featurewise_center and self._has("mean", "featurewise_center"):
            x -= self.mean
        name = "featurewise_std_normalization"
        if self.featurewise_std_normalization and self._has("std", name):
            x /= self.std + 1e-6
        if self.zca_whitening and self._has("zca_whitening_matrix", "zca_whitening"):
            flat = x.reshape(-1, np.prod(x.shape[-3:]))
            x = np.reshape(flat @ self.zca_whitening_matrix, x.shape)
        return x

    def _has(self, name: str, purpose: str) -> bool:
        """Return whether `fit` has found something out; warn if not."""
        if getattr(self, name) is not None:
            return True
        warnings.warn(
            f"This ImageDataGenerator specifies `{purpose}`, but it hasn't been fit on "
            "any training data. Fit it first by calling `.fit(numpy_data)`.",
            stacklevel=3,
        )
        return False

    def get_random_transform(self, img_shape: Any, seed: Any = None) -> dict[str, Any]:
        """Draw what is done to an image, for `apply_transform`."""
        if seed is not None:
            GLOBAL_RANDOM.seed(seed)
        draw = GLOBAL_RANDOM.uniform
        rows, columns = img_shape[self.row_axis - 1], img_shape[self.col_axis - 1]
        angle = self.rotation_range
        theta = draw(-angle, angle) if angle else 0
        tx = _drawn_shift(self.height_shift_range, rows)
        ty = _drawn_shift(self.width_shift_range, columns)
        shear = draw(-self.shear_range, self.shear_range) if self.shear_range else 0
        zx, zy = 1, 1
        if tuple(self.zoom_range) != (1, 1):
            zx, zy = draw(self.zoom_range[0], self.zoom_range[1], 2)
        flip_horizontal = (GLOBAL_RANDOM.random() < 0.5) * self.horizontal_flip
        flip_vertical = (GLOBAL_RANDOM.random() < 0.5) * self.vertical_flip
        shift = self.channel_shift_range
        intensity = draw(-shift, shift) if shift != 0 else None
        brightness = draw(*self.brightness_range) if self.brightness_range else None
        return {
            "theta": theta,
            "tx": tx,
            "ty": ty,
            "shear": shear,
            "zx": zx,
            "zy": zy,
            "flip_horizontal": flip_horizontal,
            "flip_vertical": flip_vertical,
            "channel_shift_intensity": intensity,
            "brightness": brightness,
        }

    def apply_transform(self, x: Any, transform_parameters: dict[str, Any]) -> Any:
        """Return an image changed as the parameters say; those missing change nothing.

        Raises:
            ImportError: SciPy or Pillow is needed, and not installed.
        """
        params = transform_parameters
        x = apply_affine_transform(
            x,
            **{k: params[k] for k in ("theta", "tx", "ty", "shear") if k in params},
            **{k: params[k] for k in ("zx", "zy") if k in params},
            row_axis=self.row_axis - 1,
            col_axis=self.col_axis - 1,
            channel_axis=self.channel_axis - 1,
            fill_mode=self.fill_mode,
            cval=self.cval,
            order=self.interpolation_order,
        )
        if params.get("channel_shift_intensity") is not None:
            intensity = params["channel_shift_intensity"]
            x = apply_channel_shift(x, intensity, self.channel_axis - 1)
        if params.get("flip_horizontal", False):
            x = np.flip(x, self.col_axis - 1)
        if params.get("flip_vertical", False):
            x = np.flip(x, self.row_axis - 1)
        if params.get("brightness") is not None:
            x = apply_brightness_shift(x, params["brightness"], False)
        return x

    def random_transform(self, x: Any, seed: int | None = None) -> Any:
        """Return an image changed at random."""
        return self.apply_transform(x, self.get_random_transform(x.shape, seed))

    # ---- all images

    def fit(
        self, x: Any, augment: bool = False, rounds: int = 1, seed: int | None = None
    ) -> None:
        """Find out what images have in common: mean, deviation, correlations.

        Args:
            x: The images.
            augment: Whether to change them at random first.
            rounds: How often, if so.
            seed: What the global random numbers begin with.

        Raises:
            ValueError: There are not four axes.
        """
        x = np.array(x, dtype=self.dtype)
        if x.ndim != 4:
            raise ValueError(
                f"Input to `.fit()` should have rank 4. Got array with shape: {x.shape}"
            )
        warn_of_channels("ImageDataGenerator expects images in", x, self.data_format)
        if seed is not None:
            GLOBAL_RANDOM.seed(seed)
        if self.rescale:
            x *= self.rescale
        if augment:
            changed = [self.random_transform(a) for _ in range(rounds) for a in x]
            x = np.array(changed, dtype=self.dtype)
        axes = (0, self.row_axis, self.col_axis)
        if self.featurewise_center:
            self.mean = np.mean(x, axis=axes, keepdims=True)[0]
            x -= self.mean
        if self.featurewise_std_normalization:
            self.std = np.std(x, axis=axes, keepdims=True)[0]
            x /= self.std + 1e-6
        if self.zca_whitening:
            flat = np.reshape(x, (len(x), -1))
            u, s, _ = np.linalg.svd(flat.T, full_matrices=False)
            scale = np.sqrt(len(x)) / (s + self.zca_epsilon)
            self.zca_whitening_matrix = (u * scale) @ u.T


def _drawn_shift(shift: Any, size: int) -> Any:
    """Draw a shift in pixels: one of a list, or up to a part of the size."""
    if not np.any(shift) and np.ndim(shift) == 0:
        return 0
    try:
        drawn = GLOBAL_RANDOM.choice(shift) * GLOBAL_RANDOM.choice([-1, 1])
    except ValueError:  # a floating number is nothing to choose from
        drawn = GLOBAL_RANDOM.uniform(-shift, shift)
    return drawn * size if np.max(shift) < 1 else drawn


def _checked_zoom(zoom_range: Any) -> list[Any]:
    if isinstance(zoom_range, float | int):
        return [1 - zoom_range, 1 + zoom_range]
    if len(zoom_range) == 2 and all(isinstance(z, float | int) for z in zoom_range):
        return [zoom_range[0], zoom_range[1]]
    raise ValueError(
        "`zoom_range` should be a float or a tuple or list of two floats. Received: "
        f"{zoom_range}"
    )


def _checked_brightness(brightness_range: Any) -> Any:
    is_pair = isinstance(brightness_range, tuple | list) and len(brightness_range) == 2
    if brightness_range is not None and not is_pair:
        raise ValueError(
            "`brightness_range should be tuple or list of two floats. Received: "
            f"{brightness_range}"
        )
    return brightness_range
