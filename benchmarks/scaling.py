"""How training speeds up with processes: ringflow beside PyTorch DDP and TensorFlow.

    python benchmarks/scaling.py                   all models, 1, 2 and 4 processes
    python benchmarks/scaling.py --models mlp --processes 1 2

Each process trains on batches of 50 of its own with one BLAS thread. The efficiency of
n processes is how many examples a second they train together, over n times what one
process trains. On a machine with fewer cores than processes it cannot be 100 %. PyTorch
and TensorFlow are measured when they are installed, or found by the interpreters that
TORCH_PYTHON and TENSORFLOW_PYTHON name; medians over steps, the frameworks in turn.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

BATCH = 50
STEPS, WARM_UP = 30, 5
MODELS = ("mlp", "cnn", "wide")


def ringflow_step(model_name):
    """Train under MirroredStrategy; return the median step."""
    import tensor as tf

    return strategy_step(tf, tf.distribute.MirroredStrategy(), model_name)


def tensorflow_step(model_name):
    """Do the same with TensorFlow's MultiWorkerMirroredStrategy, under TF_CONFIG."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    print(f"median {strategy_step(tf, strategy, model_name)!r}")


def strategy_step(tf, strategy, model_name):
    """Train with a custom loop; return the median step."""
    import numpy as np

    layers = tf.keras.layers
    relu = {"activation": "relu"}
    models = {
        "mlp": [layers.Flatten(), layers.Dense(100, **relu), layers.Dense(10)],
        "cnn": [
            layers.Conv2D(32, 5, padding="same", **relu),
            layers.MaxPool2D(2),
            layers.Conv2D(64, 5, padding="same", **relu),
            layers.MaxPool2D(2),
            layers.Flatten(),
            layers.Dense(1024, **relu),
            layers.Dense(10),
        ],
        "wide": [
            layers.Flatten(),
            *[layers.Dense(2048, **relu) for _ in range(5)],
            layers.Dense(10),
        ],
    }
    with strategy.scope():
        model = tf.keras.Sequential(models[model_name])
        optimizer = tf.keras.optimizers.SGD(0.01)
    rng = np.random.default_rng(0)
    images = tf.constant(rng.normal(size=(BATCH, 28, 28, 1)).astype(np.float32))
    labels = tf.constant(rng.integers(0, 10, BATCH))

    def replica_step(images, labels):
        with tf.GradientTape() as tape:
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
                labels=labels, logits=model(images, training=True)
            )
            loss = tf.nn.compute_average_loss(losses)
        variables = model.trainable_variables
        gradients = tape.gradient(loss, variables)
        optimizer.apply_gradients(zip(gradients, variables, strict=True))
        return loss

    @tf.function
    def step():
        return strategy.run(replica_step, args=(images, labels))

    return median_step(step)


def median_step(step):
    """Return the median duration of a step in seconds."""
    durations = []
    for i in range(WARM_UP + STEPS):
        start = time.perf_counter()
        step()
        if i >= WARM_UP:
            durations.append(time.perf_counter() - start)
    return statistics.median(durations)


def torch_step(model_name):
    """Do the same with DistributedDataParallel over Gloo; run under torchrun."""
    import torch
    from torch import nn

    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo")
    wide = [nn.Linear(784, 2048), nn.ReLU()]
    for _ in range(4):
        wide += [nn.Linear(2048, 2048), nn.ReLU()]
    models = {
        "mlp": [nn.Flatten(), nn.Linear(784, 100), nn.ReLU(), nn.Linear(100, 10)],
        "cnn": [
            *[nn.Conv2d(1, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)],
            *[nn.Conv2d(32, 64, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)],
            *[nn.Flatten(), nn.Linear(3136, 1024), nn.ReLU(), nn.Linear(1024, 10)],
        ],
        "wide": [nn.Flatten(), *wide, nn.Linear(2048, 10)],
    }
    model = nn.parallel.DistributedDataParallel(nn.Sequential(*models[model_name]))
    optimizer = torch.optim.SGD(model.parameters(), 0.01)
    images, labels = torch.randn(BATCH, 1, 28, 28), torch.randint(0, 10, (BATCH,))

    def step():
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()

    result = median_step(step)
    if torch.distributed.get_rank() == 0:
        print(f"median {result!r}")
    torch.distributed.destroy_process_group()


def measure_ringflow(model_name, processes):
    """Return the median step of the slowest process."""
    import launcher

    return max(launcher.run(ringflow_step, processes, args=(model_name,), threads=1))


def measure_tensorflow(model_name, processes):
    """Return the median step of TensorFlow's first worker, None if not installed."""
    python = os.environ.get("TENSORFLOW_PYTHON", sys.executable)
    command = [python, str(Path(__file__).resolve()), "--tensorflow", model_name]
    workers = [f"127.0.0.1:{port}" for port in free_ports(processes)]
    common = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "CUDA_VISIBLE_DEVICES": "-1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_USE_LEGACY_KERAS": "1",
    }
    running = []
    for index in range(processes):
        task = {"type": "worker", "index": index}
        config = {"cluster": {"worker": workers}, "task": task}
        environment = {**common, "TF_CONFIG": json.dumps(config)}
        running.append(
            subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env=environment,
            )
        )
    outputs = [worker.communicate()[0] for worker in running]
    return reported(outputs[0])


def free_ports(count):
    """Return ports that nobody listens on."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def reported(output):
    """Return the median that a peer has printed, None if it has not."""
    for line in output.splitlines():
        if line.startswith("median "):
            return float(line.removeprefix("median "))
    return None


def measure_torch(model_name, processes):
    """Return the median step of PyTorch's first rank, None if it is not installed."""
    python = os.environ.get("TORCH_PYTHON", sys.executable)
    script = str(Path(__file__).resolve())
    launch = [python, "-m", "torch.distributed.run", "--standalone"]
    command = [*launch, f"--nproc-per-node={processes}", script, "--torch", model_name]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment, check=False
    )
    return reported(done.stdout)


def main():
    """Measure as the command line says and print one row per model and size."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", nargs="+", default=MODELS, choices=MODELS)
    parser.add_argument("--processes", nargs="+", type=int, default=[1, 2, 4])
    parser.add_argument("--torch", metavar="MODEL", help=argparse.SUPPRESS)
    parser.add_argument("--tensorflow", metavar="MODEL", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.torch:
        torch_step(options.torch)
        return
    if options.tensorflow:
        tensorflow_step(options.tensorflow)
        return
    names = f"{'ringflow':>16}  {'PyTorch DDP':>16}  {'TensorFlow':>16}"
    print(f"{'model':6} {'n':>2}  {names}")
    for model_name in options.models:
        first = {}
        for n in options.processes:
            row = f"{model_name:6} {n:2}"
            for measure in (measure_ringflow, measure_torch, measure_tensorflow):
                took = measure(model_name, n)
                if took is None:
                    row += f"  {'not installed':>16}"
                    continue
                alone = first.setdefault(measure, took)
                row += f"  {took * 1e3:7.2f} ms {alone / took:5.0%}"
            print(row, flush=True)


if __name__ == "__main__":
    main()
