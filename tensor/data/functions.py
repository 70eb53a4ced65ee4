"""Users' functions of elements, as `map` and its kind apply them.

A function is traced once, as `tf.function` traces: AutoGraph converts it, and what runs
for every element is the compiled program, on arrays. Datasets that it takes (windows)
or makes (`flat_map`, `interleave`) are tensors there, as in every traced function.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from tensor.core import errors, nest as core_nest
from tensor.core.context import context
from tensor.core.tensor_spec import CompositeSpec, TensorSpec
from tensor.data import structure as nest
from tensor.data.debug import debug_mode
from tensor.data.elements import (
    Components,
    arrays_of,
    as_leaf,
    component,
    leaf,
    put_together,
    spec_of_structure,
)
from tensor.data.unknown import unknown_in
from tensor.graph.autograph import converted_call
from tensor.graph.runner import Runner
from tensor.graph.trace import Graph

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class ElementFunction:
    """A user's function from elements to elements.

    Attributes:
        output_spec: The structure of the results, with a spec at each leaf.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        *input_specs: Any,
        what: str = "map_func",
        unpacks: bool = True,
    ) -> None:
        """Trace `function`.

        Args:
            function: The user's function.
            *input_specs: The specs of its arguments. A single tuple is unpacked into
                several arguments, unless `unpacks` is false.
            what: The parameter's name, for messages.
            unpacks: Whether the element is unpacked if it is a tuple.

        Raises:
            ValueError: `function` is not callable.
        """
        if not callable(function):
            raise ValueError(
                f"Argument `func` must be a callable. Received func={function!r} (of "
                f"type {type(function)}) as `{what}`."
            )
        self.function = function
        if unpacks and len(input_specs) == 1 and type(input_specs[0]) is tuple:
            input_specs = input_specs[0]
        self._input_specs = input_specs
        self._pack = nest.packer(tuple(input_specs))
        self._trace(what)

    def _trace(self, what: str) -> None:
        """Run the function on symbolic tensors, and keep the program."""
        graph = ElementGraph(
            getattr(self.function, "__name__", what), outer=context.graph
        )
        leaves = nest.flatten(tuple(self._input_specs))
        with graph.traced():
            placeholders = [
                _placeholder(graph, spec, f"args_{i}") for i, spec in enumerate(leaves)
            ]
            arguments = self._pack(placeholders)
            result = converted_call(_python_function(self.function), arguments, {})
            structure = nest.map_structure(as_leaf, _as_tuple(result))
            self.output_spec = spec_of_structure(structure)
            self._outputs = nest.flatten(self.output_spec)
            parts = core_nest.flatten(nest.flatten(structure), True)
            owned = [graph.own(part) for part in parts if part is not None]
        self._runner = Runner(graph.finish(owned))
        # Whether arrays go in and come out: no leaf is a composite.
        specs = (*leaves, *self._outputs)
        self._is_plain = all(isinstance(spec, TensorSpec) for spec in specs)
        self._captured = [outer for outer, _ in graph.outside.tensors]
        self._captured_arrays = tuple(map(component, self._captured))
        # Python code would see tensors that belong to the graph being traced.
        self._runs_python = debug_mode.enabled and not unknown_in(self._captured)

    # What it takes from outside makes it a composite value, like a dataset: a dataset
    # of it is made, when a graph runs, with values for what was symbolic.

    def composite_components(self) -> list[Any]:
        """Return the tensors that the function takes from outside."""
        return self._captured

    def composite_from(self, parts: Sequence[Any]) -> ElementFunction:
        """Return the same function that takes other tensors from outside."""
        function = copy.copy(self)
        function._captured = list(parts)
        function._captured_arrays = tuple(map(component, parts))
        return function

    def __call__(self, components: Components) -> Components:
        """Return the components of the result for one element."""
        if self._runs_python:
            return tuple([component(v) for v in nest.flatten(self.call(components))])
        if self._is_plain:
            return self._runner.run((*components, *self._captured_arrays))
        results = self._runner.run((*arrays_of(components), *self._captured_arrays))
        return put_together(self._outputs, iter(results))

    def call(self, components: Components) -> Any:
        """Run the Python code for one element and return its leaves as tensors."""
        arguments = self._pack([leaf(c) for c in components])
        result = self.function(*arguments)
        return nest.map_structure(as_leaf, _as_tuple(result))

    def check_is_predicate(self, what: str) -> None:
        """Check that the function returns one boolean.

        Raises:
            ValueError: It returns something else.
        """
        spec = self.output_spec
        if not (
            isinstance(spec, TensorSpec)
            and spec.dtype.is_bool
            and spec.dims in ((), None)
        ):
            raise ValueError(
                f"Invalid `{what}`. `{what}` must return a `tf.bool` scalar tensor but "
                f"its return type is {spec!r}."
            )


def _python_function(function: Any) -> Any:
    """Return what to trace: the Python code behind a `tf.function`, if it is one."""
    return getattr(function, "python_function", function)


def _as_tuple(result: Any) -> Any:
    return tuple(result) if isinstance(result, list) else result


def _placeholder(graph: Graph, spec: Any, name: str) -> Any:
    if isinstance(spec, TensorSpec):
        return graph.add_input(spec.dims, spec.dtype, name)
    if isinstance(spec, CompositeSpec):
        return spec.composite_from(
            [_placeholder(graph, part, name) for part in spec.composite_components()]
        )
    raise errors.because(
        errors.UnimplementedError,
        f"A function of elements cannot be traced for values described by {spec!r}.",
    )


class ElementGraph(Graph):
    """What a function of elements is traced in."""

    building_function = True
