"""`while` on symbolic tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core.context import context
from tensor.core.dtypes import int32
from tensor.core.tensor import EagerTensor, Tensor
from tensor.graph.autograph.carried import Carried, defined, newly_defined
from tensor.graph.autograph.options import LoopOptions
from tensor.graph.autograph.state import scalar_condition
from tensor.graph.control.assertion import assert_true
from tensor.graph.control.body import BodyGraph
from tensor.graph.control.structure import as_symbolic
from tensor.graph.control.while_loop import loop

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

State = tuple[Any, ...]


def while_(
    test: Callable[[], Any],
    body: Callable[[], None],
    get_state: Callable[[], State],
    set_state: Callable[[Any], None],
    names: Sequence[str],
    options: Callable[[], dict[str, Any]] | None = None,
) -> None:
    """Repeat a block while a condition holds.

    Args:
        test: Returns the condition.
        body: The block.
        get_state: Returns the values of the names that it assigns.
        set_state: Sets them.
        names: The names.
        options: Returns what the block gives to `set_loop_options`.

    Raises:
        NotImplementedError: The condition becomes a symbolic tensor in a later round.
    """
    holds = _probe(test)
    if isinstance(holds, Tensor) and type(holds) is not EagerTensor:
        access = Access(get_state, set_state, names)
        staged_while(test, body, access, LoopOptions.of(options))
        return
    while holds:
        body()
        holds = test()
        if isinstance(holds, Tensor) and type(holds) is not EagerTensor:
            raise NotImplementedError(
                "The condition of while loop started as non-Tensor, then changed to "
                "Tensor. This may happen either because variables changed type, or "
                "when a break or return statement inside the loop depends on a Tensor "
                "condition. In both cases, changing to a TF loop should remove the "
                "error: start with tensors, such as tf.constant(0)."
            )


def _probe(test: Callable[[], Any]) -> Any:
    """Return a condition, without leaving its ops in the graph being traced."""
    if context.graph is None:
        return test()
    with BodyGraph("probe").traced():
        return test()


class Access:
    """How to read and set the names that a block shares with its function."""

    def __init__(
        self,
        get: Callable[[], State],
        set: Callable[[Any], None],
        names: Sequence[str],
    ) -> None:
        self.get = get
        self.set = set
        self.names = names
        # Those that hold the numbers of a range: zeros if it is empty.
        self.iterates: Sequence[str] = ()


def staged_while(
    test: Callable[..., Any],
    body: Callable[..., None],
    access: Access,
    options: LoopOptions,
    counter: bool = False,
) -> None:
    """Add a loop to the graph; afterwards the names hold its results.

    Args:
        test: Returns the condition; takes the number of the round if `counter`.
        body: The block; likewise.
        access: The names that it assigns.
        options: What the user set for the loop.
        counter: Whether rounds are numbered.

    Raises:
        TypeError: A name changes its dtype or structure.
        ValueError: A name changes its shape, or has no value after the loop.
    """
    before = access.get()

    def probe(graph: BodyGraph) -> None:
        body(*([graph.add_input((), int32, "number")] if counter else []))

    filled = defined(before, access, probe, options)
    carried = Carried(filled, access.names)
    missing = [
        path
        for name, *values in zip(access.names, before, filled, strict=True)
        if name not in access.iterates
        for path in newly_defined(name, *values)
    ]
    numbered = counter or options.limit is not None or bool(missing)

    def go_on(*tensors: Any) -> Any:
        rounds, rest = (tensors[:1], tensors[1:]) if numbered else ((), tensors)
        access.set(carried.unpacked(rest))
        holds = as_symbolic(test(*rounds) if counter else test())
        holds = scalar_condition(holds, "while loop")
        if options.limit is None:
            return holds
        from tensor.ops.math import logical_and

        return logical_and(rounds[0] < options.limit, holds)

    def step(*tensors: Any) -> Sequence[Any]:
        rounds, rest = (tensors[:1], tensors[1:]) if numbered else ((), tensors)
        access.set(carried.unpacked(rest))
        if counter:
            body(*rounds)
        else:
            body()
        after = carried.after(access.get())
        return [rounds[0] + 1, *after] if numbered else after

    dims = carried.invariants(options)
    if options.relaxes:
        dims = carried.relaxed(dims, access, probe)
    initial = list(carried.tensors)
    check = carried.checker(numbered, dims)
    if numbered:
        dims, initial = [(), *dims], [as_symbolic(0), *initial]
    try:
        results = loop(go_on, step, initial, dims, "while", check)
    finally:
        access.set(before)
    if missing:
        text = f"loop must iterate at least once to initialize {', '.join(missing)}"
        assert_true(results[0] > 0, [text])
    access.set(carried.unpacked(results[1:] if numbered else results))
