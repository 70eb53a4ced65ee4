"""tf.test.Benchmark: a class whose methods time something and report it."""

from __future__ import annotations

import inspect
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import nest
from tensor.core.context import context
from tensor.core.public_api import export

if TYPE_CHECKING:
    from collections.abc import Iterator


@export("test.Benchmark")
class Benchmark:
    """A class whose methods with names like `benchmark_x` report how long things take.

    What is reported goes to standard output, in the text format that TensorFlow's
    tools read.
    """

    @classmethod
    def is_abstract(cls) -> bool:
        """Return whether there is nothing to run: only subclasses measure."""
        return len(cls.mro()) <= 2

    def report_benchmark(
        self,
        iters: int | None = None,
        cpu_time: float | None = None,
        wall_time: float | None = None,
        throughput: float | None = None,
        extras: dict[str, Any] | None = None,
        name: str | None = None,
        metrics: list[dict[str, Any]] | None = None,
    ) -> None:
        """Print what was measured, under the names of the class and calling method.

        Args:
            iters: How often it was run.
            cpu_time: Seconds of processor time.
            wall_time: Seconds.
            throughput: Megabytes a second.
            extras: Further numbers and texts, by name.
            name: A name to use instead of the method's.
            metrics: Further numbers, as dictionaries with a `name` and a `value`.
        """
        name = name or _calling_benchmark()
        numbers = {"iters": iters, "cpu_time": cpu_time, "wall_time": wall_time}
        numbers["throughput"] = throughput
        entry: list[tuple[str, Any]] = [("name", f"{type(self).__name__}.{name}")]
        entry += [(key, v) for key, v in numbers.items() if v is not None]
        for key, value in (extras or {}).items():
            kind = "string_value" if isinstance(value, str) else "double_value"
            entry.append(("extras", [("key", key), ("value", [(kind, value)])]))
        entry += [("metrics", list(m.items())) for m in metrics or []]
        sys.stdout.write("\n".join(_as_text("entry", entry, "")) + "\n\n")

    def run_op_benchmark(
        self,
        sess: Any,
        op_or_tensor: Any,
        feed_dict: Any = None,
        burn_iters: int = 2,
        min_iters: int = 10,
        store_trace: bool = False,
        store_memory_usage: bool = True,
        name: str | None = None,
        extras: dict[str, Any] | None = None,
        mbs: float = 0,
    ) -> dict[str, Any]:
        """Time `sess.run(op_or_tensor)`, report the median, and return all of it.

        Args:
            sess: The session.
            op_or_tensor: What it runs.
            feed_dict: Values for placeholders.
            burn_iters: Runs before the clock starts.
            min_iters: Runs that are timed.
            store_trace: Accepted for compatibility; nothing is traced.
            store_memory_usage: Accepted for compatibility.
            name: A name for the report.
            extras: Further numbers and texts for it.
            mbs: Megabytes that a run moves, from which the throughput is computed.
        """
        for _ in range(burn_iters):
            sess.run(op_or_tensor, feed_dict)
        seconds = []
        for _ in range(min_iters):
            start = time.perf_counter()
            sess.run(op_or_tensor, feed_dict)
            seconds.append(time.perf_counter() - start)
        median = float(np.median(seconds)) if seconds else -1.0
        spread = {f"wall_time_{f.__name__}": float(f(seconds)) for f in _SPREAD}
        result: dict[str, Any] = {
            "iters": min_iters,
            "wall_time": median,
            "throughput": mbs / median if median else 0.0,
            "extras": {**(extras or {}), **(spread if seconds else {})},
        }
        self.report_benchmark(**result, name=name or _calling_benchmark())
        return {"name": name, **result}

    def evaluate(self, tensors: Any) -> Any:
        """Return a structure of tensors as NumPy values; in a graph, compute them."""
        if context.graph is not None:
            return context.graph.session().run(tensors)
        return nest.map_structure(lambda t: None if t is None else t.numpy(), tensors)


_SPREAD = (np.mean, np.std, np.min, np.max)


def _calling_benchmark() -> str:
    """Return the name of the innermost method that is a benchmark."""
    names = [frame.function for frame in inspect.stack(context=0)]
    return next((n for n in names if n.startswith("benchmark")), "benchmark")


def _as_text(key: str, value: Any, indent: str) -> Iterator[str]:
    """Yield the lines of a field in protobuf's text format; lists are messages."""
    if isinstance(value, list):
        yield f"{indent}{key} {{"
        for inner_key, inner in value:
            yield from _as_text(inner_key, inner, indent + "  ")
        yield f"{indent}}}"
    elif isinstance(value, str):
        yield f'{indent}{key}: "{value}"'
    else:
        yield f"{indent}{key}: {str(value).removesuffix('.0')}"
