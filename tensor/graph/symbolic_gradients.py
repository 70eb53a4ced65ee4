"""tf.gradients: derivatives of symbolic tensors, inside the function being traced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core import nest
from tensor.core.context import context
from tensor.core.convert import convert
from tensor.core.gradients import gradients_on
from tensor.core.jacobian import jacobians_on
from tensor.core.public_api import export
from tensor.core.registry import get_op
from tensor.core.tape import Tape, track, wants_zeros
from tensor.graph.backward import calls_of
from tensor.graph.program import Program

if TYPE_CHECKING:
    from collections.abc import Sequence


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
        ValueError: There are more or fewer weights than `ys`, or one has another shape.
    """
    _check_tracing()
    targets = [convert(y) for y in nest.flatten(ys)]
    sources = [_as_source(x) for x in nest.flatten(xs)]
    weights = nest.flatten(grad_ys) if grad_ys is not None else [None] * len(targets)
    if len(weights) != len(targets):
        raise ValueError(
            f"Length mismatch. Passed {len(weights)} grad_ys for {len(targets)} ys. "
            "Give one weight for each of `ys`, None for ones."
        )
    record = _record(sources, nest.flatten(stop_gradients or []))
    results = gradients_on(record, targets, sources, weights)
    if wants_zeros(unconnected_gradients):
        results = [
            get_op("ZerosLike")(x) if g is None else g
            for x, g in zip(sources, results, strict=True)
        ]
    return results


@export("hessians")
def hessians(
    ys: Any,
    xs: Any,
    gate_gradients: bool = False,
    aggregation_method: Any = None,
    name: str = "hessians",
) -> list[Any]:
    """Return the second derivatives of the sum of `ys` with respect to each of `xs`.

    Args:
        ys: Tensors of the function being traced.
        xs: Tensors of it.
        gate_gradients: Accepted for compatibility.
        aggregation_method: Accepted for compatibility.
        name: Accepted for compatibility.

    Returns:
        A list with a tensor of shape `x.shape + x.shape` for each `x`.

    Raises:
        RuntimeError: Outside a traced function.
        ValueError: `ys` do not depend on one of `xs`, or only linearly.
    """
    results = []
    for x, slope in zip(nest.flatten(xs), gradients(ys, xs), strict=True):
        found = None
        if slope is not None:
            (found,) = jacobians_on(_record([x]), convert(slope), [x])
        if found is None:
            raise ValueError(
                f"tf.hessians: None values not supported: the second derivative by {x} "
                "is nowhere in the graph. Leave out what `ys` depend on linearly, or "
                "not at all."
            )
        results.append(found)
    return results


def _check_tracing() -> None:
    if context.graph is None:
        raise RuntimeError(
            "tf.gradients is not supported when eager execution is enabled. Use "
            "tf.GradientTape instead."
        )


def _as_source(value: Any) -> Any:
    return value if hasattr(value, "_track_id") else convert(value)


def _record(sources: Sequence[Any], stopped: Sequence[Any] = ()) -> Tape:
    """Return what a tape that followed `sources` would have recorded of the graph."""
    graph = context.graph
    tape = Tape()
    tape.tracked.update(track(x) for x in sources)
    barred = {track(x) for x in stopped}
    program = Program((), tuple(graph.nodes), (), graph.name)
    tape.calls = [
        call
        for call in calls_of(program, graph, tape.tracked)
        if barred.isdisjoint(call.output_ids)
    ]
    return tape
