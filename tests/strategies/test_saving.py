"""Files of a job on several processes: written once, whole, and for any number of them.

Two jobs do everything; the tests look at what they did.
"""

import os
import time
import types
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dist
import launcher
from dist import CollectiveTimeoutError

pytestmark = pytest.mark.multiprocess

STEPS = 3


def make_model(strategy: Any, *, has_statistics: bool = True) -> Any:
    import tensor as tf

    tf.keras.utils.set_random_seed(5)
    with strategy.scope():
        layers = [tf.keras.layers.Dense(2, input_shape=(3,))]
        if has_statistics:
            layers.append(tf.keras.layers.BatchNormalization(momentum=0.5))
        model = tf.keras.Sequential(layers)
        model.compile(tf.keras.optimizers.Adam(0.1), "mse", metrics=["mae"])
    return model


def fit(model: Any, **options: Any) -> None:
    x = np.arange(36, dtype=np.float32).reshape(12, 3) / 36
    y = x[:, :2] ** 2
    model.fit(x, y, batch_size=6, verbose=0, shuffle=False, **options)


def record_writes(folder: str) -> list[str]:
    """Note every file that this process renames into a folder."""
    import tensor.train.replacing as module

    written: list[str] = []
    rename = os.replace

    class Recording:
        def __getattr__(self, name: str) -> Any:
            return getattr(os, name)

        def replace(self, source: str, target: str) -> None:
            written.append(os.path.relpath(target, folder))
            rename(source, target)

    module.os = Recording()  # type: ignore[attr-defined]
    return written


def save_everything(folder: str) -> dict[str, Any]:
    """Save in every way there is, from every process; no `if chief` anywhere."""
    import tensor as tf

    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    model = make_model(strategy)
    os.makedirs(folder, exist_ok=True)
    written = record_writes(folder)
    checkpoint = tf.train.Checkpoint(model=model)
    statistics = model.layers[1].moving_mean
    fit(model, epochs=1)
    local_mean = statistics.local_value().numpy()
    checkpoint.write(f"{folder}/first")
    mean_after = statistics.local_value().numpy()
    callbacks = tf.keras.callbacks
    fit(
        model,
        epochs=2,
        callbacks=[
            callbacks.BackupAndRestore(f"{folder}/backup", delete_checkpoint=False),
            callbacks.ModelCheckpoint(f"{folder}/at{{epoch}}.keras"),
            callbacks.ModelCheckpoint(f"{folder}/weights", save_weights_only=True),
        ],
    )
    paths = [checkpoint.save(f"{folder}/saved"), checkpoint.write(f"{folder}/written")]
    manager = tf.train.CheckpointManager(checkpoint, f"{folder}/managed", max_to_keep=2)
    paths += [manager.save() for _ in range(STEPS)]
    model.save_weights(f"{folder}/only.weights.h5")
    model.save(f"{folder}/whole.h5")
    model.save(f"{folder}/model")
    checkpoint.restore(paths[-1])  # waits for the chief's
    rank = strategy.extended.process_id
    # TensorFlow's tutorials give every worker but the chief a folder of its own.
    own = f"{folder}/tutorial" if rank == 0 else f"{folder}/workertemp_{rank}"
    os.makedirs(own, exist_ok=True)
    tf.train.CheckpointManager(checkpoint, own, max_to_keep=1).save()
    if rank != 0:
        tf.io.gfile.rmtree(own)
    return {
        "written": written,
        "paths": [os.path.relpath(path, folder) for path in paths],
        "mean": local_mean,
        "mean after": mean_after,
        "weights": [weight.numpy() for weight in model.weights],
    }


