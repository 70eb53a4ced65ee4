"""tf.while_loop: a loop as functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core import dtypes, nest
from tensor.core.context import context
from tensor.core.convert import convert
from tensor.core.indexed_slices import CompositeTensor
from tensor.core.public_api import export
from tensor.core.shapes import TensorShape, are_compatible, relax, to_text
from tensor.graph.control.body import (
    BodyGraph,
    after_node,
    captured_by,
    reserved_name,
)
from tensor.graph.control.loop import while_op
from tensor.graph.control.structure import (
    as_symbolic,
    dims_of_parts,
    flat_tensors,
    packed,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tensor.core.shapes import Dims


@export("while_loop")
def while_loop(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Any,
    shape_invariants: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    maximum_iterations: Any = None,
    name: str | None = None,
) -> Any:
    """Repeat `loop_vars = body(*loop_vars)` while `cond(*loop_vars)` holds.

    Args:
        cond: Takes the loop variables, returns a bool scalar.
        body: Takes the loop variables, returns their next values.
        loop_vars: The first values: a sequence of tensors or nested structures.
        shape_invariants: The shapes that the loop variables keep in every round, in
            the structure of `loop_vars`; those of the first values by default.
        parallel_iterations: Accepted for compatibility.
        back_prop: Whether gradients flow through the loop.
        swap_memory: Accepted for compatibility.
        maximum_iterations: The number of rounds after which the loop ends anyway.
        name: A name for the node.

    Raises:
        TypeError: `cond` or `body` is not callable, or a loop variable changes its
            dtype.
        ValueError: There are no loop variables, one is None or changes its shape, or
            `maximum_iterations` is no scalar.
    """
    if not callable(cond):
        raise TypeError(
            f"'cond' must be callable. Got {cond!r}; pass a function of the loop "
            "variables."
        )
    if not callable(body):
        raise TypeError(
            f"'body' must be callable. Got {body!r}; pass a function of the loop "
            "variables."
        )
    if not loop_vars and loop_vars != ():
        raise ValueError(
            "No loop variables provided: 'loop_vars' must be provided. Got "
            f"{loop_vars!r}."
        )
    if any(v is None for v in nest.flatten(loop_vars)):
        raise ValueError("None values not supported: a loop variable is None.")
    if maximum_iterations is not None:
        shape = convert(maximum_iterations).static_shape
        if shape not in ((), None):
            raise ValueError(
                f"'maximum_iterations' must be a scalar. Received shape: {shape}"
            )
    if context.graph is None:
        result = _run(cond, body, loop_vars, maximum_iterations)
    else:
        result = _trace(
            cond, body, loop_vars, shape_invariants, maximum_iterations, name
        )
    if back_prop:
        return result
    from tensor.ops.array import stop_gradient

    return nest.map_structure(lambda t: stop_gradient(t), result)


def _run(
    cond: Callable[..., Any], body: Callable[..., Any], loop_vars: Any, limit: Any
) -> Any:
    rounds = None if limit is None else int(convert(limit))
    count = 0
    while cond(*loop_vars):
        if rounds is not None and count >= rounds:
            break
        result = body(*loop_vars)
        if not isinstance(result, list | tuple):
            result = (result,)
        nest.assert_same_structure(
            list(loop_vars), list(result), expand_composites=True
        )
        loop_vars = result
        count += 1
    flat = [
        v if isinstance(v, CompositeTensor) else convert(v)
        for v in nest.flatten(loop_vars)
    ]
    return nest.pack_sequence_as(loop_vars, flat)


def _trace(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Any,
    invariants: Any,
    limit: Any,
    name: str | None,
) -> Any:
    structure = loop_vars
    initial = flat_tensors(structure)
    dims = [t.static_shape for t in initial]
    if invariants is not None:
        dims = _invariant_dims(invariants, structure, initial)
    counting = limit is not None
    if counting:
        limit = as_symbolic(limit, None if hasattr(limit, "dtype") else dtypes.int32)
        initial = [as_symbolic(0, limit.dtype), *initial]
        dims = [(), *dims]

    def go_on(*state: Any) -> Any:
        own = state[1:] if counting else state
        holds = as_symbolic(cond(*packed(structure, own)))
        if counting:
            from tensor.ops.math import logical_and

            return logical_and(state[0] < limit, holds)
        return holds

    def step(*state: Any) -> list[Any]:
        own = state[1:] if counting else state
        result = body(*packed(structure, own))
        if not isinstance(result, list | tuple):
            result = (result,)
        nest.assert_same_structure(list(structure), list(result), check_types=False)
        flat = flat_tensors(result)
        return [state[0] + 1, *flat] if counting else flat

    results = loop(go_on, step, initial, dims, name or "while")
    return packed(structure, results[1:] if counting else results)


def _invariant_dims(invariants: Any, structure: Any, initial: list[Any]) -> list[Any]:
    flat: list[Any] = []

    def walk(shape: Any, value: Any) -> None:
        is_shape = isinstance(shape, TensorShape) or hasattr(shape, "dims")
        if is_shape or not nest.is_nested(value):
            flat.extend(dims_of_parts(value, shape))
            return
        for s, v in zip(_items(shape), _items(value), strict=True):
            walk(s, v)

    try:
        walk(invariants, structure)
    except ValueError:
        raise ValueError(
            "The two structures don't have the same nested structure: give "
            "`shape_invariants` in that of `loop_vars`, a shape for each tensor. Got "
            f"{invariants!r} for {structure!r}."
        ) from None
    for tensor, dims in zip(initial, flat, strict=True):
        if not are_compatible(tensor.static_shape, dims) or (
            relax(tensor.static_shape, dims) != dims
        ):
            raise ValueError(
                f"The shape invariant specified for {tensor.name} is not compatible "
                f"with the initial shape of the loop variable. It enters the loop with "
                f"shape {tensor.shape}, but the specified shape invariant is "
                f"{to_text(dims)}."
            )
    return flat


def _items(structure: Any) -> list[Any]:
    if isinstance(structure, dict):
        return [structure[k] for k in sorted(structure)]
    return list(structure)


def loop(
    cond: Callable[..., Any],
    step: Callable[..., Sequence[Any]],
    initial: Sequence[Any],
    dims: Sequence[Dims | None],
    name: str = "while",
    check: Callable[..., None] | None = None,
) -> Sequence[Any]:
    """Add a loop to the graph being traced; return the last loop variables.

    Args:
        cond: Takes symbolic loop variables, returns a symbolic bool.
        step: Takes them, returns their next values as tensors.
        initial: The first values, tensors of the graph being traced.
        dims: The static shapes that they keep.
        name: A name for the node.
        check: `check(i, before, after)` raises if a loop variable may not change as
            it does; by default with tf.while_loop's messages.
    """
    scope = reserved_name(name)
    condition_body = BodyGraph(f"{name}_cond", scope)
    step_body = BodyGraph(f"{name}_body", scope)
    states = []
    for body in (condition_body, step_body):
        pairs = zip(initial, dims, strict=True)
        states.append([body.add_input(d, t.dtype, t.op.name) for t, d in pairs])
    with condition_body.traced():
        holds = as_symbolic(cond(*states[0]))
    with step_body.traced():
        results = [step_body.own(t) for t in step(*states[1])]
        for i, (before, after) in enumerate(zip(states[1], results, strict=True)):
            (check or _check)(i, before, after)
    written = {*condition_body.written, *step_body.written}
    for body in (condition_body, step_body):
        body.keep_reads_inside(written)
    captured = captured_by(condition_body, step_body)
    outputs = context.graph.call_op(
        while_op,
        (*initial, *captured),
        {
            "condition": condition_body.program([holds], captured),
            "body": step_body.program(results, captured),
            "count": len(initial),
        },
        f"{scope}/",
    )
    after_node((condition_body, step_body))
    for i, output in enumerate(outputs):
        # TensorFlow's loops have two results before these: a counter and its limit.
        output._value.name = f"{scope}:{i + 2}"
    return outputs  # type: ignore[no-any-return]


def _check(index: int, before: Any, after: Any) -> None:
    if before.dtype is not after.dtype:
        raise TypeError(
            f"Loop var {before.name} enters the loop with type {before.dtype!s} but "
            f"has type {after.dtype!s} after 1 iteration. {before.name} type should "
            "remain constant."
        )
    if relax(before.static_shape, after.static_shape) != before.static_shape:
        raise ValueError(
            f"Input tensor `{before.name}` enters the loop with shape {before.shape}, "
            f"but has shape {after.shape} after one iteration. To allow the shape to "
            "vary across iterations, use the `shape_invariants` argument of "
            "tf.while_loop to specify a less-specific shape."
        )
