"""Programs, datasets and errors as bytes that another process of the cluster can read.

Bytes come and go over sockets that are encrypted and know their peers; reading them
runs code, as `dist.objects` explains. Most objects are pickled as usual. What belongs
to one process says by `shipped()` what stands for it elsewhere: a variable, its place
on a server. Programs are written flat, because they are linked too deeply for pickle,
and without what a process made of them for itself (compiled code, locks).
"""

from __future__ import annotations

import importlib
import io
import pickle
import threading
import traceback
from typing import TYPE_CHECKING, Any

import cloudpickle
import numpy as np

from tensor.core import errors
from tensor.core.registry import Op, all_ops
from tensor.core.variable import Variable
from tensor.data.functions import ElementFunction
from tensor.graph.program import Node, Program, Value
from tensor.graph.runner import Runner

if TYPE_CHECKING:
    from collections.abc import Callable

# By their makers: the types themselves have no importable name.
_LOCKS: dict[type, Any] = {
    type(threading.Lock()): threading.Lock,
    type(threading.RLock()): threading.RLock,
}


def pack(obj: Any) -> np.ndarray:
    """Return an object as an array of bytes."""
    return pack_with_references(obj)[0]


def pack_with_references(obj: Any) -> tuple[np.ndarray, list[Any]]:
    """Return an object as bytes, and the objects in it that are not in the bytes.

    Raises:
        ValueError: It holds a variable that no server has.
    """
    stream = io.BytesIO()
    packer = _Packer(stream)
    packer.dump(obj)
    return np.frombuffer(stream.getvalue(), np.uint8), packer.references


def unpack(data: np.ndarray, resolve: Callable[[Any], Any] | None = None) -> Any:
    """Return the object again; `resolve` finds what `shipped()` stands for."""
    return _Unpacker(io.BytesIO(data.tobytes()), resolve).load()


def packed_error(error: BaseException) -> np.ndarray:
    """Return an error as bytes, with its traceback as a note."""
    text = "".join(traceback.format_exception(error))
    notes = [*getattr(error, "__notes__", ()), f"On the other process:\n{text}"]
    if isinstance(error, Exception):
        try:
            return pack((error, notes))
        except Exception:  # whatever an unusual class raises when it is pickled
            pass
    return pack((errors.because(errors.UnknownError, repr(error)), notes))


def unpacked_error(data: np.ndarray) -> Exception:
    """Return an error that another process packed."""
    error: Exception
    error, notes = unpack(data)
    error.__notes__ = notes
    return error


class _Packer(cloudpickle.Pickler):  # type: ignore[misc]  # cloudpickle has no types
    def __init__(self, stream: io.BytesIO) -> None:
        super().__init__(stream)
        self.references: list[Any] = []

    def persistent_id(self, obj: Any) -> Any:
        shipped = getattr(type(obj), "shipped", None)
        if shipped is not None and not isinstance(obj, type):
            self.references.append(obj)
            return shipped(obj)
        return None

    def reducer_override(self, obj: Any) -> Any:
        if type(obj) is Program:
            return _program, _flat(obj)
        if isinstance(obj, Op):
            return _op, _op_place(obj)
        if type(obj) is Runner:
            return Runner, (obj.program,)
        if type(obj) is ElementFunction:
            return _element_function, (_state(obj),)
        if type(obj) in _LOCKS:
            return _LOCKS[type(obj)], ()
        if isinstance(obj, Variable):
            raise ValueError(
                f"The variable {obj.name!r} is in this process only, and a function "
                "that runs on workers uses it. Create it inside strategy.scope(), so "
                "that a parameter server has it."
            )
        return super().reducer_override(obj)


class _Unpacker(pickle.Unpickler):
    def __init__(self, stream: io.BytesIO, resolve: Any) -> None:
        super().__init__(stream)
        self._resolve = resolve

    def persistent_load(self, pid: Any) -> Any:
        return self._resolve(pid)


class _Place(int):
    """A value's number in a flat program, among inputs that are plain numbers."""


def _flat(program: Program) -> tuple[Any, ...]:
    """Return a program's parts, values as numbers."""
    numbers = {value: _Place(i) for i, value in enumerate(program.inputs)}
    nodes = []
    for node in program.nodes:
        inputs = [numbers[x] if type(x) is Value else x for x in node.inputs]
        parameters = {k: numbers[v] for k, v in node.parameters.items()}
        outputs = [_described(v) for v in node.outputs]
        facts = node.op, inputs, node.attrs, parameters, outputs
        nodes.append((*facts, node.several, node.name, node.source))
        for value in node.outputs:
            numbers[value] = _Place(len(numbers))
    inputs = [_described(v) for v in program.inputs]
    return inputs, nodes, [numbers[v] for v in program.outputs], program.name


def _described(value: Value) -> tuple[Any, ...]:
    return value.dims, value.dtype, value.name


def _program(inputs: Any, nodes: Any, outputs: Any, name: str) -> Program:
    """Return the program of these parts."""
    values = [Value(dims, dtype, title) for dims, dtype, title in inputs]
    made = []
    for op, arguments, attrs, parameters, results, several, title, source in nodes:
        node = Node(
            op,
            tuple([values[x] if type(x) is _Place else x for x in arguments]),
            attrs,
            {k: values[v] for k, v in parameters.items()},
            title,
            source,
        )
        node.several = several
        node.outputs = tuple(
            [Value(dims, d, text, node, i) for i, (dims, d, text) in enumerate(results)]
        )
        values.extend(node.outputs)
        made.append(node)
    return Program(
        tuple(values[: len(inputs)]),
        tuple(made),
        tuple([values[i] for i in outputs]),
        name,
    )


def _op_place(op: Op) -> tuple[str, str]:
    """Return where an op is found: its module, and its name there or its class's."""
    module = importlib.import_module(type(op).__module__)
    for name, value in vars(module).items():
        if value is op:
            return type(op).__module__, name
    return type(op).__module__, type(op).__qualname__


def _op(module: str, name: str) -> Op:
    found = getattr(importlib.import_module(module), name)
    if isinstance(found, Op):
        return found
    registered = [op for op in all_ops() if type(op) is found]
    return registered[0] if registered else found()


def _state(function: ElementFunction) -> dict[str, Any]:
    """Return what a function of elements needs: not the user's code, if traced."""
    state = dict(vars(function))
    if state["_runner"] is not None:
        state["function"] = None
    return state


def _element_function(state: dict[str, Any]) -> ElementFunction:
    function = ElementFunction.__new__(ElementFunction)
    vars(function).update(state)
    return function
