"""Images: files through Pillow, shapes in traced functions, errors."""

from __future__ import annotations

import io
import sys
from typing import Any

import numpy as np
import pytest

import tensor as tf

IMAGE = (np.arange(60) * 4).reshape(4, 5, 3).astype(np.uint8)
BLACK = np.zeros((2, 2, 3), np.uint8)


def file_of(array: np.ndarray, kind: str, **options: Any) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "BMP"])
def test_lossless_files_come_back_as_they_were(kind: str) -> None:
    data = file_of(IMAGE, kind)
    decode = tf.image.decode_png if kind == "PNG" else tf.image.decode_bmp
    for z in (decode(data), tf.image.decode_image(data), tf.io.decode_image(data)):
        np.testing.assert_array_equal(z, IMAGE)
        assert z.dtype is tf.uint8


def test_png_and_jpeg_are_encoded() -> None:
    np.testing.assert_array_equal(
        tf.image.decode_png(tf.image.encode_png(IMAGE)), IMAGE
    )
    grey = IMAGE[:, :, :1]
    np.testing.assert_array_equal(
        tf.image.decode_image(tf.image.encode_png(grey, compression=9)), grey
    )
    smooth = np.full((16, 16, 3), 100, np.uint8)
    z = tf.image.decode_jpeg(tf.image.encode_jpeg(smooth, quality=95))
    assert np.abs(np.asarray(z, np.int64) - 100).max() <= 2
    assert tf.image.decode_jpeg(tf.image.encode_jpeg(smooth), ratio=2).shape == (
        8,
        8,
        3,
    )


def test_channels_are_converted_and_values_scaled() -> None:
    data = file_of(IMAGE, "PNG")
    assert tf.image.decode_png(data, channels=1).shape == (4, 5, 1)
    assert tf.image.decode_png(data, channels=4).shape == (4, 5, 4)
    z = tf.image.decode_image(data, dtype=tf.float32)
    np.testing.assert_allclose(z, IMAGE / 255, rtol=1e-6)


def test_all_frames_of_a_gif_are_decoded() -> None:
    from PIL import Image

    buffer = io.BytesIO()
    frames = [Image.new("RGB", (3, 2), c) for c in ("red", "blue")]
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    z = tf.image.decode_gif(buffer.getvalue())
    assert z.shape == (2, 2, 3, 3)
    np.testing.assert_array_equal(z[:, 0, 0], [[255, 0, 0], [0, 0, 255]])
    assert tf.image.decode_image(buffer.getvalue()).shape == (2, 2, 3, 3)


def test_webp_files_are_decoded_frame_by_frame() -> None:
    from PIL import Image

    buffer = io.BytesIO()
    frames = [Image.new("RGB", (3, 2), c) for c in ("red", "blue")]
    options = {"save_all": True, "append_images": frames[1:], "lossless": True}
    frames[0].save(buffer, "WEBP", **options)
    z = tf.io.decode_webp(buffer.getvalue())
    assert z.shape == (2, 2, 3, 3)
    np.testing.assert_array_equal(z[:, 0, 0], [[255, 0, 0], [0, 0, 255]])
    assert tf.image.decode_image(buffer.getvalue()).shape == (2, 2, 3, 3)
    assert tf.function(tf.io.decode_webp)(buffer.getvalue()).dtype == tf.uint8
    for channels, words in ((1, "only supports 3 or 4"), (4, "does not match input")):
        with pytest.raises(tf.errors.InvalidArgumentError, match=words):
            tf.io.decode_webp(buffer.getvalue(), channels)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: tf.image.decode_png(b"not a file"), "Unknown image file format"),
        (lambda: tf.image.decode_png(b"x", channels=2), "`channels` must be 0, 1, 3"),
        (
            lambda: tf.image.encode_png(IMAGE.astype(np.float32)),
            "allowed values: uint8, uint16",
        ),
        (lambda: tf.image.encode_jpeg(IMAGE[0]), "must be 3-dimensional"),
    ],
)
def test_files_that_cannot_be_are_errors(call: Any, words: str) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match=words):
        call()


def test_without_pillow_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ImportError, match=r"pip install ringflow\[image\]"):
        tf.image.decode_png(b"x")


