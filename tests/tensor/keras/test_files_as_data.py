"""Folders of images and texts as datasets, image files, split datasets."""

import os

import numpy as np
import pytest

import tensor as tf

pytest.importorskip("PIL")
utils = tf.keras.utils
image = tf.keras.preprocessing.image


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    rng = np.random.RandomState(0)
    for name in ("b", "a"):
        os.makedirs(root / "images" / name)
        os.makedirs(root / "texts" / name)
        for i in range(5):
            pixels = rng.randint(0, 255, (6 + i, 5, 3)).astype("float32")
            utils.save_img(root / "images" / name / f"{i}.png", pixels, scale=False)
            (root / "texts" / name / f"{i}.txt").write_text(f"{name} text {i}")
    return root


def texts_of(dataset):
    return [t.decode() for batch in dataset for t in batch[0].numpy()]


def test_images_come_with_the_labels_of_their_folders(folder, capsys):
    data = utils.image_dataset_from_directory(
        folder / "images", image_size=(4, 3), batch_size=4, shuffle=False
    )
    assert capsys.readouterr().out == "Found 10 files belonging to 2 classes.\n"
    assert data.class_names == ["a", "b"]
    assert data.element_spec[0].shape.as_list() == [None, 4, 3, 3]
    labels = np.concatenate([y for _, y in data])
    assert labels.tolist() == [0] * 5 + [1] * 5
    first = next(iter(data))[0][0]
    expected = tf.image.resize(
        image.img_to_array(image.load_img(data.file_paths[0])), (4, 3)
    )
    np.testing.assert_allclose(first, expected)


@pytest.mark.parametrize(
    ("options", "last"),
    [
        ({}, 1),
        ({"label_mode": "binary"}, [1.0]),
        ({"label_mode": "categorical"}, [0.0, 1.0]),
        ({"class_names": ["b", "a"]}, 0),
        ({"labels": list(range(10))}, 9),
    ],
)
def test_labels_have_the_form_asked_for(folder, options, last):
    data = utils.text_dataset_from_directory(
        folder / "texts", shuffle=False, batch_size=10, max_length=3, **options
    )
    texts, labels = next(iter(data))
    assert texts.numpy().tolist() == [b"a t"] * 5 + [b"b t"] * 5
    assert labels[-1].numpy().tolist() == last


def test_files_without_labels(folder):
    data = utils.text_dataset_from_directory(
        folder / "texts", label_mode=None, batch_size=None, shuffle=False
    )
    assert data.element_spec == tf.TensorSpec([], tf.string)


def test_parts_do_not_overlap_and_an_order_repeats(folder):
    def both():
        return utils.text_dataset_from_directory(
            folder / "texts", validation_split=0.3, subset="both", seed=1
        )

    training, validation = both()
    assert (len(training.file_paths), len(validation.file_paths)) == (7, 3)
    assert not set(training.file_paths) & set(validation.file_paths)
    assert texts_of(both()[0]) == texts_of(training)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"label_mode": "x"}, "label_mode"),
        ({"labels": 3}, "labels"),
        ({"labels": [1]}, "number of files"),
        ({"labels": [1] * 10, "class_names": ["a"]}, "class_names"),
        ({"class_names": ["q"]}, "did not match"),
        ({"subset": "x", "validation_split": 0.1}, "subset"),
        ({"subset": "training"}, "inversely"),
        ({"validation_split": 2, "subset": "training"}, "between 0 and 1"),
        ({"validation_split": 0.1, "subset": "training"}, "seed"),
    ],
)
def test_wrong_arguments_are_refused(folder, options, message):
    with pytest.raises(ValueError, match=message):
        utils.text_dataset_from_directory(folder / "texts", **options)


def test_folders_that_do_not_fit_are_refused(folder, tmp_path):
    with pytest.raises(ValueError, match="No  files found"):
        utils.text_dataset_from_directory(tmp_path)
    with pytest.raises(ValueError, match="color_mode"):
        utils.image_dataset_from_directory(folder / "images", color_mode="x")
    os.makedirs(tmp_path / "only")
    with pytest.raises(ValueError, match="exactly 2"):
        utils.text_dataset_from_directory(tmp_path, label_mode="binary")


