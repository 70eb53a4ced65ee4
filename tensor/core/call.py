"""Call: what a tape remembers of one application of an op, and how it is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tensor.core.context import context
from tensor.core.tensor import Array, EagerTensor, Tensor, next_track_id

if TYPE_CHECKING:
    from tensor.core.registry import Op

# What stands for itself among an op's inputs: arrays, NumPy scalars, Python numbers.
PLAIN_TYPES: frozenset[type] = frozenset(
    [
        *(np.ndarray, bool, int, float, complex, bytes, np.bool_),
        *(t for t in np.sctypeDict.values() if issubclass(t, np.number)),
    ]
)

# Values up to this many bytes are kept in any case: describing them would cost more.
SMALL_BYTES = 1024


class ArraySpec:
    """Shape and dtype of an array whose value the gradient does not read."""

    __slots__ = ("dtype", "shape")

    def __init__(self, array: Array) -> None:
        self.shape: tuple[int, ...] = array.shape
        self.dtype: np.dtype[Any] = array.dtype

    def __repr__(self) -> str:
        return f"ArraySpec({self.shape}, {self.dtype})"


class Call(NamedTuple):
    """One application of an op, as gradients see it.

    A tuple, because making one takes a quarter of the time of an object with slots, and
    every recorded op makes one.

    Attributes:
        op: The op.
        inputs: The inputs, as arrays or tensors; those that the op does not keep
            have only shape and dtype.
        output: The result (a tuple when the op has several), likewise.
        attrs: The op's parameters.
        wants: For each input, a true value if its gradient is asked for: the number
            by which tapes know it, or 0.
        output_ids: The numbers by which tapes know the results.
    """

    op: Op
    inputs: tuple[Any, ...]
    output: Any
    attrs: dict[str, Any]
    wants: tuple[int, ...]
    output_ids: tuple[int, ...]


_new_tuple = tuple.__new__
_HEAVY_TYPES = frozenset((np.ndarray, ArraySpec))


def record(
    op: Op, inputs: tuple[Any, ...], arrays: Any, outputs: Any, attrs: dict[str, Any]
) -> None:
    """Note a call on every active tape that follows one of its inputs.

    Args:
        op: The op that was applied.
        inputs: What it was applied to; tensors or plain values.
        arrays: The same as arrays; symbolic tensors stand for themselves.
        outputs: The resulting tensor or tuple of tensors; they get their numbers here.
        attrs: The op's parameters.
    """
    tapes = context.tapes
    if len(tapes) == 1:
        wants = _followed(inputs, tapes[0].tracked)
        if wants is None:
            return
    else:
        ids = {0 if type(x) in PLAIN_TYPES else x._track_id for x in inputs}
        tapes = [t for t in tapes if not t.tracked.isdisjoint(ids)]
        if not tapes:
            return
        # What any of the tapes follows is wanted; each tape ignores what it does not.
        wants = _followed(inputs, set().union(*[t.tracked & ids for t in tapes]))
    if type(outputs) is EagerTensor:
        number = outputs._track_id = next_track_id()
        for tape in tapes:
            tape.tracked.add(number)
        array = outputs._array
        output = array if op.keeps_output else _lighten(array)
        output_ids: tuple[int, ...] = (number,)
    else:
        output, output_ids = _number_outputs(op, outputs)
        for tape in tapes:
            tape.tracked.update(output_ids)
    keeps = op.keeps_inputs
    if keeps is True or (type(output) not in _HEAVY_TYPES and op.kind == "elementwise"):
        kept = tuple(arrays)  # each of them, or nothing but scalars
    elif keeps is False:
        kept = tuple([_lighten(a) for a in arrays])
    else:
        kept = tuple([a if i in keeps else _lighten(a) for i, a in enumerate(arrays)])
    call = _new_tuple(Call, (op, kept, output, attrs, wants, output_ids))
    for tape in tapes:
        tape.calls.append(call)


def _followed(inputs: tuple[Any, ...], tracked: set[int]) -> Any:
    """Return for each input its number if it is tracked, else 0; None if none is."""
    if len(inputs) == 2:  # spelt out: most ops have two inputs or one
        x, y = inputs
        m = 0 if type(x) in PLAIN_TYPES else x._track_id
        n = 0 if type(y) in PLAIN_TYPES else y._track_id
        if m not in tracked:
            return (0, n) if n in tracked else None
        return (m, n if n in tracked else 0)
    if len(inputs) == 1:
        n = inputs[0]._track_id
        return (n,) if n in tracked else None
    ids = [0 if type(x) in PLAIN_TYPES else x._track_id for x in inputs]
    wants = tuple([n if n in tracked else 0 for n in ids])
    return wants if any(wants) else None


def _number_outputs(op: Op, outputs: Any) -> tuple[Any, tuple[int, ...]]:
    """Give numbers to several results, or to symbolic ones."""
    if type(outputs) is not tuple:
        outputs._track_id = next_track_id()
        return outputs, (outputs._track_id,)
    for output in outputs:
        output._track_id = next_track_id()
    return _output_for(op, outputs), tuple([z._track_id for z in outputs])


def _lighten(array: Any) -> Any:
    """Return a stand-in with shape and dtype for an array worth letting go of."""
    if type(array) is np.ndarray and array.nbytes > SMALL_BYTES:
        return ArraySpec(array)
    return array


def _output_for(op: Op, outputs: Any) -> Any:
    """Return what a record holds of the outputs: arrays, or their shape and dtype."""
    if type(outputs) is EagerTensor:
        array = outputs._array
        return array if op.keeps_output else _lighten(array)
    if type(outputs) is tuple:
        return tuple([_output_for(op, output) for output in outputs])
    return outputs


def as_array(value: Any) -> Any:
    """Return an eager tensor's array; anything else stands for itself."""
    return value._array if type(value) is EagerTensor else value


def is_symbolic(value: Any) -> bool:
    """Return whether `value` is a tensor without a value."""
    return isinstance(value, Tensor) and type(value) is not EagerTensor
