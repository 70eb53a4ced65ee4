"""A parameter server's variables, and the optimizer's steps that it takes on them.

The store answers one request at a time, so every step is atomic. Steps arrive as
numbers of programs that the coordinator has handed over beforehand, with the gradients;
slot variables never leave the server. In synchronous training the gradients of a round
are kept apart by closure until the coordinator closes the round: they are averaged in
the order of the closures, whoever was faster, so the result does not depend on timing,
and what a lost worker left half done is dropped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from strategies.parameter_server.arrays import as_array, as_value
from strategies.parameter_server.codec import unpack
from tensor.core.tensor import wrap
from tensor.core.variable import Variable
from tensor.graph.runner import Runner

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dist.messages import Message

Arrays = "Sequence[np.ndarray]"


class Step:
    """One optimizer's step for one variable, as a program of this server.

    Attributes:
        gradient: which of its inputs are the gradient: none, one, or the values and
            the indices of slices.
    """

    def __init__(self, program: Any, variables: list[Variable], gradient: int) -> None:
        self._runner = Runner(program)
        self._variables = variables
        self.gradient = gradient

    def run(self, arrays: Sequence[np.ndarray]) -> None:
        """Take the step."""
        self._runner.run(arrays)
        for variable in self._variables:
            array = variable.read_array()
            if isinstance(array, np.ndarray) and array.base is not None:
                # It may lie in a client's memory, which changes when we have answered.
                variable.write_array("assign", np.array(array))


class ParameterStore:
    """The variables of one server, by number."""

    def __init__(self) -> None:
        self.variables: dict[int, Variable] = {}
        self._steps: dict[int, Step] = {}
        self._round: dict[int, dict[int, list[np.ndarray]]] = {}

    def answer(self, request: Message) -> tuple[dict[str, Any], Sequence[np.ndarray]]:
        """Do what is asked; `do` names the method."""
        return _METHODS[request.fields["do"]](self, request.fields, request.arrays) or (
            {},
            (),
        )

    # ---- variables

    def create(self, fields: Any, arrays: Any) -> None:
        """Make a variable; without an array, of zeros."""
        if arrays:
            array = np.array(arrays[0])
        else:
            dtype = unpack_dtype(fields["dtype"])
            array = np.zeros(fields["shape"], dtype)
        shape = fields["dims"] if fields["dims"] is None else tuple(fields["dims"])
        self.variables[fields["variable"]] = type.__call__(
            Variable,
            wrap(as_value(array)),
            trainable=False,
            name=fields["name"],
            shape=_tensor_shape(shape),
        )

    def forget(self, fields: Any, arrays: Any) -> None:
        """Let go of variables that the coordinator does not use any more."""
        for number in fields["variables"]:
            self.variables.pop(number, None)

    def pull(self, fields: Any, arrays: Any) -> Any:
        """Return the values of variables."""
        return {}, [as_array(self._array(n)) for n in fields["variables"]]

    def gather(self, fields: Any, arrays: Any) -> Any:
        """Return the rows of a variable that are asked for, and no others."""
        return {}, [np.take(self._array(fields["variable"]), arrays[0], axis=0)]

    def assign(self, fields: Any, arrays: Any) -> None:
        """Replace a value, add to it or subtract from it."""
        variable = self.variables[fields["variable"]]
        array = np.array(arrays[0])
        variable.write_array(fields["how"], as_value(array))

    def write_rows(self, fields: Any, arrays: Any) -> None:
        """Write rows where the indices point."""
        rows, *key = arrays
        combine = getattr(np, fields["combine"]) if fields["combine"] else None
        self.variables[fields["variable"]].write_rows(combine, tuple(key), rows)

    def write_slice(self, fields: Any, arrays: Any) -> None:
        """Write to a slice."""
        blob, array = arrays
        variable = self.variables[fields["variable"]]
        variable.write_slice(unpack(blob), fields["how"], np.array(array))

    # ---- the optimizer's steps

    def define(self, fields: Any, arrays: Any) -> None:
        """Take over the program of a step."""
        program, numbers = unpack(arrays[0], self._resolve)
        variables = [self.variables[n] for n in numbers]
        self._steps[fields["step"]] = Step(program, variables, fields["gradient"])

    def update(self, fields: Any, arrays: Any) -> None:
        """Take a step now or, in synchronous training, when its round is closed."""
        if "closure" in fields:
            kept = [np.array(a) for a in arrays]
            round_ = self._round.setdefault(fields["step"], {})
            round_[fields["closure"]] = kept
            return
        self._steps[fields["step"]].run([as_value(a) for a in arrays])

    def close_round(self, fields: Any, arrays: Any) -> None:
        """Take the round's steps with the gradients averaged over its closures."""
        closures, self._round, round_ = fields["closures"], {}, self._round
        for number in sorted(round_):
            parts = [round_[number][c] for c in closures if c in round_[number]]
            if parts:
                step = self._steps[number]
                inputs = _averaged(parts, step.gradient)
                step.run([as_value(a) for a in inputs])

    def drop_closure(self, fields: Any, arrays: Any) -> None:
        """Forget what a lost worker left of a closure, which will run again."""
        for round_ in self._round.values():
            round_.pop(fields["closure"], None)

    def nothing(self, fields: Any, arrays: Any) -> None:
        """Answer: the server lives."""

    def _array(self, number: int) -> Any:
        return self.variables[number].read_array()

    def _resolve(self, shipped: tuple[str, Any]) -> Variable:
        return self.variables[shipped[1]["variable"]]


_METHODS = {
    name: getattr(ParameterStore, name)
    for name in (
        *("create", "forget", "pull", "gather", "assign", "write_rows", "write_slice"),
        *("define", "update", "close_round", "drop_closure", "nothing"),
    )
}


def _averaged(parts: list[list[np.ndarray]], gradient: int) -> list[np.ndarray]:
    """Return a step's inputs with the mean of the closures' gradients.

    Slices are joined, and those of equal index added up. The inputs that are no
    gradients, such as a learning rate, are those of the first closure.
    """
    first = parts[0]
    if len(parts) == 1 or not gradient:
        return first
    if gradient == 1:
        total = first[0].copy()
        for part in parts[1:]:
            total += part[0]
        return [total / np.asarray(len(parts), total.dtype), *first[1:]]
    values = np.concatenate([part[0] for part in parts])
    indices, places = np.unique(
        np.concatenate([part[1] for part in parts]), return_inverse=True
    )
    rows = np.zeros((len(indices), *values.shape[1:]), values.dtype)
    np.add.at(rows, places, values)
    return [rows / np.asarray(len(parts), rows.dtype), indices, *first[2:]]


def unpack_dtype(name: str) -> np.dtype[Any]:
    """Return the dtype of an array by TensorFlow's name."""
    from tensor.core import dtypes

    return dtypes.as_dtype(name).numpy_dtype


def _tensor_shape(dims: Any) -> Any:
    from tensor.core.shapes import TensorShape

    return TensorShape(dims)
