"""What networks for ImageNet have in common: inputs, pixel values, heads, classes."""

from __future__ import annotations

import json
import os
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import tensor as tf
from tensor.keras import activations, layers, settings
from tensor.keras.engine.model import Model
from tensor.keras.utils.files import get_file
from tensor.keras.utils.graph_walks import get_source_inputs

if TYPE_CHECKING:
    from collections.abc import Callable

BASE = "https://storage.googleapis.com/tensorflow/keras-applications/"
_CLASSES = (
    "https://storage.googleapis.com/download.tensorflow.org/data/"
    "imagenet_class_index.json"
)
# Means of the channels, and their deviations: of caffe's networks in the order blue,
# green, red.
_STATISTICS: dict[str, Any] = {
    "caffe": ([103.939, 116.779, 123.68], None),
    "torch": ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
}


class Request(NamedTuple):
    """What a network was asked for.

    Attributes:
        include_top: Whether it ends in a classifier.
        weights: None, "imagenet" for those that Keras offers, or a file's path.
        input_tensor: A Keras tensor to begin with, or None.
        input_shape: The images' shape, or None.
        pooling: Without a classifier: None, "avg" or "max".
        classes: The number of classes.
        classifier_activation: The classifier's activation.
    """

    include_top: bool
    weights: Any
    input_tensor: Any
    input_shape: Any
    pooling: str | None
    classes: int
    classifier_activation: Any

    def begin(self, default_size: int | None, min_size: int) -> Any:
        """Return the Keras tensor that the network begins with.

        Args:
            default_size: Height and width of images, if nothing is said about them.
            min_size: The least height and width.

        Raises:
            ValueError: The weights, classes or shapes asked for cannot be had.
        """
        self._check()
        shape = self._shape(default_size, min_size)
        if self.input_tensor is None:
            return layers.Input(shape=shape)
        return self.input_tensor

    def end(
        self,
        start: Any,
        x: Any,
        name: str,
        address: str,
        head: Callable[[Any], Any] | None = None,
        pool_names: tuple[str | None, str | None] = ("avg_pool", "max_pool"),
    ) -> Model:
        """Return the model, with a classifier and weights if they are asked for.

        Args:
            start: What `begin` returned.
            x: What the network's body makes of it.
            name: The model's name.
            address: Where weights are; `{}` stands where those without a classifier
                have "_notop".
            head: Makes the classifier's result; by default of the means of channels.
            pool_names: The names of the layers that pool instead.
        """
        if self.include_top:
            x = self.classified(x) if head is None else head(x)
        elif self.pooling == "avg":
            x = layers.GlobalAveragePooling2D(name=pool_names[0])(x)
        elif self.pooling == "max":
            x = layers.GlobalMaxPooling2D(name=pool_names[1])(x)
        inputs = start
        if self.input_tensor is not None:
            inputs = get_source_inputs(self.input_tensor)
        model = Model(inputs, x, name=name)
        if self.weights == "imagenet":
            origin = address.format("" if self.include_top else "_notop")
            name = os.path.basename(origin)
            model.load_weights(get_file(name, origin, cache_subdir="models"))
        elif self.weights is not None:
            model.load_weights(self.weights)
        return model

    def classified(self, x: Any, dropout: float = 0.0, **how: Any) -> Any:
        """Return the classes' scores by the means of the channels."""
        x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
        if dropout > 0:
            x = layers.Dropout(dropout, name="top_dropout")(x)
        return layers.Dense(
            self.classes,
            activation=self.activation(),
            name="predictions",
            **how,
        )(x)

    def activation(self) -> Any:
        """Return the classifier's activation.

        Raises:
            ValueError: It does not go with weights that are given.
        """
        given = activations.get(self.classifier_activation)
        allowed = (activations.get("softmax"), activations.get(None))
        if self.weights is not None and given not in allowed:
            raise ValueError(
                "Only `None` and `softmax` activations are allowed for the "
                "`classifier_activation` argument when using pretrained weights, with "
                "`include_top=True`; Received: classifier_activation="
                f"{self.classifier_activation}"
            )
        return self.classifier_activation

    def _check(self) -> None:
        weights = self.weights
        if weights not in ("imagenet", None) and not os.path.exists(weights):
            raise ValueError(
                "The `weights` argument should be either `None` (random "
                "initialization), `imagenet` (pre-training on ImageNet), or the path "
                f"to the weights file to be loaded.  Received: weights={weights}"
            )
        if weights == "imagenet" and self.include_top and self.classes != 1000:
            raise ValueError(
                'If using `weights` as `"imagenet"` with `include_top` as true, '
                f"`classes` should be 1000.  Received: classes={self.classes}"
            )

    def _shape(self, default_size: int | None, min_size: int) -> tuple[Any, ...]:
        """Return the images' shape, the usual one if none is given."""
        first = settings.image_data_format() == "channels_first"
        pretrained = self.weights == "imagenet"
        shape = None if self.input_shape is None else tuple(self.input_shape)
        channels = 3
        if shape is not None and len(shape) == 3 and not pretrained:
            channels = shape[0] if first else shape[-1]
            if channels not in (1, 3):
                warnings.warn(
                    "This model usually expects 1 or 3 input channels. However, it was "
                    f"passed an input_shape with {channels} input channels.",
                    stacklevel=4,
                )
        sides = (default_size, default_size)
        usual = (channels, *sides) if first else (*sides, channels)
        needs_size = self.include_top and default_size is not None
        if pretrained and needs_size and shape not in (None, usual):
            raise ValueError(
                "When setting `include_top=True` and loading `imagenet` weights, "
                f"`input_shape` should be {usual}.  Received: input_shape={shape}"
            )
        if shape is None:
            if needs_size:
                return usual
            return (3, None, None) if first else (None, None, 3)
        if len(shape) != 3:
            raise ValueError("`input_shape` must be a tuple of three integers.")
        if pretrained and (shape[0] if first else shape[-1]) != 3:
            raise ValueError(
                f"The input must have 3 channels; Received `input_shape={shape}`"
            )
        sizes = shape[1:] if first else shape[:2]
        if any(size is not None and size < min_size for size in sizes):
            raise ValueError(
                f"Input size must be at least {min_size}x{min_size}; Received: "
                f"input_shape={shape}"
            )
        if needs_size and None in shape:
            raise ValueError(
                "If `include_top` is True, you should specify a static `input_shape`. "
                f"Received: input_shape={shape}"
            )
        return shape


