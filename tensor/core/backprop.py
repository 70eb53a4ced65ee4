"""The reverse walk: from targets back to sources over recorded calls.

Two ways through the same gradient rules. When nothing watches the backward pass itself,
it runs on bare NumPy arrays and pays for no wrapping. Otherwise (an outer tape, a graph
being traced, forward accumulators) it runs on tensors, so that it is recorded in turn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core.call import ArraySpec, Call
from tensor.core.context import context
from tensor.core.indexed_slices import IndexedSlices
from tensor.core.tensor import EagerTensor, Tensor, wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


def runs_on_arrays() -> bool:
    """Return whether nobody needs to see the backward pass as tensors."""
    return not context.tapes and context.graph is None and not context.accumulators


def backward(
    calls: Sequence[Call],
    seeds: Iterable[tuple[int, Any]],
    sources: frozenset[int],
    release: Callable[[int], None] | None = None,
) -> dict[int, Any]:
    """Return the gradient for each source, by its number.

    Args:
        calls: The record, in the order in which the calls were made.
        seeds: Pairs of a target's number and the gradient that arrives there.
        sources: The numbers to differentiate with respect to.
        release: Called with a call's index once nothing needs it any more, so that
            its arrays can be freed while the walk goes on.

    Returns:
        A gradient (array, tensor or IndexedSlices) for each source that the targets
        depend on.
    """
    plain = runs_on_arrays()
    grads = _Gradients(plain)
    for number, dz in seeds:
        grads.add(number, _unwrap(dz) if plain else dz)
    if plain:
        with np.errstate(all="ignore"):
            _walk(calls, grads, sources, _array_view, release)
    else:
        _walk(calls, grads, sources, _tensor_view, release)
    return {n: g for n, g in grads.by_id.items() if n in sources}


def _walk(
    calls: Sequence[Call],
    grads: _Gradients,
    sources: frozenset[int],
    view: Callable[[Call], Call],
    release: Callable[[int], None] | None,
) -> None:
    by_id = grads.by_id
    for index in range(len(calls) - 1, -1, -1):
        call = calls[index]
        dz: tuple[Any, ...]
        ids = call.output_ids
        if len(ids) == 1:
            number = ids[0]
            if number not in by_id:
                if release is not None:
                    release(index)
                continue
            dz = (by_id[number] if number in sources else grads.pop(number),)
        else:
            found = [by_id.get(n) if n in sources else grads.pop(n) for n in ids]
            if all(g is None for g in found):
                if release is not None:
                    release(index)
                continue
            dz = tuple(
                zeros_like_spec(spec) if g is None else g
                for g, spec in zip(found, call.output, strict=True)
            )
        if not call.op.takes_slices:
            dz = tuple([densify(g) for g in dz])
        results = call.op.gradient_of(view(call), dz)
        for number, grad in zip(call.wants, results, strict=True):
            if number and grad is not None:
                grads.add(number, grad)
        if release is not None:
            release(index)


class _Gradients:
    """Gradients by number; summed in place where the sum is ours alone."""

    __slots__ = ("by_id", "owned", "plain")

    def __init__(self, plain: bool) -> None:
        self.by_id: dict[int, Any] = {}
        self.owned: set[int] = set()
        self.plain = plain

    def pop(self, number: int) -> Any:
        self.owned.discard(number)
        return self.by_id.pop(number, None)

    def add(self, number: int, grad: Any) -> None:
        present = self.by_id.get(number)
        if present is None:
            self.by_id[number] = grad
        elif isinstance(present, IndexedSlices) or isinstance(grad, IndexedSlices):
            self.by_id[number] = IndexedSlices.add(present, grad)
        elif not self.plain:
            self.by_id[number] = present + grad
        elif number in self.owned and type(present) is np.ndarray:
            np.add(present, grad, out=present)
        else:
            # The first sum makes an array of our own: `present` may be another
            # input's gradient too (z = x + y hands the same array to both).
            self.by_id[number] = present + grad
            self.owned.add(number)


def _array_view(call: Call) -> Call:
    return call


def _tensor_view(call: Call) -> Call:
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


def _unwrap(value: Any) -> Any:
    if type(value) is EagerTensor:
        return value._array
    if isinstance(value, IndexedSlices):
        return value.map(_unwrap)
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
