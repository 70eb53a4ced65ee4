"""ExportArchive and Model.export; metrics and evaluations beside the graph."""

import os

# ruff: noqa: ARG002  # metrics have Keras's signatures
import numpy as np
import pytest

import tensor as tf

keras = tf.keras
layers = keras.layers
X = np.ones((4, 3), "float32")
Y = np.ones((4, 2), "float32")
SPEC = [tf.TensorSpec((None, 3), tf.float32)]


def dense(**compiled):
    model = keras.Sequential(
        [layers.Dense(2, input_shape=(3,), kernel_initializer="ones")]
    )
    model.compile("sgd", "mse", **compiled)
    return model


def test_an_archive_offers_its_endpoints(tmp_path, capsys):
    model = dense()
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint("infer", lambda x: model.call(x), input_signature=SPEC)
    twice = tf.function(lambda x: 2 * model(x))
    twice(X)
    archive.add_endpoint("twice", twice)
    archive.add_variable_collection("own", model.variables)
    archive.write_out(tmp_path)
    told = capsys.readouterr().out
    assert f"Saved artifact at '{tmp_path}'. The following endpoints are" in told
    assert "* Endpoint 'infer'\n  x (POSITIONAL_OR_KEYWORD): TensorSpec(sha" in told
    loaded = tf.saved_model.load(tmp_path)
    assert sorted(loaded.signatures) == ["infer", "serving_default", "twice"]
    np.testing.assert_array_equal(loaded.infer(X[:1]), [[3.0, 3.0]])
    np.testing.assert_array_equal(loaded.twice(X), np.full((4, 2), 6.0))
    assert len(loaded.variables) == len(loaded.own) == 2
    assert len(loaded.trainable_variables) == 2
    named = loaded.signatures["serving_default"](tf.ones((5, 3)))
    assert named["output_0"].shape == (5, 2)


def test_models_of_several_inputs_are_exported(tmp_path):
    a, b = keras.Input((2,), name="a"), keras.Input((3,), name="b")
    outputs = [layers.Dense(1, kernel_initializer="ones")(x) for x in (a, b)]
    keras.Model([a, b], outputs).export(tmp_path)
    one, other = tf.saved_model.load(tmp_path).serve([tf.ones((1, 2)), tf.ones((1, 3))])
    assert (one.numpy(), other.numpy()) == ([[2.0]], [[3.0]])


def archive_with(endpoint):
    archive = keras.export.ExportArchive()
    archive.add_endpoint("f", lambda x: x, SPEC)
    endpoint(archive)


REFUSED = {
    "no endpoint": (
        lambda: keras.export.ExportArchive().write_out("nowhere"),
        "No endpoints have been set yet",
    ),
    "a number": (
        lambda: keras.export.ExportArchive().track(3),
        "Invalid resource type. Expected an instance of a TensorFlow `Trackable`",
    ),
    "a layer without weights yet": (
        lambda: keras.export.ExportArchive().track(layers.Dense(1)),
        "has not yet been built",
    ),
    "a name twice": (
        lambda: archive_with(lambda a: a.add_endpoint("f", lambda x: x, SPEC)),
        "Endpoint name 'f' is already taken",
    ),
    "no signature": (
        lambda: archive_with(lambda a: a.add_endpoint("g", lambda x: x)),
        "you must provide an `input_signature` argument",
    ),
    "a function that nobody called": (
        lambda: archive_with(lambda a: a.add_endpoint("g", tf.function(lambda x: x))),
        "has never been called",
    ),
    "one variable": (
        lambda: archive_with(lambda a: a.add_variable_collection("v", 3)),
        "Expected `variables` to be a list/tuple/set",
    ),
    "a list of numbers": (
        lambda: archive_with(lambda a: a.add_variable_collection("v", [3])),
        "Expected all elements in `variables` to be `tf.Variable` instances",
    ),
}


@pytest.mark.parametrize(("call", "words"), REFUSED.values(), ids=REFUSED)
def test_refused_by_archives(call, words):
    with pytest.raises(ValueError, match=words):
        call()


class Summed(keras.metrics.experimental.PyMetric):
    """Adds targets up in plain Python."""

    def reset_state(self):
        self.total = 0.0

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.total += float(np.sum(y_true.numpy()))

    def result(self):
        return self.total


def test_metrics_in_plain_python():
    model = dense(metrics=[Summed(name="summed")])
    history = model.fit(X, Y, batch_size=2, epochs=2, verbose=0)
    assert history.history["summed"] == [8.0, 8.0]
    assert model.evaluate(X, Y, verbose=0, return_dict=True)["summed"] == 8.0


@pytest.mark.parametrize("method", ["update_state", "merge_state", "result"])
def test_metrics_in_plain_python_say_what_is_missing(method):
    class Nothing(keras.metrics.experimental.PyMetric):
        def reset_state(self):
            pass

    arguments = {"update_state": (X, Y), "merge_state": ([],), "result": ()}[method]
    with pytest.raises(NotImplementedError, match=f"should implement `{method}`"):
        getattr(Nothing(), method)(*arguments)
    with pytest.raises(NotImplementedError, match="should implement `reset_state`"):
        keras.metrics.experimental.PyMetric()


def test_a_sidecar_evaluates_the_checkpoints_of_a_training(tmp_path):
    checkpoints = os.path.join(tmp_path, "ckpt-{epoch}")
    trained, other = dense(), dense(metrics=["mae"])
    saving = keras.callbacks.ModelCheckpoint(checkpoints, save_weights_only=True)
    trained.fit(X, Y, epochs=2, verbose=0, callbacks=[saving])
    best = os.path.join(tmp_path, "best", "best-{epoch}")
    keep = keras.callbacks.SidecarEvaluatorModelExport(
        best, checkpoints, save_weights_only=True, monitor="loss", mode="min"
    )
    keras.utils.SidecarEvaluator(
        other,
        tf.data.Dataset.from_tensors((X, Y)),
        tmp_path,
        max_evaluations=2,
        callbacks=[keep],
    ).start()
    for mine, theirs in zip(other.get_weights(), trained.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert os.path.exists(os.path.join(tmp_path, "best", "best-2.index"))


def test_a_sidecar_needs_the_steps_of_older_optimizers(tmp_path):
    model = dense()
    model.compile(keras.optimizers.legacy.SGD(), "mse")
    tf.train.Checkpoint(model=model).save(os.path.join(tmp_path, "ckpt"))
    sidecar = keras.utils.SidecarEvaluator(model, ROWS, tmp_path, max_evaluations=1)
    with pytest.raises(RuntimeError, match="Variable `iterations` cannot be loaded"):
        sidecar.start()
    tf.train.Checkpoint(model=model, optimizer=model.optimizer).save(
        os.path.join(tmp_path, "ckpt")
    )
    keras.utils.SidecarEvaluator(model, ROWS, tmp_path, max_evaluations=1).start()


ROWS = tf.data.Dataset.from_tensors((X, Y))


def test_embeddings_go_on_with_another_vocabulary(tmp_path):
    (tmp_path / "old").write_text("a\nb\n")
    matrix = keras.utils.warmstart_embedding_matrix(
        str(tmp_path / "old"), ["b", "z"], tf.constant([[1.0, 2], [3, 4]]), "zeros"
    )
    np.testing.assert_array_equal(matrix, [[3.0, 4.0], [0.0, 0.0]])
    fresh = keras.utils.warmstart_embedding_matrix(
        ["a"], ["c"], np.ones((1, 2)), "ones"
    )
    np.testing.assert_array_equal(fresh, [[1.0, 1.0]])
