"""What a tape keeps of a call to a traced function, and how it differentiates it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from tensor.core.backprop import backward, runs_on_arrays
from tensor.core.context import context
from tensor.core.tape import Tape
from tensor.core.tensor import wrap
from tensor.graph.backward import Derivative, differentiate, number_of
from tensor.graph.control.replay import Replay, without_effects
from tensor.graph.inline import inline
from tensor.graph.program import Program, copied
from tensor.graph.runner import Runner

if TYPE_CHECKING:
    from collections.abc import Sequence


class FunctionDerivative:
    """The forward and backward runs of a function for one choice of sources."""

    def __init__(self, derivative: Derivative, replay: Replay) -> None:
        self.derivative = derivative
        # To differentiate twice, this runs instead of the function itself.
        self.replay = replay
        forward = derivative.forward
        self._forward = Runner(
            Program(
                forward.inputs,
                forward.nodes,
                (*forward.outputs, *replay.recorded),
                forward.name,
            )
        )
        self._backward = Runner(derivative.backward)

    def run_forward(self, arrays: Sequence[Any]) -> tuple[Any, ...]:
        """Return the outputs, the saved values, and what the replay needs."""
        return self._forward.run(arrays)

    def run_backward(self, dz: Sequence[Any], saved: Sequence[Any]) -> list[Any]:
        """Return the gradients of the sources that were asked for."""
        return self.derivative.gradients(self._backward.run([*dz, *saved]))


class DerivativeCache:
    """The derivatives of one function, by which inputs are differentiated."""

    def __init__(self, program: Program, variables: Sequence[Any]) -> None:
        self._program = program
        self._variables = variables
        self._found: dict[tuple[bool, ...], FunctionDerivative] = {}
        self._lock = threading.RLock()

    def get(self, wants: tuple[bool, ...]) -> FunctionDerivative:
        """Return the derivative with respect to the inputs and variables in `wants`."""
        found = self._found.get(wants)
        if found is None:
            with self._lock:
                found = self._found.get(wants)
                if found is None:
                    found = self._found[wants] = self._make(wants)
        return found

    def _make(self, wants: tuple[bool, ...]) -> FunctionDerivative:
        program = copied(self._program)
        numbers = [number_of(v) for v in program.inputs]
        numbers += [v._track_id for v in self._variables]
        sources = [n for n, wanted in zip(numbers, wants, strict=True) if wanted]
        seeded = [True] * len(program.outputs)
        derivative = differentiate(program, sources, seeded)
        return FunctionDerivative(derivative, without_effects(program))


class RecordedCall:
    """One call of a function, in the place of an op on a tape."""

    type_name = "PartitionedCall"
    kind = "other"
    keeps_inputs = False
    keeps_output = False
    takes_slices = False
    is_differentiable = True

    def __init__(
        self, derivative: FunctionDerivative, arrays: Sequence[Any], rest: Sequence[Any]
    ) -> None:
        count = len(derivative.derivative.saved)
        self._derivative = derivative
        self._arrays = arrays
        self._saved = rest[:count]
        self._recorded = rest[count:]

    def gradient(self, call: Any, *dz: Any) -> tuple[Any, ...]:
        """Return one gradient per argument, capture and variable of the function."""
        if runs_on_arrays():
            found = iter(self._derivative.run_backward(dz, self._saved))
        else:
            found = iter(self._gradient_on_tensors(call.wants, dz))
        return tuple([next(found) if number else None for number in call.wants])

    def _gradient_on_tensors(self, wants: Any, dz: Sequence[Any]) -> list[Any]:
        """Differentiate op by op, so that outer tapes see every step."""
        replay = self._derivative.replay
        arguments = []
        for array, number in zip(self._arrays, wants, strict=False):
            tensor = wrap(array)
            tensor._track_id = number
            arguments.append(tensor)
        for value, found in zip(replay.recorded, self._recorded, strict=True):
            tensor = _as_tensors(found)
            if not isinstance(tensor, list):
                # Tapes know what was read from a variable by the variable's number.
                tensor._track_id = value.track_id
            arguments.append(tensor)
        sources = [number for number in wants if number]
        tape = Tape()
        tape.tracked.update(sources)
        context.tapes.append(tape)
        try:
            outputs = inline(replay.program, arguments)
        finally:
            context.tapes.remove(tape)
        seeds = [
            (t._track_id, g)
            for t, g in zip(outputs, dz, strict=True)
            if t._track_id in tape.tracked
        ]
        found = backward(tape.calls, seeds, frozenset(sources))
        # An argument that occurs twice has one number, and one gradient.
        return [found.pop(number, None) for number in sources]


def _as_tensors(found: Any) -> Any:
    """Return what was recorded as a tensor, or a list of what it was in each round."""
    if isinstance(found, list):
        return [_as_tensors(value) for value in found]
    return wrap(found)
