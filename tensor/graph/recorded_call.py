"""What a tape keeps of a call to a traced function, and how it differentiates it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from tensor.core.backprop import runs_on_arrays
from tensor.core.call import record
from tensor.core.context import context
from tensor.core.tensor import wrap
from tensor.graph.backward import (
    Derivative,
    differentiate,
    gradients_through,
    number_of,
    picked,
    stored,
)
from tensor.graph.control.replay import Replay, without_effects
from tensor.graph.inline import inline
from tensor.graph.program import Program, copied
from tensor.graph.runner import Runner
from tensor.graph.trace import Graph

if TYPE_CHECKING:
    from collections.abc import Sequence


class FunctionDerivative:
    """The forward and backward runs of a function for one choice of sources."""

    def __init__(
        self, derivative: Derivative, replay: Replay, sources: Sequence[int]
    ) -> None:
        self.derivative = derivative
        self._replay = replay
        self._sources = sources
        self._function: GradientFunction | None = None
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

    def as_function(self) -> GradientFunction:
        """Return the gradients as a function of the call's own inputs."""
        if self._function is None:
            self._function = GradientFunction(self._replay, self._sources)
        return self._function

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
        return FunctionDerivative(derivative, without_effects(program), sources)


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
        """Return the gradients by a function that outer tapes see and differentiate."""
        inputs = []
        for array, number in zip(self._arrays, wants, strict=False):
            tensor = wrap(array)
            tensor._track_id = number
            inputs.append(tensor)
        again = self._derivative.as_function()
        for value, found in zip(again.replay.recorded, self._recorded, strict=True):
            tensor = _as_tensors(found)
            if not isinstance(tensor, list):
                # Tapes know what was read from a variable by the variable's number.
                tensor._track_id = value.track_id
            inputs.append(tensor)
        return again([*inputs, *dz])


def _as_tensors(found: Any) -> Any:
    """Return what was recorded as a tensor, or a list of what it was in each round."""
    if isinstance(found, list):
        return [_as_tensors(value) for value in found]
    return wrap(found)


class GradientFunction:
    """The gradients of a call, by a program that can be differentiated in turn.

    It takes the inputs of the call's replay and the gradients that arrive, and runs the
    replay once more.
    """

    def __init__(self, replay: Replay, sources: Sequence[int]) -> None:
        self.replay = replay
        program = replay.program
        graph = Graph(f"{program.name}_gradient")
        with graph.traced():
            inputs = [graph.add_input(v.dims, v.dtype, "x") for v in program.inputs]
            dz = [graph.add_input(v.dims, v.dtype, "dz") for v in program.outputs]
            own = program.inputs[: len(inputs) - len(replay.recorded)]
            for tensor, value in zip(inputs, (*own, *replay.recorded), strict=True):
                tensor._track_id = value.track_id
            found = gradients_through(lambda: inline(program, inputs), sources, dz)
            parts: list[Any] = []
            self._structure = [stored(found.get(n), parts) for n in sources]
        self._program = graph.finish(parts)
        self._runner = Runner(self._program)
        self._derivatives = DerivativeCache(self._program, ())

    def __call__(self, inputs: Sequence[Any]) -> list[Any]:
        """Return one gradient for each source; active tapes see it as one op."""
        return picked(self._structure, self._parts(inputs))

    def _parts(self, inputs: Sequence[Any]) -> Sequence[Any]:
        if context.graph is not None or context.accumulators:
            return inline(self._program, inputs)
        tracked = set().union(*[tape.tracked for tape in context.tapes])
        arrays = [_as_arrays(x) for x in inputs]
        # Lists are what was recorded of loops. No tape knows them.
        known: list[Any] = [0 if isinstance(x, list) else x for x in inputs]
        wants = tuple([getattr(x, "_track_id", 0) in tracked for x in known])
        if not any(wants):
            return [wrap(a) for a in self._runner.run(arrays)]
        derivative = self._derivatives.get(wants)
        results = derivative.run_forward(arrays)
        count = len(self._program.outputs)
        outputs = tuple([wrap(a) for a in results[:count]])
        call = RecordedCall(derivative, arrays, results[count:])
        record(call, tuple(known), arrays, outputs, {})  # type: ignore[arg-type]
        return outputs


def _as_arrays(value: Any) -> Any:
    return [_as_arrays(v) for v in value] if isinstance(value, list) else value._array
