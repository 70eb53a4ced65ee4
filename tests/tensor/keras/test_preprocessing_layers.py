"""Layers that prepare data; values are those of Keras."""

import numpy as np
import pytest

import tensor as tf

L = tf.keras.layers
rng = np.random.default_rng(0)
ROWS = rng.normal(2, 3, (10, 4)).astype("float32")
IMAGES = rng.uniform(0, 255, (2, 6, 7, 3)).astype("float32")


def start(x):
    return np.asarray(x).ravel()[:4]


def test_normalization_learns_mean_and_variance():
    layer = L.Normalization()
    layer.adapt(ROWS, batch_size=3)
    np.testing.assert_allclose(
        start(layer(ROWS)), [0.7412, -0.2875, 0.8892, -0.1957], atol=1e-4
    )
    mean, variance, count = layer.get_weights()
    np.testing.assert_allclose(mean, ROWS.mean(0), rtol=1e-5)
    np.testing.assert_allclose(variance, ROWS.var(0), rtol=1e-5)
    assert count == 10
    layer.adapt(tf.data.Dataset.from_tensor_slices(ROWS[:4]).batch(2))
    np.testing.assert_allclose(layer.adapt_mean, ROWS[:4].mean(0), rtol=1e-5)
    layer.adapt(tf.data.Dataset.from_tensor_slices(ROWS).batch(2), steps=2)
    np.testing.assert_allclose(layer.adapt_mean, ROWS[:4].mean(0), rtol=1e-5)


def test_normalization_takes_given_statistics():
    layer = L.Normalization(mean=[1.0, 2, 3, 4], variance=[1.0, 1, 1, 4])
    expected = (ROWS - [1, 2, 3, 4]) / [1, 1, 1, 2]
    np.testing.assert_allclose(layer(ROWS), expected, rtol=1e-5)
    back = L.Normalization(mean=[1.0, 2, 3, 4], variance=[1.0, 1, 1, 4], invert=True)
    np.testing.assert_allclose(back(expected), ROWS, rtol=1e-4, atol=1e-5)
    with pytest.raises(RuntimeError, match="Cannot call `adapt`"):
        layer.adapt(ROWS)


def test_one_mean_for_everything():
    layer = L.Normalization(axis=None)
    layer.adapt(np.array([1.0, 2, 3, 4]))
    np.testing.assert_allclose(
        layer(np.array([1.0, 4])), [-1.3416407, 1.3416407], rtol=1e-5
    )


@pytest.mark.parametrize(
    ("size", "options", "expected"),
    [
        ((4, 5), {}, [114.3017, 77.4218, 157.1217, 95.5691]),
        ((4, 5), {"interpolation": "nearest"}, [145.7401, 82.0767, 151.5465, 57.9252]),
        ((4, 8), {"crop_to_aspect_ratio": True}, [50.6208, 23.142, 147.9848, 71.3775]),
        ((12, 3), {"crop_to_aspect_ratio": True}, [212.3243, 200.71, 61.0392, 212.324]),
    ],
)
def test_images_are_resized(size, options, expected):
    layer = L.Resizing(*size, **options)
    np.testing.assert_allclose(start(layer(IMAGES)), expected, rtol=1e-4)
    assert layer(IMAGES[0]).shape == (*size, 3)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((3, 4), [76.1675, 171.3587, 50.8764, 240.2388]),
        ((8, 4), [57.9252, 158.9127, 21.4239, 154.4246]),
    ],
)
def test_images_are_cropped(size, expected):
    np.testing.assert_allclose(start(L.CenterCrop(*size)(IMAGES)), expected, rtol=1e-4)
    whole = tf.TensorSpec([None, None, None, 3], tf.float32)
    traced = tf.function(L.CenterCrop(*size), input_signature=[whole])
    np.testing.assert_allclose(start(traced(IMAGES)), expected, rtol=1e-4)


@pytest.mark.parametrize(
    ("mode", "numbers", "expected"),
    [
        ("multi_hot", [[0, 1], [3, 3]], [[1, 1, 0, 0], [0, 0, 0, 1]]),
        ("multi_hot", [3, 1], [0, 1, 0, 1]),
        ("one_hot", [2, 0], [[0, 0, 1, 0], [1, 0, 0, 0]]),
        ("one_hot", [[2], [0]], [[0, 0, 1, 0], [1, 0, 0, 0]]),
        ("count", [[0, 0], [1, 2]], [[2, 0, 0, 0], [0, 1, 1, 0]]),
    ],
)
def test_class_numbers_become_vectors(mode, numbers, expected):
    encoded = L.CategoryEncoding(4, output_mode=mode)(numbers)
    assert encoded.dtype == tf.float32
    assert encoded.numpy().tolist() == expected


