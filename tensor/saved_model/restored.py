"""Restored functions: what calls the traces that were saved, after loading."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import nest
from tensor.core.convert import convert
from tensor.core.shapes import are_compatible
from tensor.core.tensor import Tensor
from tensor.core.tensor_spec import CompositeSpec, TensorSpec
from tensor.core.variable import Variable
from tensor.graph.function import Function
from tensor.graph.inline import inline
from tensor.graph.modes import init_scope
from tensor.graph.trace_key import Leaves
from tensor.saved_model.function_data import filled, plain

if TYPE_CHECKING:
    from tensor.graph.concrete import ConcreteFunction
    from tensor.saved_model.program_data import Reader


class NoMatch(Exception):  # noqa: N818  # never leaves this module
    """Arguments do not fit a trace."""


class RestoredTrace:
    """One trace that was loaded. It is traced again when it is first used.

    Attributes:
        structured_input_signature: The arguments that it was saved with, as specs.
    """

    def __init__(self, data: Any, reader: Reader, signature: Any) -> None:
        self.structured_input_signature = reader.decode(data["signature"])
        self._name = data["name"]
        self._signature = signature
        self._program = reader.program(data["program"])
        self._captures = [reader.decode(c) for c in data["captures"]]
        self._outputs = reader.decode(data["outputs"])

    @functools.cached_property
    def concrete(self) -> ConcreteFunction:
        """The trace as a function of this process."""

        def apply(*args: Any, **kwargs: Any) -> Any:
            flat = nest.flatten((args, kwargs), True)
            tensors = [v for v in flat if isinstance(v, Tensor)]
            results = inline(self._program, [*tensors, *self._captures])
            return filled(self._outputs, results)

        apply.__signature__ = self._signature  # type: ignore[attr-defined]
        args, kwargs = self.structured_input_signature
        with init_scope():
            function = Function(apply, name=self._name, autograph=False)
            return function.get_concrete_function(*args, **kwargs)

    def leaves(self, args: Any, kwargs: Any, may_convert: bool) -> Leaves:
        """Return the tensors of a call.

        Args:
            args: Positional arguments, with defaults filled in.
            kwargs: Arguments by name, likewise.
            may_convert: Whether Python values and arrays may stand for tensors.

        Raises:
            NoMatch: The call does not fit this trace.
        """
        found = Leaves()
        _match(self.structured_input_signature, (args, kwargs), may_convert, found)
        return found


def _match(expected: Any, value: Any, may_convert: bool, found: Leaves) -> None:
    """Add the tensors of a value to those found, if it fits what is expected.

    Raises:
        NoMatch: It does not fit.
    """
    if isinstance(expected, TensorSpec):
        found.append(_fitting(expected, value, may_convert))
    elif isinstance(expected, CompositeSpec):
        if not expected.is_compatible_with(value):
            raise NoMatch
        found.extend(nest.flatten(value, True))
    elif nest.is_nested(expected):
        if _container(expected) != _container(value):
            raise NoMatch
        pairs = zip(nest.children(expected), nest.children(value), strict=True)
        for inner, part in pairs:
            _match(inner, part, may_convert, found)
    elif isinstance(value, Tensor | Variable) or not _equals(expected, plain(value)):
        raise NoMatch


def _container(value: Any) -> Any:
    """Return what two containers must have in common."""
    if not nest.is_nested(value):
        return None
    if nest.is_namedtuple(value):
        return type(value).__name__, value._fields
    for kind in (list, tuple):
        if isinstance(value, kind):
            return kind, len(value)
    return dict, tuple(value)


def _equals(expected: Any, value: Any) -> bool:
    return type(expected) is type(value) and bool(np.all(expected == value))


def _fitting(spec: TensorSpec, value: Any, may_convert: bool) -> Any:
    """Return a value as a tensor that fits a spec; a spec that fits as it is.

    Raises:
        NoMatch: It does not fit.
    """
    is_tensor = isinstance(value, Tensor | TensorSpec) or hasattr(value, "read_for_op")
    if not is_tensor and not may_convert:
        raise NoMatch
    try:
        if not isinstance(value, Tensor | TensorSpec):
            value = convert(value, None, spec.dtype)
    except (TypeError, ValueError):
        raise NoMatch from None
    dims = value.dims if isinstance(value, TensorSpec) else value.static_shape
    if value.dtype is not spec.dtype or not are_compatible(spec.dims, dims):
        raise NoMatch
    return value


class RestoredFunction(Function):
    """A `tf.function` that was loaded: it chooses the trace that fits a call."""

    def __init__(self, data: Any, reader: Reader, name: str) -> None:
        signature = _signature(reader.decode(data["parameters"]))
        self._restored = [RestoredTrace(t, reader, signature) for t in data["traces"]]

        def restored(*args: Any, **kwargs: Any) -> Any:
            concrete, leaves = self.trace_for(args, kwargs)
            return concrete.call_flat(leaves)

        restored.__signature__ = signature  # type: ignore[attr-defined]
        restored.__name__ = restored.__qualname__ = name
        super().__init__(restored, name=name, autograph=False)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function.

        Raises:
            ValueError: No trace for such arguments was saved.
        """
        return self._python_function(*args, **kwargs)

    inline = __call__

    def trace_for(
        self, args: Any, kwargs: dict[str, Any]
    ) -> tuple[ConcreteFunction, list[Any]]:
        """Return the trace for a call, and its tensors.

        Raises:
            ValueError: None was saved.
        """
        trace, leaves = self._chosen(args, kwargs)
        return trace.concrete, leaves

    def get_concrete_function(self, *args: Any, **kwargs: Any) -> ConcreteFunction:
        """Return the trace for arguments that may be `tf.TensorSpec`s.

        Raises:
            ValueError: None was saved.
        """
        if not args and not kwargs and len(self._restored) == 1:
            return self._restored[0].concrete
        return self._chosen(args, kwargs)[0].concrete

    @property
    def concrete_functions(self) -> list[ConcreteFunction]:
        """The traces that were saved."""
        return [trace.concrete for trace in self._restored]

    def _chosen(self, args: Any, kwargs: Any) -> tuple[RestoredTrace, Leaves]:
        if not self._restored:
            raise ValueError(
                f"Found zero restored functions for caller function {self._name!r}: it "
                "had not been called, and has no `input_signature`, when it was saved."
            )
        try:
            bound = self._parameters.bind(args, kwargs)
        except TypeError:
            raise self._no_match(args, kwargs) from None
        for may_convert in (False, True):
            for trace in self._restored:
                try:
                    return trace, trace.leaves(*bound, may_convert)
                except NoMatch:
                    continue
        raise self._no_match(args, kwargs)

    def _no_match(self, args: Any, kwargs: Any) -> ValueError:
        options = "\n  ".join(
            f"Option {i + 1}: {trace.structured_input_signature!r}"
            for i, trace in enumerate(self._restored)
        )
        return ValueError(
            "Could not find matching concrete function to call loaded from the "
            f"SavedModel. Got:\n  Positional arguments: {args!r}\n  Keyword arguments: "
            f"{kwargs!r}\nExpected these arguments to match one of the following "
            f"{len(self._restored)} option(s):\n  {options}"
        )

    def __repr__(self) -> str:
        return f"<restored tf.function {self._name!r}, {len(self._restored)} traces>"


def _signature(parameters: list[Any]) -> inspect.Signature:
    """Return the signature of a function from its saved parameters."""
    return inspect.Signature(
        [
            inspect.Parameter(
                name,
                inspect._ParameterKind[kind],
                default=default[0] if default else inspect.Parameter.empty,
            )
            for name, kind, default in parameters
        ]
    )


def restored_function(data: Any, reader: Reader, name: str) -> Any:
    """Return what a saved function was: a tf.function, or a concrete function."""
    function = RestoredFunction(data, reader, name)
    return function.get_concrete_function() if data["is_concrete"] else function
