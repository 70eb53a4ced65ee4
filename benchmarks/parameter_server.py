"""Parameter servers: closures a second, and bytes a second pulled and pushed.

    python benchmarks/parameter_server.py

Starts its own cluster on this host by `launch`. What is measured, and the targets:

* *closures*: trivial functions scheduled one by one and run by two workers; at least
  5,000 a second (TensorFlow 2.21 on the same kind of machine: about 430).
* *push + pull*: one worker trains a model of 18 million parameters with one server: a
  step pulls all parameters and pushes as many gradients, which the server applies
  (gradient descent). Bytes both ways divided by the time of a step, the server's work
  included; at least 1 GB/s.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
CLOSURES = 10_000
LAYERS, WIDTH = 8, 1500
STEPS = 15


def main() -> None:
    """Start the clusters one after the other and print what they measure."""
    for name, workers in (("closures", 2), ("bytes", 1), ("bytes", 2)):
        command = [sys.executable, "-m", "launcher", "-q", "-n", str(workers)]
        command += ["--ps", "1", "--output", "plain", __file__, name]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        subprocess.run(command, check=True, env=environment, cwd=ROOT)


def measure_closures() -> None:
    """Print how many trivial closures run in a second."""
    import tensor as tf

    strategy = tf.distribute.ParameterServerStrategy()
    coordinator = tf.distribute.coordinator.ClusterCoordinator(strategy)

    @tf.function
    def add_one(x: tf.Tensor) -> tf.Tensor:
        return x + 1.0

    x = tf.constant(1.0)
    rates = []
    for count in (1000, CLOSURES, CLOSURES, CLOSURES):
        started = time.perf_counter()
        for _ in range(count):
            coordinator.schedule(add_one, (x,))
        coordinator.join()
        rates.append(count / (time.perf_counter() - started))
    print(f"closures through 2 workers: {median(rates[1:]):,.0f}/s (target: 5,000/s)")


def measure_bytes() -> None:
    """Print the bytes that each worker pulls and pushes in a second."""
    import tensor as tf

    strategy = tf.distribute.ParameterServerStrategy()
    coordinator = tf.distribute.coordinator.ClusterCoordinator(strategy)
    with strategy.scope():
        weights = [tf.Variable(tf.ones([WIDTH, WIDTH])) for _ in range(LAYERS)]
        optimizer = tf.keras.optimizers.SGD(1e-6)

    @tf.function
    def step() -> None:
        def push_what_was_pulled() -> None:
            optimizer.apply_gradients([(w.value(), w) for w in weights])

        strategy.run(push_what_was_pulled)

    workers = strategy.num_workers
    nbytes = 2 * 4 * LAYERS * WIDTH * WIDTH
    rates = []
    for count in (2, STEPS, STEPS, STEPS):
        started = time.perf_counter()
        for _ in range(count * workers):
            coordinator.schedule(step)
        coordinator.join()
        rates.append(count * nbytes / (time.perf_counter() - started))
    print(
        f"push + pull of {LAYERS * WIDTH * WIDTH / 1e6:.0f} M parameters, {workers} "
        f"worker(s), 1 server: {median(rates[1:]) / 1e9:.2f} GB/s a worker "
        "(target: 1 GB/s)"
    )


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    elif sys.argv[1] == "closures":
        measure_closures()
    else:
        measure_bytes()
