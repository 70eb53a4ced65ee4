"""TimeDistributed, Bidirectional and RNN around other layers, as Keras's tests do."""

import numpy as np
import pytest

import tensor as tf

keras = tf.keras
layers = keras.layers


class WithConstants(layers.Layer):
    """A cell that adds a constant to its state at each step."""

    def __init__(self, units, **kwargs):
        self.units = self.state_size = units
        super().__init__(**kwargs)

    def build(self, input_shape):
        self.kernel = self.add_weight("kernel", (input_shape[-1], self.units))

    def call(self, inputs, states, constants):
        [state], [constant] = states, constants
        output = inputs @ self.kernel + state + tf.reduce_sum(constant, 1, True)
        return output, [output]

    def get_config(self):
        return {**super().get_config(), "units": self.units}


def test_masks_of_inner_layers_become_masks_of_steps():
    embedding = layers.TimeDistributed(layers.Embedding(5, 3, mask_zero=True))
    words = tf.constant([[[1, 2], [3, 0], [0, 0]]])
    mask = embedding.compute_mask(words)
    assert mask.numpy().tolist() == [[[True, True], [True, False], [False, False]]]
    last = layers.TimeDistributed(layers.SimpleRNN(4))
    mask = last.compute_mask(embedding(words), mask)
    assert mask.numpy().tolist() == [[True, True, False]]
    assert (
        layers.TimeDistributed(layers.Dense(2)).compute_mask(tf.ones((1, 2, 3))) is None
    )


def test_masks_reach_the_layers_after_time_distributed_ones():
    model = keras.Sequential(
        [
            layers.TimeDistributed(layers.Masking(), input_shape=(None, 2)),
            layers.SimpleRNN(
                1, kernel_initializer="ones", recurrent_initializer="ones"
            ),
        ]
    )
    rows = np.float32([[[1, 0], [0, 0]], [[1, 0], [1, 0]]])
    short, long = model(rows).numpy().ravel()
    np.testing.assert_allclose(short, np.tanh(1), rtol=1e-6)
    np.testing.assert_allclose(long, np.tanh(1 + np.tanh(1)), rtol=1e-6)


def test_layers_with_states_are_called_step_by_step():
    cell = {"kernel_initializer": "ones", "recurrent_initializer": "ones"}
    inner = layers.SimpleRNN(1, stateful=True, activation=None, **cell)
    steps = layers.TimeDistributed(inner)
    assert not steps._always_use_reshape
    assert layers.TimeDistributed(layers.Dense(1))._always_use_reshape
    found = steps(tf.ones((1, 3, 2, 1)))
    assert found.numpy().ravel().tolist() == [2.0, 4.0, 6.0]
    assert steps.compute_mask(tf.ones((1, 3, 2, 1)), "mask") == "mask"


def test_layers_of_users_are_called_step_by_step_for_known_batches():
    seen = []

    class Seeing(layers.Layer):
        def call(self, inputs):
            seen.append(tuple(inputs.shape))
            return inputs

    layers.TimeDistributed(Seeing())(tf.ones((2, 3, 4)))
    assert set(seen) == {(2, 4)}


def test_bidirectional_layers_hand_on_constants():
    with keras.utils.custom_object_scope({"WithConstants": WithConstants}):
        layer = layers.Bidirectional(layers.RNN(WithConstants(2)))
        inputs, constant = keras.Input((3, 4)), keras.Input((1,))
        model = keras.Model([inputs, constant], layer(inputs, constants=constant))
        values = [np.zeros((1, 3, 4), "f"), np.float32([[0.5]])]
        assert model(values).numpy().tolist() == [[1.5, 1.5, 1.5, 1.5]]
        twin = layers.Bidirectional.from_config(layer.get_config())
        model = keras.Model([inputs, constant], twin([inputs, constant]))
        assert model(values).numpy().tolist() == [[1.5, 1.5, 1.5, 1.5]]
        states = [keras.Input((2,)), keras.Input((2,))]
        outputs = layer(inputs, initial_state=states, constants=constant)
        model = keras.Model([inputs, *states, constant], outputs)
        first = [np.float32([[1, 1]]), np.float32([[2, 2]])]
        found = model([values[0], *first, values[1]])
        assert found.numpy().tolist() == [[2.5, 2.5, 3.5, 3.5]]


def test_bidirectional_layers_need_the_states_of_both():
    layer = layers.Bidirectional(layers.LSTM(3))
    with pytest.raises(ValueError, match="the states of the underlying RNNs"):
        layer(tf.ones((1, 2, 3)), initial_state=tf.ones((1, 3)))


