"""Graphs in TF1's manner: a session runs what it is asked for, and what that needs."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.compat.composite_values import in_numpy
from tensor.compat.feeds import fed_arrays
from tensor.core import nest
from tensor.core.context import context
from tensor.core.indexed_slices import CompositeTensor
from tensor.core.tensor import Reference
from tensor.graph.executor import compile_program
from tensor.graph.operation import Operation
from tensor.graph.passes.prune import prune
from tensor.graph.program import Node, Program, Value
from tensor.graph.symbolic import SymbolicTensor
from tensor.graph.trace import Graph
from tensor.ops.ordering import group

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class _Sessions(threading.local):
    """The sessions entered in this thread, and its default graph outside of any."""

    def __init__(self) -> None:
        self.entered: list[Session] = []
        self.graph = Graph("default")


_sessions = _Sessions()


def get_default_session() -> Session | None:
    """Return the innermost session that was entered by `with`, or None."""
    return _sessions.entered[-1] if _sessions.entered else None


def default_session() -> Session:
    """Return the innermost session that was entered by `with`.

    Raises:
        ValueError: There is none.
    """
    session = get_default_session()
    if session is None:
        raise ValueError(
            "Cannot evaluate tensor using `eval()`: No default session is registered. "
            "Use `with sess.as_default()` or pass an explicit session to "
            "`eval(session=sess)`."
        )
    return session


def get_default_graph() -> Graph:
    """Return the graph that ops are added to, or would be."""
    return context.graph or _sessions.graph


def reset_default_graph() -> None:
    """Forget the default graph of this thread."""
    _sessions.graph = Graph("default")


class Session:
    """Runs a graph, or the part of it that the fetched tensors need."""

    def __init__(self, target: str = "", graph: Any = None, config: Any = None) -> None:
        """Make a session for `graph`, by default the one being built.

        Raises:
            TypeError: It is no graph.
        """
        if graph is not None and not isinstance(graph, Graph):
            raise TypeError(
                f"Argument `graph` must be a tf.Graph, but got {type(graph).__name__}."
            )
        self.graph: Graph = graph or get_default_graph()
        self._closed = False
        self._programs: dict[Any, Any] = {}
        self._entered = contextlib.ExitStack()

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
            RuntimeError: The session is closed, or the graph empty.
            InvalidArgumentError: A placeholder was not fed.
            TypeError: Something else is fetched, or fed; see `fed_arrays`.
            ValueError: A fed value does not fit, or a tensor belongs to another graph.
        """
        if self._closed:
            raise RuntimeError("Attempted to use a closed Session.")
        if not self.graph.nodes and not self.graph.created:
            raise RuntimeError(
                "The Session graph is empty. Add operations to the graph before "
                "calling run()."
            )
        fetched = [self._element(f) for f in nest.flatten(fetches)]
        feeds = fed_arrays(self.graph, feed_dict or {})
        parts = [part for f in fetched for part in _parts(f)]
        arrays = iter(self._compute(parts, feeds))
        results = [_result(f, arrays) for f in fetched]
        return nest.pack_sequence_as(fetches, results)

    def _element(self, fetch: Any) -> Any:
        """Return what is fetched: a tensor or an operation of this graph, a variable.

        Raises:
            TypeError: It is something else.
            ValueError: It belongs to another graph, or the graph has no such name.
        """
        if isinstance(fetch, Reference):
            fetch = fetch.deref()
        if isinstance(fetch, CompositeTensor) or hasattr(fetch, "read_array"):
            return fetch
        if not isinstance(fetch, str | SymbolicTensor | Operation):
            kind = type(fetch).__name__
            wanted = f"must be a string or Tensor. (Can not convert a {kind} into a "
            wanted += "Tensor or Operation.)"
            raise TypeError(
                f'Argument `fetch` = {fetch} has invalid type "{kind}"'
                f"{'. Cannot be None' if fetch is None else ' ' + wanted}"
            )
        try:
            return self.graph.as_graph_element(fetch)
        except (KeyError, ValueError) as error:
            raise ValueError(
                f"Argument `fetch` = {fetch} cannot be interpreted as a Tensor. "
                f"({error.args[0]})"
            ) from None

    def _compute(self, parts: list[Any], feeds: dict[Value, Any]) -> Any:
        """Return the arrays of the tensors among what is fetched."""
        graph = self.graph
        makers = tuple([getattr(part, "_value", part) for part in parts])
        key = (makers, tuple(feeds), len(graph.nodes))
        found = self._programs.get(key)
        if found is None:
            nodes = tuple(n for n in graph.nodes if feeds.keys().isdisjoint(n.outputs))
            captured = {inner._value: outer for outer, inner in graph.outside.tensors}
            values = tuple([v for v in makers if type(v) is Value])
            wanted = [n for n in makers if type(n) is Node]
            program = Program((*feeds, *captured), nodes, values, "session")
            program = prune(program, keep_effects=False, wanted=wanted)
            constants = [outer._array for outer in captured.values()]
            found = self._programs[key] = compile_program(program), constants
        compiled, constants = found
        return compiled.run([*feeds.values(), *constants])

    def make_callable(
        self, fetches: Any, feed_list: Any = None, accept_options: bool = False
    ) -> Callable[..., Any]:
        """Return a function of what is fed that returns what is fetched.

        Args:
            fetches: As for `run`.
            feed_list: The tensors for which the function takes values, in order.
            accept_options: Accepted for compatibility.
        """
        fed = list(feed_list or [])

        def run(*values: Any, **options: Any) -> Any:
            return self.run(fetches, dict(zip(fed, values, strict=True)))

        return run

    @contextlib.contextmanager
    def as_default(self) -> Iterator[Session]:
        """Return a context in which tensors are evaluated by this session."""
        _sessions.entered.append(self)
        try:
            yield self
        finally:
            _sessions.entered.remove(self)

    def close(self) -> None:
        """Refuse further runs."""
        self._closed = True

    def __enter__(self) -> Session:
        self._entered.enter_context(self.graph.as_default())
        return self._entered.enter_context(self.as_default())

    def __exit__(self, *exception: object) -> None:
        self._entered.close()
        self.close()


