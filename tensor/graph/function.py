"""Function: a Python function traced once per signature, then run as a graph."""

from __future__ import annotations

import functools
import threading
import weakref
from typing import TYPE_CHECKING, Any

from tensor.core import nest
from tensor.core.context import context
from tensor.core.log import warn_once
from tensor.core.tensor_spec import TensorSpec
from tensor.graph.binding import Parameters
from tensor.graph.concrete import ConcreteFunction
from tensor.graph.forms import Form, forms_of, in_form, most_specific, relaxed
from tensor.graph.function_graph import FunctionGraph
from tensor.graph.methods import name_of, weak_method
from tensor.graph.modes import modes
from tensor.graph.retracing import history_of, warn
from tensor.graph.signature import (
    as_tensor_like,
    checked_signature,
    fit_nested,
    substitute,
)
from tensor.graph.trace_key import Leaves, encode, without_shapes
from tensor.graph.traced_arguments import LeafName, TracedArguments

if TYPE_CHECKING:
    from collections.abc import Callable

    from tensor.graph.function_type import FunctionType

# The traces that one function keeps.
_MOST_TRACES = 256


class Function:
    """What `tf.function` makes of a Python function.

    Calling it looks the trace up that fits the arguments, or makes one, and runs it.
    """

    def __init__(
        self,
        python_function: Callable[..., Any],
        name: str | None = None,
        input_signature: Any = None,
        autograph: bool = True,
        jit_compile: bool | None = None,
        reduce_retracing: bool = False,
        experimental_autograph_options: Any = None,
    ) -> None:
        self._python_function = python_function
        self._name = name or name_of(python_function)
        self._autograph = autograph
        self._jit_compile = jit_compile
        self._reduce_retracing = reduce_retracing
        self._autograph_options = experimental_autograph_options
        self.input_signature = checked_signature(input_signature)
        self._parameters = Parameters(python_function, self.input_signature)
        self._traces: dict[Any, ConcreteFunction] = {}
        # The same by signature without shapes, to find a more general trace.
        self._families: dict[Any, list[tuple[list[Form], Any]]] = {}
        self._tracing_count = 0
        self._history = history_of(python_function)
        self._last_traced: Any = None
        self._may_create_variables = True
        self._lock = threading.RLock()
        self._bound: dict[int, tuple[Any, Function]] = {}
        functools.update_wrapper(self, python_function, updated=())

    # ---- calling

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function; the first call with a new signature traces it."""
        if modes.functions_run_eagerly:
            return self._python_function(*args, **kwargs)
        concrete, leaves = self.trace_for(args, kwargs)
        return concrete.call_flat(leaves)

    def trace_for(
        self, args: Any, kwargs: dict[str, Any]
    ) -> tuple[ConcreteFunction, list[Any]]:
        """Return the trace for a call, made if need be, and its tensors."""
        if kwargs or len(args) != self._parameters.simple_count:
            args, kwargs = self._parameters.bind(args, kwargs)
        if self.input_signature is not None:
            args, kwargs = self._fitted(args, kwargs)
        key, leaves = _encoded(args, kwargs)
        concrete = self._traces.get(key)
        if concrete is None or concrete.is_stale():
            concrete = self._find_or_trace(key, args, kwargs, is_call=True)
        elif context.graph is None:
            self._history.note_call()
        if leaves.variables:
            concrete = concrete.on_variables(leaves.variables)
        return concrete, leaves

    def _fitted(self, args: Any, kwargs: Any) -> tuple[Any, dict[str, Any]]:
        """Return arguments as tensors that fit the input signature.

        Raises:
            TypeError: They do not fit.
        """
        specs = self.input_signature
        count = len(specs)
        try:
            fitted = [
                fit_nested(a, s) for a, s in zip(args[:count], specs, strict=True)
            ]
            self._parameters.check_defaults(args, kwargs, count)
        except (TypeError, ValueError) as error:
            raise self._parameters.error(str(error), args, kwargs) from None
        return (*fitted, *args[count:]), kwargs

    def get_concrete_function(self, *args: Any, **kwargs: Any) -> ConcreteFunction:
        """Return the trace for arguments that may be `tf.TensorSpec`s; nothing runs."""
        if self.input_signature is not None and not args and not kwargs:
            args = self.input_signature
        args, kwargs = self._parameters.bind(args, kwargs)
        if self.input_signature is not None:
            args, kwargs = self._fitted(args, kwargs)
        plain, leaves = _encoded(args, kwargs)
        names = tuple([s.name if isinstance(s, TensorSpec) else None for s in leaves])
        # Specs with names make a trace of their own, which those without may use too.
        key = (plain, names) if any(names) else plain
        concrete = self._traces.get(key)
        if concrete is None or concrete.is_stale():
            concrete = self._find_or_trace(key, args, kwargs, is_call=False)
            self._traces.setdefault(plain, concrete)
        if leaves.variables:
            concrete = concrete.on_variables(leaves.variables)
        return concrete

    # ---- tracing

    def _find_or_trace(
        self, key: Any, args: Any, kwargs: Any, is_call: bool
    ) -> ConcreteFunction:
        with self._lock:
            concrete = self._traces.get(key)
            if concrete is not None and not concrete.is_stale():
                return concrete
            forms = forms_of((args, kwargs))
            family = self._families.setdefault(without_shapes(key), [])
            general: ConcreteFunction | None = most_specific(family, forms)
            if general is None:
                if self.input_signature is not None:
                    count = len(self.input_signature)
                    forms = forms_of((self.input_signature, args[count:], kwargs))
                elif self._reduce_retracing and family:
                    forms = relaxed(forms, family[-1][0])
                if is_call:  # who asks for traces by name knows what he does
                    self._warn_of_retracing(args, kwargs)
                general = self._trace_first(args, kwargs, forms)
                family.append((forms, general))
            self._traces[key] = general
            if len(self._traces) > _MOST_TRACES:
                self._forget_oldest()
            return general

    def _forget_oldest(self) -> None:
        """Let go of the trace made first: memory stays bounded."""
        warn_once(
            f"tf.function {self._name!r} has {_MOST_TRACES} traces: the oldest is now "
            "forgotten for each new one. Pass numbers as tensors, or input_signature."
        )
        oldest = self._traces.pop(next(iter(self._traces)))
        for family in self._families.values():
            family[:] = [pair for pair in family if pair[1] is not oldest]

    def _trace_first(
        self, args: Any, kwargs: Any, forms: list[Form]
    ) -> ConcreteFunction:
        """Trace; once more if the Python function created variables while at it.

        Variables may be created by the first call only, so the function is traced
        again, to see that it creates none, and to have its later behaviour.
        """
        may_create, self._may_create_variables = self._may_create_variables, False
        if not may_create:
            return self._trace(args, kwargs, forms, may_create=False)
        try:
            concrete = self._trace(args, kwargs, forms, may_create=True)
        except BaseException:
            self._may_create_variables = True
            raise
        if concrete.graph.created:
            concrete = self._trace(args, kwargs, forms, may_create=False)
        return concrete

    def _trace(
        self, args: Any, kwargs: Any, forms: list[Form], may_create: bool
    ) -> ConcreteFunction:
        (args, kwargs), dims = in_form((args, kwargs), forms)
        graph = self._new_graph()
        graph.may_create_variables = may_create
        names = self._parameters.name_leaves(args, kwargs)
        with graph.traced():
            sizes = iter(dims)

            def placeholder(value: Any, name: LeafName) -> Any:
                given = as_tensor_like(value)
                text = name.own or name.parameter
                inner = graph.add_input(next(sizes), given.dtype, text)
                if not isinstance(given, TensorSpec):
                    graph.arguments[inner._value] = given
                return inner

            inner = substitute((args, kwargs), names, placeholder)
            before = nest.map_structure(lambda leaf: leaf, inner)
            arguments = TracedArguments((args, kwargs), before, names)
            result = self._called(*inner)
            graph.arguments.clear()
            self._parameters.check_unchanged(self._python_function, before, inner)
            self._tracing_count += 1
        return self._finished(graph, result, arguments)

    def _new_graph(self) -> FunctionGraph:
        """Return what a trace is recorded in."""
        return FunctionGraph(self._name, outer=context.graph)

    def _finished(
        self, graph: FunctionGraph, result: Any, arguments: TracedArguments
    ) -> ConcreteFunction:
        """Return what is made of a trace."""
        return ConcreteFunction(graph, result, arguments, self._parameters)

    def inline(self, *args: Any, **kwargs: Any) -> Any:
        """Call the Python function as a trace does, in the graph being traced now."""
        if modes.functions_run_eagerly:
            return self._python_function(*args, **kwargs)
        if self.input_signature is not None:
            args, kwargs = self._fitted(*self._parameters.bind(args, kwargs))
        return self._called(args, kwargs)

    def _called(self, args: Any, kwargs: Any) -> Any:
        """Call the Python function, converted by AutoGraph if wanted."""
        function = self._python_function
        if self._autograph:
            from tensor.graph.autograph import converted_call

            return converted_call(function, args, kwargs, self._autograph_options)
        return function(*args, **kwargs)

    def _warn_of_retracing(self, args: Any, kwargs: Any) -> None:
        last, self._last_traced = self._last_traced, (args, kwargs)
        if context.graph is not None or not self._history.note_trace():
            return
        from tensor.graph.describe import what_changed

        change = "the function was made anew"
        if last is not None:
            change = what_changed(self._parameters, last, (args, kwargs))
        warn(self._python_function, self._history, change)

    # ---- methods

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """Return the function bound to an object: each object has its own traces."""
        if instance is None:
            return self
        found = self._bound.get(id(instance))
        if found is not None and found[0]() is instance:
            return found[1]
        return self._bind_to(instance)

    def _bind_to(self, instance: Any) -> Function:
        key = id(instance)
        try:
            reference: Any = weakref.ref(instance, lambda _: self._bound.pop(key, None))
        except TypeError:
            reference = lambda: instance  # noqa: E731  # cannot be referenced weakly
        method = weak_method(self._python_function, reference)
        bound = self._remade(method)
        self._bound[key] = (reference, bound)
        return bound

    def _remade(self, python_function: Callable[..., Any]) -> Function:
        """Return another function with the same options."""
        return Function(python_function, *self._options())

    def _options(self) -> tuple[Any, ...]:
        first = (self._name, self.input_signature, self._autograph, self._jit_compile)
        return (*first, self._reduce_retracing, self._autograph_options)

    # ---- as users see it

    @property
    def python_function(self) -> Callable[..., Any]:
        """The Python function as it was given."""
        return self._python_function

    @property
    def function_spec(self) -> Parameters:
        """The parameters of the Python function."""
        return self._parameters

    @property
    def function_type(self) -> FunctionType:
        """The parameters, with the specs that the input signature asks for."""
        return self._parameters.function_type

    @property
    def name(self) -> str:
        """The name of the Python function."""
        return self._name

    def experimental_get_tracing_count(self) -> int:
        """Return how often the function has been traced."""
        return self._tracing_count

    def clear_cache(self) -> None:
        """Forget all traces: the next call is like the first."""
        with self._lock:
            self._traces.clear()
            self._families.clear()
            self._tracing_count = 0
            self._may_create_variables = True
        for _, bound in list(self._bound.values()):
            bound.clear_cache()

    def get_initialization_function(
        self, *args: Any, **kwargs: Any
    ) -> Callable[[], None]:
        """Return a function that gives variables made by tracing their first values."""
        concrete = self.get_concrete_function(*args, **kwargs)
        values = [(v, v.read_array().copy()) for v in concrete.variables]

        def initialize() -> None:
            for variable, value in values:
                variable.assign(value)

        return initialize

    @property
    def concrete_functions(self) -> list[ConcreteFunction]:
        """The traces, in the order in which they were made."""
        return list(dict.fromkeys(self._traces.values()))

    def pretty_printed_concrete_signatures(self, verbose: bool = True) -> str:
        """Return the signatures of all traces as text."""
        signatures = [
            c.pretty_printed_signature(verbose) for c in self.concrete_functions
        ]
        return ("\n\n" if verbose else "\n").join(signatures)

    def trace_report(self) -> str:
        """Return every trace's graph before and after optimisation as stable text."""
        return "\n\n".join(c.explain() for c in self.concrete_functions)

    explain = trace_report

    def __repr__(self) -> str:
        return f"<tf.function {self._name!r} at {id(self):#x}>"

    def __deepcopy__(self, memo: Any) -> Function:
        return self._remade(self._python_function)

    def __reduce__(self) -> Any:
        return Function, (self._python_function, *self._options())


def _encoded(args: Any, kwargs: dict[str, Any]) -> tuple[Any, Leaves]:
    """Return the trace key of a call, and its tensors."""
    leaves = Leaves()
    key: Any = tuple([encode(a, leaves) for a in args])
    if kwargs:
        items = sorted(kwargs.items())
        key = (key, *[(k, encode(v, leaves)) for k, v in items])
    replication = context.replica
    if replication is not None:  # each replica has parts of variables for itself
        key = (key, replication.trace_key)
    if context.numerics is not None:  # traces have checks in them
        key = (key, context.numerics)
    return key, leaves