def test_counts_can_be_weighted():
    encoded = L.CategoryEncoding(3, output_mode="count")(
        [[0, 1], [0, 0]], count_weights=np.array([[0.1, 0.2], [0.3, 0.4]])
    )
    np.testing.assert_allclose(encoded, [[0.1, 0.2, 0], [0.7, 0, 0]], rtol=1e-6)


def test_numbers_are_put_into_intervals():
    values = np.array([[-1.5, 1.0, 3.4, 0.5], [0.0, 3.0, 1.3, 0.0]])
    layer = L.Discretization(bin_boundaries=[0.0, 1.0, 2.0])
    numbers = layer(values)
    assert numbers.dtype == tf.int64
    assert numbers.numpy().tolist() == [[0, 2, 3, 1], [1, 3, 2, 1]]
    one_hot = L.Discretization(bin_boundaries=[1.0], output_mode="one_hot")
    assert one_hot(np.array([0.0, 2.0])).numpy().tolist() == [[1, 0], [0, 1]]
    learned = L.Discretization(num_bins=3)
    learned.adapt(values)
    np.testing.assert_allclose(learned.bin_boundaries, [0.0, 1.1], rtol=1e-6)
    learned.adapt(values)
    np.testing.assert_allclose(learned.bin_boundaries, [0.0, 1.1], rtol=1e-6)


AUGMENTATIONS = {
    "RandomFlip": ("horizontal",),
    "RandomContrast": ((0.3, 0.5),),
    "RandomBrightness": (0.2,),
}


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_images_change_in_training_only(name):
    layer = getattr(L, name)(*AUGMENTATIONS[name], seed=3)
    np.testing.assert_array_equal(layer(IMAGES, training=False), IMAGES)
    changed = np.asarray([layer(IMAGES, training=True) for _ in range(8)])
    assert changed.min() >= 0
    assert changed.max() <= 255
    assert not np.allclose(changed, IMAGES)
    assert layer(IMAGES[0], training=True).shape == (6, 7, 3)
    again = type(layer).from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    traced = tf.function(lambda x, training: layer(x, training=training))
    np.testing.assert_array_equal(traced(IMAGES, tf.constant(False)), IMAGES)


def test_flips_mirror_whole_images():
    layer = L.RandomFlip("vertical", seed=1)
    for _ in range(8):
        for image, before in zip(layer(IMAGES, training=True), IMAGES, strict=True):
            mirrored = np.array_equal(image, before[::-1])
            assert mirrored or np.array_equal(image, before)


def test_crops_are_parts_of_the_image():
    layer = L.RandomCrop(3, 4, seed=1)
    part = layer(IMAGES, training=True).numpy()[0]
    places = [
        (i, j)
        for i in range(4)
        for j in range(4)
        if np.array_equal(IMAGES[0, i : i + 3, j : j + 4], part)
    ]
    assert len(places) == 1
    middle = layer(IMAGES, training=False)
    np.testing.assert_allclose(
        start(middle), [102.3338, 85.4054, 157.0891, 128.2373], 1e-4
    )
    image = tf.keras.Input((6, 7, 3))
    assert tf.keras.Model(image, layer(image)).output_shape == (None, 3, 4, 3)
    assert L.RandomCrop(8, 8)(IMAGES, training=True).shape == (2, 8, 8, 3)


