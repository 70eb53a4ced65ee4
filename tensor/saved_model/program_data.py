"""Programs as plain data: what a saved function is made of.

Values are numbers, nodes name their op and list its parameters, and arrays go to a
bundle of tensors beside the text. Nothing here runs code when it is read: an op is
found by its name among ringflow's own, and the few other objects that a node may hold
are listed in `_OBJECTS`.
"""

from __future__ import annotations

import functools
import importlib
from collections import namedtuple
from typing import Any

import numpy as np

from tensor.core import dtypes, nest
from tensor.core.dtypes import DType
from tensor.core.indexed_slices import IndexedSlices, IndexedSlicesSpec
from tensor.core.registry import Op, all_ops
from tensor.core.shapes import TensorShape
from tensor.core.tensor import EagerTensor
from tensor.core.tensor_spec import TensorSpec
from tensor.core.variable import Variable
from tensor.graph.dynamic_index import Slot
from tensor.graph.own_gradient import GradientProgram, own_gradient
from tensor.graph.program import Node, Program, Value
from tensor.ops.custom_gradient import CustomGradient
from tensor.ops.lookup import StaticHashTable
from tensor.ops.lookup_content import KeyValueTensorInitializer
from tensor.ops.mutable_tables import MutableHashTable
from tensor.ops.ragged.ragged_spec import RaggedTensorSpec
from tensor.ops.random.seeds import Stream
from tensor.ops.sparse.sparse_tensor import SparseTensorSpec
from tensor.saved_model.custom_gradients import backward_program


class UntrackedError(ValueError, AssertionError):
    """A function uses what does not belong to the object being saved."""


class Parts:
    """A composite tensor among the results of a function.

    Attributes:
        spec: Its spec.
        slots: The numbers of the results that it is made of.
    """

    def __init__(self, spec: Any, slots: list[Slot]) -> None:
        self.spec = spec
        self.slots = slots


# Objects in nodes that are stored by their fields: class, and how to take it apart.
_OBJECTS: dict[str, tuple[type, Any]] = {
    "slot": (Slot, lambda slot: (slot.number,)),
    "own_gradient": (GradientProgram, lambda g: (g.program, g.structure)),
    "slices": (IndexedSlices, lambda s: (s.values, s.indices, s.dense_shape)),
    "stream": (Stream, lambda stream: stream.__reduce__()[1]),
    "table": (StaticHashTable, lambda t: (_content(t), t.default_value)),
    "table_content": (KeyValueTensorInitializer, lambda c: (c._keys, c._values)),
}


def _content(table: StaticHashTable) -> KeyValueTensorInitializer:
    return KeyValueTensorInitializer(*table.export())


class Writer:
    """Turns programs and values into JSON.

    Attributes:
        tensors: The arrays met so far, by the name under which they are stored.
    """

    def __init__(self, numbers: dict[int, int]) -> None:
        """Take the numbers of saved objects, by their ids."""
        self.numbers = numbers
        self.tensors: dict[str, np.ndarray] = {}

    def program(self, program: Program) -> Any:
        """Return a program as JSON.

        Raises:
            ValueError: A node cannot be stored, such as a call of Python code.
        """
        numbers: dict[Value, int] = {}
        for value in program.inputs:
            numbers[value] = len(numbers)
        inputs = [_value(v) for v in program.inputs]
        nodes = []
        for node in program.nodes:
            try:
                nodes.append(self._node(node, numbers))
            except TypeError as error:
                raise ValueError(
                    f"The function {program.name!r} cannot be saved: its node "
                    f"{node.name!r} ({node.op.type_name}) holds {error}. Python code, "
                    "datasets and writers stay in the program that made them; keep "
                    "them outside functions that are saved."
                ) from error
            for value in node.outputs:
                numbers[value] = len(numbers)
        return {
            "name": program.name,
            "inputs": inputs,
            "nodes": nodes,
            "outputs": [numbers[v] for v in program.outputs],
        }

    def _node(self, node: Node, numbers: dict[Value, int]) -> Any:
        name, inputs, attrs = _op_name(node.op), list(node.inputs), node.attrs
        if isinstance(node.op, CustomGradient):
            # The gradient is Python: what it does is saved instead.
            name = _op_name(own_gradient)
            attrs, used = backward_program(node)
            inputs += used
        return {
            "op": name,
            "name": node.name,
            "inputs": [
                {"value": numbers[x]} if type(x) is Value else self.encode(x)
                for x in inputs
            ],
            "attrs": {k: self.encode(v) for k, v in attrs.items()},
            "parameters": {k: numbers[v] for k, v in node.parameters.items()},
            "outputs": [_value(v) for v in node.outputs],
            "several": node.several,
        }

    def encode(self, value: Any) -> Any:
        """Return a parameter as JSON.

        Raises:
            TypeError: It is of a kind that is not stored.
        """
        if value is None or isinstance(value, bool | int | str):
            return value
        if isinstance(value, float):
            return {"float": value.hex()}  # inf and nan too
        if isinstance(value, Variable | MutableHashTable):
            return {"object": self._number_of(value)}
        if isinstance(value, EagerTensor):
            return {"tensor": self._stored(value._array)}
        if isinstance(value, np.ndarray | np.generic):
            return {"array": self._stored(value)}
        if isinstance(value, Program):
            return {"program": self.program(value)}
        if isinstance(value, dict):
            return {
                "dict": [[self.encode(k), self.encode(v)] for k, v in value.items()]
            }
        simple = _encode_simple(value)
        if simple is None:
            raise TypeError(f"{value!r} of type {type(value).__name__}")
        kind, fields = simple
        return {kind: [self.encode(v) for v in fields]}

    def _number_of(self, owner: Variable | MutableHashTable) -> int:
        number = self.numbers.get(id(owner))
        if number is None:
            raise UntrackedError(
                "Tried to export a function which references an 'untracked' resource: "
                f"{owner.name!r}, a {type(owner).__name__} that is not an attribute of "
                "the object being saved, nor of one of its parts. Make it one."
            )
        return number

    def _stored(self, array: Any) -> str:
        name = f"constants/{len(self.tensors)}"
        self.tensors[name] = np.asarray(array)
        return name


