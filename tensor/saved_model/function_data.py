"""Saved functions: the parameters and traces of a `tf.function` as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import nest
from tensor.core.indexed_slices import CompositeTensor
from tensor.core.tensor import EagerTensor
from tensor.core.tensor_spec import TypeSpec
from tensor.graph.concrete import ConcreteFunction
from tensor.graph.dynamic_index import Slot
from tensor.saved_model.program_data import Parts, is_simple

if TYPE_CHECKING:
    import inspect
    from collections.abc import Iterator

    from tensor.saved_model.program_data import Writer


def traces_of(function: Any) -> list[ConcreteFunction]:
    """Return the traces to save; one is made if the signature is known."""
    if isinstance(function, ConcreteFunction):
        return [function]
    if function.input_signature is not None and not function.concrete_functions:
        function.get_concrete_function()
    return function.concrete_functions  # type: ignore[no-any-return]


def write_function(function: Any, writer: Writer) -> Any:
    """Return a function as JSON."""
    is_concrete = isinstance(function, ConcreteFunction)
    known = function.python_parameters if is_concrete else function.function_spec
    return {
        "parameters": writer.encode(_parameters(known.signature)),
        "is_concrete": is_concrete,
        "traces": [_write_trace(trace, writer) for trace in traces_of(function)],
    }


def _write_trace(concrete: ConcreteFunction, writer: Writer) -> Any:
    """Return a trace as JSON.

    Raises:
        ValueError: It takes in values at call time.
    """
    if concrete.graph.call_time:
        raise ValueError(
            f"The function {concrete.graph.name!r} takes in values at call time, "
            "from closures that are not saved. Pass them as arguments."
        )
    return {
        "name": concrete.graph.name,
        "signature": writer.encode(plain(concrete.structured_input_signature)),
        "program": writer.program(concrete.program),
        "captures": [writer.encode(t) for t in concrete.captured_tensors],
        "outputs": writer.encode(_with_slots(concrete.structured_outputs)),
    }


def _parameters(signature: inspect.Signature) -> list[Any]:
    """Return name, kind and, in a list, the default value if any of parameters."""
    return [
        [p.name, p.kind.name, [] if p.default is p.empty else [plain(p.default)]]
        for p in signature.parameters.values()
    ]


def _with_slots(structure: Any) -> Any:
    """Return a structure of results with the numbers of the tensors in their places."""
    count = 0

    def slots(value: Any) -> Iterator[Slot]:
        nonlocal count
        for _ in nest.flatten(value, True):
            yield Slot(count)
            count += 1

    def leaf(value: Any) -> Any:
        if value is None:
            return None
        found = list(slots(value))
        if isinstance(value, CompositeTensor):
            return Parts(value._type_spec, found)  # type: ignore[attr-defined]
        return found[0]

    return nest.map_structure(leaf, structure)


def filled(structure: Any, results: list[Any]) -> Any:
    """Return a structure of results with the tensors in their places."""

    def leaf(value: Any) -> Any:
        if isinstance(value, Slot):
            return results[value.number]
        if isinstance(value, Parts):
            tensors = [results[slot.number] for slot in value.slots]
            return nest.pack_sequence_as(value.spec, tensors, True)
        return value

    return nest.map_structure(leaf, structure)


def plain(value: Any) -> Any:
    """Return arguments of a trace as plain data; what is none is stored as its text."""
    if nest.is_nested(value):
        return nest.rebuilt(value, [plain(v) for v in nest.children(value)])
    is_array = isinstance(value, np.ndarray | np.generic | EagerTensor)
    if is_array or isinstance(value, TypeSpec) or is_simple(value):
        return value
    return repr(value)
