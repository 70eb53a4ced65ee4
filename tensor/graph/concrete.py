"""ConcreteFunction: one trace of a function, ready to be called with tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors, nest
from tensor.core.call import record
from tensor.core.context import context
from tensor.core.convert import convert
from tensor.core.shapes import are_compatible
from tensor.core.tensor import EagerTensor, Tensor, wrap
from tensor.core.tensor_spec import TensorSpec
from tensor.graph.inline import inline
from tensor.graph.recorded_call import DerivativeCache, RecordedCall
from tensor.graph.runner import Runner
from tensor.graph.signature import Parameters
from tensor.graph.state import ReadVariable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tensor.graph.trace import Graph


class ConcreteFunction:
    """A function traced for one signature.

    Attributes:
        graph: What was recorded.
        structured_input_signature: The arguments that it was traced with, as specs.
        structured_outputs: What the Python function returned, as symbolic tensors.
    """

    def __init__(
        self,
        graph: Graph,
        result: Any,
        signature: tuple[Any, Any],
        leaf_names: list[str],
        owner: Any = None,
    ) -> None:
        self.graph = graph
        self.name = f"__inference_{graph.name}"
        self.structured_input_signature = signature
        self._owner = owner
        self._leaf_names = leaf_names
        with graph.traced():
            flat = [_as_output(graph, v) for v in nest.flatten(result, True)]
        tensors = [t for t in flat if t is not None]
        self.structured_outputs = nest.pack_sequence_as(result, flat, True)
        self.program = graph.finish(tensors)
        graph.collections["outputs"] = tensors
        self._pack = _packer(self.structured_outputs, flat)
        self._captured = [outer for outer, _ in graph.captures]
        self._captured_arrays = [getattr(t, "_array", None) for t in self._captured]
        self._read = _trainable_reads(self.program)
        self._runner = Runner(self.program)
        self._derivatives = DerivativeCache(self.program, self._read)

    def is_stale(self) -> bool:
        """Return whether it uses tensors of an outer graph that is not traced now."""
        homes = {t.graph for t in self._captured if not isinstance(t, EagerTensor)}
        if homes:
            graph = context.graph
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
        return self.call_flat(self.tensors_for(args, kwargs))

    def tensors_for(self, args: Any, kwargs: Any) -> list[Any]:
        """Return the tensors of a call; raises as a call does."""
        leaves = self._bind(args, kwargs)
        tensors = []
        for i, (value, inner) in enumerate(zip(leaves, self.graph.inputs, strict=True)):
            tensors.append(self._checked(i, value, inner))
        return tensors

    def _bind(self, args: Any, kwargs: Any) -> list[Any]:
        """Return the tensors of a call: by the function's parameters, or one by one."""
        flat = nest.flatten(args, True)
        fits_flat = not kwargs and len(flat) == len(self.graph.inputs)
        if self._owner is not None:
            try:
                found: list[Any] = self._owner.leaves_for(self, args, kwargs)
            except TypeError:
                if not fits_flat:
                    raise
            else:
                return found
        if not fits_flat:
            raise TypeError(
                f"{self.graph.name}({', '.join(self._leaf_names)}) takes "
                f"{len(self.graph.inputs)} tensors, got {len(flat)} and {kwargs}."
            )
        return flat

    def _checked(self, index: int, value: Any, inner: Any) -> Any:
        dtype = inner.dtype
        if not isinstance(value, Tensor):
            value = convert(value, None if hasattr(value, "dtype") else dtype)
        if value.dtype is not dtype:
            raise errors.because(
                errors.InvalidArgumentError,
                f"cannot compute {self.name} as input #{index}(zero-based) was "
                f"expected to be a {dtype.name} tensor but is a {value.dtype.name} "
                f"tensor [Op:{self.name}]",
            )
        if not are_compatible(value.static_shape, inner.static_shape):
            raise errors.because(
                errors.InvalidArgumentError,
                f"{self.name}: input #{index}(zero-based), {inner.name!r}, has shape "
                f"{value.shape}; this trace takes {inner.shape}. Call the tf.function "
                f"itself to trace for another shape. [Op:{self.name}]",
            )
        return value

    def call_flat(self, tensors: Sequence[Any]) -> Any:
        """Call with the tensors of the arguments, in order, which must fit."""
        if context.graph is not None:
            return self._pack(inline(self.program, [*tensors, *self._captured]))
        if context.tapes or context.accumulators:
            return self._call_watched(tensors)
        arrays = [t._array for t in tensors]
        arrays += self._captured_arrays
        return self._pack([wrap(a) for a in self._runner.run(arrays)])

    def _call_watched(self, tensors: Sequence[Any]) -> Any:
        """Call while tapes or forward accumulators are active."""
        inputs = [*tensors, *self._captured]
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
    def python_parameters(self) -> Parameters:
        """The parameters of the Python function."""
        if self._owner is None:
            return Parameters(_anything)
        return self._owner.function_spec  # type: ignore[no-any-return]

    @property
    def inputs(self) -> list[Any]:
        """The symbolic tensors that stand for the arguments and captures."""
        return self.graph.inputs + [inner for _, inner in self.graph.captures]

    @property
    def outputs(self) -> list[Any]:
        """The results as symbolic tensors."""
        return self.graph.outputs

    @property
    def captured_inputs(self) -> list[Any]:
        """The outside tensors that the function uses."""
        return list(self._captured)

    @property
    def variables(self) -> tuple[Any, ...]:
        """The variables that are read or written."""
        return tuple(self.graph.variables.values())

    @property
    def trainable_variables(self) -> tuple[Any, ...]:
        """The trainable variables that are read or written."""
        return self.graph.trainable_variables

    @property
    def output_shapes(self) -> Any:
        """The shapes of the results, in their structure."""
        return nest.map_structure(
            lambda t: getattr(t, "shape", None), self.structured_outputs
        )

    @property
    def output_dtypes(self) -> Any:
        """The dtypes of the results, in their structure."""
        return nest.map_structure(
            lambda t: getattr(t, "dtype", None), self.structured_outputs
        )

    def pretty_printed_signature(self, verbose: bool = True) -> str:
        """Return the arguments and results as text."""
        from tensor.graph.describe import describe_signature

        return describe_signature(self)

    def explain(self) -> str:
        """Return the graph before and after optimisation as stable text."""
        from tensor.graph.describe import explain

        return explain(self)

    def __str__(self) -> str:
        return f"ConcreteFunction {self.pretty_printed_signature()}"

    def __repr__(self) -> str:
        from tensor.graph.describe import one_line

        return f"<ConcreteFunction {one_line(self)} at 0x{id(self):X}>"


def _anything(*args: Any, **kwargs: Any) -> None:
    """Have a signature that takes anything."""


def _as_output(graph: Graph, value: Any) -> Any:
    """Return a leaf of what a function returns as a tensor of its graph, or None.

    Raises:
        TypeError: It is neither a tensor nor convertible to one.
    """
    if value is None:
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


def _trainable_reads(program: Any) -> list[Any]:
    """Return the trainable variables that a program reads, in order."""
    found = {}
    for node in program.all_nodes():
        if isinstance(node.op, ReadVariable):
            variable = node.attrs["variable"]
            if variable.trainable:
                found[id(variable)] = variable
    return list(found.values())


def spec_for(value: Any, name: str) -> Any:
    """Return what `structured_input_signature` shows for a leaf of the arguments."""
    if isinstance(value, TensorSpec):
        return TensorSpec.of(value.dims, value.dtype, value.name or name)
    if isinstance(value, EagerTensor | Tensor):
        return TensorSpec.of(value.static_shape, value.dtype, name)
    if isinstance(value, np.ndarray | np.generic):
        return spec_for(convert(value), name)
    return value
