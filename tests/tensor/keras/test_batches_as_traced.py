"""What steps see of their batches, and when callbacks hear of them, as in Keras."""
# ruff: noqa: ARG002, ARG005  # callbacks and layers have Keras's signatures

import random

import numpy as np
import pytest

import tensor as tf

keras = tf.keras
X = np.arange(30, dtype="float32").reshape(10, 3) / 30
Y = np.ones((10, 2), "float32")


class Seeing(keras.Model):
    """Notes the shapes that it is traced with."""

    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(2)
        self.seen = []

    def call(self, x):
        self.seen.append(tuple(x.shape.as_list()))
        return self.dense(x)


def dataset(size, **how):
    return tf.data.Dataset.from_tensor_slices((X, Y)).batch(size, **how)


def generator():
    yield from ((X[i : i + 4], Y[i : i + 4]) for i in (0, 4, 8))


class Batches(keras.utils.Sequence):
    def __init__(self):
        self.asked = []
        self.epochs = 0

    def __len__(self):
        return 5

    def __getitem__(self, i):
        self.asked.append(i)
        return X[2 * i : 2 * i + 2], Y[2 * i : 2 * i + 2]

    def on_epoch_end(self):
        self.epochs += 1


SEEN = {
    "arrays that divide evenly": (lambda: (X, Y), {"batch_size": 5}, [(5, 3)] * 2),
    "arrays that do not": (lambda: (X, Y), {"batch_size": 4}, [(None, 3)] * 2),
    "fewer than a batch": (lambda: (X, Y), {}, [(None, 3)] * 2),
    "as many steps": (lambda: (X, Y), {"steps_per_epoch": 2}, [(5, 3)] * 2),
    "a dataset": (lambda: (dataset(5),), {}, [(None, 3)] * 2),
    "a dataset of equal batches": (
        lambda: (dataset(5, drop_remainder=True),),
        {},
        [(5, 3)] * 2,
    ),
    "a generator": (lambda: (generator(),), {}, [(4, 3), *[(None, None)] * 2]),
    "a sequence": (lambda: (Batches(),), {}, [(2, 3), *[(None, None)] * 2]),
}


@pytest.mark.parametrize(("data", "how", "seen"), SEEN.values(), ids=SEEN)
def test_one_trace_serves_all_batches(data, how, seen):
    model = Seeing()
    model.compile("sgd", "mse")
    model.fit(*data(), verbose=0, **how)
    assert model.seen == seen


def test_single_batches_of_different_sizes_share_their_second_trace():
    model = Seeing()
    model.compile("sgd", "mse")
    for size in (10, 3, 4):
        model.train_on_batch(X[:size], Y[:size])
    assert model.seen == [(10, 3), (10, 3), (None, 3)]


def test_ragged_and_sparse_inputs_share_a_trace():
    class Through(keras.Model):
        def call(self, x):
            seen.append(tuple(x.shape.as_list()))
            return x

    seen = []
    ragged = tf.ragged.constant([[1.0, 2], [3], [4, 5, 6], [7], [8]])
    sparse = tf.sparse.from_dense(np.eye(5, dtype="float32"))
    model = Through()
    assert model.predict(ragged, batch_size=2, verbose=0).to_list() == ragged.to_list()
    joined = model.predict(sparse, batch_size=2, verbose=0)
    np.testing.assert_array_equal(tf.sparse.to_dense(joined), np.eye(5))
    assert seen == [(None, None), (None, 5)]


def test_predictions_of_different_sizes_are_ragged():
    class Through(keras.Model):
        def call(self, x):
            return x

    batches = iter([np.ones((2, 2)), np.ones((1, 3))])
    predictions = Through().predict(batches, verbose=0)
    assert predictions.to_list() == [[1.0, 1.0], [1.0, 1.0], [1.0, 1.0, 1.0]]
    counted = Through().predict(tf.data.Dataset.range(3), verbose=0)
    np.testing.assert_array_equal(counted, [0, 1, 2])


def test_rows_are_shuffled_as_by_keras():
    rows = []

    class Noting(keras.Model):
        def train_step(self, data):
            rows.extend(data.numpy().astype(int).tolist())
            return {}

    for _ in range(2):
        keras.utils.set_random_seed(3)
        model = Noting()
        model.compile(run_eagerly=True)
        model.fit(np.arange(7.0), batch_size=3, epochs=2, verbose=0)
    # Recorded from Keras 2.
    assert rows == [3, 5, 2, 4, 0, 6, 1, 4, 6, 2, 3, 0, 1, 5] * 2


def test_sequences_are_asked_in_the_order_of_keras():
    model = Seeing()
    model.compile("sgd", "mse")
    random.seed(3)
    batches = Batches()
    model.fit(batches, epochs=2, verbose=0)
    # The first one is looked at; the rest is recorded from Keras 2.
    assert batches.asked == [0, 0, 2, 3, 4, 1, 1, 3, 2, 0, 4]
    assert batches.epochs == 2
    batches = Batches()
    model.fit(batches, epochs=2, steps_per_epoch=3, shuffle=False, verbose=0)
    assert batches.asked == [0, 0, 1, 2, 0, 1, 2]


