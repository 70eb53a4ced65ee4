"""Which shapes fit together in a scatter: updates have one slice per index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core import errors
from tensor.core.shapes import are_compatible, to_brackets

if TYPE_CHECKING:
    from tensor.core.shapes import Dims


def check_updates(shape: Any, indices: Any, updates: Any, op_type: str) -> None:
    """Check that updates have one slice per index.

    Raises:
        InvalidArgumentError: They have not.
    """
    if len(indices) == 0:
        text = "Indices shape must have rank at least one. Found:[]"
        raise errors.invalid(op_type, text)
    if len(updates) == 0:
        text = "Updates shape must have rank at least one. Found:[]"
        raise errors.invalid(op_type, text)
    if 0 in shape and 0 not in indices and 0 not in updates:
        raise errors.invalid(
            op_type,
            "Indices and updates specified for empty output. indices shape: "
            f"{to_brackets(indices)}",
        )
    depth = indices[-1]
    if depth > len(shape):
        raise errors.invalid(
            op_type,
            "index innermost dimension length must be <= tensor rank; saw: "
            f"{depth} vs. {len(shape)}",
        )
    if tuple(updates) == (*indices[:-1], *shape[depth:]):
        return
    raise errors.invalid(op_type, _misfit(shape, indices, updates, op_type))


def check_static_updates(
    shape: Dims | None, indices: Dims | None, updates: Dims | None
) -> None:
    """Check what is known of shapes: updates must have one slice per index.

    Raises:
        ValueError: They have not.
    """
    if not indices or not updates:
        return
    batch, depth = len(indices) - 1, indices[-1]
    pairs = [("indices", indices[:-1], updates[:batch], f"[0,{batch})", indices)]
    if shape is not None and depth is not None:
        rows = f"[{depth},{len(shape)})"
        pairs.append(("input", shape[depth:], updates[batch:], rows, shape))
    for name, expected, given, where_, whole in pairs:
        if are_compatible(expected, given):
            continue
        at = f"[{batch},{len(updates)})" if name == "input" else where_
        raise ValueError(
            f"Dimensions {where_} of {name}[shape={to_brackets(whole)}] = "
            f"{to_brackets(expected)} must match dimensions {at} of updates[shape="
            f"{to_brackets(updates)}] = {to_brackets(given)}"
        )


def _misfit(shape: Any, indices: Any, updates: Any, op_type: str) -> str:
    """Return what is wrong with updates that have not one slice per index."""
    batch, depth = len(indices) - 1, indices[-1]
    expected = (
        f"Expected updates of shape {to_brackets((*indices[:-1], *shape[depth:]))}"
    )
    outer_fits = tuple(updates[:batch]) == tuple(indices[:-1])
    if op_type != "ScatterNd":
        if outer_fits:
            return (
                "Inner dimensions of output shape must match inner dimensions of "
                f"updates shape. Output: {to_brackets(shape)} updates: "
                f"{to_brackets(updates)}. {expected}"
            )
        return (
            "Outer dimensions of indices and update must match. Indices shape: "
            f"{to_brackets(indices)}, updates shape:{to_brackets(updates)}. {expected}"
        )
    first, size, given = f"[0,{batch})", batch, f"indices[shape={to_brackets(indices)}]"
    if outer_fits:
        first, given = f"[{depth},{len(shape)})", f"input[shape={to_brackets(shape)}]"
        size = len(updates)
    at = f"[{batch},{size})" if outer_fits else first
    return (
        f"Dimensions {first} of {given} must match dimensions {at} of "
        f"updates[shape={to_brackets(updates)}]. {expected}"
    )
