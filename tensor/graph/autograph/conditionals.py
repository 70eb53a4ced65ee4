"""`if` on symbolic tensors: both branches are traced, one of them runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tensor.core.convert import convert
from tensor.core.tensor import EagerTensor, Tensor
from tensor.graph.autograph.state import (
    is_dynamic,
    leaves_of,
    packed_like,
    renewed,
    same_structure,
    scalar_condition,
    symbolic,
    zero_like,
)
from tensor.graph.autograph.undefined import (
    GuardedReturnValue,
    Undefined,
    UndefinedReturnValue,
)
from tensor.graph.control.body import BodyGraph, reserved_name
from tensor.graph.control.cond import emit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_BRANCHES = ("main", "else")


def if_(
    test: Any,
    body: Callable[[], None],
    orelse: Callable[[], None],
    get_state: Callable[[], tuple[Any, ...]],
    set_state: Callable[[Any], None],
    names: Sequence[str],
    count: int,
) -> None:
    """Run one of two blocks.

    Args:
        test: The condition.
        body: The block to run if it is true.
        orelse: The block to run if it is not.
        get_state: Returns the values of the names that the blocks assign.
        set_state: Sets them.
        names: The names.
        count: How many of them, from the first, are read afterwards.

    Raises:
        ValueError: The blocks delete a name.
    """
    if not isinstance(test, Tensor) or type(test) is EagerTensor:
        if test:
            body()
        else:
            orelse()
        return
    test = scalar_condition(test, "if statement")
    before = get_state()
    bodies, results = [], []
    scope = reserved_name("cond")
    for block, name in ((body, "cond_true"), (orelse, "cond_false")):
        graph = BodyGraph(name, scope)
        with graph.traced():
            set_state(tuple([renewed(v) for v in before]))
            block()
            results.append(get_state()[:count])
        bodies.append(graph)
    for name, old, *new in zip(names, before, *results, strict=False):
        if not isinstance(old, Undefined) and all(
            isinstance(v, Undefined) for v in new
        ):
            raise _missing(name, _BRANCHES[0], *new)
    set_state((*_joined(test, bodies, results, names), *before[count:]))


def staged_choice(
    test: Any, body: Callable[[], Any], orelse: Callable[[], Any], text: str
) -> Any:
    """Return `body()` or `orelse()`, which may be any nested structure.

    Args:
        test: The condition.
        body: Returns the value if it is true.
        orelse: Returns the value if it is not.
        text: The condition as the user wrote it.
    """
    test = scalar_condition(test, "conditional expression")
    bodies, results = [], []
    scope = reserved_name("cond")
    for function, name in ((body, "cond_true"), (orelse, "cond_false")):
        graph = BodyGraph(name, scope)
        with graph.traced():
            results.append((function(),))
        bodies.append(graph)
    return _joined(test, bodies, results, [text])[0]


def _joined(
    test: Any,
    bodies: Sequence[BodyGraph],
    results: Sequence[tuple[Any, ...]],
    names: Sequence[str],
) -> list[Any]:
    """Return the names' values after a conditional, whichever branch will run."""
    plans = [
        _plan(name, *values)
        for name, values in zip(names, zip(*results, strict=True), strict=False)
    ]
    outputs: list[list[Any]] = [[], []]
    for name, plan in zip(names, plans, strict=False):
        pairs = [pair for pair in plan if pair is not None]
        for i, graph in enumerate(bodies):
            with graph.traced():
                for pair in pairs:
                    outputs[i].append(symbolic(pair[i], pair[1 - i]))
        last = [out[len(out) - len(pairs) :] for out in outputs]
        for a, b in zip(*last, strict=True):
            if a.dtype is not b.dtype:
                raise TypeError(
                    f"{name!r} has dtype {a.dtype.name} in the main branch, but dtype "
                    f"{b.dtype.name} in the else branch"
                )
    tensors = iter(emit(convert(test), bodies, outputs))
    joined = []
    for plan, *values in zip(plans, *results, strict=False):
        value = values[1] if isinstance(values[0], GuardedReturnValue) else values[0]
        leaves = leaves_of(value)
        joined.append(
            packed_like(
                value,
                [
                    leaf if pair is None else next(tensors)
                    for leaf, pair in zip(leaves, plan, strict=True)
                ],
            )
        )
    return joined


