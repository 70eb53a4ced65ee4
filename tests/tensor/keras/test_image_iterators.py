"""Iterators over images: refusals, warnings, and data frames."""

import sys

import numpy as np
import pytest

import tensor as tf
from tensor.keras.preprocessing import affine

image = tf.keras.preprocessing.image
IMAGES = (np.arange(6 * 4 * 4 * 3).reshape(6, 4, 4, 3) * 11 % 97).astype("float32")


@pytest.fixture
def folder(tmp_path):
    for i, name in enumerate(["cats", "dogs"]):
        (tmp_path / name).mkdir()
        tf.keras.utils.save_img(tmp_path / name / f"{i}.png", IMAGES[i], scale=False)
    return tmp_path


REFUSALS = [
    (lambda g, _: g.flow(IMAGES, subset="test"), "Invalid subset name: test"),
    (lambda g, _: g.flow(IMAGES[0]), "should have rank 4"),
    (lambda g, d: g.flow_from_directory(d, color_mode="x"), "Invalid color mode: x"),
    (lambda g, d: g.flow_from_directory(d, class_mode="x"), "Invalid class_mode: x"),
]


@pytest.mark.parametrize(("call", "message"), REFUSALS)
def test_iterators_refuse(folder, call, message):
    generator = image.ImageDataGenerator(validation_split=0.5)
    with pytest.raises(ValueError, match=message):
        call(generator, folder)


def test_base_iterators_have_no_batches():
    with pytest.raises(NotImplementedError, match="must define"):
        image.Iterator(3, 2, False, None).next()


def test_affine_transforms_need_scipy(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.ndimage", None)
    with pytest.raises(ImportError, match=r"ringflow\[image\]"):
        affine.apply_affine_transform(
            IMAGES[0], theta=5, row_axis=0, col_axis=1, channel_axis=2
        )


def test_generators_warn_of_what_they_override():
    with pytest.warns(UserWarning, match="overrides setting of `featurewise_center`"):
        generator = image.ImageDataGenerator(featurewise_std_normalization=True)
    with pytest.warns(UserWarning, match="hasn't been fit on any training data"):
        generator.standardize(IMAGES[0].copy())


def test_iterators_warn_of_odd_numbers_of_channels():
    with pytest.warns(UserWarning, match=r"expected either 1, 3, or 4 channels"):
        image.ImageDataGenerator().flow(IMAGES[..., :2])


def test_iterators_warn_of_tiff_files(folder):
    (folder / "cats" / "a.tiff").touch()
    with pytest.warns(UserWarning, match="multiple bands will cause distortion"):
        image.ImageDataGenerator().flow_from_directory(folder)


def test_weights_are_split_like_their_images():
    generator = image.ImageDataGenerator(validation_split=0.5)
    how = {"sample_weight": np.arange(6.0), "shuffle": False}
    for subset, weights in (("validation", [0, 1, 2]), ("training", [3, 4, 5])):
        _, _, found = next(generator.flow(IMAGES, np.zeros(6), subset=subset, **how))
        assert found.tolist() == weights


def test_models_take_iterators_over_directories(folder):
    model = tf.keras.Sequential([tf.keras.layers.Flatten(), tf.keras.layers.Dense(2)])
    model.compile("sgd", "mse")
    batches = image.ImageDataGenerator(rescale=1 / 255).flow_from_directory(
        folder, target_size=(4, 4), batch_size=1
    )
    history = model.fit(batches, epochs=2, verbose=0)
    assert len(history.history["loss"]) == 2
    assert model.predict(batches, steps=2, verbose=0).shape == (2, 2)


# ---- data frames

ROWS = [f"{i}.png" for i in range(6)]


@pytest.fixture
def frame(tmp_path):
    pandas = pytest.importorskip("pandas")
    for name, pixels in zip(ROWS, IMAGES, strict=True):
        tf.keras.utils.save_img(tmp_path / name, pixels, scale=False)
    return pandas.DataFrame(
        {
            "filename": ROWS,
            "class": list("abcabc"),
            "number": np.arange(6.0),
            "pair": list("xyxyxy"),
            "many": [["a"], ["a", "b"], ["c"], ["b"], ["a"], ["c", "a"]],
        }
    )


def flow(frame, directory, **how):
    generator = image.ImageDataGenerator(validation_split=0.4)
    how = {"target_size": (4, 4), "shuffle": False, **how}
    return generator.flow_from_dataframe(frame, directory, **how)


TARGETS = [
    ({}, np.eye(3)[[0, 1, 2, 0, 1, 2]].tolist()),
    ({"class_mode": "sparse"}, [0, 1, 2, 0, 1, 2]),
    ({"class_mode": "binary", "y_col": "pair"}, [0, 1, 0, 1, 0, 1]),
    ({"class_mode": "raw", "y_col": "number"}, [0, 1, 2, 3, 4, 5]),
    ({"class_mode": "sparse", "classes": ["b", "a"]}, [1, 0, 1, 0]),
    (
        {"y_col": "many", "classes": ["a", "b"]},
        [[1, 0], [1, 1], [0, 1], [1, 0], [1, 0]],
    ),
    ({"class_mode": "sparse", "subset": "training"}, [2, 0, 1, 2]),
    ({"class_mode": "sparse", "subset": "validation"}, [0, 1]),
]


@pytest.mark.parametrize(("how", "targets"), TARGETS)
def test_data_frames_say_which_targets_images_have(frame, tmp_path, how, targets):
    assert next(flow(frame, tmp_path, **how))[1].tolist() == targets


def test_data_frames_have_several_targets_and_weights(frame, tmp_path):
    how = {"class_mode": "multi_output", "y_col": ["number", "pair"]}
    images, targets, weights = next(flow(frame, tmp_path, weight_col="number", **how))
    assert [t.tolist() for t in targets] == [[0, 1, 2, 3, 4, 5], list("xyxyxy")]
    assert weights.tolist() == [0, 1, 2, 3, 4, 5]
    np.testing.assert_array_equal(images, IMAGES)


def test_data_frames_may_list_files_that_are_missing(frame, tmp_path):
    (tmp_path / "3.png").unlink()
    with pytest.warns(UserWarning, match="Found 1 invalid image filename"):
        batches = flow(frame, tmp_path, class_mode=None)
    assert batches.filenames == [name for name in ROWS if name != "3.png"]
    assert next(batches).shape == (5, 4, 4, 3)


FRAME_REFUSALS = [
    ({"class_mode": "x"}, "Invalid class_mode: x"),
    ({"class_mode": "multi_output"}, "y_col must be a list. Received str"),
    ({"x_col": "number"}, "All values in column x_col=number must be strings"),
    ({"class_mode": "sparse", "y_col": "number"}, "column values must be strings"),
    ({"y_col": "number"}, "must be type string, list or tuple"),
    ({"class_mode": "binary"}, "must be 2 classes. Found 3 classes"),
    ({"class_mode": "binary", "classes": ["a"]}, "1 class/es were given"),
    ({"weight_col": "pair"}, "weight_col=pair must be numeric"),
    ({"subset": "x"}, "Invalid subset name: x"),
]


@pytest.mark.parametrize(("how", "message"), FRAME_REFUSALS)
def test_data_frames_are_refused(frame, tmp_path, how, message):
    with pytest.raises((TypeError, ValueError), match=message):
        flow(frame, tmp_path, **how)


def test_data_frames_warn_of_classes_that_do_not_count(frame, tmp_path):
    with pytest.warns(UserWarning, match="`classes` will be ignored"):
        flow(frame, tmp_path, class_mode="raw", y_col="number", classes=["a"])
