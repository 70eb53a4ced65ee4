"""Times of traced functions: ringflow's tf.function beside TensorFlow's.

    python benchmarks/function.py [--peer PYTHON] [--only NAME] [--seconds 2]

PYTHON is an interpreter with TensorFlow and tf_keras (by default this one, if it has
them). Both run the same code on two threads, each in a process of its own, one
after the other; the table gives medians in ms and their ratio. `first` is the first
call: tracing, optimising and compiling included.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

BATCH = 50
ENVIRONMENT = {
    "OMP_NUM_THREADS": "2",
    "OPENBLAS_NUM_THREADS": "2",
    "TF_USE_LEGACY_KERAS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
    "TF_ENABLE_ONEDNN_OPTS": "0",
}


def train_step(tf: Any, model: Any, shape: tuple[int, ...]) -> Any:
    """Return a function that trains a classifier on one batch, with its arguments."""
    rng = np.random.default_rng(0)
    x = tf.constant(rng.normal(size=(BATCH, *shape)).astype("float32"))
    y = tf.constant(rng.integers(0, 10, BATCH))
    optimizer = tf.keras.optimizers.Adam(1e-3)
    loss_of = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model(x)
    optimizer.build(model.trainable_variables)

    @tf.function
    def step(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = loss_of(y, model(x))
        grads = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(grads, model.trainable_variables, strict=True))
        return loss

    return step, (x, y)


def mlp(tf: Any) -> Any:
    """784-100-10 with Adam."""
    layers = tf.keras.layers
    model = tf.keras.Sequential(
        [layers.Dense(100, activation="relu"), layers.Dense(10)]
    )
    return train_step(tf, model, (784,))


def cnn(tf: Any) -> Any:
    """Two convolutions 5x5 with pooling, dense 1024, dense 10, with Adam."""
    layers = tf.keras.layers
    model = tf.keras.Sequential(
        [
            layers.Reshape((28, 28, 1)),
            layers.Conv2D(32, 5, padding="same", activation="relu"),
            layers.MaxPool2D(),
            layers.Conv2D(64, 5, padding="same", activation="relu"),
            layers.MaxPool2D(),
            layers.Flatten(),
            layers.Dense(1024, activation="relu"),
            layers.Dense(10),
        ]
    )
    return train_step(tf, model, (784,))


def lstm(tf: Any) -> Any:
    """LSTM with 256 units over 40 steps, unrolled, with Adam."""

    class Recurrent(tf.keras.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.cell = tf.keras.layers.LSTMCell(256)
            self.head = tf.keras.layers.Dense(10)

        def call(self, x: Any) -> Any:
            state = [tf.zeros([BATCH, 256]), tf.zeros([BATCH, 256])]
            for t in range(40):
                output, state = self.cell(x[:, t], state)
            return self.head(output)

    return train_step(tf, Recurrent(), (40, 64))


def scalars(tf: Any) -> Any:
    """Forty scalar ops and their gradient."""

    @tf.function
    def run(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x
            for _ in range(10):
                y = tf.sin(y) * 1.1 + y * 0.3
        return tape.gradient(y, x)

    return run, (tf.constant(1.5),)


def chain(tf: Any) -> Any:
    """tanh(2v + 1) exp(-v²) + v on four million floats."""

    @tf.function
    def run(v: Any) -> Any:
        return tf.tanh(2.0 * v + 1.0) * tf.exp(-(v**2)) + v

    values = np.random.default_rng(0).normal(size=4_000_000).astype("float32")
    return run, (tf.constant(values),)


def nothing(tf: Any) -> Any:
    """The cached call of an empty function."""
    return tf.function(lambda: None), ()


def fit(tf: Any) -> Any:
    """One step of Keras's fit on the MLP."""
    layers = tf.keras.layers
    model = tf.keras.Sequential(
        [layers.Dense(100, activation="relu"), layers.Dense(10)]
    )
    model.compile(
        "adam", tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    rng = np.random.default_rng(0)
    x = rng.normal(size=(BATCH * 100, 784)).astype("float32")
    y = rng.integers(0, 10, BATCH * 100)
    return lambda: model.fit(x, y, BATCH, epochs=1, verbose=0), ()


CASES = {f.__name__: f for f in (mlp, cnn, lstm, scalars, chain, nothing, fit)}
STEPS = {"fit": 100}


def measure(module: str, names: list[str], seconds: float) -> dict[str, Any]:
    """Return for each case the first call's and the median call's time in ms."""
    tf = importlib.import_module(module)
    if module == "tensorflow":
        tf.config.threading.set_intra_op_parallelism_threads(2)
        tf.config.threading.set_inter_op_parallelism_threads(2)
    found = {}
    for name in names:
        try:
            function, arguments = CASES[name](tf)
            began = time.perf_counter()
            function(*arguments)
            first = time.perf_counter() - began
            found[name] = {"first": 1e3 * first, **_timed(function, arguments, seconds)}
        except Exception as error:
            found[name] = {"error": f"{type(error).__name__}: {error}"[:200]}
            continue
        found[name]["median"] /= STEPS.get(name, 1)
    return found


def _timed(function: Any, arguments: Any, seconds: float) -> dict[str, float]:
    times = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 5:
        began = time.perf_counter()
        function(*arguments)
        times.append(time.perf_counter() - began)
    return {"median": 1e3 * float(np.median(times))}


def run_child(python: str, module: str, options: Any) -> dict[str, Any]:
    """Return the measurements of another process."""
    command = [python, __file__, "--module", module, "--seconds", str(options.seconds)]
    if options.only:
        command += ["--only", options.only]
    environment = {**os.environ, **ENVIRONMENT}
    environment["PYTHONPATH"] = str(Path(__file__).parents[1])
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False
    )
    for line in reversed(done.stdout.splitlines()):
        if line.startswith("{"):
            result: dict[str, Any] = json.loads(line)
            return result
    sys.stderr.write(done.stderr[-2000:])
    return {}


def show(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    """Print the table."""
    print(f"{'':10}{'ringflow':>12}{'TensorFlow':>12}{'ratio':>8}{'first call':>24}")
    for name, mine in ours.items():
        peer = theirs.get(name, {})
        if "error" in mine or "error" in peer:
            print(f"{name:10}{mine.get('error', '')} {peer.get('error', '')}")
            continue
        text = f"{name:10}{mine['median']:12.4f}"
        if peer:
            ratio = mine["median"] / peer["median"]
            text += f"{peer['median']:12.4f}{ratio:8.2f}"
            text += f"{mine['first']:12.1f}{peer['first']:12.1f}"
        print(text)


def main() -> None:
    """Measure both, or be the child that measures one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", default=sys.executable)
    parser.add_argument("--only", choices=CASES, default="")
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--module", default="")
    options = parser.parse_args()
    names = [options.only] if options.only else list(CASES)
    if options.module:
        print(json.dumps(measure(options.module, names, options.seconds)))
        return
    ours = run_child(sys.executable, "tensor", options)
    show(ours, run_child(options.peer, "tensorflow", options))


if __name__ == "__main__":
    main()
