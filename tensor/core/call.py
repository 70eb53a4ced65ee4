"""Call: what a tape remembers of one application of an op, and how it is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core.context import context
from tensor.core.tensor import Array, EagerTensor, Tensor, next_track_id

if TYPE_CHECKING:
    from tensor.core.registry import Op

# What stands for itself among an op's inputs: arrays, NumPy scalars, Python numbers.
PLAIN_TYPES: frozenset[type] = frozenset(
    (np.ndarray, bool, int, float, complex, bytes, np.bool_)
    + tuple(t for t in np.sctypeDict.values() if issubclass(t, np.number))
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


class Call:
    """One application of an op, as gradients see it.

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

    __slots__ = ("attrs", "inputs", "op", "output", "output_ids", "wants")

    def __init__(
        self,
        op: Op,
        inputs: tuple[Any, ...],
        output: Any,
        attrs: dict[str, Any],
        wants: tuple[int, ...],
        output_ids: tuple[int, ...],
    ) -> None:
        self.op = op
        self.inputs = inputs
        self.output = output
        self.attrs = attrs
        self.wants = wants
        self.output_ids = output_ids

    @property
    def x(self) -> Any:
        """The first input."""
        return self.inputs[0]


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
    wants: list[int] | None = None
    interested = []
    for tape in context.tapes:
        tracked = tape.tracked
        follows = False
        for i, x in enumerate(inputs):
            if type(x) not in PLAIN_TYPES and x._track_id in tracked:
                follows = True
                if wants is None:
                    wants = [0] * len(inputs)
                wants[i] = x._track_id
        if follows:
            interested.append(tape)
    if wants is None:
        return
    results = outputs if type(outputs) is tuple else (outputs,)
    for result in results:
        result._track_id = next_track_id()
    keeps = op.keeps_inputs
    if keeps is True:
        kept = tuple(arrays)
    else:
        kept = tuple(
            [
                a if keeps is not False and i in keeps else _lighten(a)
                for i, a in enumerate(arrays)
            ]
        )
    call = Call(
        op,
        kept,
        _output_for(op, outputs),
        attrs,
        tuple(wants),
        tuple([r._track_id for r in results]),
    )
    for tape in interested:
        tape.add(call)


def _lighten(array: Any) -> Any:
    """Return a stand-in with shape and dtype for an array worth letting go of."""
    if type(array) is np.ndarray and array.nbytes > SMALL_BYTES:
        return ArraySpec(array)
    return array


def _output_for(op: Op, outputs: Any) -> Any:
    """Return what a record holds of the outputs: arrays, or their shape and dtype."""
    if type(outputs) is tuple:
        return tuple([_output_for(op, output) for output in outputs])
    if type(outputs) is not EagerTensor:
        return outputs
    return outputs._array if op.keeps_output else _lighten(outputs._array)


def as_array(value: Any) -> Any:
    """Return an eager tensor's array; anything else stands for itself."""
    return value._array if type(value) is EagerTensor else value


def is_symbolic(value: Any) -> bool:
    """Return whether `value` is a tensor without a value."""
    return isinstance(value, Tensor) and type(value) is not EagerTensor
