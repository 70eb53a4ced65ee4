"""Saved functions: the traces of a `tf.function`, and what calls them after loading."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core import nest
from tensor.core.convert import convert
from tensor.core.shapes import are_compatible
from tensor.core.tensor import Tensor
from tensor.core.tensor_spec import TensorSpec
from tensor.core.variable import Variable
from tensor.graph.concrete import ConcreteFunction
from tensor.graph.function import Function
from tensor.graph.inline import inline

if TYPE_CHECKING:
    import inspect

    from tensor.saved_model.program_data import Reader, Writer


def traces_of(function: Any) -> list[Any]:
    """Return the traces to save; one is made if the signature is known."""
    if isinstance(function, ConcreteFunction):
        return [function]
    if isinstance(function, RestoredFunction):
        return function.concrete_functions
    if function.input_signature is not None and not function.concrete_functions():
        function.get_concrete_function()
    return function.concrete_functions()  # type: ignore[no-any-return]


def write_trace(concrete: Any, writer: Writer) -> Any:
    """Return a trace as JSON."""
    if isinstance(concrete, RestoredTrace):
        return concrete.write(writer)
    outputs = nest.flatten(concrete.structured_outputs, True)
    numbers = iter(range(len(outputs)))
    structure = nest.pack_sequence_as(
        concrete.structured_outputs,
        [None if t is None else _Output(next(numbers)) for t in outputs],
        True,
    )
    return {
        "signature": writer.encode(_plain(concrete.structured_input_signature)),
        "parameters": writer.encode(_parameters(concrete.python_parameters.signature)),
        "names": list(concrete._leaf_names),
        "program": writer.program(concrete.program),
        "captures": [writer.encode(t) for t in concrete.captured_tensors],
        "outputs": writer.encode(_numbered(structure)),
    }


def _parameters(signature: inspect.Signature) -> list[Any]:
    """Return pairs of a parameter's name and, in a list, its default value if any."""
    return [
        [p.name, [] if p.default is p.empty else [_plain(p.default)]]
        for p in signature.parameters.values()
        if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    ]


class _Output:
    """Stands for a result in the structure of results."""

    def __init__(self, number: int) -> None:
        self.number = number


def _numbered(structure: Any) -> Any:
    """Return a structure of results as plain data: slots for the results."""
    from tensor.graph.dynamic_index import Slot

    if isinstance(structure, _Output):
        return Slot(structure.number)
    if isinstance(structure, dict):
        return {k: _numbered(v) for k, v in structure.items()}
    if isinstance(structure, list):
        return [_numbered(v) for v in structure]
    if isinstance(structure, tuple):  # a named tuple comes back as a plain one
        return tuple([_numbered(v) for v in structure])
    return structure


def _plain(value: Any) -> Any:
    """Return arguments of a trace as plain data; what is none is stored as its text."""
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        items = [_plain(v) for v in value]
        return items if isinstance(value, list) else tuple(items)
    if value is None or isinstance(value, bool | int | float | str | TensorSpec):
        return value
    return repr(value)


