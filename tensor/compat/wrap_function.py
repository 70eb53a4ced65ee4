"""tf.compat.v1.wrap_function: code written for TF1's graphs, as a function.

The code runs once, in a graph in which nothing runs but what its results need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core import dtypes, nest
from tensor.core.context import context
from tensor.core.tensor_spec import TensorSpec
from tensor.graph.binding import Parameters
from tensor.graph.concrete import ConcreteFunction
from tensor.graph.forms import forms_of
from tensor.graph.function import Function
from tensor.graph.function_graph import FunctionGraph
from tensor.graph.operation import Operation
from tensor.graph.passes.prune import prune
from tensor.graph.symbolic import SymbolicTensor
from tensor.graph.traced_arguments import LeafName, TracedArguments

if TYPE_CHECKING:
    from collections.abc import Callable

    from tensor.graph.program import Program


class WrappedGraph(FunctionGraph):
    """The graph of a function in TF1's manner: effects run if results need them."""

    building_function = False

    def finish(self, outputs: list[SymbolicTensor]) -> Program:
        """Return what the outputs, and the operations that were returned, need."""
        program = super().finish(outputs)
        return prune(program, keep_effects=False, wanted=self.wanted)

    def part(self, feeds: list[SymbolicTensor]) -> WrappedGraph:
        """Return the same graph with other inputs, which may be results of nodes."""
        part = WrappedGraph(self.name, self.outer)
        given = {t._value for t in feeds}
        part.placeholders = [SymbolicTensor(t._value, part) for t in feeds]
        part.nodes = [n for n in self.nodes if given.isdisjoint(n.outputs)]
        part.outside = self.outside
        part.created = self.created
        part._names = dict(self._names)
        return part


class WrappedFunction(ConcreteFunction):
    """A function in TF1's manner, of which parts can be made functions."""

    def prune(
        self,
        feeds: Any,
        fetches: Any,
        name: str | None = None,
        input_signature: Any = None,
    ) -> WrappedFunction:
        """Return a function of some tensors of the graph that computes others.

        Args:
            feeds: Tensors, or their names, in any nested structure: the arguments,
                apart from those that the function captured.
            fetches: Tensors, operations, or names of them: the results.
            name: A name for the function.
            input_signature: Accepted for compatibility.

        Raises:
            KeyError: The graph has nothing of a name.
            ValueError: A tensor belongs to another graph.
        """
        whole: Any = self.graph
        # What is captured stays captured, variables' handles too: users may pass all of
        # `inputs`.
        captured = {t._value for t in whole.internal_captures}
        given = [self._tensor(feed) for feed in nest.flatten(feeds, True)]
        given = [
            t
            for t in given
            if t._value not in captured and t.dtype is not dtypes.resource
        ]
        part = whole.part(given)
        part.name = name or whole.name

        def of_part(fetch: Any) -> Any:
            found = whole.as_graph_element(fetch)
            if isinstance(found, Operation):
                return Operation(found.maker, part)
            return SymbolicTensor(found._value, part)

        results = [of_part(fetch) for fetch in nest.flatten(fetches, True)]
        result = nest.pack_sequence_as(fetches, results, True)
        names = [LeafName(t.op.name, t.op.name, t.op.name) for t in given]
        specs = tuple(TensorSpec(t.shape, t.dtype) for t in given)
        arguments = TracedArguments((specs, {}), (tuple(part.placeholders), {}), names)
        return WrappedFunction(part, result, arguments, Parameters(_of_tensors))

    def _tensor(self, feed: Any) -> Any:
        found = self.graph.as_graph_element(feed)
        return found.outputs[0] if isinstance(found, Operation) else found


def _of_tensors(*tensors: Any) -> Any:
    """Have the signature of a function of tensors alone."""
    return tensors


class _Wrapping(Function):
    """Traces a function once, in TF1's manner."""

    def _new_graph(self) -> WrappedGraph:
        return WrappedGraph(self._name, outer=context.graph)

    def _finished(
        self, graph: FunctionGraph, result: Any, arguments: TracedArguments
    ) -> WrappedFunction:
        return WrappedFunction(graph, result, arguments, self._parameters)

    def wrapped(self, args: Any) -> ConcreteFunction:
        """Return the trace for arguments: specs, and Python values."""
        args, kwargs = self._parameters.bind(args, {})
        return self._trace(args, kwargs, forms_of((args, kwargs)), True)


def wrap_function(
    fn: Callable[..., Any], signature: Any, name: str | None = None
) -> ConcreteFunction:
    """Run TF1 code in a graph of its own, once; return that as a function.

    Args:
        fn: The code. It may make variables, and uses control dependencies for what has
            to run beside its results.
        signature: A spec for each tensor, and the values of other arguments.
        name: A name for the function.
    """
    return _Wrapping(fn, name, autograph=False).wrapped(tuple(signature))