def test_images_are_resized_in_a_traced_function() -> None:
    @tf.function(input_signature=[tf.TensorSpec([None, None, None, 3])])
    def f(x: Any) -> Any:
        z = tf.image.resize(x, [4, 6])
        assert z.shape.as_list() == [None, 4, 6, 3]
        return z

    x = tf.constant(IMAGE[None].astype(np.float32))
    np.testing.assert_allclose(f(x), tf.image.resize(x, [4, 6]))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x: tf.image.random_saturation(x, -1.0, 0.5), "lower must be non-nega"),
        (lambda x: tf.image.resize_with_pad(x, 0, 5), "target_height must be > 0"),
        (lambda x: tf.image.resize_with_pad(x[0, 0], 4, 5), "3 or 4 dimensions"),
        (lambda x: tf.image.pad_to_bounding_box(x, -1, 0, 9, 9), "offset_height must"),
        (lambda x: tf.image.pad_to_bounding_box(x, 0, 3, 9, 6), "width must be <= tar"),
        (
            lambda x: tf.image.crop_to_bounding_box(x, 0, 3, 2, 4),
            "width must be >= tar",
        ),
        (lambda x: tf.image.crop_to_bounding_box(x, 0, 0, 0, 4), "target_height must"),
        (lambda x: tf.image.transpose(x[0, 0]), "at least three-dimensional"),
        (lambda x: tf.image.random_flip_up_down(x[0, 0]), "3 or 4 dimensions"),
        (lambda x: tf.image.per_image_standardization(x[0, 0]), "three-dimensional"),
    ],
)
def test_image_arguments_are_checked(call: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call(tf.zeros([1, 4, 5, 3]))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x: tf.image.resize(x, [0, 3]), "must be positive"),
        (lambda x: tf.image.random_crop(x[0], [9, 1, 1]), "Need value.shape >= size"),
        (lambda x: tf.image.ssim(x, x, 1.0), "smaller than the filter"),
        (lambda x: tf.image.rgb_to_grayscale(x[..., :2]), "expected images of 3"),
        (
            lambda x: tf.image.crop_and_resize(x, [[0.0, 0, 1]], [0], [2, 2]),
            "4 columns",
        ),
        (
            lambda x: tf.image.crop_and_resize(x[0], [[0.0, 0, 1, 1]], [0], [2, 2]),
            "input image must be 4-D",
        ),
        (
            lambda x: tf.image.draw_bounding_boxes(x[0], [[[0.0, 0, 1, 1]]], None),
            "should be 4, got 3",
        ),
        (lambda _: tf.image.non_max_suppression([[0.0]], [1.0], 1), "4 columns"),
        (
            lambda _: tf.image.non_max_suppression([[0.0, 0, 1, 1]], [[1.0]], 1),
            "scores must be 1-D",
        ),
    ],
)
def test_image_values_are_checked(call: Any, words: str) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match=words):
        call(tf.zeros([1, 4, 5, 3]))


def test_jpeg_files_tell_their_shape_and_are_cut() -> None:
    data = file_of(np.full((16, 24, 3), 90, np.uint8), "JPEG")
    assert bool(tf.image.is_jpeg(data))
    assert not bool(tf.image.is_jpeg(b"PNG"))
    np.testing.assert_array_equal(tf.image.extract_jpeg_shape(data), [16, 24, 3])
    assert tf.image.decode_and_crop_jpeg(data, [2, 3, 8, 9]).shape == (8, 9, 3)


def test_lower_jpeg_quality_loses_more() -> None:
    x = tf.constant(np.random.default_rng(0).uniform(size=(16, 16, 3)), tf.float32)
    losses = [
        float(tf.reduce_mean(tf.abs(tf.image.adjust_jpeg_quality(x, q) - x)))
        for q in (95, 10)
    ]
    assert losses[0] < losses[1]
    assert tf.image.random_jpeg_quality(x, 20, 30).shape == x.shape
    a, b = (tf.image.stateless_random_jpeg_quality(x, 5, 99, [1, 2]) for _ in "ab")
    np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [(-1, 50, "between 0 and 100"), (50, 40, "must be less than")],
)
def test_jpeg_qualities_are_checked(low: int, high: int, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        tf.image.random_jpeg_quality(tf.zeros([8, 8, 3]), low, high)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: tf.io.encode_jpeg(BLACK, format="zzz"), "not in the list of allowed"),
        (
            lambda: tf.io.encode_jpeg(BLACK[..., :1], format="rgb"),
            "expects 3 channels",
        ),
        (lambda: tf.io.decode_png(b"", dtype=tf.float32), "not in the list of allowed"),
        (lambda: tf.image.rgb_to_hsv(1.0), "at least 1D"),
        (
            lambda: tf.image.extract_patches(
                tf.zeros([1, 4, 4, 1]), [2, 3], [1] * 4, [1] * 4, "SAME"
            ),
            "Length for attr 'ksizes' of 2",
        ),
        (
            lambda: tf.image.extract_patches(
                tf.zeros([1, 4, 4, 1]), [1] * 4, [1] * 4, [1] * 4, "FOO"
            ),
            "attr 'padding'",
        ),
        (
            lambda: tf.image.extract_patches(
                tf.zeros([4, 4, 1]), [1] * 4, [1] * 4, [1] * 4, "SAME"
            ),
            "Shape must be rank 4 but is rank 3",
        ),
        (
            lambda: tf.image.non_max_suppression([[0.0] * 4], [0.5], [3]),
            "Shape must be rank 0 but is rank 1",
        ),
        (
            lambda: tf.image.non_max_suppression([0.0] * 4, [0.5], 3),
            "Shape must be rank 2 but is rank 1",
        ),
        (
            lambda: tf.image.non_max_suppression([[0.0] * 3], [0.5], 3),
            "Dimension must be 4 but is 3",
        ),
        (
            lambda: tf.image.sample_distorted_bounding_box(
                [4, 5, 1], [[[0.0, 0.0, 1.0, 1.0]]], aspect_ratio_range=(-1.0, 1.0)
            ),
            "Aspect ratio range must be non-negative",
        ),
        (
            lambda: tf.image.sample_distorted_bounding_box(
                [4, 5, 1], [[[0.0, 0.0, 1.0, 1.0]]], area_range=(1.0,)
            ),
            "must have 2 numbers",
        ),
        (
            lambda: tf.image.sample_distorted_bounding_box(
                [4, 5, 1], [[[0.0, 0.0, 1.0, 1.0]]], area_range=(-1.0, 1.0)
            ),
            "Area range must be non-negative",
        ),
    ],
)
def test_options_that_mean_nothing_are_refused(call: Any, words: str) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match=words):
        call()


def test_resizing_to_a_tensor_of_int64_is_refused() -> None:
    with pytest.raises(ValueError, match="1-D int32 Tensor"):
        tf.image.resize(tf.zeros([2, 2, 1]), tf.constant([3, 3], tf.int64))
