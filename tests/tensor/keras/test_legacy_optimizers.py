"""tf.keras.optimizers.legacy: older settings, slots and configurations."""

import numpy as np
import pytest

import tensor as tf

keras = tf.keras
legacy = keras.optimizers.legacy


def stepped(optimizer, steps=1):
    v = tf.Variable([1.0, 2.0], name="v")
    for _ in range(steps):
        optimizer.apply_gradients([(tf.constant([1.0, 2.0]), v)])
    return v


def test_the_learning_rate_decays():
    v = stepped(legacy.SGD(0.1, decay=0.5), steps=3)
    np.testing.assert_allclose(v, [0.783333, 1.566667], rtol=1e-5)


def test_slots_have_names():
    optimizer = legacy.Adam(0.1, amsgrad=True)
    v = stepped(optimizer)
    assert optimizer.get_slot_names() == ["m", "v", "vhat"]
    np.testing.assert_allclose(optimizer.get_slot(v, "m"), [0.1, 0.2], rtol=1e-5)
    assert optimizer.get_slot(v, "none") is None
    names = [w.name for w in optimizer.weights]
    assert names == ["Adam/iter:0", "Adam/v/m:0", "Adam/v/v:0", "Adam/v/vhat:0"]


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (lambda: legacy.SGD(), []),
        (lambda: legacy.SGD(momentum=0.9), ["momentum"]),
        (lambda: legacy.RMSprop(centered=True), ["rms", "mg"]),
        (lambda: legacy.Adadelta(), ["accum_grad", "accum_var"]),
        (lambda: legacy.Adamax(), ["m", "v"]),
        (lambda: legacy.Adagrad(), ["accumulator"]),
        (lambda: legacy.Ftrl(), ["accumulator", "linear"]),
        (lambda: legacy.Nadam(), ["m", "v"]),
    ],
)
def test_slots_have_the_older_names(make, names):
    optimizer = make()
    stepped(optimizer)
    assert optimizer.get_slot_names() == names


def test_new_variables_may_come_at_any_step():
    optimizer = legacy.Adam(0.1)
    first = stepped(optimizer)
    second = tf.Variable([1.0])
    optimizer.apply_gradients([(tf.constant([1.0]), second)])
    optimizer.apply_gradients([(tf.constant([1.0, 2.0]), first)])
    assert len(optimizer.weights) == 5
    np.testing.assert_allclose(optimizer.get_slot(first, "m"), [0.19, 0.38], rtol=1e-5)


def test_weights_can_be_set():
    optimizer, other = legacy.Adam(0.1), legacy.Adam(0.1)
    stepped(optimizer)
    other.build([tf.Variable([1.0, 2.0])])
    other.set_weights(optimizer.get_weights())
    assert int(other.iterations) == 1
    with pytest.raises(ValueError, match="weight list of length 1"):
        other.set_weights([1])


def test_a_slot_can_be_added():
    optimizer, v = legacy.SGD(momentum=0.5), tf.Variable([1.0, 2.0])
    slot = optimizer.add_slot(v, "extra", "ones")
    assert optimizer.add_slot(v, "extra") is slot
    np.testing.assert_array_equal(slot, [1.0, 1.0])


def test_configurations_are_the_older_ones():
    optimizer = legacy.SGD(lr=0.25, momentum=0.5, clipnorm=1.0)
    config = optimizer.get_config()
    assert config == {
        "name": "SGD",
        "learning_rate": 0.25,
        "decay": 0.0,
        "momentum": 0.5,
        "nesterov": False,
        "clipnorm": 1.0,
    }
    assert legacy.SGD.from_config(config).get_config() == config
    serialized = keras.optimizers.serialize(optimizer)
    assert serialized["module"] == "keras.optimizers.legacy"
    assert type(keras.optimizers.deserialize(serialized)) is legacy.SGD
    newer = keras.optimizers.serialize(keras.optimizers.SGD())
    assert type(keras.optimizers.deserialize(newer)) is keras.optimizers.SGD


