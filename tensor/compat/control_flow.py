"""TF1's form of tf.while_loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core import nest
from tensor.graph.control.while_loop import while_loop as while_loop_v2

if TYPE_CHECKING:
    from collections.abc import Callable


def while_loop(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Any,
    shape_invariants: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
    maximum_iterations: Any = None,
    return_same_structure: bool = False,
) -> Any:
    """Repeat `loop_vars = body(*loop_vars)` while `cond(*loop_vars)` holds.

    Unlike TF2's, it returns one loop variable alone, not in a list.

    Args:
        cond: Takes the loop variables, returns a bool scalar.
        body: Takes the loop variables, returns their next values.
        loop_vars: The first values.
        shape_invariants: The shapes that the loop variables keep in every round.
        parallel_iterations: Accepted for compatibility.
        back_prop: Whether gradients flow through the loop.
        swap_memory: Accepted for compatibility.
        name: A name for the node.
        maximum_iterations: The number of rounds after which the loop ends anyway.
        return_same_structure: Whether one loop variable comes back as it was given.
    """
    result = while_loop_v2(
        cond,
        body,
        loop_vars,
        shape_invariants=shape_invariants,
        back_prop=back_prop,
        maximum_iterations=maximum_iterations,
        name=name,
    )
    flat = nest.flatten(result)
    return flat[0] if len(flat) == 1 and not return_same_structure else result
