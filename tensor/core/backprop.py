"""The reverse walk: from targets back to sources over recorded calls.

Two ways through the same gradient rules. When nothing watches the backward pass itself,
it runs on bare NumPy arrays and pays for no wrapping. Otherwise (an outer tape, a graph
being traced, forward accumulators) it runs on tensors, so that it is recorded in turn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors
from tensor.core.call import ArraySpec, Call
from tensor.core.context import context
from tensor.core.dtypes import bfloat16
from tensor.core.indexed_slices import IndexedSlices
from tensor.core.tensor import EagerTensor, Tensor, wrap

if TYPE_CHECKING:
    from collections.abc import Iterable


def runs_on_arrays() -> bool:
    """Return whether nobody needs to see the backward pass as tensors."""
    return (
        not context.tapes
        and context.graph is None
        and not context.accumulators
        and context.numerics is None
    )


def backward(
    calls: list[Any],
    seeds: Iterable[tuple[int, Any]],
    sources: frozenset[int],
    releases: bool = False,
) -> dict[int, Any]:
    """Return the gradient for each source, by its number.

    Args:
        calls: The record, in the order in which the calls were made.
        seeds: Pairs of a target's number and the gradient that arrives there.
        sources: The numbers to differentiate with respect to.
        releases: Whether to take each call out of the record when it is done, so that
            its arrays are freed while the walk goes on.

    Returns:
        A gradient (array, tensor or IndexedSlices) for each source that the targets
        depend on.
    """
    plain = runs_on_arrays()
    by_id: dict[int, Any] = {}
    for number, dz in seeds:
        dz = unwrap_gradient(dz) if plain else dz
        by_id[number] = by_id[number] + dz if number in by_id else dz
    if plain:
        with np.errstate(all="ignore"):
            _walk(calls, by_id, sources, set(), releases)
    else:
        _walk(calls, by_id, sources, None, releases)
    return {n: g for n, g in by_id.items() if n in sources}


def _walk(  # noqa: C901  # spelt out: this loop runs once for every recorded op
    calls: list[Any],
    by_id: dict[int, Any],
    sources: frozenset[int],
    owned: set[int] | None,
    releases: bool,
) -> None:
    """Carry the gradients in `by_id` from the results of calls to their inputs.

    Args:
        calls: The record.
        by_id: The gradients so far, by number. What no call needs any more is removed.
        sources: The numbers whose gradients must stay.
        owned: In a walk on arrays, the numbers whose array may be added to in place;
            None in a walk on tensors.
        releases: Whether to take each call out of the record when it is done.
    """
    # bfloat16 is no dtype of NumPy's own: Python numbers would widen it to float32.
    may_be_bfloat16 = owned is not None and bfloat16.is_loaded
    for index in range(len(calls) - 1, -1, -1):
        call = calls[index]
        if releases:
            calls[index] = None
        op, wants, ids = call.op, call.wants, call.output_ids
        if len(ids) == 1:
            number = ids[0]
            dz = by_id.get(number) if number in sources else by_id.pop(number, None)
            if dz is None:
                continue
            if type(dz) is IndexedSlices and not op.takes_slices:
                dz = dz.to_dense()
            if may_be_bfloat16 and dz.dtype.kind == "V":
                results = _through_tensors(call, (dz,))
            else:
                view = call if owned is not None else tensor_view(call)
                results = op.gradient(view, dz)
        else:
            several = _arriving(call, by_id, sources)
            if several is None:
                continue
            if may_be_bfloat16 and several[0].dtype.kind == "V":
                results = _through_tensors(call, several)
            else:
                view = call if owned is not None else tensor_view(call)
                results = op.gradient(view, *several)
        if type(results) is not tuple:
            results = (results,)
        if len(results) != len(wants):
            raise _wrong_arity(call, results)
        for number, grad in zip(wants, results, strict=False):
            if number and grad is not None:
                if number in by_id:
                    _accumulate(by_id, number, grad, owned)
                else:
                    by_id[number] = grad


def _arriving(
    call: Call, by_id: dict[int, Any], sources: frozenset[int]
) -> tuple[Any, ...] | None:
    """Return the gradients that arrive at several results, None if none does."""
    found = [
        by_id.get(n) if n in sources else by_id.pop(n, None) for n in call.output_ids
    ]
    if all(g is None for g in found):
        return None
    return tuple(
        [
            zeros_like_spec(spec) if g is None else densify(g)
            for g, spec in zip(found, call.output, strict=True)
        ]
    )


def _accumulate(
    by_id: dict[int, Any], number: int, grad: Any, owned: set[int] | None
) -> None:
    """Add a gradient to the one that is there; in place if the sum is ours alone."""
    present = by_id[number]
    if isinstance(present, IndexedSlices) or isinstance(grad, IndexedSlices):
        by_id[number] = IndexedSlices.add(present, grad)
    elif owned is None or type(present) is not np.ndarray:
        by_id[number] = present + grad
    elif number in owned:
        np.add(present, grad, out=present)
    else:
        # The first sum makes an array of our own: `present` may be another input's
        # gradient too (z = x + y hands the same array to both).
        by_id[number] = present + grad
        owned.add(number)


def _wrong_arity(call: Call, results: tuple[Any, ...]) -> errors.OpError:
    return errors.because(
        errors.InternalError,
        f"{call.op.type_name}.gradient returned {len(results)} gradients for "
        f"{len(call.wants)} inputs. Return one for each, None "
        "where there is no path.",
    )


def _through_tensors(call: Call, dz: tuple[Any, ...]) -> Any:
    """Return a call's gradients as arrays, computed on tensors, which keep dtypes."""
    results = call.op.gradient(tensor_view(call), *[wrap_gradient(g) for g in dz])
    if type(results) is tuple:
        return tuple([unwrap_gradient(g) for g in results])
    return unwrap_gradient(results)


def tensor_view(call: Call) -> Call:
    """Return the call with tensors for arrays, under the same numbers."""
    inputs = tuple(
        _as_tensor(x, number) for x, number in zip(call.inputs, call.wants, strict=True)
    )
    output = call.output
    if call.op.keeps_output:
        if type(output) is tuple:
            output = tuple(
                _as_tensor(a, n) for a, n in zip(output, call.output_ids, strict=True)
            )
        else:
            output = _as_tensor(output, call.output_ids[0])
    return Call(call.op, inputs, output, call.attrs, call.wants, call.output_ids)


def _as_tensor(value: Any, number: int) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        tensor = wrap(value)
        tensor._track_id = number
        return tensor
    return value


def unwrap_gradient(value: Any) -> Any:
    """Return a gradient as the walk on arrays carries it."""
    if type(value) is EagerTensor:
        return value._array
    if isinstance(value, IndexedSlices):
        return value.map(unwrap_gradient)
    return value


def wrap_gradient(value: Any) -> Any:
    """Return a gradient as users see it: a tensor or IndexedSlices of tensors."""
    if isinstance(value, IndexedSlices):
        return value.map(wrap_gradient)
    if value is None or isinstance(value, Tensor):
        return value
    return wrap(value)


def densify(grad: Any) -> Any:
    """Return a gradient as one array or tensor."""
    return grad.to_dense() if isinstance(grad, IndexedSlices) else grad


def zeros_like_spec(spec: Any) -> Any:
    """Return zeros of the shape and dtype of an array, spec or tensor."""
    if isinstance(spec, np.ndarray | np.generic | ArraySpec):
        zeros = np.zeros(spec.shape, spec.dtype)
        return zeros if runs_on_arrays() else wrap(zeros)
    from tensor.core.registry import get_op

    return get_op("ZerosLike")(spec)
