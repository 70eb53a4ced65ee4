"""Networks with names have the layers of Keras's."""

import json
import zlib

import numpy as np
import pytest

import tensor as tf

applications = tf.keras.applications
MobileNetV2 = applications.MobileNetV2

# What Keras says of networks without a classifier that pool: the number of parameters
# and of layers, and a checksum of the weights' shapes and the layers' names.
BODIES = [
    ("VGG16", 14714688, 20, 1171584627),
    ("ResNet50", 23587712, 176, 2106855766),
    ("ResNet50V2", 23564800, 191, 303717705),
    ("MobileNet", 3228864, 87, 1560147206),
    ("MobileNetV2", 2257984, 155, 115131482),
    ("MobileNetV3Small", 939120, 176, 1949819565),
    ("Xception", 20861480, 133, 149341971),
    ("DenseNet121", 7037504, 428, 1410941547),
    ("InceptionV3", 21802784, 312, 1151243336),
    ("EfficientNetB0", 4049571, 238, 2084015400),
]


@pytest.mark.parametrize(("name", "parameters", "count", "checksum"), BODIES)
def test_networks_have_the_layers_of_keras(name, parameters, count, checksum):
    tf.keras.backend.clear_session()
    make = getattr(applications, name)
    model = make(weights=None, include_top=False, pooling="avg")
    assert model.count_params() == parameters
    names = [a.name for a in model.layers if not a.name.startswith("tf.")]
    assert len(names) == count
    shapes = [tuple(w.shape) for w in model.weights]
    assert zlib.crc32(repr([shapes, names]).encode()) == checksum


def test_classifiers_are_as_asked_for():
    how = {"weights": None, "classes": 7, "classifier_activation": None}
    small = applications.MobileNetV3Small(alpha=0.75, **how)
    assert small.output_shape == (None, 7)
    assert small.layers[-1].activation is tf.keras.activations.linear
    other = applications.MobileNet(input_shape=(64, 64, 3), alpha=0.25, **how)
    assert other.name == "mobilenet_0.25_64"
    assert other(tf.zeros((2, 64, 64, 3))).shape == (2, 7)


def test_networks_begin_where_they_are_told_to():
    images = tf.keras.Input((64, 64, 3))
    scaled = tf.keras.layers.Rescaling(1 / 255)(images)
    model = MobileNetV2(
        weights=None, input_tensor=scaled, include_top=False, pooling="max"
    )
    assert model.inputs[0] is images
    assert model.output_shape == (None, 1280)


def test_mobilenet_v2_for_images_of_any_size():
    body = MobileNetV2(weights=None, include_top=False, alpha=0.35)
    assert body.name == "mobilenetv2_0.35_None"
    assert body.output_shape == (None, None, None, 1280)
    assert body.get_layer("block_1_pad").padding == ((0, 1), (0, 1))
    assert body(tf.zeros((1, 64, 32, 3))).shape == (1, 2, 1, 1280)


PIXELS = np.array([[[10.0, 127.5, 255.0]]])
KINDS = [
    ("vgg16", [255 - 103.939, 127.5 - 116.779, 10 - 123.68]),
    ("resnet50", [255 - 103.939, 127.5 - 116.779, 10 - 123.68]),
    ("resnet_v2", [10 / 127.5 - 1, 0, 1]),
    ("densenet", [-1.9466565, 0.1964286, 2.64]),
    ("efficientnet", [10, 127.5, 255]),
]


@pytest.mark.parametrize(("kind", "expected"), KINDS)
def test_pixels_are_what_networks_want(kind, expected):
    prepare = getattr(applications, kind).preprocess_input
    np.testing.assert_allclose(prepare(PIXELS.copy())[0, 0], expected, rtol=1e-6)
    np.testing.assert_allclose(prepare(tf.constant(PIXELS))[0, 0], expected, rtol=1e-6)
    first = prepare(PIXELS.transpose(2, 0, 1).copy(), data_format="channels_first")
    if kind != "efficientnet":
        np.testing.assert_allclose(first[:, 0, 0], expected, rtol=1e-6)


def test_pixels_become_floating_and_change_in_place():
    prepare = applications.imagenet_utils.preprocess_input
    assert prepare(np.zeros((1, 1, 3), np.uint8), mode="tf").dtype == np.float32
    assert prepare(tf.zeros((1, 1, 3), tf.uint8), mode="tf").dtype == tf.float32
    pixels = PIXELS.copy()
    prepare(pixels, mode="tf")
    np.testing.assert_allclose(pixels[0, 0], KINDS[2][1])


@pytest.mark.parametrize("argument", ["mode", "data_format"])
def test_unknown_kinds_of_pixels_are_refused(argument):
    with pytest.raises(ValueError, match=f"Expected {argument} to be one of"):
        applications.imagenet_utils.preprocess_input(PIXELS, **{argument: "x"})


FILE = __file__
REFUSALS = [
    ({"weights": "nowhere.h5"}, "`weights` argument should be"),
    ({"classes": 10}, "`classes` should be 1000"),
    ({"input_shape": (100, 100, 3)}, r"`input_shape` should be \(224, 224, 3\)"),
    ({"include_top": False, "input_shape": (100, 100, 1)}, "must have 3 channels"),
    ({"weights": None, "input_shape": (16, 16, 3)}, "at least 32x32"),
    ({"weights": None, "input_shape": (32, 32)}, "three integers"),
    ({"weights": None, "input_shape": (None, None, 3)}, "static `input_shape`"),
    ({"weights": FILE, "classifier_activation": "relu"}, "Only `None` and `softmax`"),
]


@pytest.mark.parametrize(("options", "message"), REFUSALS)
def test_what_cannot_be_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        MobileNetV2(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"alpha": 0.3}, "alpha can be"), ({"depth_multiplier": 2}, "must be 1")],
)
def test_mobilenet_has_weights_for_some_sizes_only(options, message):
    with pytest.raises(ValueError, match=message):
        applications.MobileNet(**options)


def test_networks_warn_of_odd_numbers_of_channels():
    with pytest.warns(UserWarning, match="usually expects 1 or 3 input channels"):
        MobileNetV2(
            weights=None, include_top=False, input_shape=(32, 32, 2), alpha=0.35
        )


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = tmp_path / ".keras" / "models"
    folder.mkdir(parents=True)
    return folder


def test_weights_are_taken_from_the_cache(cache):
    pytest.importorskip("h5py")
    how = {"include_top": False, "alpha": 0.25}
    trained = applications.MobileNet(weights=None, **how)
    trained.save_weights(cache / "mobilenet_2_5_224_tf_no_top.h5")
    again = applications.MobileNet(**how)
    for ours, theirs in zip(again.weights, trained.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_best_classes_have_names(cache):
    names = {str(i): [f"n{i}", f"thing {i}"] for i in range(1000)}
    (cache / "imagenet_class_index.json").write_text(json.dumps(names))
    scores = np.zeros((1, 1000))
    scores[0, [3, 8]] = 0.25, 0.75
    found = applications.vgg16.decode_predictions(scores, top=2)
    assert found == [[("n8", "thing 8", 0.75), ("n3", "thing 3", 0.25)]]
    with pytest.raises(ValueError, match="expects a batch of predictions"):
        applications.vgg16.decode_predictions(scores[:, :10])