def _encode_simple(value: Any) -> tuple[str, tuple[Any, ...]] | None:
    """Return the kind and the fields of a small object that is stored."""
    if value is Ellipsis:
        return "ellipsis", ()
    for cls, kind, fields_of in _FIELDS:
        if isinstance(value, cls):
            return kind, fields_of(value)
    for kind, (cls, fields_of) in _OBJECTS.items():
        if type(value) is cls:
            return kind, fields_of(value)
    if nest.is_namedtuple(value):
        return "namedtuple", (_place_of(type(value)), value._fields, tuple(value))
    for cls, kind in ((list, "list"), (tuple, "tuple")):
        if isinstance(value, cls):
            return kind, tuple(value)
    return None


# Small objects: class, the name of the kind, and how to take them apart.
_FIELDS: tuple[tuple[type, str, Any], ...] = (
    (DType, "dtype", lambda v: (v.name,)),
    (TensorSpec, "spec", lambda v: (v.dims, v.dtype.name, v.name)),
    (TensorShape, "shape", lambda v: (v._dims,)),
    (slice, "slice", lambda v: (v.start, v.stop, v.step)),
    (bytes, "bytes", lambda v: (v.hex(),)),
    (complex, "complex", lambda v: (v.real, v.imag)),
    (np.dtype, "numpy", lambda v: (dtypes.from_numpy(v).name,)),
    (np.ufunc, "ufunc", lambda v: (v.__name__,)),
    (Op, "op", lambda v: (_op_name(v),)),
    (Parts, "parts", lambda v: (v.spec, v.slots)),
    (
        RaggedTensorSpec,
        "ragged_spec",
        lambda v: (v._shape, v._dtype, v._ragged_rank, v._row_splits_dtype),
    ),
    (SparseTensorSpec, "sparse_spec", lambda v: (v._shape, v._dtype)),
    (
        IndexedSlicesSpec,
        "slices_spec",
        lambda v: (
            v._shape,
            v._dtype,
            v._indices_dtype,
            v._dense_shape_dtype,
            v._indices_shape,
        ),
    ),
)


def _place_of(cls: type) -> str:
    """Return the name of a class of named tuples; of our own also where it is."""
    is_ours = cls.__module__.startswith("tensor.")
    return f"{cls.__module__}:{cls.__name__}" if is_ours else cls.__name__


@functools.cache
def _named_tuple(place: str, fields: tuple[str, ...]) -> Any:
    """Return the class of named tuples that were saved, or one of the same form."""
    module, _, name = place.rpartition(":")
    if module.startswith("tensor."):
        found = getattr(importlib.import_module(module), name, None)
        if getattr(found, "_fields", None) == fields:
            return found
    return namedtuple(name, fields)


