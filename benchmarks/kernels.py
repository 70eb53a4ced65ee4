"""Single kernels beside PyTorch's: the secondary cases of `benchmarks/engine.py`.

    python benchmarks/engine.py --cases more --libraries tensor torch

Images of PyTorch lie channels first, as it likes them; ours and TensorFlow's last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

_rng = np.random.default_rng(1)


def _normal(*shape: int) -> np.ndarray:
    return _rng.standard_normal(shape).astype(np.float32)


_PHOTOS = (8, 256, 256, 3)
_SMALL, _LARGE = (128, 128), (512, 512)
_TOKENS = (32, 128, 512)
_FEATURES = (32, 28, 28, 64)
_VOLUME, _VOLUME_FILTERS = (2, 16, 32, 32, 16), (3, 3, 3, 16, 32)
_SEQUENCE, _SEQUENCE_FILTERS = (32, 256, 64), (5, 64, 128)

CASES = (
    "resize_bilinear",
    "resize_enlarge",
    "resize_nearest",
    "resize_bicubic",
    "resize_gradient",
    "layer_norm",
    "layer_norm_step",
    "batch_norm_step",
    "cumsum_rows",
    "cumsum_columns",
    "reduce_sum",
    "reduce_sum_rows",
    "conv1d",
    "conv1d_step",
    "conv3d",
    "conv3d_step",
    "max_pool",
)


def tensorflow_cases(tf: Any) -> dict[str, Callable[[], Any]]:
    """Return the cases for ringflow, or for TensorFlow: the same code."""
    photos = tf.constant(_normal(*_PHOTOS))
    tokens = tf.constant(_normal(*_TOKENS))
    features = tf.constant(_normal(*_FEATURES))
    matrix = tf.constant(_normal(2048, 1024))
    volume, volume_filters = (
        tf.constant(_normal(*s)) for s in (_VOLUME, _VOLUME_FILTERS)
    )
    sequence, sequence_filters = (
        tf.constant(_normal(*s)) for s in (_SEQUENCE, _SEQUENCE_FILTERS)
    )
    layer = tf.keras.layers.LayerNormalization()
    batch = tf.keras.layers.BatchNormalization()
    layer(tokens), batch(features)

    def step(function: Callable[..., Any], x: Any, *weights: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch([x, *weights])
            z = function(x, *weights)
        return tape.gradient(z, [x, *weights], output_gradients=z)

    def bilinear(x: Any) -> Any:
        return tf.image.resize(x, _SMALL)

    def conv1d(x: Any, w: Any) -> Any:
        return tf.nn.conv1d(x, w, 1, "SAME")

    def conv3d(x: Any, w: Any) -> Any:
        return tf.nn.conv3d(x, w, [1] * 5, "SAME")

    return {
        "resize_bilinear": lambda: bilinear(photos),
        "resize_enlarge": lambda: tf.image.resize(photos, _LARGE),
        "resize_nearest": lambda: tf.image.resize(photos, _LARGE, "nearest"),
        "resize_bicubic": lambda: tf.image.resize(photos, _SMALL, "bicubic"),
        "resize_gradient": lambda: step(bilinear, photos),
        "layer_norm": lambda: layer(tokens),
        "layer_norm_step": lambda: step(
            lambda x, *_: layer(x), tokens, layer.gamma, layer.beta
        ),
        "batch_norm_step": lambda: step(
            lambda x, *_: batch(x, training=True), features, batch.gamma, batch.beta
        ),
        "cumsum_rows": lambda: tf.cumsum(matrix, 1),
        "cumsum_columns": lambda: tf.cumsum(matrix, 0),
        "reduce_sum": lambda: tf.reduce_sum(matrix),
        "reduce_sum_rows": lambda: tf.reduce_sum(matrix, 1),
        "conv1d": lambda: conv1d(sequence, sequence_filters),
        "conv1d_step": lambda: step(conv1d, sequence, sequence_filters),
        "conv3d": lambda: conv3d(volume, volume_filters),
        "conv3d_step": lambda: step(conv3d, volume, volume_filters),
        "max_pool": lambda: tf.nn.max_pool2d(features, 2, 2, "VALID"),
    }


def torch_cases(torch: Any) -> dict[str, Callable[[], Any]]:
    """Return the same cases for PyTorch, in its own layout."""
    F = torch.nn.functional  # noqa: N806  # PyTorch's custom

    def channels_first(shape: tuple[int, ...]) -> Any:
        return torch.tensor(np.ascontiguousarray(np.moveaxis(_normal(*shape), -1, 1)))

    def filters(shape: tuple[int, ...]) -> Any:
        array = np.moveaxis(_normal(*shape), (-1, -2), (0, 1))
        return torch.tensor(np.ascontiguousarray(array))

    photos, features = channels_first(_PHOTOS), channels_first(_FEATURES)
    volume, volume_filters = channels_first(_VOLUME), filters(_VOLUME_FILTERS)
    sequence, sequence_filters = channels_first(_SEQUENCE), filters(_SEQUENCE_FILTERS)
    tokens, matrix = torch.tensor(_normal(*_TOKENS)), torch.tensor(_normal(2048, 1024))
    layer = torch.nn.LayerNorm(_TOKENS[-1], 1e-3)
    batch = torch.nn.BatchNorm2d(_FEATURES[-1], 1e-3)

    def step(function: Callable[..., Any], x: Any, *weights: Any) -> Any:
        given = [x.detach().requires_grad_(), *weights]
        for w in weights:
            w.requires_grad_()
        z = function(*given)
        return torch.autograd.grad(z, given, z.detach())

    def resize(x: Any, size: tuple[int, int], mode: str) -> Any:
        return F.interpolate(x, size, mode=mode)

    def conv1d(x: Any, w: Any) -> Any:
        return F.conv1d(x, w, padding=2)

    def conv3d(x: Any, w: Any) -> Any:
        return F.conv3d(x, w, padding=1)

    def without_gradient(function: Callable[[], Any]) -> Callable[[], Any]:
        def run() -> Any:
            with torch.no_grad():
                return function()

        return run

    cases: dict[str, Callable[[], Any]] = {
        "resize_bilinear": lambda: resize(photos, _SMALL, "bilinear"),
        "resize_enlarge": lambda: resize(photos, _LARGE, "bilinear"),
        "resize_nearest": lambda: resize(photos, _LARGE, "nearest"),
        "resize_bicubic": lambda: resize(photos, _SMALL, "bicubic"),
        "resize_gradient": lambda: step(
            lambda x: resize(x, _SMALL, "bilinear"), photos
        ),
        "layer_norm": lambda: layer(tokens),
        "layer_norm_step": lambda: step(
            lambda x, *_: layer(x), tokens, layer.weight, layer.bias
        ),
        "batch_norm_step": lambda: step(
            lambda x, *_: batch(x), features, batch.weight, batch.bias
        ),
        "cumsum_rows": lambda: torch.cumsum(matrix, 1),
        "cumsum_columns": lambda: torch.cumsum(matrix, 0),
        "reduce_sum": lambda: matrix.sum(),
        "reduce_sum_rows": lambda: matrix.sum(1),
        "conv1d": lambda: conv1d(sequence, sequence_filters),
        "conv1d_step": lambda: step(conv1d, sequence, sequence_filters),
        "conv3d": lambda: conv3d(volume, volume_filters),
        "conv3d_step": lambda: step(conv3d, volume, volume_filters),
        "max_pool": lambda: F.max_pool2d(features, 2),
    }
    return {
        name: run if name.endswith(("_step", "_gradient")) else without_gradient(run)
        for name, run in cases.items()
    }
