"""ConcreteFunction: one trace of a function, ready to be called with tensors."""

from __future__ import annotations

import copy
import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors, nest
from tensor.core.call import record
from tensor.core.context import context
from tensor.core.convert import convert
from tensor.core.registry import get_op
from tensor.core.shapes import TensorShape, are_compatible
from tensor.core.tensor import EagerTensor, Tensor, wrap
from tensor.core.tensor_spec import TensorSpec
from tensor.core.variable import Variable
from tensor.graph.binding import TraceParameters, why_not_by_leaf
from tensor.graph.function_type import FunctionType
from tensor.graph.inline import inline
from tensor.graph.operation import Operation
from tensor.graph.passes.specialize import without_shapes
from tensor.graph.recorded_call import DerivativeCache, RecordedCall
from tensor.graph.runner import Runner
from tensor.graph.state import ReadVariable
from tensor.graph.trace_key import Leaves
from tensor.graph.trace_types import type_of, with_variable_specs
from tensor.graph.variable_arguments import with_variables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tensor.graph.binding import Parameters
    from tensor.graph.function_graph import FunctionGraph
    from tensor.graph.traced_arguments import TracedArguments

# The names of traces end with a number, as several have the name of their function.
_numbers = itertools.count()

# For so many choices of variables as arguments a trace keeps a program.
_MOST_VARIABLES = 64


