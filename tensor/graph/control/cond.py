"""tf.cond, tf.case, tf.switch_case: branches as functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors, nest
from tensor.core.context import context
from tensor.core.convert import convert
from tensor.core.name_scope import name_scope
from tensor.core.public_api import export, names_in
from tensor.core.registry import get_op
from tensor.core.tensor import EagerTensor
from tensor.graph.control.assertion import assert_true
from tensor.graph.control.body import (
    BodyGraph,
    after_node,
    captured_by,
    reserved_name,
)
from tensor.graph.control.conditional import case_op
from tensor.graph.control.structure import as_symbolic, flat_tensors, packed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def as_condition(tensor: Any) -> Any:
    """Return a symbolic scalar as a bool: numbers are true unless they are 0."""
    if tensor.dtype.is_bool:
        return tensor
    return get_op("NotEqual")(tensor, as_symbolic(0, tensor.dtype))


def choose(
    index: Any,
    functions: Sequence[Callable[[], Any]],
    names: Any,
    node_name: str = "cond",
) -> Any:
    """Return the result of one of the functions; a node, for a symbolic index.

    Args:
        index: A tensor: an integer, or a bool of which true chooses the first.
        functions: The branches; they return the same nested structure.
        names: What to call the branches in messages.
        node_name: A name for the node.

    Raises:
        TypeError: The branches return different structures or dtypes.
    """
    bodies, structures, flats = [], [], []
    scope = reserved_name(node_name)
    for function, name in zip(functions, names, strict=True):
        body = BodyGraph(name, scope)
        with body.traced():
            result = function()
            flat = flat_tensors(result)
        bodies.append(body)
        structures.append(result)
        flats.append(flat)
    _check_alike(structures, flats, names)
    outputs = emit(
        index, bodies, [[t for t in flat if t is not None] for flat in flats]
    )
    tensors = iter(outputs)
    leaves = [None if t is None else next(tensors) for t in flats[0]]
    return packed(structures[0], leaves)


def emit(index: Any, bodies: Sequence[BodyGraph], outputs: Any) -> Sequence[Any]:
    """Add the node for branches that have been traced; return its results."""
    captured = captured_by(*bodies)
    branches = tuple(
        [b.program(out, captured) for b, out in zip(bodies, outputs, strict=True)]
    )
    results = context.graph.call_op(
        case_op,
        (index, *captured),
        {"branches": branches, "count": len(branches[0].outputs)},
        f"{bodies[0].scope}/" if bodies[0].scope else "cond",
    )
    after_node(bodies)
    for i, result in enumerate(results):
        # As TensorFlow names them, whose results pass through identities.
        number = f"_{i}" if i else ""
        result._value.name = f"{result._value.node.name}/Identity{number}:0"
    return results  # type: ignore[no-any-return]


def _check_alike(structures: list[Any], flats: list[list[Any]], names: Any) -> None:
    for structure, flat, name in zip(structures[1:], flats[1:], names[1:], strict=True):
        try:
            nest.assert_same_structure(structures[0], structure, expand_composites=True)
        except (TypeError, ValueError) as error:
            raise TypeError(
                f"{names[0]} and {name} arguments to tf.cond must have the same "
                f"number, type, and overall structure of return values.\n{error}"
            ) from None
        for first, other in zip(flats[0], flat, strict=True):
            if getattr(first, "dtype", None) is not getattr(other, "dtype", None):
                raise TypeError(
                    f"{names[0]} and {name} arguments to tf.cond must have the same "
                    f"number, type, and overall structure of return values. {names[0]} "
                    f"output: {first!r}, {name} output: {other!r}"
                )


@export("cond")
def cond(
    pred: Any = None,
    true_fn: Any = None,
    false_fn: Any = None,
    name: str | None = None,
) -> Any:
    """Return `true_fn()` if the predicate is true, else `false_fn()`.

    In a traced function both are traced, and one of them runs.

    Raises:
        TypeError: A branch is not callable, or they return different structures.
    """
    if not callable(true_fn):
        raise TypeError(
            f"'true_fn' must be callable. Got {true_fn!r}; pass a function without "
            "arguments."
        )
    if not callable(false_fn):
        raise TypeError(
            f"'false_fn' must be callable. Got {false_fn!r}; pass a function without "
            "arguments."
        )
    if isinstance(pred, bool | np.bool_ | int):
        return true_fn() if pred else false_fn()
    pred = convert(pred)
    if type(pred) is EagerTensor:
        return true_fn() if bool(pred) else false_fn()
    names = ("true_fn", "false_fn")
    return choose(as_condition(pred), (true_fn, false_fn), names, name or "cond")


@export("switch_case")
def switch_case(
    branch_index: Any, branch_fns: Any, default: Any = None, name: str = "switch_case"
) -> Any:
    """Return the result of the branch of this number; of `default` if there is none.

    Args:
        branch_index: An int32 scalar.
        branch_fns: Functions, in order; or pairs of an index and a function; or a dict.
        default: Called for an index that has no branch; the last branch by default.
        name: A name for the node.

    Raises:
        TypeError: `branch_fns` holds something else than functions.
        ValueError: Two branches have one index, or indices leave gaps.
    """
    functions = _branches(branch_fns, default)
    branch_index = convert(branch_index)
    if branch_index.dtype is not dtypes.int32:
        raise TypeError(
            f"'branch_index' must be an integer Tensor, got {branch_index.dtype}"
        )
    if type(branch_index) is EagerTensor:
        number = int(branch_index)
        inside = 0 <= number < len(functions)
        return functions[number if inside else len(functions) - 1]()
    names = [f"branch {i}" for i in range(len(functions))]
    with name_scope(name or "switch_case"):
        return choose(branch_index, functions, names, "indexed_case")


def _branches(branch_fns: Any, default: Any) -> list[Any]:
    if isinstance(branch_fns, dict):
        branch_fns = sorted(branch_fns.items())
    functions = list(branch_fns)
    if not functions:
        raise ValueError(
            f"Must provide at least one item in 'branch_fns', got {branch_fns!r}."
        )
    if not all(callable(f) for f in functions):
        for pair in functions:
            if not isinstance(pair, tuple) or len(pair) != 2:
                raise TypeError(
                    f"Each entry in 'branch_fns' must be a 2-tuple. Received {pair}."
                )
        keys = sorted(int(index) for index, _ in functions)
        if keys != list(range(len(functions))):
            raise ValueError(
                "branch indices (keys) must form contiguous range of [0 to "
                f"{len(functions)}) but found {{{','.join(map(str, keys))}}}"
            )
        functions = [f for _, f in sorted(functions, key=lambda pair: int(pair[0]))]
    if not all(callable(f) for f in functions):
        at = next(i for i, f in enumerate(functions) if not callable(f))
        raise TypeError(
            f"fn for key {at} must be callable. Got {functions[at]!r}; a function "
            "without arguments was expected."
        )
    return [*functions, default] if default is not None else functions


@export("case")
def case(
    pred_fn_pairs: Any,
    default: Any = None,
    exclusive: bool = False,
    strict: bool = False,
    name: str = "case",
) -> Any:
    """Return the result of the first function whose predicate is true.

    Args:
        pred_fn_pairs: Pairs of a bool scalar and a function.
        default: Called if no predicate is true.
        exclusive: Whether more than one true predicate is an error.
        strict: Accepted for compatibility.
        name: A name for the nodes.

    Raises:
        TypeError: Not pairs, a predicate that is no bool, or a function that is none.
        ValueError: There are no pairs.
        InvalidArgumentError: No predicate is true and there is no default, or several
            are and `exclusive` is set.
    """
    if not isinstance(pred_fn_pairs, list | tuple | dict):
        raise TypeError(
            "'pred_fn_pairs' must be a list, tuple, or dict. Received: "
            f"{type(pred_fn_pairs)}"
        )
    pairs = list(
        pred_fn_pairs.items() if isinstance(pred_fn_pairs, dict) else pred_fn_pairs
    )
    _check_pairs(pairs, default)
    pairs = [(p.deref() if hasattr(p, "deref") else p, f) for p, f in pairs]
    if exclusive:
        _check_exclusive([convert(predicate) for predicate, _ in pairs])

    def rest(i: int) -> Any:
        if i == len(pairs):
            return default() if default is not None else none_is_true()
        predicate, function = pairs[i]
        if default is None and i == len(pairs) - 1:
            predicate = convert(predicate)
            if type(predicate) is not EagerTensor:
                assert_true(predicate, [_NONE_IS_TRUE])
                return function()
        return cond(predicate, function, lambda: rest(i + 1))

    def none_is_true() -> Any:
        raise errors.because(errors.InvalidArgumentError, _NONE_IS_TRUE)

    with name_scope(name or "case"):
        return rest(0)


_NONE_IS_TRUE = (
    "Input error: None of conditions evaluated as True: tf.case has no default."
)


def _check_exclusive(predicates: list[Any]) -> None:
    """Check that at most one predicate is true: now, or when the graph runs."""
    symbolic = any(type(p) is not EagerTensor for p in predicates)
    names = ", ".join(getattr(p, "name", "?") if symbolic else "?" for p in predicates)
    message = (
        "Input error: exclusive=True: more than 1 conditions "
        f"({names}) evaluated as True:"
    )
    if symbolic:
        ops = names_in("")
        stacked = ops["stack"](predicates)
        count = ops["reduce_sum"](ops["cast"](stacked, dtypes.int32))
        assert_true(count <= 1, [message, stacked])
    elif sum(bool(p) for p in predicates) > 1:
        found = ", ".join(str(bool(p)) for p in predicates)
        raise errors.because(errors.InvalidArgumentError, f"{message} {found}")


def _check_pairs(pairs: list[Any], default: Any) -> None:
    if not pairs:
        raise ValueError(f"`pred_fn_pairs` must be a non-empty list. Got {pairs!r}.")
    for pair in pairs:
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise TypeError(
                f"Each entry in 'pred_fn_pairs' must be a 2-tuple. Received {pair}."
            )
        if not callable(pair[1]):
            raise TypeError(
                f"The function of a pair must be callable, got {pair[1]!r}."
            )
    if default is not None and not callable(default):
        raise TypeError(
            f"default must be callable. Got {default!r}; pass a function without "
            "arguments."
        )