def test_they_work_in_models_and_configurations():
    model = tf.keras.Sequential(
        [L.RandomFlip(), L.Rescaling(1 / 255), L.Resizing(4, 4), L.CenterCrop(2, 3)]
    )
    assert model.predict(IMAGES, verbose=0).shape == (2, 2, 3, 3)
    for layer in (
        L.Normalization(mean=1.0, variance=2.0),
        L.CategoryEncoding(4),
        L.Discretization([1.0, 2.0], output_mode="count"),
        L.Resizing(3, 3),
    ):
        shape = (6, 7, 3) if isinstance(layer, L.Resizing) else (4,)
        inputs = tf.keras.Input(shape)
        model = tf.keras.Model(inputs, layer(inputs))
        again = tf.keras.Model.from_config(model.get_config())
        x = np.ones((2, *shape))
        np.testing.assert_array_equal(again(x), model(x))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: L.Normalization(mean=3.0), ValueError, "both `mean` and `variance`"),
        (lambda: L.Normalization(axis=3)(ROWS), ValueError, r"range \[-ndim, ndim\)"),
        (
            lambda: L.Normalization(axis=0)(tf.keras.Input((4,))),
            ValueError,
            "must have known shape",
        ),
        (
            lambda: L.Normalization().adapt(tf.data.Dataset.range(3), batch_size=2),
            ValueError,
            "`batch_size` argument must not",
        ),
        (lambda: L.Resizing(3, 3, "best"), NotImplementedError, "interpolation"),
        (lambda: L.CategoryEncoding(), ValueError, "num_tokens must be set"),
        (lambda: L.CategoryEncoding(0), ValueError, "`num_tokens` must be >= 1"),
        (lambda: L.CategoryEncoding(3, "best"), ValueError, "`output_mode`"),
        (lambda: L.CategoryEncoding(3, sparse=True), ValueError, "sparse=True"),
        (
            lambda: L.CategoryEncoding(3, "one_hot")([[0, 1]]),
            ValueError,
            "maximum supported output rank is 2",
        ),
        (
            lambda: L.CategoryEncoding(3)([0], count_weights=[1.0]),
            ValueError,
            "`count_weights` is not used",
        ),
        (
            lambda: L.CategoryEncoding(3)([[0, 7]]),
            tf.errors.InvalidArgumentError,
            "range 0 <= values < num_tokens with num_tokens=3",
        ),
        (
            lambda: L.Discretization(output_mode="best"),
            ValueError,
            "`output_mode`",
        ),
        (lambda: L.Discretization(num_bins=-1), ValueError, "`num_bins` must be"),
        (lambda: L.Discretization([1.0], 3), ValueError, "should not be set"),
        (
            lambda: L.Discretization([1.0]).adapt(ROWS),
            ValueError,
            "Cannot adapt a Discretization",
        ),
        (lambda: L.RandomFlip("around"), ValueError, "unknown mode argument"),
        (lambda: L.RandomContrast(-1.0), ValueError, "cannot have negative"),
        (lambda: L.RandomBrightness(2.0), ValueError, r"range \[-1.0, 1.0\]"),
        (lambda: L.RandomBrightness(0.1, 3), ValueError, "`value_range`"),
    ],
)
def test_what_cannot_be_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


PHOTOS = np.random.RandomState(0).rand(2, 5, 6, 2).astype("float32")
TURN, MOVE, ZOOM = (
    lambda **kw: L.RandomRotation((0.13, 0.13), **kw),
    lambda **kw: L.RandomTranslation((0.3, 0.3), (-0.77, -0.77), **kw),
    lambda **kw: L.RandomZoom((0.6, 0.6), (-0.3, -0.3), **kw),
)


# Limits that are equal leave nothing to chance.
@pytest.mark.parametrize(
    ("make", "fill_mode", "interpolation", "expected"),
    [
        (TURN, "reflect", "bilinear", [0.385, 0.4996, 0.778, 0.7341]),
        (TURN, "reflect", "nearest", [0.4237, 0.7742, 0.821, 0.5762]),
        (TURN, "wrap", "bilinear", [0.7285, 0.4996, 0.8059, 0.7341]),
        (TURN, "wrap", "nearest", [0.9884, 0.7742, 0.8138, 0.5762]),
        (TURN, "constant", "bilinear", [0.5, 0.4996, 0.6494, 0.7341]),
        (TURN, "constant", "nearest", [0.5, 0.7742, 0.821, 0.5762]),
        (TURN, "nearest", "bilinear", [0.4271, 0.4996, 0.778, 0.7341]),
        (TURN, "nearest", "nearest", [0.4237, 0.7742, 0.821, 0.5762]),
        (MOVE, "reflect", "bilinear", [0.7575, 0.7708, 0.5203, 0.1926]),
        (MOVE, "reflect", "nearest", [0.4615, 0.87, 0.0641, 0.1202]),
        (MOVE, "wrap", "bilinear", [0.4606, 0.5784, 0.4048, 0.1598]),
        (MOVE, "wrap", "nearest", [0.4663, 0.8326, 0.2231, 0.1187]),
        (MOVE, "constant", "bilinear", [0.5, 0.5, 0.5, 0.5]),
        (MOVE, "constant", "nearest", [0.5, 0.5, 0.5, 0.5]),
        (MOVE, "nearest", "bilinear", [0.8571, 0.6547, 0.9765, 0.5806]),
        (MOVE, "nearest", "nearest", [0.7917, 0.7805, 0.9765, 0.6925]),
        (ZOOM, "reflect", "bilinear", [0.5105, 0.7203, 0.4663, 0.6943]),
        (ZOOM, "reflect", "nearest", [0.6028, 0.7742, 0.6563, 0.7163]),
        (ZOOM, "wrap", "bilinear", [0.5774, 0.7203, 0.6007, 0.6943]),
        (ZOOM, "wrap", "nearest", [0.5702, 0.7742, 0.4471, 0.7163]),
        (ZOOM, "constant", "bilinear", [0.5, 0.7203, 0.5, 0.6943]),
        (ZOOM, "constant", "nearest", [0.5, 0.7742, 0.5, 0.7163]),
        (ZOOM, "nearest", "bilinear", [0.5893, 0.7203, 0.4494, 0.6943]),
        (ZOOM, "nearest", "nearest", [0.6028, 0.7742, 0.6563, 0.7163]),
    ],
)
def test_images_are_transformed_as_keras_does(make, fill_mode, interpolation, expected):
    layer = make(fill_mode=fill_mode, interpolation=interpolation, fill_value=0.5)
    moved = layer(PHOTOS, training=True)
    np.testing.assert_allclose(np.ravel(moved)[::31], expected, atol=2e-4)
    np.testing.assert_array_equal(layer(PHOTOS, training=False), PHOTOS)