class ConcreteFunction:
    """A function traced for one signature.

    Attributes:
        graph: What was recorded.
        structured_input_signature: The arguments that it was traced with, as specs.
        structured_outputs: What the Python function returned, as symbolic tensors.
        variables: The variables that are read or written.
        captured_tensors: The outside tensors that are passed in at each run.
        python_parameters: The parameters of the Python function.
        function_type: Parameters and results with their types.
    """

    def __init__(
        self,
        graph: FunctionGraph,
        result: Any,
        arguments: TracedArguments,
        parameters: Parameters,
    ) -> None:
        self.graph = graph
        self.name = f"__inference_{graph.name}_{next(_numbers)}".encode()
        self.python_parameters = parameters
        self._leaf_names = [t.op.name for t in graph.placeholders]
        with graph.traced():
            flat = [_as_output(graph, v) for v in nest.flatten(result, True)]
        tensors = [t for t in flat if t is not None]
        self._pack = _packer(nest.pack_sequence_as(result, flat, True), flat)
        self.program = graph.finish(tensors)
        # As users see them, results pass through identities; none of these is run.
        with graph.traced():
            graph.outputs = [get_op("Identity")(t) for t in tensors]
        results = iter(graph.outputs)
        leaves = [None if t is None else next(results) for t in flat]
        self.structured_outputs = nest.pack_sequence_as(result, leaves, True)
        graph.structured_outputs = self.structured_outputs
        self.variables = graph.variables
        captured = [outer for outer, _ in graph.outside.tensors]
        self.captured_tensors = captured
        self._homes = {t.graph for t in captured if not isinstance(t, EagerTensor)}
        self._call_time = list(graph.call_time.values())
        self._captured_arrays = [getattr(t, "_array", None) for t in captured]
        self._argument_variables = _variables_in(arguments.specs)
        self.function_type = self._type(arguments.types)
        args, kwargs = with_variable_specs(arguments.specs)
        ordered = {n: kwargs[n] for n in self.function_type.parameters if n in kwargs}
        self.structured_input_signature = args, ordered
        graph.structured_input_signature = self.structured_input_signature
        self._trace_parameters = TraceParameters(self.function_type, arguments.specs)
        self._on_variables: dict[tuple[int, ...], ConcreteFunction] = {}
        self._prepare()

    def _type(self, arguments: Any) -> FunctionType:
        args, kwargs = arguments
        captures = {id(t): type_of(t) for t in self.captured_tensors}
        captures |= {id(v): TensorSpec.of((), dtypes.resource) for v in self.variables}
        for variable in self._argument_variables:
            captures.pop(id(variable), None)
        return FunctionType(
            self.python_parameters.traced(args, kwargs),
            captures,
            return_annotation=type_of(self.structured_outputs),
        )

    def _prepare(self) -> None:
        self._read = _trainable_reads(self.program)
        self._runner = Runner(self.program)
        self._general_runner: Runner | None = None
        self._derivatives = DerivativeCache(self.program, self._read)

    def on_variables(self, variables: list[Any]) -> ConcreteFunction:
        """Return the function on other variables than those that it was traced with."""
        mine = self._argument_variables
        if all(a is b for a, b in zip(mine, variables, strict=True)):
            return self
        key = tuple([id(v) for v in variables])
        found = self._on_variables.get(key)
        if found is None:
            others = {id(a): b for a, b in zip(mine, variables, strict=True)}
            found = copy.copy(self)
            found.program = with_variables(self.program, others)
            found.variables = tuple([others.get(id(v), v) for v in self.variables])
            found._prepare()
            if len(self._on_variables) >= _MOST_VARIABLES:
                self._on_variables.pop(next(iter(self._on_variables)), None)
            self._on_variables[key] = found
        return found

    def is_stale(self) -> bool:
        """Return whether it uses tensors of an outer graph that is not traced now."""
        if not self._homes:
            return False
        homes, graph = set(self._homes), context.graph
        while graph is not None:
            homes.discard(graph)
            graph = graph.outer
        return bool(homes)

    # ---- calling

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call with tensors for the tensor arguments, positional or by name.

        Arguments that were Python values in the trace may be given again or left out.

        Raises:
            TypeError: Arguments are missing, or there are too many.
            InvalidArgumentError: A tensor has another dtype than in the trace, or a
                shape that does not fit.
        """
        tensors = self.tensors_for(args, kwargs)
        if tensors.variables:
            return self.on_variables(tensors.variables).call_flat(tensors)
        if not tensors.fit_trace:
            return self._call_generally(tensors)
        return self.call_flat(tensors)

    def tensors_for(self, args: Any, kwargs: Any) -> Leaves:
        """Return the tensors of a call; raises as a call does."""
        try:
            return self._trace_parameters.leaves(args, kwargs)
        except TypeError as error:
            return self._tensors_by_leaf(args, kwargs, error)

    def _tensors_by_leaf(self, args: Any, kwargs: Any, error: TypeError) -> Leaves:
        """Return the tensors of a call with one for each input, in order or by name.

        Raises:
            TypeError: `error`, as they do not fit in this way either.
        """
        names, flat = self._leaf_names, nest.flatten(args, True)
        inputs = self.graph.placeholders
        given = {**dict(zip(names, flat, strict=False)), **kwargs}
        count = len(flat) + len(kwargs)
        fits = count == len(names) and set(given) == set(names)
        plain = all(isinstance(v, Tensor | np.ndarray) for v in given.values())
        if not fits or not plain or self._argument_variables:
            reason = why_not_by_leaf(names, args, kwargs)
            raise TypeError(
                f"{error}\nFallback to flat signature also failed due to: "
                f"{self.python_parameters.name}({', '.join(names)}){reason}."
            ) from None
        leaves = Leaves()
        for i, (name, inner) in enumerate(zip(names, inputs, strict=True)):
            leaves.append(self._checked(i, given[name], inner))
            if not are_compatible(leaves[-1].static_shape, inner.static_shape):
                leaves.fit_trace = False
        watched = context.graph is not None or context.tapes or context.accumulators
        if watched and not leaves.fit_trace:
            raise error
        return leaves

    def _call_generally(self, tensors: Sequence[Any]) -> Any:
        """Call with other shapes than traced for, as far as kernels allow."""
        if self._general_runner is None:
            self._general_runner = Runner(without_shapes(self.program))
        tensors = self._with_call_time_values(tensors)
        arrays = [t._array for t in tensors] + self._captured_arrays
        return self._pack([wrap(a) for a in self._general_runner.run(arrays)])

    def _checked(self, index: int, value: Any, inner: Any) -> Any:
        dtype = inner.dtype
        if not isinstance(value, Tensor):
            value = convert(value, None if hasattr(value, "dtype") else dtype)
        if value.dtype is not dtype:
            raise errors.because(
                errors.InvalidArgumentError,
                f"cannot compute {self.name.decode()} as input #{index}(zero-based) "
                f"was expected to be a {dtypes.short_name(dtype)} tensor but is a "
                f"{dtypes.short_name(value.dtype)} tensor [Op:{self.name.decode()}]",
            )
        return value

    def takes(self, tensors: Sequence[Any]) -> bool:
        """Return whether tensors, in order, can be given to `call_flat`."""
        inputs = self.graph.placeholders
        return len(tensors) == len(inputs) and all(
            isinstance(value, Tensor)
            and value.dtype is inner.dtype
            and are_compatible(value.static_shape, inner.static_shape)
            for value, inner in zip(tensors, inputs, strict=True)
        )

    def call_flat(self, tensors: Sequence[Any]) -> Any:
        """Call with the tensors of the arguments, in order, which must fit."""
        if self._call_time:
            tensors = self._with_call_time_values(tensors)
        if context.graph is not None:
            inputs = [*tensors, *self.captured_tensors]
            return self._pack(context.graph.call(self.program, inputs))
        if context.tapes or context.accumulators:
            return self._call_watched(tensors)
        arrays = [t._array for t in tensors]
        arrays += self._captured_arrays
        return self._pack([wrap(a) for a in self._runner.run(arrays)])

    def _with_call_time_values(self, tensors: Sequence[Any]) -> list[Any]:
        return [*tensors, *[t for v in self._call_time for t in v.tensors()]]

    def _call_watched(self, tensors: Sequence[Any]) -> Any:
        """Call while tapes or forward accumulators are active."""
        inputs = [*tensors, *self.captured_tensors]
        if context.accumulators:
            return self._pack(inline(self.program, inputs))
        tracked: set[int] = set()
        for tape in context.tapes:
            for variable in self._read:
                tape.saw_variable(variable)
            tracked |= tape.tracked
        inputs += self._read
        wants = tuple([x._track_id in tracked for x in inputs])
        arrays = [t._array for t in tensors]
        arrays += self._captured_arrays
        if not any(wants):
            return self._pack([wrap(a) for a in self._runner.run(arrays)])
        derivative = self._derivatives.get(wants)
        results = derivative.run_forward(arrays)
        count = len(self.program.outputs)
        outputs = tuple([wrap(a) for a in results[:count]])
        call = RecordedCall(derivative, arrays, results[count:])
        values = arrays + [v.read_array() for v in self._read]
        record(call, tuple(inputs), values, outputs, {})  # type: ignore[arg-type]
        return self._pack(outputs)

    # ---- as users see it

    @property
    def inputs(self) -> list[Any]:
        """The symbolic tensors that stand for the arguments and captures."""
        return self.graph.inputs

    @property
    def outputs(self) -> list[Any]:
        """The results as symbolic tensors."""
        return list(self.graph.outputs)

    @property
    def captured_inputs(self) -> list[Any]:
        """The outside tensors that the function uses, and handles of variables."""
        return self.graph.external_captures

    @property
    def trainable_variables(self) -> tuple[Any, ...]:
        """The trainable variables that are read or written."""
        return tuple(v for v in self.variables if v.trainable)

    @property
    def output_shapes(self) -> Any:
        """The shapes of the results, in their structure."""
        return nest.map_structure(
            lambda t: getattr(t, "shape", TensorShape(None)), self.structured_outputs
        )

    @property
    def output_dtypes(self) -> Any:
        """The dtypes of the results, in their structure."""
        return nest.map_structure(
            lambda t: getattr(t, "dtype", None), self.structured_outputs
        )

    def pretty_printed_signature(self, verbose: bool = True) -> str:
        """Return the arguments and results as text."""
        return repr(self.function_type) if verbose else str(self.function_type)

    def explain(self) -> str:
        """Return the graph before and after optimisation as stable text."""
        from tensor.graph.describe import explain

        return explain(self)

    def __str__(self) -> str:
        return f"ConcreteFunction {self.pretty_printed_signature()}"

    def __repr__(self) -> str:
        return f"<ConcreteFunction {self.function_type} at 0x{id(self):X}>"


def _as_output(graph: FunctionGraph, value: Any) -> Any:
    """Return a leaf of what a function returns as a tensor of its graph, or None.

    Raises:
        TypeError: It is neither a tensor nor convertible to one.
    """
    if value is None:
        return None
    if isinstance(value, Operation):
        graph.wanted.append(value.maker)
        return None
    try:
        tensor = convert(value)
    except (TypeError, ValueError):
        raise TypeError(
            "To be compatible with tf.function, Python functions must return zero or "
            "more Tensors or ExtensionTypes or None values; in compilation of "
            f"{graph.name!r}, found return value of type {type(value).__name__}, which "
            "is not a Tensor or ExtensionType."
        ) from None
    return graph.own(tensor)


def _packer(structure: Any, flat: list[Any]) -> Any:
    """Return what puts a flat list of output tensors into the function's structure."""
    if len(flat) == 1 and structure is flat[0]:
        return _first if flat[0] is not None else _nothing
    flat_tuple = type(structure) is tuple and len(structure) == len(flat)
    if flat_tuple and all(
        a is b and a is not None for a, b in zip(structure, flat, strict=True)
    ):
        return tuple
    places = [t is not None for t in flat]

    def pack(outputs: Sequence[Any]) -> Any:
        tensors = iter(outputs)
        leaves = [next(tensors) if present else None for present in places]
        return nest.pack_sequence_as(structure, leaves, True)

    return pack


def _first(outputs: Sequence[Any]) -> Any:
    return outputs[0]


def _nothing(outputs: Sequence[Any]) -> None:
    return None


def _variables_in(signature: Any) -> list[Variable]:
    """Return the variables among arguments, each once."""
    found = {id(v): v for v in nest.flatten(signature) if type(v) is Variable}
    return list(found.values())


def _trainable_reads(program: Any) -> list[Any]:
    """Return the trainable variables that a program reads, in order."""
    found = {}
    for node in program.all_nodes():
        if isinstance(node.op, ReadVariable):
            variable = node.attrs["variable"]
            if variable.trainable:
                found[id(variable)] = variable
    return list(found.values())