def network(name: str, build: Callable[[Request], Model]) -> Callable[..., Model]:
    """Return the public function of a network, with the arguments of `Request`.

    Args:
        name: The function's name.
        build: Makes the network.
    """

    def public(
        include_top: bool = True,
        weights: Any = "imagenet",
        input_tensor: Any = None,
        input_shape: Any = None,
        pooling: str | None = None,
        classes: int = 1000,
        classifier_activation: Any = "softmax",
    ) -> Model:
        """Return the network; `imagenet.Request` describes the arguments."""
        return build(
            Request(
                include_top,
                weights,
                input_tensor,
                input_shape,
                pooling,
                classes,
                classifier_activation,
            )
        )

    public.__name__ = public.__qualname__ = name
    return public


# ---- parts of networks


def channel_axis() -> int:
    """Return where the channels of images are."""
    return 1 if settings.image_data_format() == "channels_first" else 3


def normalized(x: Any, name: str | None = None, **how: Any) -> Any:
    """Return channels with mean 0 and variance 1."""
    return layers.BatchNormalization(axis=channel_axis(), name=name, **how)(x)


def size_of(x: Any) -> list[int | None]:
    """Return the static height and width of images."""
    dims = list(x.static_shape)
    return dims[2:4] if channel_axis() == 1 else dims[1:3]


def known_size(input_shape: Any, sizes: tuple[int, ...]) -> int:
    """Return the size of square images if there are weights for it, else 224."""
    if input_shape is None or len(input_shape) != 3:
        return 224
    rows, columns = input_shape[1:] if channel_axis() == 1 else input_shape[:2]
    return int(rows) if rows == columns and rows in sizes else 224


