"""How fast the engine is, beside PyTorch and TensorFlow eager where they are installed.

    python benchmarks/engine.py [--cases cnn mlp] [--libraries tensor torch]
    python benchmarks/engine.py --cases more    # single kernels; see kernels.py

Every case runs in a process of its own for each library, in turns, so that neither
memory nor thread pools of one disturb another. Printed are medians of wall and
processor time, by how much memory a process grew at its peak, and ratios to the peers
(below 1: ringflow is faster). On a machine that others use too, OMP_NUM_THREADS=1 and
processor time tell the most.

The last line tells whose instructions NumPy's BLAS uses. Where OPENBLAS_CORETYPE holds
it back, to AVX2 for example, and nothing holds back the peers, its matrix products take
twice their time.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import kernels
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

LIBRARIES = ("tensor", "torch", "tensorflow")
SECONDS_PER_CASE = 2.0
rng = np.random.default_rng(0)


def normal(*shape: int, scale: float = 1.0) -> np.ndarray:
    """Return random numbers as float32."""
    return (rng.standard_normal(shape) * scale).astype(np.float32)


BATCH = 50
IMAGES = normal(BATCH, 28, 28, 1)
LABELS = rng.integers(0, 10, BATCH)
CNN = {
    "conv1": normal(5, 5, 1, 32, scale=0.1),
    "bias1": normal(32, scale=0.1),
    "conv2": normal(5, 5, 32, 64, scale=0.1),
    "bias2": normal(64, scale=0.1),
    "dense1": normal(7 * 7 * 64, 1024, scale=0.02),
    "bias3": normal(1024, scale=0.1),
    "dense2": normal(1024, 10, scale=0.02),
    "bias4": normal(10, scale=0.1),
}
MLP = {
    "w1": normal(784, 512, scale=0.04),
    "w2": normal(512, 512, scale=0.04),
    "w3": normal(512, 10, scale=0.04),
}
ROWS = normal(128, 784)
ROW_LABELS = rng.integers(0, 10, 128)
UNITS, STEPS, SEQUENCES = 256, 40, 32
LSTM = {
    "kernel": normal(64, 4 * UNITS, scale=0.05),
    "recurrent": normal(UNITS, 4 * UNITS, scale=0.05),
    "bias": normal(4 * UNITS, scale=0.1),
}
SEQUENCE = normal(SEQUENCES, STEPS, 64)
VECTOR = normal(4_000_000)
MATRIX = normal(2048, 2048)


def tensorflow_cases(  # noqa: C901  # a few lines for each case
    tf: Any,
) -> dict[str, Callable[[], Any]]:
    """Return the cases for ringflow, or for TensorFlow: the same code."""

    def variables(arrays: dict[str, np.ndarray]) -> dict[str, Any]:
        return {name: tf.Variable(array) for name, array in arrays.items()}

    def step(weights: dict[str, Any], loss: Callable[[], Any]) -> None:
        with tf.GradientTape() as tape:
            z = loss()
        names = list(weights)
        gradients = tape.gradient(z, [weights[n] for n in names])
        for n, gradient in zip(names, gradients, strict=True):
            weights[n].assign_sub(0.01 * gradient)

    def cross_entropy(logits: Any, labels: Any) -> Any:
        return tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
        )

    x0 = tf.constant(0.5)

    def scalars() -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x0)
            z = x0
            for _ in range(20):
                z = z * 1.01 + 0.1
        return tape.gradient(z, x0)

    v = tf.constant(VECTOR)
    m = tf.constant(MATRIX)
    mlp, rows, row_labels = variables(MLP), tf.constant(ROWS), tf.constant(ROW_LABELS)

    def mlp_loss() -> Any:
        h = tf.nn.relu(tf.matmul(rows, mlp["w1"]))
        h = tf.nn.relu(tf.matmul(h, mlp["w2"]))
        return cross_entropy(tf.matmul(h, mlp["w3"]), row_labels)

    cnn, images, labels = variables(CNN), tf.constant(IMAGES), tf.constant(LABELS)

    def cnn_loss() -> Any:
        h = images
        for i in ("1", "2"):
            h = tf.nn.conv2d(h, cnn["conv" + i], 1, "SAME")
            h = tf.nn.relu(tf.nn.bias_add(h, cnn["bias" + i]))
            h = tf.nn.max_pool2d(h, 2, 2, "VALID")
        h = tf.reshape(h, [BATCH, -1])
        h = tf.nn.relu(tf.matmul(h, cnn["dense1"]) + cnn["bias3"])
        return cross_entropy(tf.matmul(h, cnn["dense2"]) + cnn["bias4"], labels)

    lstm, sequence = variables(LSTM), tf.constant(SEQUENCE)

    def lstm_loss() -> Any:
        h = c = tf.zeros([SEQUENCES, UNITS])
        for t in range(STEPS):
            gates = tf.matmul(sequence[:, t], lstm["kernel"])
            gates = gates + tf.matmul(h, lstm["recurrent"]) + lstm["bias"]
            i, f, g, o = tf.split(gates, 4, axis=1)
            c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
            h = tf.sigmoid(o) * tf.tanh(c)
        return tf.reduce_sum(h)

    return {
        "scalars": scalars,
        "elementwise": lambda: tf.tanh(2.0 * v + 1.0) * tf.exp(-v * v) + v,
        "matmul": lambda: tf.matmul(m, m),
        "mlp": lambda: step(mlp, mlp_loss),
        "cnn": lambda: step(cnn, cnn_loss),
        "lstm": lambda: step(lstm, lstm_loss),
    }


def torch_cases(  # noqa: C901  # a few lines for each case
    torch: Any,
) -> dict[str, Callable[[], Any]]:
    """Return the same cases for PyTorch, in its own layout."""
    F = torch.nn.functional  # noqa: N806  # PyTorch's custom

    def parameters(arrays: dict[str, np.ndarray]) -> dict[str, Any]:
        return {
            name: torch.tensor(
                array.transpose(3, 2, 0, 1).copy() if array.ndim == 4 else array,
                requires_grad=True,
            )
            for name, array in arrays.items()
        }

    def step(weights: dict[str, Any], loss: Callable[[], Any]) -> None:
        for w in weights.values():
            w.grad = None
        loss().backward()
        with torch.no_grad():
            for w in weights.values():
                w -= 0.01 * w.grad

    def scalars() -> Any:
        x0 = torch.tensor(0.5, requires_grad=True)
        z = x0
        for _ in range(20):
            z = z * 1.01 + 0.1
        z.backward()
        return x0.grad

    v, m = torch.tensor(VECTOR), torch.tensor(MATRIX)
    mlp, rows = parameters(MLP), torch.tensor(ROWS)
    row_labels = torch.tensor(ROW_LABELS)

    def mlp_loss() -> Any:
        h = torch.relu(rows @ mlp["w1"])
        h = torch.relu(h @ mlp["w2"])
        return F.cross_entropy(h @ mlp["w3"], row_labels)

    cnn = parameters(CNN)
    images = torch.tensor(IMAGES.transpose(0, 3, 1, 2).copy())
    labels = torch.tensor(LABELS)

    def cnn_loss() -> Any:
        h = images
        for i in ("1", "2"):
            h = torch.relu(F.conv2d(h, cnn["conv" + i], cnn["bias" + i], padding=2))
            h = F.max_pool2d(h, 2)
        h = torch.relu(h.reshape(BATCH, -1) @ cnn["dense1"] + cnn["bias3"])
        return F.cross_entropy(h @ cnn["dense2"] + cnn["bias4"], labels)

    lstm, sequence = parameters(LSTM), torch.tensor(SEQUENCE)

    def lstm_loss() -> Any:
        h = c = torch.zeros(SEQUENCES, UNITS)
        for t in range(STEPS):
            gates = sequence[:, t] @ lstm["kernel"] + h @ lstm["recurrent"]
            i, f, g, o = torch.split(gates + lstm["bias"], UNITS, dim=1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
        return h.sum()

    return {
        "scalars": scalars,
        "elementwise": lambda: torch.tanh(2.0 * v + 1.0) * torch.exp(-v * v) + v,
        "matmul": lambda: m @ m,
        "mlp": lambda: step(mlp, mlp_loss),
        "cnn": lambda: step(cnn, cnn_loss),
        "lstm": lambda: step(lstm, lstm_loss),
    }


CASES = ("scalars", "elementwise", "matmul", "mlp", "cnn", "lstm")


def measure(library: str, case: str) -> dict[str, Any]:
    """Run a case in this process; return median times in ms and the peak in MB."""
    module = importlib.import_module(library)
    source: Any = kernels if case in kernels.CASES else sys.modules[__name__]
    make = source.torch_cases if library == "torch" else source.tensorflow_cases
    run = make(module)[case]
    before = _peak_mb()
    for _ in range(3):
        run()
    times: list[float] = []
    busy: list[float] = []
    end = time.perf_counter() + SECONDS_PER_CASE
    while time.perf_counter() < end or len(times) < 5:
        start, start_busy = time.perf_counter(), time.process_time()
        run()
        times.append(time.perf_counter() - start)
        busy.append(time.process_time() - start_busy)
    return {
        "ms": statistics.median(times) * 1e3,
        "cpu": statistics.median(busy) * 1e3,
        "mb": _peak_mb() - before,
        "kernels": _kernels() if library == "tensor" else "",
    }


def _kernels() -> str:
    """Return the processor that OpenBLAS computes for, and who chose it."""
    name = importlib.import_module("tensor.core.blas").kernel_name() or "unknown"
    return name + (
        " (by OPENBLAS_CORETYPE)" if "OPENBLAS_CORETYPE" in os.environ else ""
    )


def _peak_mb() -> float:
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes / (1024 if sys.platform != "darwin" else 1024 * 1024)


def compare(cases: list[str], libraries: list[str], rounds: int) -> None:
    """Run the cases in turns and print a table."""
    kernels = ""
    print(f"{'case':<16}" + "".join(f"{lib:>36}" for lib in libraries) + "   ratios")
    for case in cases:
        results: dict[str, list[dict[str, Any]]] = {lib: [] for lib in libraries}
        for _ in range(rounds):
            for library in libraries:
                results[library].append(_in_child(library, case))
        best = {
            lib: {key: min(r[key] for r in found) for key in ("ms", "cpu", "mb")}
            for lib, found in results.items()
        }
        row = "".join(
            f"{r['ms']:>10.3f} ms {r['cpu']:>9.3f} cpu {r['mb']:>5.0f} MB"
            for r in best.values()
        )
        ours = best[libraries[0]]
        ratios = ", ".join(
            f"{ours['ms'] / best[lib]['ms']:.2f}x wall "
            f"{ours['cpu'] / best[lib]['cpu']:.2f}x cpu {lib}"
            for lib in libraries[1:]
        )
        print(f"{case:<16}{row}   {ratios}", flush=True)
        kernels = results[libraries[0]][0]["kernels"]
    if kernels:
        print(f"NumPy's matrix products: for {kernels}")


def _in_child(library: str, case: str) -> dict[str, Any]:
    command = [sys.executable, __file__, "--measure", library, case]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    result: dict[str, Any] = json.loads(output.splitlines()[-1])
    return result


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--cases",
        nargs="+",
        choices=(*CASES, "more", *kernels.CASES),
        default=list(CASES),
    )
    parser.add_argument("--libraries", nargs="+", choices=LIBRARIES)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--measure", nargs=2, metavar=("LIBRARY", "CASE"))
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(measure(*arguments.measure)))
        return
    libraries = arguments.libraries or [
        lib for lib in LIBRARIES if importlib.util.find_spec(lib) is not None
    ]
    cases: list[str] = []
    for case in arguments.cases:
        cases.extend(kernels.CASES if case == "more" else (case,))
    compare(cases, libraries, arguments.rounds)


if __name__ == "__main__":
    main()
