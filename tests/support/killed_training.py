"""A training that kills one of its own workers in each attempt, and still gets done.

    launch -n 2 --restarts 9 tests/support/killed_training.py loop FOLDER 7 9 SEED

trains for 7 epochs in up to 10 attempts. In each of the first nine one worker ends by
SIGKILL, at a place that depends on SEED and the number of the attempt: before it joins,
while the workers meet, in a step while the others wait for it, at any moment of the
training, between any two operations on the files of a checkpoint, or after the last
step. What is left of a training that was never disturbed and of this one must be the
same, bit for bit: FOLDER/weights.npz.
"""

import json
import os
import random
import signal
import sys
import threading
import zlib
from pathlib import Path

import numpy as np

import tensor as tf
from tensor.train import replacing
from tensor.train.bundle import BundleReader

PLACES = ("start", "meeting", "step", "moment", "file")  # and at last: "exit"
EXAMPLES, BATCH, SAVE_EVERY = 48, 8, 2
RANK, SIZE = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
ATTEMPT = int(os.environ["RESTART_COUNT"])


class Kill:
    """Where this attempt ends, and for which worker."""

    def __init__(self, kills: int, seed: int) -> None:
        rng = random.Random(seed)
        places = [p for _ in range(kills) for p in rng.sample(PLACES, len(PLACES))]
        # Once it is done it is done: what ends after the last step comes last.
        at_exit = min(kills, 1 + kills // 10)
        places[kills - at_exit :] = ["exit"] * at_exit + ["nowhere"]
        self.place = places[min(ATTEMPT, kills)]
        rng = random.Random(seed * 1_000_003 + ATTEMPT)
        victim = rng.randrange(SIZE)
        if self.place == "file":
            victim = 0  # only the chief has files
        self.is_ours = victim == RANK
        self.delay_s = rng.uniform(0.0, 0.03)
        self.count = rng.randrange(1, 30 if self.place == "file" else 12)

    def reached(self, place: str) -> None:
        """Die here, or soon, if this is the place."""
        is_last_chance = place == "exit" and self.place != "nowhere"
        if not self.is_ours or not (place == self.place or is_last_chance):
            return
        if place in ("start", "exit"):
            die()
        if place == "meeting":
            threading.Timer(self.delay_s, die).start()
        if place == "file":
            replacing.os = DyingSystem(self.count)

    def step(self) -> None:
        """Die before this step, or at some moment soon after, if this is the one."""
        if not self.is_ours or self.place not in ("step", "moment"):
            return
        self.count -= 1
        if self.count == 0 and self.place == "step":
            die()
        if self.count == 0:
            threading.Timer(self.delay_s, die).start()


class DyingSystem:
    """The module `os`, whose n-th call that changes or flushes a file is the last."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __getattr__(self, name):
        if name in ("fsync", "replace"):
            self.count -= 1
            if self.count == 0:
                die()
        return getattr(os, name)


def die() -> None:
    """End as if the kernel had done it."""
    os.kill(os.getpid(), signal.SIGKILL)


def note_attempt(folder: Path) -> None:
    """Note what `launch` holds and what is saved; fail if a checkpoint is damaged."""
    for index in folder.rglob("*.index"):
        reader = BundleReader(str(index).removesuffix(".index"))
        for name in reader.get_variable_to_shape_map():
            reader.read(name)
    launcher = Path("/proc", str(os.getppid()))
    held = {kind: len(os.listdir(launcher / kind)) for kind in ("fd", "task")}
    latest = max(
        (int(p.stem.partition("-")[2]) for p in folder.rglob("*.index")), default=0
    )
    with open(folder / "attempts.jsonl", "a") as file:
        file.write(json.dumps({"held": held, "latest": latest}) + "\n")


def make_model(strategy):
    with strategy.scope():
        model = tf.keras.Sequential(
            [
                tf.keras.layers.Dense(16, activation="relu", input_shape=(6,)),
                tf.keras.layers.BatchNormalization(),
                tf.keras.layers.Dense(1),
            ]
        )
        model.compile(tf.keras.optimizers.Adam(0.01), "mse")
    return model


def examples():
    x = np.random.default_rng(1).normal(size=(EXAMPLES, 6)).astype(np.float32)
    return x, np.sin(x).sum(axis=1, keepdims=True)


def loop(strategy, folder, epochs, kill):
    """A loop of one's own; the position in the data is part of the checkpoint."""
    model = make_model(strategy)
    optimizer = model.optimizer
    data = tf.data.Dataset.from_tensor_slices(examples())
    data = data.shuffle(20, seed=2).repeat(epochs).batch(BATCH)
    iterator = iter(strategy.experimental_distribute_dataset(data))
    steps = tf.Variable(0, dtype=tf.int64)

    @tf.function
    def train_step(x, y):
        with tf.GradientTape() as tape:
            error = tf.reduce_sum((model(x, training=True) - y) ** 2, axis=1)
            loss = tf.nn.compute_average_loss(error, global_batch_size=BATCH)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(
            zip(gradients, model.trainable_variables, strict=True)
        )

    checkpoint = tf.train.Checkpoint(
        model=model, optimizer=optimizer, iterator=iterator, steps=steps
    )
    manager = tf.train.CheckpointManager(checkpoint, folder / "loop", max_to_keep=2)
    manager.restore_or_initialize()
    for batch in iterator:
        kill.step()
        strategy.run(train_step, args=batch)
        steps.assign_add(1)
        if int(steps) % SAVE_EVERY == 0:
            manager.save()
    return model


def fit(strategy, folder, epochs, kill):
    """Keras's loop; the callback knows where it was."""
    model = make_model(strategy)
    backup = tf.keras.callbacks.BackupAndRestore(
        folder / "fit", save_freq=SAVE_EVERY, delete_checkpoint=False
    )
    step = tf.keras.callbacks.LambdaCallback(on_batch_begin=lambda *_: kill.step())
    data = tf.data.Dataset.from_tensor_slices(examples())
    data = data.shuffle(20, seed=2).batch(BATCH)
    model.fit(data, epochs=epochs, callbacks=[backup, step], verbose=0)
    return model


def main() -> None:
    how, folder = sys.argv[1], Path(sys.argv[2])
    epochs, kills, seed = map(int, sys.argv[3:])
    kill = Kill(kills, seed)
    kill.reached("start")
    kill.reached("meeting")
    tf.keras.utils.set_random_seed(seed)
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    if RANK == 0:
        note_attempt(folder)
    kill.reached("file")
    model = {"loop": loop, "fit": fit}[how](strategy, folder, epochs, kill)
    weights = [weight.numpy() for weight in model.weights]
    digest = zlib.crc32(b"".join(weight.tobytes() for weight in weights))
    sys.stdout.write(f"weights {digest:08x}\n")
    if RANK == 0:
        path = str(folder / "weights.npz")
        with replacing.replacing(path) as draft, open(draft, "wb") as file:
            np.savez(file, *weights)
    kill.reached("exit")


if __name__ == "__main__":
    main()