class RestoredTrace:
    """One trace that was loaded: calls it like a concrete function.

    Its program is applied again inside a function of this process, which then takes
    part in gradients and outer traces as any other.
    """

    def __init__(self, data: Any, reader: Reader, name: str) -> None:
        self.program = reader.program(data["program"])
        self.name = name
        self.structured_input_signature = reader.decode(data["signature"])
        self.parameters: list[Any] = reader.decode(data["parameters"])
        self.leaf_names: list[str] = data["names"]
        self._captures = [reader.decode(c) for c in data["captures"]]
        self._outputs = reader.decode(data["outputs"])
        self.specs = [
            s
            for s in nest.flatten(self.structured_input_signature, True)
            if isinstance(s, TensorSpec)
        ]
        self.function = Function(
            self._apply,
            name=name,
            input_signature=[TensorSpec(s.shape, s.dtype) for s in self.specs],
            autograph=False,
        )

    def _apply(self, *leaves: Any) -> Any:
        return _filled(self._outputs, inline(self.program, [*leaves, *self._captures]))

    def write(self, writer: Writer) -> Any:
        """Return this trace as JSON again."""
        return {
            "signature": writer.encode(self.structured_input_signature),
            "parameters": writer.encode(self.parameters),
            "names": self.leaf_names,
            "program": writer.program(self.program),
            "captures": [writer.encode(t) for t in self._captures],
            "outputs": writer.encode(self._outputs),
        }

    def leaves_of(self, args: Any, kwargs: Any) -> list[Any] | None:
        """Return the tensors of a call if it fits this trace, else None."""
        expected_args, expected_kwargs = self.structured_input_signature
        known = {name for name, _ in self.parameters[len(args) :]}
        if len(args) > len(expected_args) or not set(kwargs) <= known:
            return None
        values = {name: default[0] for name, default in self.parameters if default}
        values |= kwargs
        missing = [name for name, _ in self.parameters][len(args) : len(expected_args)]
        try:
            given = [*args, *[values[name] for name in missing]]
            named = {name: values[name] for name in expected_kwargs}
        except KeyError:
            return None
        expected_leaves = nest.flatten((expected_args, expected_kwargs), True)
        return _matched(expected_leaves, nest.flatten((tuple(given), named), True))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the trace.

        Raises:
            TypeError: The arguments do not fit it.
        """
        leaves = self.leaves_of(args, kwargs)
        if leaves is None:
            raise TypeError(
                f"{self.name} was saved for {self.structured_input_signature!r}; got "
                f"positional arguments {args!r} and keyword arguments {kwargs!r}."
            )
        return self.function(*leaves)

    @property
    def structured_outputs(self) -> Any:
        """The specs of the results, in their structure."""
        return _filled(self._outputs, [v.spec for v in self.program.outputs])

    def __repr__(self) -> str:
        return f"<restored function {self.name}{self.structured_input_signature!r}>"


def _matched(expected: list[Any], given: list[Any]) -> list[Any] | None:
    """Return the tensors among given leaves if all fit what is expected."""
    if len(expected) != len(given):
        return None
    tensors = []
    for spec, value in zip(expected, given, strict=True):
        if not isinstance(spec, TensorSpec):
            if isinstance(value, Tensor | Variable) or spec != value:
                return None
            continue
        try:
            tensor = (
                value if isinstance(value, Tensor) else convert(value, None, spec.dtype)
            )
        except (TypeError, ValueError):
            return None
        if tensor.dtype is not spec.dtype or not are_compatible(
            spec.dims, tensor.static_shape
        ):
            return None
        tensors.append(tensor)
    return tensors


def _filled(structure: Any, results: list[Any]) -> Any:
    """Return a structure with results in place of their slots."""
    number = getattr(structure, "number", None)
    if number is not None:
        return results[number]
    if isinstance(structure, dict):
        return {k: _filled(v, results) for k, v in structure.items()}
    if isinstance(structure, list | tuple):
        items = [_filled(v, results) for v in structure]
        return items if isinstance(structure, list) else tuple(items)
    return structure


class RestoredFunction:
    """A `tf.function` that was loaded: chooses the trace that fits a call."""

    def __init__(self, traces: list[RestoredTrace], name: str) -> None:
        self._traces = traces
        self.__name__ = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function.

        Raises:
            ValueError: No trace for such arguments was saved.
        """
        for trace in self._traces:
            leaves = trace.leaves_of(args, kwargs)
            if leaves is not None:
                return trace.function(*leaves)
        options = "\n  ".join(
            f"Option {i + 1}: {trace.structured_input_signature!r}"
            for i, trace in enumerate(self._traces)
        )
        raise ValueError(
            "Could not find matching concrete function to call loaded from the "
            f"SavedModel. Got:\n  Positional arguments: {args!r}\n  Keyword arguments: "
            f"{kwargs!r}\nExpected these arguments to match one of the following "
            f"{len(self._traces)} option(s):\n  {options}"
        )

    @property
    def concrete_functions(self) -> list[RestoredTrace]:
        """The traces that were saved."""
        return list(self._traces)

    def get_concrete_function(self, *args: Any, **kwargs: Any) -> RestoredTrace:
        """Return the trace for such arguments, which may be specs.

        Raises:
            ValueError: None was saved.
        """
        for trace in self._traces:
            expected = nest.flatten(trace.structured_input_signature, True)
            if not args and not kwargs and len(self._traces) == 1:
                return trace
            given = nest.flatten((args, kwargs), True)
            specs = [s for s in expected if isinstance(s, TensorSpec)]
            if len(specs) == len(given) and all(
                s.is_compatible_with(g) for s, g in zip(specs, given, strict=True)
            ):
                return trace
        raise ValueError(
            f"{self.__name__}: no trace for {args!r}, {kwargs!r} was saved. There are "
            f"{self._traces!r}."
        )

    def __repr__(self) -> str:
        return f"<restored tf.function {self.__name__!r}, {len(self._traces)} traces>"