def test_bidirectional_layers_copy_cells_that_are_not_registered():
    class Counting(layers.Layer):
        state_size = output_size = 1

        def call(self, inputs, states):
            new = states[0] + 1.0 + 0 * inputs
            return new, [new]

    cells = [Counting(name="a"), Counting(name="b")]
    rnn = layers.RNN(cells, return_sequences=True)
    found = layers.Bidirectional(rnn)(tf.zeros((1, 3, 1)))
    assert found.numpy().tolist() == [[[1, 3], [2, 2], [3, 1]]]


def test_stacked_cells_get_constants_if_they_take_them():
    rnn = layers.RNN([layers.GRUCell(2), WithConstants(3)])
    inputs = keras.Input((None, 4))
    model = keras.Model(inputs, rnn(inputs, constants=tf.ones((2, 1))))
    assert model(np.zeros((2, 3, 4))).numpy().tolist() == [[3.0] * 3] * 2


def test_shapes_of_stacked_states_stand_in_one_list():
    cells = [layers.LSTMCell(3), layers.GRUCell(6)]
    rnn = layers.RNN(cells, return_state=True, return_sequences=True)
    shapes = [tuple(s) for s in rnn.compute_output_shape((None, 4, 5))]
    assert shapes == [(None, 4, 6), (None, 3), (None, 3), (None, 6)]


class Nested(layers.Layer):
    """A cell with two inputs, two states and two outputs."""

    state_size = output_size = (tf.TensorShape([3]), tf.TensorShape([2, 2]))

    def call(self, inputs, states):
        new = tuple(x + s for x, s in zip(inputs, states, strict=True))
        return new, new


def test_cells_may_have_inputs_of_several_parts():
    inputs = keras.Input((None, 3)), keras.Input((None, 2, 2))
    first, second = layers.RNN(Nested())(inputs)
    model = keras.Model(list(inputs), [first, second])
    assert model.output_shape == [(None, 3), (None, 2, 2)]
    sums = model([np.ones((1, 4, 3)), np.ones((1, 4, 2, 2))])
    assert [np.unique(s).tolist() for s in sums] == [[4.0], [4.0]]


def test_layers_know_of_losses_in_graphs_of_layers():
    inputs = keras.Input((3, 4))
    how = dict.fromkeys(("kernel_regularizer", "activity_regularizer"), "l1")
    dense = layers.TimeDistributed(layers.Dense(2, **how))
    both = layers.Bidirectional(layers.SimpleRNN(3, **how))
    model = keras.Model(inputs, both(dense(inputs)))
    assert len(dense.losses) == 2
    assert len(both.losses) == 4
    assert len(model.losses) == 6
    model(tf.ones((2, 3, 4)))
    assert all(isinstance(float(loss), float) for loss in model.losses)


class Matrices(layers.Layer):
    """A cell whose states are matrices."""

    def __init__(self, rows):
        super().__init__()
        self.state_size = self.output_size = tf.TensorShape([rows, 2])

    def call(self, inputs, states):
        rows = self.state_size[0] // inputs.shape[1]
        output = tf.repeat(inputs, rows, axis=1) + states[0]
        return output, [output]


def test_stacked_cells_may_give_matrices():
    rnn = layers.RNN([Matrices(2), Matrices(6)])
    assert rnn(tf.ones((1, 3, 2, 2))).numpy().tolist() == [[[6.0, 6.0]] * 6]


def test_first_states_have_the_shapes_of_the_cells():
    with pytest.raises(ValueError, match=r"however `cell.state_size` is"):
        layers.RNN(Matrices(2))(tf.ones((1, 3, 2, 2)), initial_state=tf.ones((1, 4, 2)))


def test_cells_with_several_parts_keep_states_between_batches():
    rnn = layers.RNN(Nested(), stateful=True)
    inputs = tf.ones((1, 4, 3)), tf.ones((1, 4, 2, 2))
    for expected in (4.0, 8.0):
        assert {float(np.unique(x)[0]) for x in rnn(inputs)} == {expected}


MERGES = [
    (lambda: layers.Add().compute_mask([1, 2], tf.ones(2)), "`mask` should be a list"),
    (lambda: layers.Concatenate().compute_mask(1, [None]), "`inputs` should be a list"),
    (lambda: layers.Add().compute_mask([1, 2], [None]), "should have the same length"),
]


@pytest.mark.parametrize(("call", "message"), MERGES)
def test_masks_of_merges_are_lists(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_merges_take_numbers_for_masks():
    inputs = [tf.ones((1, 2, 3)), tf.ones((1, 2, 3))]
    masks = [tf.constant([[1.0, 0.0]]), tf.constant([[1.0, 1.0]])]
    assert layers.Add().compute_mask(inputs, masks).numpy().tolist() == [[True, False]]


def test_subtractions_take_two_inputs():
    layer = layers.Subtract()
    for count in (3, 1):
        with pytest.raises(ValueError, match="on exactly 2 inputs"):
            layer([keras.Input((3,))] * count)