def test_nadam_keeps_the_momentum_of_its_schedule():
    optimizer = legacy.Nadam(0.1)
    v = stepped(optimizer, steps=2)
    assert optimizer.get_config()["decay"] == 0.004
    assert len(optimizer.weights) == 4
    stepped(optimizer)
    assert len(optimizer.weights) == 6
    assert np.all(v.numpy() < [1.0, 2.0])


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: legacy.SGD(wrong=1), TypeError, "Unexpected keyword .* wrong"),
        (lambda: legacy.Adam(use_ema=True), TypeError, "Unexpected keyword .* use_ema"),
        (lambda: legacy.SGD(clipvalue=-1), ValueError, "Expected clipvalue >= 0"),
        (lambda: legacy.SGD(decay=-1.0), ValueError, "Expected decay >= 0"),
    ],
)
def test_refuses(make, error, message):
    with pytest.raises(error, match=message):
        make()


class Momentum(keras.optimizers.legacy.Optimizer):
    """An optimizer as users write them: gradients add up."""

    def __init__(self, learning_rate=0.1, factor=1.0, name="Momentum", **kwargs):
        super().__init__(name, **kwargs)
        self._set_hyper("learning_rate", learning_rate)
        self._set_hyper("factor", factor)

    def _create_slots(self, var_list):
        for variable in var_list:
            self.add_slot(variable, "m")

    def _resource_apply_dense(self, grad, handle, apply_state=None):
        rate = apply_state[handle.device, handle.dtype]["lr_t"]
        m = self.get_slot(handle, "m")
        m.assign_add(grad)
        handle.assign_sub(rate * self._get_hyper("factor", handle.dtype) * m)

    def _resource_apply_sparse(self, grad, handle, indices):
        handle.scatter_sub(
            tf.IndexedSlices(self._decayed_lr(grad.dtype) * grad, indices)
        )

    def get_config(self):
        rate = self._serialize_hyperparameter("learning_rate")
        factor = self._serialize_hyperparameter("factor")
        return {**super().get_config(), "learning_rate": rate, "factor": factor}


def test_optimizers_of_users_have_hyperparameters_and_slots():
    optimizer = Momentum()
    assert optimizer.get_config()["learning_rate"] == 0.1
    variable = tf.Variable([1.0, 2.0])
    for _ in range(2):
        optimizer.apply_gradients([(tf.ones(2), variable)])
    np.testing.assert_allclose(variable, [0.7, 1.7], rtol=1e-6)
    optimizer.factor = 0.0
    assert optimizer.factor.numpy() == 0.0
    optimizer.apply_gradients([(tf.ones(2), variable)])
    np.testing.assert_allclose(variable, [0.7, 1.7], rtol=1e-6)
    assert optimizer.get_slot_names() == ["m"]
    assert isinstance(optimizer.get_config()["learning_rate"], np.float32)
    rows = tf.IndexedSlices(tf.ones((1,)), [1], [2])
    optimizer._set_hyper("learning_rate", 1.0)
    optimizer.apply_gradients([(rows, variable)])
    np.testing.assert_allclose(variable, [0.7, 0.7], rtol=1e-6)
    with pytest.raises(AttributeError, match="'Momentum' object has no attribute 'z'"):
        _ = optimizer.z


def test_users_extend_the_optimizers_that_are_there():
    class Twice(keras.optimizers.legacy.SGD):
        def _resource_apply_dense(self, grad, var, apply_state=None):
            super()._resource_apply_dense(2 * grad, var, apply_state)

    variable = tf.Variable([1.0])
    Twice(0.1).apply_gradients([(tf.ones(1), variable)])
    np.testing.assert_allclose(variable, [0.8])
    rows = tf.IndexedSlices(tf.ones((1,)), [0], [1])
    Twice(0.1).apply_gradients([(rows, variable)])
    np.testing.assert_allclose(variable, [0.7])


def test_learning_rates_may_be_called():
    rates = iter([0.1, 0.2])
    older = keras.optimizers.legacy.SGD(lambda: next(rates))
    variable = tf.Variable([1.0])
    for _ in range(2):
        older.apply_gradients([(tf.ones(1), variable)])
    np.testing.assert_allclose(variable, [0.7])
    assert keras.optimizers.SGD(lambda: 0.5).learning_rate.numpy() == 0.5
