"""Users' functions of elements, as `map` and its kind apply them.

A function is traced once, as `tf.function` traces: AutoGraph converts it, and what runs
for every element is the compiled program, on arrays. A function that makes datasets
(`flat_map`, `interleave`) or takes them (windows) is traced only to learn the spec of
its results; for the elements its Python code runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core import errors
from tensor.core.context import context
from tensor.core.indexed_slices import CompositeTensor
from tensor.core.tensor import EagerTensor, Tensor, wrap
from tensor.core.tensor_spec import CompositeSpec, TensorSpec
from tensor.data import structure as nest
from tensor.data.dataset import SpecGraph
from tensor.data.debug import debug_mode
from tensor.data.elements import (
    Components,
    as_leaf,
    component,
    leaf,
    spec_of_structure,
)
from tensor.data.graph_nodes import reads_pipelines
from tensor.graph.autograph import converted_call
from tensor.graph.runner import Runner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


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
        self._runner: Runner | None = None
        # The leaves of the result if some are composite, to put their parts together.
        self._outputs: list[Any] | None = None
        self._trace(what)

    def _trace(self, what: str) -> None:
        """Run the function on symbolic tensors; keep the program if it can be used."""
        graph = SpecGraph(getattr(self.function, "__name__", what), outer=context.graph)
        leaves = nest.flatten(tuple(self._input_specs))
        with graph.traced():
            arguments = self._pack([_placeholder(graph, spec) for spec in leaves])
            inputs = len(graph.inputs)
            result = converted_call(_python_function(self.function), arguments, {})
            structure = nest.map_structure(as_leaf, _as_tuple(result))
            self.output_spec = spec_of_structure(structure)
            outputs = nest.flatten(structure)
            parts = [part for v in outputs for part in _parts(v)]
            owned = [graph.own(v) for v in parts if isinstance(v, Tensor)]
        captured = [outer for outer, _ in graph.captures]
        wanted = sum(len(_parts(spec)) for spec in leaves)
        self._takes_composites = any(isinstance(s, CompositeSpec) for s in leaves)
        if (
            len(owned) == len(parts)
            and inputs == wanted == len(graph.inputs)
            and all(isinstance(t, EagerTensor) for t in captured)
            and not reads_pipelines(graph.nodes)
            and not debug_mode.enabled
        ):
            self._runner = Runner(graph.finish(owned))
            self._captured = tuple([t._array for t in captured])
            if any(isinstance(v, CompositeTensor) for v in outputs):
                self._outputs = outputs

    def __call__(self, components: Components) -> Components:
        """Return the components of the result for one element."""
        if self._runner is None:
            return tuple([component(v) for v in nest.flatten(self.call(components))])
        if self._takes_composites:
            parts = [part for c in components for part in _parts(c)]
            components = tuple([component(part) for part in parts])
        results = self._runner.run((*components, *self._captured))
        return (
            results
            if self._outputs is None
            else _put_together(self._outputs, iter(results))
        )

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
                f"Invalid `{what}`. `{what}` must return a `tf.bool` scalar tensor, "
                f"but its return type is {spec!r}."
            )


def _python_function(function: Any) -> Any:
    """Return what to trace: the Python code behind a `tf.function`, if it is one."""
    return getattr(function, "python_function", function)


def _as_tuple(result: Any) -> Any:
    return tuple(result) if isinstance(result, list) else result


def _parts(value: Any) -> list[Any]:
    """Return the tensors that a leaf, or the specs that its spec, is made of."""
    if isinstance(value, CompositeTensor | CompositeSpec):
        return value.composite_components()
    return [value]


def _put_together(outputs: list[Any], results: Iterator[Any]) -> Components:
    """Return arrays as components, those of composites put together."""
    components: list[Any] = []
    for like in outputs:
        if isinstance(like, CompositeTensor):
            parts = [wrap(next(results)) for _ in like.composite_components()]
            components.append(like.composite_from(parts))
        else:
            components.append(next(results))
    return tuple(components)


def _placeholder(graph: SpecGraph, spec: Any) -> Any:
    if isinstance(spec, TensorSpec):
        return graph.add_input(spec.dims, spec.dtype, "args")
    if isinstance(spec, CompositeSpec):
        return spec.composite_from(
            [_placeholder(graph, part) for part in spec.composite_components()]
        )
    if hasattr(spec, "placeholder"):
        return spec.placeholder()
    raise errors.because(
        errors.UnimplementedError,
        f"A function of elements cannot be traced for values described by {spec!r}.",
    )