def test_every_image_is_transformed_by_its_own_chance():
    tf.random.set_seed(3)
    same = np.stack([PHOTOS[0]] * 2)
    for layer in (
        L.RandomRotation(0.2),
        L.RandomTranslation(0.3, 0.3),
        L.RandomZoom(0.4),
    ):
        first, second = layer(same, training=True)
        assert np.abs(first - second).max() > 1e-3
        assert layer(PHOTOS[0], training=True).shape == PHOTOS[0].shape
        again = type(layer).from_config(layer.get_config())
        assert again.get_config() == layer.get_config()


def test_sizes_change_for_a_whole_batch():
    assert L.RandomHeight((0.5, 0.5))(PHOTOS, training=True).shape == (2, 7, 6, 2)
    assert L.RandomWidth((-0.5, -0.5))(PHOTOS[0], training=True).shape == (5, 3, 2)
    assert L.RandomHeight(0.5)(PHOTOS, training=False).shape == PHOTOS.shape
    assert L.RandomWidth(0.2).compute_output_shape((1, 2, 3, 4)) == [1, 2, None, 4]
    assert L.RandomWidth(0.2).get_config()["factor"] == 0.2


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: L.RandomRotation((0.3, 0.1)), ValueError),
        (lambda: L.RandomRotation(0.1, fill_mode="x"), NotImplementedError),
        (lambda: L.RandomRotation(0.1, interpolation="x"), NotImplementedError),
        (lambda: L.RandomTranslation(2.0, 0.0), ValueError),
        (lambda: L.RandomZoom(2.0), ValueError),
        (lambda: L.RandomZoom(0.1, (-2.0, 1.0)), ValueError),
        (lambda: L.RandomHeight((-2.0, 1.0)), ValueError),
    ],
)
def test_wrong_limits_are_refused(make, error):
    with pytest.raises(error):
        make()


def test_old_names_are_the_same_layers():
    assert L.experimental.preprocessing.RandomZoom is L.RandomZoom
    assert L.experimental.preprocessing.TextVectorization is L.TextVectorization


def test_identity_keeps_structures():
    kept = L.Identity()([tf.constant(1), tf.constant([2.0])])
    assert [t.numpy().tolist() for t in kept] == [1, [2.0]]


class _Minimal(L.AbstractRNNCell):
    state_size = output_size = 3

    def call(self, inputs, states):
        return inputs + states[0], [inputs + states[0]]


def test_cells_of_ones_own_begin_with_zeros():
    summed = L.RNN(_Minimal())(np.ones((2, 4, 3), "float32"))
    np.testing.assert_array_equal(summed, np.full((2, 3), 4.0))
    cell = L.AbstractRNNCell()
    for use in (
        lambda: cell.state_size,
        lambda: cell.output_size,
        lambda: cell(1.0, 2),
    ):
        with pytest.raises(NotImplementedError, match="must define"):
            use()