class InteractiveSession(Session):
    """A session that is the default one from the start."""

    def __init__(self, target: str = "", graph: Any = None, config: Any = None) -> None:
        super().__init__(target, graph, config)
        self._entered.enter_context(self.as_default())

    def close(self) -> None:
        """Refuse further runs, and stop being the default."""
        super().close()
        self._entered.close()


def _parts(fetched: Any) -> list[Any]:
    """Return the tensors of which something fetched is made, or the node to run."""
    if isinstance(fetched, Operation):
        return [fetched.maker]
    if isinstance(fetched, CompositeTensor):
        return [t for t in fetched.composite_components() if _is_computed(t)]
    return [fetched] if isinstance(fetched, SymbolicTensor) else []


def _is_computed(tensor: Any) -> bool:
    return isinstance(tensor, SymbolicTensor)


def _result(fetched: Any, arrays: Iterator[Any]) -> Any:
    """Return the value of something fetched, as NumPy."""
    if isinstance(fetched, Operation):
        if isinstance(fetched.maker, Value):
            next(arrays)
        return None
    if isinstance(fetched, SymbolicTensor):
        return _as_numpy(next(arrays))
    if isinstance(fetched, CompositeTensor):
        components = fetched.composite_components()
        found = [next(arrays) if _is_computed(t) else t._array for t in components]
        return in_numpy(fetched, [_as_numpy(a) for a in found])
    return fetched.read_array().copy()


def _as_numpy(array: Any) -> Any:
    return np.asarray(array)[()] if np.ndim(array) == 0 else np.array(array)


def variables_initializer(var_list: Any, name: str = "init") -> Any:
    """Return the operation that gives variables their first values again.

    Args:
        var_list: The variables.
        name: A name for the operation.

    Returns:
        The operation in TF1's graphs; outside of them None: variables have values.
    """
    return group(*[v.initializer for v in var_list], name=name)


def global_variables_initializer() -> Any:
    """Return the operation that gives all variables of the graph their first values."""
    created = [] if context.graph is None else context.graph.created
    return variables_initializer(created)


def local_variables_initializer() -> Any:
    """Return an operation: there are no local variables to initialize."""
    return variables_initializer([])


def tables_initializer(name: str = "init_all_tables") -> Any:
    """Return an operation: tables are filled when they are made."""
    return variables_initializer([], name)
