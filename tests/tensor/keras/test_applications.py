"""Networks with names have the layers of Keras's."""

import numpy as np
import pytest

import tensor as tf

MobileNetV2 = tf.keras.applications.MobileNetV2


def test_mobilenet_v2_for_images_of_any_size():
    body = MobileNetV2(weights=None, include_top=False, alpha=0.35)
    assert body.name == "mobilenetv2_0.35_None"
    assert body.output_shape == (None, None, None, 1280)
    assert body.get_layer("block_1_pad").padding == ((0, 1), (0, 1))
    assert body(tf.zeros((1, 64, 32, 3))).shape == (1, 2, 1, 1280)


def test_pixels_are_scaled():
    scale = tf.keras.applications.mobilenet_v2.preprocess_input
    pixels = np.array([[[0, 127.5, 255]]])
    np.testing.assert_allclose(scale(pixels.copy()), [[[-1, 0, 1]]])
    np.testing.assert_allclose(scale(tf.constant(pixels)), [[[-1, 0, 1]]])
    assert scale(np.zeros((1, 1, 3), np.uint8)).dtype == np.float32


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weights": "imagenet"}, "download"),
        ({"weights": "nowhere.h5"}, "`weights` argument should be"),
        ({"weights": None, "input_shape": (16, 16, 3)}, "at least 32x32"),
        ({"weights": None, "input_shape": (32, 32)}, "three integers"),
        ({"weights": None, "input_shape": (None, None, 3)}, "static `input_shape`"),
    ],
)
def test_what_cannot_be_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        MobileNetV2(**options)


def test_class_names_are_not_known():
    with pytest.raises(NotImplementedError, match=r"\[\[2, 0\]\]"):
        tf.keras.applications.mobilenet_v2.decode_predictions(
            np.array([[0.3, 0.1, 0.6]]), top=2
        )
