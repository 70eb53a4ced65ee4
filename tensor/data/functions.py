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
from tensor.core.tensor import EagerTensor, Tensor
from tensor.core.tensor_spec import TensorSpec
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
from tensor.data.ragged_specs import common_spec_of_leaf, example, is_ragged
from tensor.graph.autograph import converted_call
from tensor.graph.runner import Runner
from tensor.ops.ragged.ragged_spec import RaggedTensorSpec

if TYPE_CHECKING:
    from collections.abc import Callable


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
            TypeError: `function` is not callable.
        """
        if not callable(function):
            raise TypeError(f"`{what}` must be callable, got {function!r}.")
        self.function = function
        if unpacks and len(input_specs) == 1 and type(input_specs[0]) is tuple:
            input_specs = input_specs[0]
        self._input_specs = input_specs
        self._pack = nest.packer(tuple(input_specs))
        self._runner: Runner | None = None
        if any(map(is_ragged, nest.flatten(tuple(input_specs)))):
            self.output_spec = self._spec_by_example()
        else:
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
            owned = [graph.own(v) for v in outputs if isinstance(v, Tensor)]
        captured = [outer for outer, _ in graph.captures]
        if (
            len(owned) == len(outputs)
            and inputs == len(leaves) == len(graph.inputs)
            and all(isinstance(t, EagerTensor) for t in captured)
            and not reads_pipelines(graph.nodes)
            and not debug_mode.enabled
        ):
            self._runner = Runner(graph.finish(owned))
            self._captured = tuple([t._array for t in captured])

    def _spec_by_example(self) -> Any:
        """Return the spec of the results, from running the function on two examples.

        Ragged tensors have no symbolic form. The examples differ in every dimension
        that is not known, and so do the results where they depend on these.
        """
        leaves = nest.flatten(tuple(self._input_specs))
        first, second = [
            spec_of_structure(self.call(tuple([example(s, size) for s in leaves])))
            for size in (2, 3)
        ]
        return nest.map_structure(common_spec_of_leaf, first, second)

    def __call__(self, components: Components) -> Components:
        """Return the components of the result for one element."""
        if self._runner is None:
            return tuple([component(v) for v in nest.flatten(self.call(components))])
        return self._runner.run((*components, *self._captured))

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


def _placeholder(graph: SpecGraph, spec: Any) -> Any:
    if isinstance(spec, TensorSpec):
        return graph.add_input(spec.dims, spec.dtype, "args")
    if isinstance(spec, RaggedTensorSpec):  # of no ragged level: see `ragged_specs`
        return graph.add_input(spec.shape._dims, spec.dtype, "args")
    if hasattr(spec, "placeholder"):
        return spec.placeholder()
    raise errors.because(
        errors.UnimplementedError,
        f"A function of elements cannot be traced for values described by {spec!r}.",
    )
