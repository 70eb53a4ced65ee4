"""tf.train.Checkpoint and CheckpointManager."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensor as tf
from tensor.core.context import context
from tensor.core.replica import Replication
from tensor.train.bundle import write_bundle

TENSORFLOWS = Path(__file__).parent / "oracle_values"


def value(variable: Any) -> Any:
    return variable.numpy().tolist()


def empty_module() -> Any:
    module = tf.Module()
    module.items = [tf.Variable(0), tf.Variable(b"")]
    module.named = {"k/x.y": tf.Variable(0.0)}
    module.matrix = tf.Variable(np.zeros((2, 3)))
    module.words = tf.Variable([[b"", b""], [b"", b""]])
    module.flags = tf.Variable([False, False])
    return module


def test_restores_what_tensorflow_saved() -> None:
    module = empty_module()
    checkpoint = tf.train.Checkpoint(module=module, step=tf.Variable(0))
    path = tf.train.latest_checkpoint(TENSORFLOWS)
    checkpoint.restore(path).assert_existing_objects_matched()
    assert int(checkpoint.save_counter) == 1
    assert int(checkpoint.step) == 7
    assert value(module.items[0]) == 3
    assert value(module.named["k/x.y"]) == 2.0
    assert value(module.matrix) == [[0, 1, 2], [3, 4, 5]]
    assert value(module.words)[1] == [b"", b"x" * 300]
    assert value(module.flags) == [True, False]


def test_save_and_restore(tmp_path: Path) -> None:
    w, step = tf.Variable([1.0, 2.0]), tf.Variable(5)
    checkpoint = tf.train.Checkpoint(w=w, step=step)
    path = checkpoint.save(tmp_path / "ck")
    assert path == str(tmp_path / "ck-1")
    w.assign([9.0, 9.0])
    step.assign(0)
    checkpoint.restore(path).assert_consumed()
    assert value(w) == [1.0, 2.0]
    assert int(step) == 5
    assert checkpoint.save(tmp_path / "ck") == str(tmp_path / "ck-2")
    assert tf.train.latest_checkpoint(tmp_path) == str(tmp_path / "ck-2")
    tf.train.Checkpoint(w=w).restore(tmp_path).expect_partial()  # the folder's latest
    names = [name for name, _ in tf.train.list_variables(path)]
    assert "w/.ATTRIBUTES/VARIABLE_VALUE" in names
    assert tf.train.load_variable(path, "step/.ATTRIBUTES/VARIABLE_VALUE:0") == 5


def test_values_wait_for_objects_that_come_later(tmp_path: Path) -> None:
    source = tf.Module()
    source.inner = tf.Module()
    source.inner.v = tf.Variable(3.0)
    source.parts = [tf.Variable(1.0), {"k": tf.Variable(2.0)}]
    path = tf.train.Checkpoint(m=source).write(tmp_path / "ck")

    target = tf.Module()
    status = tf.train.Checkpoint(m=target).read(path)
    with pytest.raises(AssertionError, match="Unresolved object in checkpoint"):
        status.assert_consumed()
    target.inner = tf.Module()
    target.inner.v = tf.Variable(0.0)
    assert value(target.inner.v) == 3.0
    target.parts = []
    target.parts.append(tf.Variable(0.0))
    target.parts.append({"k": tf.Variable(0.0)})
    status.assert_consumed()  # finds what was appended without a word
    assert value(target.parts[1]["k"]) == 2.0


def test_values_wait_for_variables_made_while_tracing(tmp_path: Path) -> None:
    source = tf.Module()
    source.v = tf.Variable(3.0)
    path = tf.train.Checkpoint(m=source).write(tmp_path / "ck")
    target = tf.Module()
    tf.train.Checkpoint(m=target).read(path)

    @tf.function
    def read() -> Any:
        if not hasattr(target, "v"):
            with tf.init_scope():
                target.v = tf.Variable(0.0)
        return target.v + 1.0

    assert float(read()) == 4.0


def test_shared_objects_are_saved_once(tmp_path: Path) -> None:
    shared = tf.Variable(1.0)
    path = tf.train.Checkpoint(a=shared, b=shared).write(tmp_path / "ck")
    assert len(tf.train.list_variables(path)) == 2  # the variable and the graph
    one, other = tf.Variable(0.0), tf.Variable(0.0)
    tf.train.Checkpoint(a=one).read(path).assert_consumed()
    assert value(one) == 1.0
    with _warnings() as said:
        tf.train.Checkpoint(a=one, b=other).read(path)
    assert "Inconsistent references" in said[0]


class _warnings:  # noqa: N801  # reads as a verb
    """Collect what is logged."""

    def __enter__(self) -> list[str]:
        import logging

        self.said: list[str] = []
        self.handler = logging.Handler()
        self.handler.emit = lambda r: self.said.append(r.getMessage())  # type: ignore[method-assign]
        tf.get_logger().addHandler(self.handler)
        return self.said

    def __exit__(self, *exception: object) -> None:
        tf.get_logger().removeHandler(self.handler)


def test_a_root_object_is_saved_under_its_own_names(tmp_path: Path) -> None:
    module = tf.Module()
    module.v = tf.Variable(1.0)
    path = tf.train.Checkpoint(module).write(tmp_path / "ck")
    assert tf.train.list_variables(path)[1][0] == "v/.ATTRIBUTES/VARIABLE_VALUE"


def test_iterators_go_on(tmp_path: Path) -> None:
    dataset = tf.data.Dataset.range(10).shuffle(4, seed=1).batch(2).prefetch(1)
    iterator = iter(dataset)
    next(iterator)
    checkpoint = tf.train.Checkpoint(iterator=iterator)
    path = checkpoint.write(tmp_path / "ck")
    rest = [value(b) for b in iterator]
    checkpoint.read(path).assert_consumed()
    assert [value(b) for b in iterator] == rest


class Counter:
    """An object with a state of its own kind."""

    def __init__(self) -> None:
        self.count = 0

    def _checkpoint_values(self) -> dict[str, Any]:
        return {"COUNT": np.int64(self.count)}

    def _restore_checkpoint_value(self, name: str, array: Any) -> None:
        assert name == "COUNT"
        self.count = int(array)


def test_objects_may_say_what_their_state_is(tmp_path: Path) -> None:
    counter = Counter()
    counter.count = 5
    path = tf.train.Checkpoint(counter=counter).write(tmp_path / "ck")
    counter.count = 0
    tf.train.Checkpoint(counter=counter).read(path).assert_consumed()
    assert counter.count == 5


def test_a_model_resumes_exactly(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(8, 3)).astype(np.float32)

    def make() -> tuple[Any, Any]:
        model = tf.keras.Sequential(
            [tf.keras.layers.Dense(4), tf.keras.layers.Dense(1)]
        )
        return model, tf.keras.optimizers.Adam(0.01)

    def train(model: Any, optimizer: Any, steps: int) -> None:
        for _ in range(steps):
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean((model(x) - 1.0) ** 2)
            variables = model.trainable_variables
            optimizer.apply_gradients(
                zip(tape.gradient(loss, variables), variables, strict=True)
            )

    model, optimizer = make()
    train(model, optimizer, 2)
    path = tf.train.Checkpoint(model=model, optimizer=optimizer).save(tmp_path / "ck")
    names = [name for name, _ in tf.train.list_variables(path)]
    assert "model/layer_with_weights-0/kernel/.ATTRIBUTES/VARIABLE_VALUE" in names
    assert "optimizer/_variables/1/.ATTRIBUTES/VARIABLE_VALUE" in names
    train(model, optimizer, 2)
    again, its_optimizer = make()
    checkpoint = tf.train.Checkpoint(model=again, optimizer=its_optimizer)
    status = checkpoint.restore(path)
    train(again, its_optimizer, 2)
    status.assert_consumed()
    for a, b in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_what_does_not_match(tmp_path: Path) -> None:
    both = tf.train.Checkpoint(v=tf.Variable([1.0, 2.0]), w=tf.Variable(1.0))
    path = both.write(tmp_path / "ck")

    def read(**objects: Any) -> Any:
        return tf.train.Checkpoint(**objects).read(path)

    v = tf.Variable([0.0, 0.0])
    read(v=v).assert_existing_objects_matched()
    read(v=v).assert_nontrivial_match()
    read(v=v).expect_partial().initialize_or_restore()
    with pytest.raises(AssertionError, match=r"Unresolved object in .*root.\.w"):
        read(v=v).assert_consumed()
    with pytest.raises(AssertionError, match="Found 1 Python objects that were not"):
        read(v=v, z=tf.Variable(1.0)).assert_existing_objects_matched()
    with pytest.raises(AssertionError, match="Nothing except the root object matched"):
        read(z=tf.Variable(1.0)).assert_nontrivial_match()
    with pytest.raises(ValueError, match="Received incompatible tensor with shape"):
        read(v=tf.Variable([0.0, 0.0, 1.0]))
    with pytest.raises(tf.errors.InvalidArgumentError, match="expected dtype int32"):
        read(v=tf.Variable([0, 0]))
    with pytest.raises(ValueError, match="expecting v to be a trackable object"):
        tf.train.Checkpoint(v=3)
    with pytest.raises(AttributeError, match="save_counter"):
        tf.train.Checkpoint(save_counter=tf.Variable(0))


def test_restoring_nothing() -> None:
    status = tf.train.Checkpoint(v=tf.Variable(1.0)).restore(None)
    status.expect_partial().initialize_or_restore()
    with pytest.raises(AssertionError, match="No checkpoint specified"):
        status.assert_consumed()


class Worker(Replication):
    """A replica in a process that does not write."""

    is_chief = False


def test_only_the_chief_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "replica", Worker())
    v = tf.Variable(1.0)
    checkpoint = tf.train.Checkpoint(v=v)
    path = checkpoint.save(tmp_path / "ck")
    assert path == str(tmp_path / "ck-1")
    manager = tf.train.CheckpointManager(checkpoint, tmp_path, max_to_keep=1)
    assert manager.save() == str(tmp_path / "ckpt-2")
    assert os.listdir(tmp_path) == []

    def chief() -> None:
        time.sleep(0.05)  # the worker is to wait
        source = tf.train.Checkpoint(v=tf.Variable(3.0))
        source.write(path)  # in this thread the replica is the default one

    writer = threading.Thread(target=chief)
    writer.start()
    checkpoint.read(path)
    writer.join()
    assert value(v) == 3.0


def test_a_chief_that_never_writes_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tensor.train import elsewhere

    monkeypatch.setattr(context, "replica", Worker())
    monkeypatch.setattr(elsewhere, "TIMEOUT_S", 0.05)
    checkpoint = tf.train.Checkpoint(v=tf.Variable(1.0))
    path = checkpoint.write(tmp_path / "ck")
    with pytest.raises(tf.errors.NotFoundError, match="chief has not written"):
        checkpoint.read(path)


def test_a_manager_keeps_the_latest(tmp_path: Path) -> None:
    checkpoint = tf.train.Checkpoint(step=tf.Variable(0))
    manager = tf.train.CheckpointManager(checkpoint, tmp_path, max_to_keep=2)
    assert manager.latest_checkpoint is None
    assert manager.directory == str(tmp_path)
    assert manager.checkpoint is checkpoint
    assert manager.checkpoint_interval is None
    for i in range(4):
        checkpoint.step.assign(i)
        assert manager.save() == str(tmp_path / f"ckpt-{i + 1}")
    manager.sync()
    assert manager.checkpoints == [str(tmp_path / f"ckpt-{i}") for i in (3, 4)]
    assert len([n for n in os.listdir(tmp_path) if n.endswith(".index")]) == 2
    state = tf.train.get_checkpoint_state(tmp_path)
    assert len(state.all_model_checkpoint_timestamps) == 2

    other = tf.train.Checkpoint(step=tf.Variable(0))
    again = tf.train.CheckpointManager(other, tmp_path, max_to_keep=2)
    assert again.restore_or_initialize() == str(tmp_path / "ckpt-4")
    assert int(other.step) == 3
    assert again.save(checkpoint_number=50).endswith("ckpt-50")


def test_a_manager_preserves_one_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tensor.train import manager as module

    now = [1000.0]
    monkeypatch.setattr(module, "_wall_time", lambda: now[0])
    checkpoint = tf.train.Checkpoint(step=tf.Variable(0))
    manager = tf.train.CheckpointManager(
        checkpoint, tmp_path, max_to_keep=1, keep_checkpoint_every_n_hours=1
    )
    for _ in range(4):
        now[0] += 2500.0
        manager.save()
    kept = sorted(n for n in os.listdir(tmp_path) if n.endswith(".index"))
    assert kept == ["ckpt-2.index", "ckpt-4.index"]


def test_a_manager_saves_by_steps(tmp_path: Path) -> None:
    step = tf.Variable(0)
    started = []
    manager = tf.train.CheckpointManager(
        tf.train.Checkpoint(step=step),
        tmp_path,
        max_to_keep=None,
        step_counter=step,
        checkpoint_interval=3,
        init_fn=lambda: started.append(True),
    )
    assert manager.restore_or_initialize() is None
    assert started == [True]
    saved = []
    for _ in range(7):
        step.assign_add(1)
        saved.append(manager.save() is not None)
    assert saved == [True, False, False, True, False, False, True]
    assert manager.save(check_interval=False)
    assert manager.restore_or_initialize() == manager.latest_checkpoint


def test_wrong_settings_of_a_manager(tmp_path: Path) -> None:
    checkpoint = tf.train.Checkpoint(v=tf.Variable(0))
    with pytest.raises(ValueError, match="positive integer or `None`"):
        tf.train.CheckpointManager(checkpoint, tmp_path, max_to_keep=0)
    with pytest.raises(ValueError, match="`step_counter` should be passed"):
        tf.train.CheckpointManager(
            checkpoint, tmp_path, max_to_keep=1, checkpoint_interval=2
        )


def test_folders_without_checkpoints(tmp_path: Path) -> None:
    assert tf.train.latest_checkpoint(tmp_path) is None
    assert tf.train.get_checkpoint_state(tmp_path / "nothing") is None
    with pytest.raises(ValueError, match="Couldn't find 'checkpoint' file"):
        tf.train.load_checkpoint(tmp_path)
    with pytest.raises(tf.errors.NotFoundError, match="any matching files"):
        tf.train.load_checkpoint(tmp_path / "ck-1")


def test_new_checkpoints_are_found_as_they_come(tmp_path: Path) -> None:
    checkpoint = tf.train.Checkpoint(v=tf.Variable(0))
    checkpoint.save(tmp_path / "ck")
    found = []
    for path in tf.train.checkpoints_iterator(tmp_path, timeout=0):
        found.append(os.path.basename(path))
        if len(found) < 3:
            checkpoint.save(tmp_path / "ck")
    assert found == ["ck-1", "ck-2", "ck-3"]
    write_bundle(str(tmp_path / "other"), {})  # not in the state file: not a new one
    ends = iter([False, True])
    late = tf.train.checkpoints_iterator(
        tmp_path / "nothing", timeout=0, timeout_fn=lambda: next(ends)
    )
    assert list(late) == []
