"""tf.gradients: derivatives of symbolic tensors, inside the function being traced."""

from __future__ import annotations

from typing import Any

from tensor.core import nest
from tensor.core.backprop import backward, wrap_gradient
from tensor.core.context import context
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import get_op
from tensor.core.tape import track, wants_zeros
from tensor.graph.backward import calls_of
from tensor.graph.program import Program


@export("gradients")
def gradients(
    ys: Any,
    xs: Any,
    grad_ys: Any = None,
    name: str = "gradients",
    gate_gradients: bool = False,
    aggregation_method: Any = None,
    stop_gradients: Any = None,
    unconnected_gradients: Any = "none",
) -> list[Any]:
    """Return the derivatives of the sum of `ys` with respect to each of `xs`.

    Args:
        ys: Tensors of the function being traced.
        xs: Tensors of it, or variables.
        grad_ys: One weight for each of `ys`.
        name: Accepted for compatibility.
        gate_gradients: Accepted for compatibility.
        aggregation_method: Accepted for compatibility.
        stop_gradients: Tensors through which no gradient flows.
        unconnected_gradients: What to give for what `ys` do not depend on.

    Raises:
        RuntimeError: Outside a traced function, where only GradientTape knows how `ys`
            came about.
    """
    graph = context.graph
    if graph is None:
        raise RuntimeError(
            "tf.gradients is not supported when eager execution is enabled. Use "
            "tf.GradientTape instead."
        )
    targets = [convert(y) for y in nest.flatten(ys)]
    sources = nest.flatten(xs)
    weights = nest.flatten(grad_ys) if grad_ys is not None else [None] * len(targets)
    numbers = [track(x) for x in sources]
    stopped = {track(x) for x in nest.flatten(stop_gradients or [])}
    program = Program((), tuple(graph.nodes), (), graph.name)
    calls = [
        call
        for call in calls_of(program, graph, set(numbers))
        if stopped.isdisjoint(call.output_ids)
    ]
    seeds = [
        (track(y), get_op("OnesLike")(y) if w is None else convert(w, y.dtype))
        for y, w in zip(targets, weights, strict=True)
    ]
    found = backward(calls, seeds, frozenset(numbers))
    results = [wrap_gradient(found.get(n)) for n in numbers]
    if wants_zeros(unconnected_gradients):
        results = [
            get_op("ZerosLike")(x) if g is None else g
            for x, g in zip(sources, results, strict=True)
        ]
    return results