def _plan(name: str, first: Any, second: Any) -> list[Any]:
    """Return for each leaf the pair of its values, or None if it needs no tensor.

    Raises:
        ValueError: The name has a value after one of the branches only.
        TypeError: It holds different structures, or objects that are no tensors.
    """
    undefined = [isinstance(v, Undefined) for v in (first, second)]
    if any(undefined):
        if all(undefined):
            return [None]
        filled = _filled(first, second)
        if filled is not None:
            return filled
        raise _missing(name, _BRANCHES[0 if undefined[0] else 1], first, second)
    if not same_structure(first, second):
        _check_keys(name, first, second)
        raise TypeError(
            f"{name!r} must have the same nested structure in the main and else "
            f"branches, got {first!r} and {second!r}."
        )
    plan: list[Any] = []
    for a, b in zip(leaves_of(first), leaves_of(second), strict=True):
        if a is b and not is_dynamic(a):
            plan.append(None)
        elif is_dynamic(a) and is_dynamic(b):
            plan.append((a, b))
        elif _equal(a, b):
            plan.append(None)
        elif a is None or b is None:
            raise _none(name, a, b)
        else:
            plan.append(_as_tensors(name, a, b))
    return plan


def _check_keys(name: str, first: Any, second: Any) -> None:
    """Check that dictionaries have the same keys after both branches.

    Raises:
        ValueError: One of the branches does not set a key that the other sets.
    """
    if not isinstance(first, Mapping) or not isinstance(second, Mapping):
        return
    for key in [*first, *second]:
        path = f"{name}[{key!r}]"
        if key in first and key in second:
            _check_keys(path, first[key], second[key])
            continue
        branch = _BRANCHES[1 if key in first else 0]
        raise ValueError(
            f"'{path}' must also be initialized in the {branch} branch: the `if` "
            "depends on a tensor."
        )


def _filled(first: Any, second: Any) -> list[Any] | None:
    """Return the plan for a `return` value that a flag guards, None for other names.

    Where the function goes on, nobody reads it: zeros stand for it.
    """
    if isinstance(first, GuardedReturnValue):
        return [(zero_like(leaf), leaf) for leaf in leaves_of(second)]
    if isinstance(second, GuardedReturnValue):
        return [(leaf, zero_like(leaf)) for leaf in leaves_of(first)]
    return None


def _equal(a: Any, b: Any) -> bool:
    return type(a) is type(b) and isinstance(a, str | bytes) and a == b


def _as_tensors(name: str, a: Any, b: Any) -> Any:
    if all(
        isinstance(v, str | bytes) or hasattr(v, "read_for_op") or is_dynamic(v)
        for v in (a, b)
    ):
        return a, b
    raise TypeError(
        f"{name!r} is {a!r} after the main branch and {b!r} after the else branch of "
        "an `if` that depends on a tensor. Only tensors and numbers may differ."
    )


def _missing(name: str, branch: str, first: Any, second: Any) -> ValueError:
    if isinstance(first, UndefinedReturnValue) or isinstance(
        second, UndefinedReturnValue
    ):
        return ValueError(
            f"the {branch} branch must also have a return statement. If a value is "
            "returned from one branch of a conditional a value must be returned from "
            "all branches."
        )
    return ValueError(
        f"{name!r} must also be initialized in the {branch} branch: the `if` depends "
        "on a tensor, and the name is read afterwards."
    )


def _none(name: str, a: Any, b: Any) -> Exception:
    branch = _BRANCHES[0 if a is None else 1]
    if name == "retval_":
        return ValueError(
            f"A value must also be returned from the {branch} branch. If a value is "
            "returned from one branch of a conditional a value must be returned from "
            "all branches."
        )
    return ValueError(f"{name!r} is None at the end of the {branch} branch.")
