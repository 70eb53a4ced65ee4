"""What a call of a layer hands on, checks, and says when it fails."""

import numpy as np
import pytest

import tensor as tf

keras = tf.keras
layers = keras.layers


class Fails(layers.Layer):
    def __init__(self, error, **kwargs):
        super().__init__(**kwargs)
        self.error = error

    def call(self, inputs, training=None, scale=3):  # noqa: ARG002  # shown in texts
        raise self.error


class Outer(layers.Layer):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def call(self, x):
        return self.inner(x)


def test_errors_in_calls_name_the_innermost_layer_and_its_arguments():
    fails = Fails(ValueError("You did something wrong!"), name="fails")
    with pytest.raises(ValueError, match="something wrong") as caught:
        Outer(fails)([tf.ones((2, 3)), None], training=True)
    assert str(caught.value) == (
        "Exception encountered when calling layer 'fails' (type Fails).\n\n"
        "You did something wrong!\n\n"
        "Call arguments received by layer 'fails' (type Fails):\n"
        "  • inputs=['tf.Tensor(shape=(2, 3), dtype=float32)', 'None']\n"
        "  • training=True\n"
        "  • scale=3"
    )
    with pytest.raises(ValueError, match=r'layer "fails" \(type Fails\)'):
        fails(keras.Input((3,)))


class PeculiarError(Exception):
    def __init__(self, first, second):
        super().__init__(first, second)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (KeyError("key"), KeyError),
        (PeculiarError("a", "b"), RuntimeError),
        (tf.errors.AbortedError(None, None, "gone"), tf.errors.AbortedError),
        (IndexError(), IndexError),
    ],
)
def test_errors_in_calls_keep_their_class_where_it_takes_a_text(error, kind):
    with pytest.raises(kind, match="Call arguments received by layer"):
        Fails(error)(tf.ones(2))


def test_arguments_that_call_does_not_take_are_refused_as_by_python():
    with pytest.raises(TypeError, match="unexpected keyword argument 'foo'") as caught:
        layers.Dense(3)(tf.ones((2, 3)), foo=3)
    assert "Call arguments" not in str(caught.value)


def test_layers_without_super_are_refused_when_called():
    class Careless(layers.Layer):
        def __init__(self):
            pass

    with pytest.raises(RuntimeError, match=r"You must call `super\(\).__init__\(\)`"):
        Careless()(tf.ones(2))

    class CarelessModel(keras.Model):
        def __init__(self):
            self.inner = [layers.Dense(2)]

    with pytest.raises(RuntimeError, match="forgot to call"):
        CarelessModel()


def test_attributes_may_be_set_before_super_in_layers():
    class Early(layers.Layer):
        def __init__(self, variable):
            self.weight = variable
            super().__init__()

    assert len(Early(tf.Variable(1.0)).trainable_weights) == 1


def modes_seen(default, **passed):
    """Return the mode that `call` and an inner layer get."""
    seen = []

    class Inner(layers.Layer):
        def call(self, x, training=True):
            seen.append(training)
            return x

    inner = Inner()

    class Asks(layers.Layer):
        def call(self, x, training=default):
            seen.append(training)
            return inner(x)

    Asks()(tf.ones(1), **passed)
    return seen


def test_modes_that_nobody_gives_are_none():
    assert modes_seen(None) == [None, True]
    assert modes_seen(None, training=False) == [False, False]
    assert modes_seen(False) == [False, False]
    assert modes_seen(True, training=None) == [True, True]


def test_a_new_variable_takes_the_place_of_the_old_one():
    dense = layers.Dense(1)
    dense.build([8, 2])
    dense.bias, dense.kernel = tf.Variable(tf.zeros(1)), tf.Variable(tf.zeros((2, 1)))
    assert dense.trainable_variables[0] is dense.kernel
    assert dense.trainable_variables[1] is dense.bias


def test_weights_may_come_from_a_getter():
    layer, variable = layers.Layer(), tf.Variable("abc")
    assert layer.add_weight(dtype=tf.string, getter=lambda **_: variable) is variable


def test_first_weights_are_set_also_in_functional_models():
    kernel = np.ones((3, 2), "float32")
    x = keras.Input((3,))
    model = keras.Model(x, layers.Dense(2, use_bias=False, weights=[kernel])(x))
    np.testing.assert_allclose(model(2 * np.eye(3)), 2 * kernel)


def test_lists_with_none_have_shapes_with_none():
    class Notes(layers.Layer):
        def build(self, input_shape):
            self.seen = input_shape

        def call(self, inputs):
            return inputs[0]

    layer = Notes()
    layer([tf.constant([1.0]), None])
    assert layer.seen == [tf.TensorShape([1]), None]


A, B = keras.Input((3,), name="a"), keras.Input((3,), name="b")
SUM = keras.Model([A, B], A + B, name="sum")
ONES = tf.ones((2, 3))


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (
            [tf.ones((2, 4)), ONES],
            r'Input 0 of layer "sum" .*=\(None, 3\), .*=\(2, 4\)',
        ),
        ([ONES], r'Layer "sum" expects 2 input\(s\), but it received 1'),
        ({"a": ONES}, 'Missing data for input "b"'),
    ],
)
def test_functional_models_check_their_inputs(inputs, message):
    with pytest.raises(ValueError, match=message) as caught:
        SUM(inputs)
    assert "Call arguments" not in str(caught.value)


def test_inputs_that_no_input_layer_takes_are_told():
    with pytest.warns(UserWarning, match="'c'.*ignored by the model"):
        SUM({"a": ONES, "b": ONES, "c": ONES})


def test_optional_inputs_may_be_none():
    class MaybeAdd(layers.Layer):
        def call(self, x, y=None):
            return x if y is None else x + y

    maybe = keras.Input((3,), optional=True)
    model = keras.Model([A, maybe], MaybeAdd()(A, maybe))
    assert model([ONES, None])[0, 0] == 1
    assert model([ONES, ONES])[0, 0] == 2
    with pytest.raises(TypeError, match="should be tensors"):
        model([None, ONES])


def test_convolutions_refuse_images_smaller_than_the_kernel():
    with pytest.raises(ValueError, match="One of the dimensions in the output is <= 0"):
        layers.Conv2D(3, 5)(tf.ones((2, 3, 3, 1)))


def test_dot_refuses_axes_of_different_sizes():
    with pytest.raises(ValueError, match=r"axis values 3 \(at axis 1\) != 4"):
        layers.Dot(1)([tf.ones((2, 3)), tf.ones((2, 4))])
    with pytest.raises(ValueError, match="on a list of 2 inputs"):
        layers.Dot(1)(tf.ones((2, 3)))


def test_layers_of_operations_avoid_names_that_were_given():
    keras.backend.clear_session()
    x = keras.Input([2])
    y = layers.Add(name="tf.__operators__.add")([x, x])
    model = keras.Model(x, y + 1.0 + 2.0)
    names = [layer.name for layer in model.layers[1:]]
    assert names == [f"tf.__operators__.add{end}" for end in ("", "_1", "_2")]