def centered_padding(x: Any, size: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the padding that centers windows of a size with stride 2."""
    rows, columns = size_of(x)
    after = size // 2
    missing = [
        1 if rows is None or side is None else 1 - side % 2 for side in (rows, columns)
    ]
    return (after - missing[0], after), (after - missing[1], after)


def divisible(value: float, divisor: int = 8) -> int:
    """Return the nearest multiple of `divisor`, no more than a tenth smaller."""
    rounded = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * value else rounded


# ---- pixels and classes


def preprocess_input(
    x: Any, data_format: str | None = None, mode: str = "caffe"
) -> Any:
    """Return pixels from [0, 255] as a network wants them.

    Args:
        x: Images; a floating NumPy array is changed in place.
        data_format: Where the channels are.
        mode: "caffe": blue, green, red, less their means; "tf": in [-1, 1]; "torch":
            with mean 0 and deviation 1.

    Raises:
        ValueError: The mode or the format is unknown.
    """
    if mode not in ("caffe", "tf", "torch"):
        raise ValueError(
            "Expected mode to be one of `caffe`, `tf` or `torch`. Received: "
            f"mode={mode}"
        )
    if data_format not in (None, "channels_first", "channels_last"):
        raise ValueError(
            "Expected data_format to be one of `channels_first` or `channels_last`. "
            f"Received: data_format={data_format}"
        )
    x = _floating(x)
    if mode == "tf":
        x /= 127.5
        x -= 1.0
        return x
    first = (data_format or settings.image_data_format()) == "channels_first"
    mean, deviation = _STATISTICS[mode]
    if mode == "torch":
        x /= 255.0
    else:
        x = _reversed(x, first)
    x -= _spread(mean, x, first)
    if deviation is not None:
        x /= _spread(deviation, x, first)
    return x


def _floating(x: Any) -> Any:
    if isinstance(x, np.ndarray):
        is_floating = np.issubdtype(x.dtype, np.floating)
        return x if is_floating else x.astype(settings.floatx())
    return tf.cast(x, settings.floatx()) if x.dtype.is_integer else x


def _reversed(x: Any, first: bool) -> Any:
    """Return images with their channels in the opposite order."""
    if not first:
        return x[..., ::-1]
    return x[::-1] if len(x.shape) == 3 else x[:, ::-1]


def _spread(values: Any, like: Any, first: bool) -> Any:
    """Return one number for each channel, so that it broadcasts over images."""
    array = np.reshape(values, (-1, 1, 1) if first else (-1,))
    return array.astype(getattr(like.dtype, "as_numpy_dtype", like.dtype))


def decode_predictions(preds: Any, top: int = 5) -> list[list[tuple[Any, ...]]]:
    """Return the best classes of each row of scores: (number, name, score).

    Raises:
        OSError: The classes' names are neither in the cache nor to be fetched.
        ValueError: There are not 1000 scores in a row.
    """
    if len(preds.shape) != 2 or preds.shape[1] != 1000:
        raise ValueError(
            "`decode_predictions` expects a batch of predictions (i.e. a 2D array of "
            f"shape (samples, 1000)). Found array with shape: {preds.shape}"
        )
    path = get_file("imagenet_class_index.json", _CLASSES, cache_subdir="models")
    with open(path) as file:
        names = json.load(file)
    scores = np.asarray(preds)
    best = np.argsort(scores)[:, -top:][:, ::-1]
    return [
        sorted(
            ((*names[str(i)], row[i]) for i in numbers),
            key=lambda c: c[2],
            reverse=True,
        )
        for row, numbers in zip(scores, best, strict=True)
    ]


def preprocess_for(mode: str) -> Callable[..., Any]:
    """Return the function that makes pixels what networks of a kind want."""

    def preprocess_input_of_kind(x: Any, data_format: str | None = None) -> Any:
        """Return pixels from [0, 255] as the network wants them."""
        return preprocess_input(x, data_format, mode)

    return preprocess_input_of_kind


def preprocess_nothing(x: Any, data_format: str | None = None) -> Any:
    """Return pixels as they are: the network scales them itself."""
    return x