def test_an_image_file_and_its_array(folder):
    path = folder / "images" / "a" / "1.png"
    pixels = utils.img_to_array(utils.load_img(path))
    assert pixels.shape == (7, 5, 3)
    assert utils.img_to_array(utils.load_img(path), "channels_first").shape == (3, 7, 5)
    gray = utils.load_img(path, color_mode="grayscale", target_size=(3, 2))
    assert (gray.size, gray.mode) == ((2, 3), "L")
    square = utils.load_img(path, target_size=(2, 2), keep_aspect_ratio=True)
    assert square.size == (2, 2)
    back = utils.img_to_array(utils.array_to_img(pixels, scale=False))
    np.testing.assert_array_equal(back, pixels)
    assert image.smart_resize(pixels, (4, 2)).shape == (4, 2, 3)
    assert isinstance(image.smart_resize(tf.constant(pixels[None]), (2, 4)), tf.Tensor)


def test_wrong_images_are_refused(folder):
    path = folder / "images" / "a" / "1.png"
    with pytest.raises(ValueError, match="color_mode"):
        utils.load_img(path, color_mode="x")
    with pytest.raises(ValueError, match="interpolation"):
        utils.load_img(path, target_size=(2, 2), interpolation="x")
    with pytest.raises(TypeError, match="path-like"):
        utils.load_img(3)
    with pytest.raises(ValueError, match="rank 3"):
        utils.array_to_img(np.ones((2, 2)))
    with pytest.raises(ValueError, match="channel number"):
        utils.array_to_img(np.ones((2, 2, 2)))
    with pytest.raises(ValueError, match="data_format"):
        utils.array_to_img(np.ones((2, 2, 3)), data_format="x")
    with pytest.raises(ValueError, match="image shape"):
        utils.img_to_array(np.ones(3))
    with pytest.raises(ValueError, match="2 integers"):
        image.smart_resize(np.ones((2, 2, 3)), (1, 2, 3))
    with pytest.raises(ValueError, match="incorrect rank"):
        image.smart_resize(np.ones((2, 2)), (1, 2))


def values(dataset):
    return [tf.nest.map_structure(lambda t: t.numpy().tolist(), e) for e in dataset]


@pytest.mark.parametrize(
    ("data", "options", "left", "right"),
    [
        (np.arange(4), {"left_size": 0.5}, [0, 1], [2, 3]),
        (np.arange(6), {"left_size": 1, "right_size": 2}, [0], [4, 5]),
        (
            (np.arange(3), np.arange(3) * 2),
            {"right_size": 1},
            [(0, 0), (1, 2)],
            [(2, 4)],
        ),
        (tf.data.Dataset.range(5).batch(2), {"left_size": 3}, [[0, 1], [2]], [[3, 4]]),
    ],
)
def test_a_dataset_is_split_in_two(data, options, left, right):
    first, second = utils.split_dataset(data, **options)
    assert (values(first), values(second)) == (left, right)


def test_examples_can_be_mixed_before():
    parts = [utils.split_dataset(np.arange(9), 4, shuffle=True, seed=2) for _ in "ab"]
    assert values(parts[0][0]) == values(parts[1][0]) != [0, 1, 2, 3]
    assert sorted(values(parts[0][0]) + values(parts[0][1])) == list(range(9))


@pytest.mark.parametrize(
    ("data", "options", "error"),
    [
        (np.arange(4), {}, ValueError),
        (np.arange(4), {"left_size": 9}, ValueError),
        (np.arange(4), {"left_size": 0.9, "right_size": 0.9}, ValueError),
        (np.arange(4), {"left_size": 0.01}, ValueError),
        (np.arange(4), {"left_size": "x"}, TypeError),
        ("x", {"left_size": 1}, TypeError),
    ],
)
def test_wrong_sizes_are_refused(data, options, error):
    with pytest.raises(error):
        utils.split_dataset(data, **options)