_SIMPLE: dict[str, Any] = {
    "dtype": dtypes.as_dtype,
    "spec": lambda dims, dtype, name: TensorSpec(TensorShape(dims), dtype, name),
    "shape": TensorShape,
    "slice": slice,
    "bytes": bytes.fromhex,
    "complex": complex,
    "ellipsis": lambda: Ellipsis,
    "numpy": dtypes.numpy_dtype,
    "ufunc": lambda name: _ufunc(name),
    "op": lambda name: _find_op(name),
    "parts": Parts,
    "ragged_spec": RaggedTensorSpec,
    "sparse_spec": SparseTensorSpec,
    "slices_spec": IndexedSlicesSpec,
    "namedtuple": lambda name, fields, values: _named_tuple(name, fields)(*values),
    **{kind: cls for kind, (cls, _) in _OBJECTS.items()},
}


def is_simple(value: Any) -> bool:
    """Return whether a value is stored as it is, beside numbers and text."""
    scalar = value is None or isinstance(value, bool | int | float | str)
    return scalar or _encode_simple(value) is not None


def _ufunc(name: str) -> Any:
    found = getattr(np, name, None)
    if not isinstance(found, np.ufunc):
        raise ValueError(
            f"{name!r} is not a function of NumPy's: the saved program was changed, or "
            "was made by another version."
        )
    return found


def _value(value: Value) -> Any:
    dims = None if value.dims is None else list(value.dims)
    return [dims, value.dtype.name, value.name]


def _op_name(op: Op) -> str:
    return f"{type(op).__module__}:{type(op).__qualname__}"


def _find_op(name: str) -> Op:
    """Return the op of this name, which must be one of ringflow's.

    Raises:
        ValueError: There is none.
    """
    registered = {_op_name(op): op for op in all_ops()}
    if name in registered:
        return registered[name]
    module, _, class_name = name.partition(":")
    if not module.startswith("tensor."):
        raise ValueError(f"The saved function uses {name!r}, which is no op of ours.")
    found = importlib.import_module(module).__dict__.get(class_name)
    registered = {_op_name(op): op for op in all_ops()}
    if name in registered:  # by the module that was imported just now
        return registered[name]
    if not (isinstance(found, type) and issubclass(found, Op)):
        raise ValueError(
            f"The saved function uses the op {name!r}, which this version of ringflow "
            "does not have. Save it again with this version."
        )
    return found()


class Reader:
    """Turns JSON back into programs and values."""

    def __init__(self, tensors: Any, objects: dict[int, Any]) -> None:
        """Take a reader of the stored arrays, and variables and tables by number."""
        self.tensors = tensors
        self.objects = objects
        self._ops: dict[str, Op] = {}

    def program(self, data: Any) -> Program:
        """Return the program that JSON describes."""
        inputs = tuple([_read_value(v) for v in data["inputs"]])
        values = list(inputs)
        nodes = []
        for described in data["nodes"]:
            node = self._node(described, values)
            values.extend(node.outputs)
            nodes.append(node)
        outputs = tuple([values[i] for i in data["outputs"]])
        return Program(inputs, tuple(nodes), outputs, data["name"])

    def _node(self, data: Any, values: list[Value]) -> Node:
        name = data["op"]
        op = self._ops.get(name)
        if op is None:
            op = self._ops[name] = _find_op(name)
        inputs = [
            values[x["value"]]
            if isinstance(x, dict) and "value" in x
            else self.decode(x)
            for x in data["inputs"]
        ]
        attrs = {k: self.decode(v) for k, v in data["attrs"].items()}
        parameters = {k: values[i] for k, i in data["parameters"].items()}
        node = Node(op, tuple(inputs), attrs, parameters, data["name"])
        node.several = data["several"]
        node.outputs = tuple(
            [_read_value(v, node, i) for i, v in enumerate(data["outputs"])]
        )
        return node

    def decode(self, data: Any) -> Any:
        """Return what `Writer.encode` made JSON of."""
        if not isinstance(data, dict):
            return data
        ((kind, content),) = data.items()
        if kind == "float":
            return float.fromhex(content)
        if kind == "object":
            return self.objects[content]
        if kind == "tensor":
            return EagerTensor(self._array(content))
        if kind == "array":
            return self._array(content)
        if kind == "program":
            return self.program(content)
        if kind == "dict":
            return {self.decode(k): self.decode(v) for k, v in content}
        decoded = [self.decode(v) for v in content]
        if kind == "list":
            return decoded
        return tuple(decoded) if kind == "tuple" else _SIMPLE[kind](*decoded)

    def _array(self, name: str) -> Any:
        array = self.tensors.read(name)
        return array[()] if array.shape == () and array.dtype != object else array


def _read_value(data: Any, node: Node | None = None, index: int = 0) -> Value:
    dims, dtype, name = data
    shape = None if dims is None else tuple(dims)
    return Value(shape, dtypes.as_dtype(dtype), name, node, index)