@cache
def saved() -> tuple[str, list[dict[str, Any]]]:
    import atexit
    import shutil
    import tempfile

    folder = tempfile.mkdtemp(prefix="test-saving-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder, launcher.run(save_everything, 3, args=(folder,), threads=1)


def test_only_the_chief_writes_though_all_save() -> None:
    _, (chief, *others) = saved()
    assert chief["written"]
    assert [other["written"] for other in others] == [[], []]


def test_every_save_happened_once() -> None:
    _, (chief, *_) = saved()
    indices = [name for name in chief["written"] if name.endswith(".index")]
    for name in ("backup/chief/ckpt-2", "saved-1", "written", "managed/ckpt-4"):
        assert indices.count(f"{name}.index") == 1
    assert indices.count("weights.index") == 2  # once an epoch
    assert "at2.keras" in chief["written"]
    assert "only.weights.h5" in chief["written"]
    assert "whole.h5" in chief["written"]


def test_all_processes_get_the_same_paths() -> None:
    _, results = saved()
    assert len({tuple(result["paths"]) for result in results}) == 1


def test_nothing_half_written_and_no_folder_of_a_worker_is_left() -> None:
    folder, _ = saved()
    names = [path.name for path in Path(folder).rglob("*")]
    assert not [name for name in names if "draft" in name or "worker" in name]
    assert "tutorial" in names


def test_statistics_are_saved_combined_and_go_on_from_there() -> None:
    import tensor as tf

    folder, results = saved()
    local = np.stack([result["mean"] for result in results])
    assert not np.array_equal(local[0], local[1])  # each saw examples of its own
    key = "model/layer_with_weights-1/moving_mean/.ATTRIBUTES/VARIABLE_VALUE"
    read = tf.train.load_variable(f"{folder}/first", key)
    np.testing.assert_allclose(read, local.mean(axis=0), rtol=1e-6)
    for result in results:
        np.testing.assert_array_equal(result["mean after"], read)


def restore_everything(folder: str) -> list[list[Any]]:
    import tensor as tf

    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    found = []
    for name in ("saved-1", "managed/ckpt-4", "tutorial/ckpt-5"):
        model = make_model(strategy)
        with strategy.scope():
            checkpoint = tf.train.Checkpoint(model=model)
        checkpoint.restore(f"{folder}/{name}").expect_partial()
        found.append([weight.numpy() for weight in model.weights])
    model = make_model(strategy)
    model.load_weights(f"{folder}/only.weights.h5")
    found.append([weight.numpy() for weight in model.weights])
    for name in ("at2.keras", "whole.h5", "model"):
        with strategy.scope():
            model = tf.keras.models.load_model(f"{folder}/{name}")
        found.append([weight.numpy() for weight in model.weights])
    return found


@pytest.mark.parametrize("size", [1, 2])
def test_any_number_of_processes_restores_what_three_saved(size: int) -> None:
    folder, results = saved()
    for found in launcher.run(restore_everything, size, args=(folder,), threads=1):
        for weights in found:
            for weight, expected in zip(weights, results[0]["weights"], strict=True):
                np.testing.assert_array_equal(weight, expected)


def take_up_iteration(
    kind: str, folder: str, saves: bool, policy: str = "DATA"
) -> list[list[int]]:
    """Read some batches and save, or restore; return the examples that follow."""
    import tensor as tf

    strategy = getattr(tf.distribute, kind)()
    data = tf.data.Dataset.range(23).shuffle(7, seed=3).repeat(2).batch(6)
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = getattr(
        tf.data.experimental.AutoShardPolicy, policy
    )
    data = data.with_options(options)
    iterator = iter(strategy.experimental_distribute_dataset(data))
    checkpoint = tf.train.Checkpoint(iterator=iterator)
    if saves:
        for _ in range(3):
            next(iterator)
        checkpoint.write(f"{folder}/position")
    else:
        checkpoint.read(f"{folder}/position").assert_consumed()
    return [batch.numpy().tolist() for batch in iterator]


@pytest.mark.parametrize("kind", ["MirroredStrategy", "MultiWorkerMirroredStrategy"])
def test_an_iterator_goes_on_where_every_process_stood(
    tmp_path: Path, kind: str
) -> None:
    undisturbed = launcher.run(take_up_iteration, 2, args=(kind, str(tmp_path), True))
    resumed = launcher.run(take_up_iteration, 2, args=(kind, str(tmp_path), False))
    assert resumed == undisturbed
    assert len([batch for batch in resumed[0] if batch]) > 2


def test_positions_in_parts_of_the_data_fit_as_many_processes(tmp_path: Path) -> None:
    kind = "MultiWorkerMirroredStrategy"
    launcher.run(take_up_iteration, 2, args=(kind, str(tmp_path), True, "OFF"))
    with pytest.raises(ValueError, match=r"saved in 2 part\(s\).* here are 3 process"):
        launcher.run(take_up_iteration, 3, args=(kind, str(tmp_path), False, "OFF"))


@pytest.mark.parametrize("kind", ["MirroredStrategy", "MultiWorkerMirroredStrategy"])
def test_a_position_in_the_whole_data_fits_any_number_of_processes(
    tmp_path: Path, kind: str
) -> None:
    two = launcher.run(take_up_iteration, 2, args=(kind, str(tmp_path), True))
    (one,) = launcher.run(take_up_iteration, 1, args=(kind, str(tmp_path), False))
    assert one == [first + second for first, second in zip(*two, strict=True)]


def save_and_read(folder: str) -> list[bool]:
    """Read at once what was saved; the chief is slow to write."""
    import tensor as tf
    from tensor.train import replacing

    strategy = tf.distribute.MirroredStrategy()
    model = make_model(strategy, has_statistics=False)
    fsync = os.fsync
    replacing.os = types.SimpleNamespace(**vars(os))  # type: ignore[attr-defined]

    def slow_fsync(descriptor: int) -> None:
        time.sleep(0.1)
        fsync(descriptor)

    replacing.os.fsync = slow_fsync  # type: ignore[attr-defined]
    weights = model.get_weights()
    same = []
    for name in ("weights", "weights.h5", "whole.keras", "whole.h5", "model"):
        path = f"{folder}/{name}"
        if name.startswith("weights"):
            model.save_weights(path)
            model.load_weights(path)
            again = model
        else:
            model.save(path)
            again = tf.keras.models.load_model(path)
        same.append(all(map(np.array_equal, again.get_weights(), weights)))
    return same


def test_what_was_saved_can_be_read_at_once_by_all(tmp_path: Path) -> None:
    assert launcher.run(save_and_read, 2, args=(str(tmp_path),)) == [[True] * 5] * 2


def save_on_chief_alone(folder: str, has_statistics: bool) -> bool:
    import strategies.saving
    import tensor as tf

    strategies.saving.OTHERS_TIMEOUT_S = 0.5
    strategy = tf.distribute.MirroredStrategy()
    model = make_model(strategy, has_statistics=has_statistics)
    if strategy.extended.is_chief:
        tf.train.Checkpoint(model=model).write(f"{folder}/alone")
    elif has_statistics:
        time.sleep(20)  # busy with something else; stopped long before
    dist.init().barrier(timeout=30)
    return os.path.exists(f"{folder}/alone.index")


def test_the_chief_may_save_alone_what_is_equal_everywhere(tmp_path: Path) -> None:
    args = (str(tmp_path), False)
    assert launcher.run(save_on_chief_alone, 2, args=args) == [True, True]


def test_a_chief_that_saves_statistics_alone_is_told(tmp_path: Path) -> None:
    args = (str(tmp_path), True)
    with pytest.raises(CollectiveTimeoutError) as caught:
        launcher.run(save_on_chief_alone, 2, args=args, grace_s=1.0)
    assert "Call `save` in all of them" in "".join(caught.value.__notes__)
    assert "test_saving.py" in str(caught.value)