def test_arrays_are_repeated_for_as_many_epochs_as_there_are(caplog):
    model = Seeing()
    model.compile("sgd", "mse")
    history = model.fit(X, Y, 5, epochs=2, steps_per_epoch=3, verbose=0)
    assert int(model.optimizer.iterations) == 4
    assert len(history.epoch) == 2
    assert "Your input ran out of data" in caplog.text


class Hearing(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.heard = []

    def on_train_batch_begin(self, batch, logs=None):
        self.heard.append(("train", batch))

    def on_train_batch_end(self, batch, logs=None):
        self.heard.append(("trained", batch))

    def on_test_batch_end(self, batch, logs=None):
        self.heard.append(("tested", batch))

    def on_predict_batch_end(self, batch, logs=None):
        self.heard.append(("predicted", batch, len(logs["outputs"])))


@pytest.mark.parametrize(("steps", "ends"), [(1, [0, 1, 2, 3]), (3, [2, 3]), (9, [3])])
def test_callbacks_hear_of_executions(steps, ends):
    model = Seeing()
    model.compile("sgd", "mse", steps_per_execution=steps)
    hearing = Hearing()
    model.fit(X, Y, 3, verbose=0, callbacks=[hearing])
    starts = [0, *[end + 1 for end in ends[:-1]]]
    both = zip(starts, ends, strict=True)
    pairs = [(("train", first), ("trained", last)) for first, last in both]
    assert hearing.heard == [one for pair in pairs for one in pair]
    hearing.heard.clear()
    model.evaluate(X, Y, 3, verbose=0, callbacks=[hearing])
    assert hearing.heard == [("tested", last) for last in ends]
    hearing.heard.clear()
    outputs = model.predict(X, 3, verbose=0, callbacks=[hearing])
    rows = np.diff([0, *[min(10, 3 * (last + 1)) for last in ends]])
    heard = [("predicted", i, n) for i, n in zip(ends, rows, strict=True)]
    assert hearing.heard == heard
    assert outputs.shape == (10, 2)
    counters = (model._train_counter, model._test_counter, model._predict_counter)
    assert [int(counter) for counter in counters] == [4, 4, 4]
    assert int(model.steps_per_execution) == steps


def test_data_of_unknown_size_need_steps_to_run_several_at_once():
    model = Seeing()
    model.compile("sgd", "mse", steps_per_execution=2)
    unknown = dataset(3).filter(lambda x, y: True)
    with pytest.raises(ValueError, match="Could not infer the size of the data"):
        model.fit(unknown, verbose=0)
    model.fit(unknown, steps_per_epoch=4, verbose=0)
    assert int(model.optimizer.iterations) == 4


def test_nothing_to_evaluate_gives_nothing():
    model = Seeing()
    model.compile("sgd", "mse")
    assert model.evaluate(dataset(3).filter(lambda x, y: False), verbose=0) == []


def test_logs_of_other_names_come_last_by_name():
    class Own(Seeing):
        def train_step(self, data):
            return {"z": 1.0, "a": 2.0}

    model = Own()
    model.compile()
    assert model.train_on_batch(X, Y) == [2.0, 1.0]


def test_weights_of_some_outputs_are_completed_with_ones():
    seen = []

    class Weighted(Seeing):
        def train_step(self, data):
            seen.extend(weight.numpy().tolist() for weight in data[2])
            return {}

    model = Weighted()
    model.compile(run_eagerly=True)
    model.fit(X, [Y, Y], sample_weight=[None, np.full(10, 2)], verbose=0)
    assert seen == [[1.0] * 10, [2] * 10]


REFUSED = {
    "no rows in a batch": ({"batch_size": 0}, "Expected batch_size to be positive"),
    "no epochs": ({"epochs": 0}, "Expected epochs to be positive. Received is 0"),
    "an epoch before the first": (
        {"initial_epoch": -1},
        "Expected initial_epoch to be non-negative",
    ),
    "no steps": ({"steps_per_epoch": 0}, "steps_per_epoch must be positive, None or"),
}


@pytest.mark.parametrize(("how", "words"), REFUSED.values(), ids=REFUSED)
def test_refused_numbers(how, words):
    model = Seeing()
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=words):
        model.fit(X, Y, verbose=0, **how)


def test_steps_without_end_end_with_the_data(caplog):
    model = Seeing()
    model.compile("sgd", "mse")
    model.fit(generator(), steps_per_epoch=-1, verbose=0)
    assert int(model.optimizer.iterations) == 3
    assert "will run indefinitely" in caplog.text


def test_a_call_that_needs_more_than_inputs():
    class Needy(Seeing):
        def call(self, x, other, training, extra=None):
            return x

    model = Needy()
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"passed to `fit` can only .*\['other'\]"):
        model.fit(X, Y)


@pytest.mark.parametrize(
    ("keyword", "words"),
    [
        ("distribute", "`distribute` argument in compile is not available in TF 2.0"),
        ("target_tensors", "`target_tensors` argument is not supported when executing"),
    ],
)
def test_keywords_that_no_longer_mean_anything(keyword, words):
    with pytest.raises(ValueError, match=words):
        Seeing().compile(**{keyword: 1})
    Seeing().compile(cloning=True, **{keyword: None})
