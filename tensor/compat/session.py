"""Graphs in TF1's manner: placeholders, and a session that runs what it is asked."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from tensor.core import dtypes, errors, nest
from tensor.core.context import context
from tensor.core.convert import convert, to_array
from tensor.core.registry import Op
from tensor.core.shapes import TensorShape
from tensor.core.tensor import Reference
from tensor.core.tensor_spec import TensorSpec
from tensor.graph.executor import compile_program
from tensor.graph.passes.prune import prune
from tensor.graph.program import Program, Value
from tensor.graph.symbolic import Operation, SymbolicTensor
from tensor.graph.trace import Graph


class _Sessions(threading.local):
    """The sessions entered in this thread, and its default graph outside of any."""

    def __init__(self) -> None:
        self.entered: list[Session] = []
        self.graph = Graph("default")


_sessions = _Sessions()


def default_session() -> Session:
    """Return the innermost session that was entered by `with`.

    Raises:
        ValueError: There is none.
    """
    if not _sessions.entered:
        raise ValueError(
            "Cannot evaluate tensor using `eval()`: No default session is registered. "
            "Use `with sess.as_default()` or pass an explicit session."
        )
    return _sessions.entered[-1]


def get_default_graph() -> Graph:
    """Return the graph that ops are added to, or would be."""
    return context.graph or _sessions.graph


def reset_default_graph() -> None:
    """Forget the default graph of this thread."""
    _sessions.graph = Graph("default")


def placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> Any:
    """Return a tensor whose value is fed at each run.

    Raises:
        RuntimeError: Outside a graph: eager tensors have values.
    """
    if context.graph is None:
        raise RuntimeError(
            "tf.placeholder() is not compatible with eager execution. Build a graph in "
            "`with tf.Graph().as_default():`."
        )
    dims = TensorShape(shape)._dims
    return context.graph.add_input(dims, dtypes.as_dtype(dtype), name or "Placeholder")


class PlaceholderWithDefault(Op):
    """A value that something else may be fed for, of any size that `dims` allow."""

    keeps_inputs: Any = False

    def kernel(self, x: Any, dims: Any) -> Any:
        return x

    def infer(self, x: TensorSpec, dims: Any) -> TensorSpec:
        return TensorSpec.of(dims, x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        return dz


def placeholder_with_default(input: Any, shape: Any, name: str | None = None) -> Any:
    """Return a tensor that has this value where no other is fed.

    Args:
        input: The value.
        shape: The shape that what is fed must fit.
        name: A name for the node, in a graph.

    Raises:
        ValueError: The value does not fit `shape`.
    """
    value, dims = convert(input), TensorShape(shape)
    if not dims.is_compatible_with(value.shape):
        raise ValueError(
            f"The default of shape {value.shape} does not fit the placeholder's shape "
            f"{dims}. Give a shape with None where sizes may differ."
        )
    return PlaceholderWithDefault()(value, dims=dims._dims, name=name)


class Session:
    """Runs a graph, or the part of it that the fetched tensors need."""

    def __init__(self, target: str = "", graph: Any = None, config: Any = None) -> None:
        """Make a session for `graph`, by default the one being built."""
        self.graph: Graph = graph or get_default_graph()
        self._closed = False
        self._programs: dict[Any, Any] = {}

    def run(
        self,
        fetches: Any,
        feed_dict: Any = None,
        options: Any = None,
        run_metadata: Any = None,
    ) -> Any:
        """Return the values of `fetches` as NumPy, in their structure.

        Args:
            fetches: Tensors, operations, variables or names in any nested structure.
            feed_dict: Values to use for placeholders, or instead of computed tensors.
            options: Accepted for compatibility.
            run_metadata: Accepted for compatibility.

        Raises:
            RuntimeError: The session is closed.
            InvalidArgumentError: A placeholder was not fed.
            ValueError: A fed value does not fit, or a tensor belongs to another graph.
        """
        if self._closed:
            raise RuntimeError("Attempted to use a closed Session.")
        flat = [self._value(f) for f in nest.flatten(fetches)]
        values = [v for v in flat if isinstance(v, Value)]
        wanted = [f for f in nest.flatten(fetches) if isinstance(f, Operation)]
        values += [op.outputs[0]._value for op in wanted]
        fed = {self._named(t): a for t, a in (feed_dict or {}).items()}
        feeds = {self._value(t): _fed(t, a) for t, a in fed.items()}
        arrays = iter(self._compute(values, feeds))
        results = [self._result(v, arrays) for v in flat]
        return nest.pack_sequence_as(fetches, results)

    def _result(self, fetched: Any, arrays: Any) -> Any:
        if isinstance(fetched, Value):
            array = next(arrays)
            return np.asarray(array)[()] if np.ndim(array) == 0 else np.array(array)
        return None if fetched is None else fetched.read_array().copy()

    def _named(self, tensor: Any) -> Any:
        """Return the tensor or operation of a name; anything else as it is."""
        if not isinstance(tensor, str):
            return tensor
        try:
            if ":" not in tensor:
                return self.graph.get_operation_by_name(tensor)
            return self.graph.get_tensor_by_name(tensor)
        except KeyError as error:
            raise ValueError(
                f"Argument `fetch` = {tensor} cannot be interpreted as a Tensor. "
                f"({error.args[0]})"
            ) from None

    def _value(self, fetch: Any) -> Any:
        """Return the value a fetch stands for: of this graph, or a variable.

        Raises:
            TypeError: It stands for none.
            ValueError: It belongs to another graph, or the graph has no such name.
        """
        fetch = self._named(fetch)
        if isinstance(fetch, Reference):
            fetch = fetch.deref()
        if fetch is None or hasattr(fetch, "read_array"):
            return fetch
        if isinstance(fetch, Operation):
            return None
        if not isinstance(fetch, SymbolicTensor):
            raise TypeError(
                f"Argument `fetch` = {fetch} has invalid type "
                f'"{type(fetch).__name__}" must be a string or Tensor.'
            )
        if fetch.graph is not self.graph:
            raise ValueError(f"Tensor {fetch} is not an element of this graph.")
        return fetch._value

    def _compute(self, values: list[Value], feeds: dict[Value, Any]) -> Any:
        graph = self.graph
        key = (tuple(values), tuple(feeds), len(graph.nodes))
        found = self._programs.get(key)
        if found is None:
            nodes = tuple(n for n in graph.nodes if feeds.keys().isdisjoint(n.outputs))
            captured = {inner._value: outer for outer, inner in graph.captures}
            inputs = (*feeds, *captured)
            program = prune(
                Program(inputs, nodes, tuple(values), "session"), keep_effects=False
            )
            _check_fed(program)
            constants = [outer._array for outer in captured.values()]
            found = self._programs[key] = compile_program(program), constants
        compiled, constants = found
        return compiled.run([*feeds.values(), *constants])

    def as_default(self) -> Session:
        """Return the session, to be entered by `with`."""
        return self

    def close(self) -> None:
        """Refuse further runs."""
        self._closed = True

    def __enter__(self) -> Session:
        _sessions.entered.append(self)
        return self

    def __exit__(self, *exception: object) -> None:
        _sessions.entered.remove(self)


class InteractiveSession(Session):
    """A session that is the default one from the start."""

    def __init__(self, target: str = "", graph: Any = None, config: Any = None) -> None:
        super().__init__(target, graph, config)
        _sessions.entered.append(self)

    def close(self) -> None:
        """Refuse further runs, and stop being the default."""
        super().close()
        if self in _sessions.entered:
            _sessions.entered.remove(self)


def _fed(tensor: Any, value: Any) -> Any:
    """Return a fed value as an array that fits the tensor.

    Raises:
        ValueError: The shapes do not fit.
    """
    array = to_array(value, tensor.dtype)
    if not tensor.shape.is_compatible_with(np.shape(array)):
        raise ValueError(
            f"Cannot feed value of shape {np.shape(array)} for Tensor {tensor.name}, "
            f"which has shape {tensor.shape}"
        )
    return array


def _check_fed(program: Program) -> None:
    known = set(program.inputs)
    for node in program.nodes:
        known.update(node.outputs)
    read = {v for node in program.nodes for v in node.values_in()}
    for value in sorted({*read, *program.outputs} - known, key=lambda v: v.name):
        raise errors.because(
            errors.InvalidArgumentError,
            f"You must feed a value for placeholder tensor "
            f"'{value.name.rpartition(':')[0]}' with dtype {value.dtype.name}",
        )


def global_variables_initializer() -> None:
    """Return what a session runs to initialize variables: they are initialized."""


def local_variables_initializer() -> None:
    """Return what a session runs to initialize variables: they are initialized."""
