"""Gradients that users write: custom_gradient, recompute_grad, grad_pass_through.

A function with its own gradient becomes an op that passes its results on. In eager
execution the user's gradient function sees, in its closure, what the forward call
computed. Inside a traced function the gradient is traced at once and becomes a program
(`tensor.graph.own_gradient`). Inside such a gradient, a further call is traced once
more where its gradient is asked for: it may be a call of the same function.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from tensor.core import nest
from tensor.core.backprop import runs_on_arrays, unwrap_gradient
from tensor.core.context import context
from tensor.core.convert import convert
from tensor.core.indexed_slices import IndexedSlices
from tensor.core.public_api import export
from tensor.core.registry import Op
from tensor.core.tape import GradientTape, Tape
from tensor.core.tensor import Tensor, wrap

if TYPE_CHECKING:
    from tensor.core.tensor_spec import TensorSpec

F = TypeVar("F", bound=Callable[..., Any])


class VariableWatcher(Tape):
    """Notes which variables are read, and records nothing."""

    def saw_variable(self, variable: Any) -> None:
        """Note a trainable variable that is being read."""
        self.variables[variable._track_id] = variable

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Watch inside the `with` block."""
        context.tapes = [*context.tapes, self]
        try:
            yield
        finally:
            context.tapes = [t for t in context.tapes if t is not self]


class CustomGradient(Op):
    """The results of a function, with a gradient of the user's.

    Inputs are the results, then what they are to be differentiated by: the arguments
    and the variables that the function reads.
    """

    keeps_inputs = False

    def __init__(self, call: _CustomCall, count: int) -> None:
        super().__init__()
        self._custom = call
        self._count = count
        # In a graph the inputs are needed to trace the function once more.
        self.keeps_inputs = call.gradient_function is None

    def kernel(self, *values: Any) -> Any:
        return tuple([np.asarray(v)[()] for v in values[: self._count]])

    def infer(self, *values: TensorSpec) -> Any:
        return tuple(values[: self._count])

    def gradient(self, call: Any, *dz: Any) -> Any:
        plain = runs_on_arrays()
        if plain:
            dz = tuple([wrap(g) for g in dz])
        grads = self._custom.gradients(call.inputs[self._count :], dz)
        if plain:
            grads = [unwrap_gradient(g) for g in grads]
        return (None,) * self._count + tuple(grads)


class _CustomCall:
    """One call of a function with a gradient of its own.

    Attributes:
        gradient_function: What the call returned beside its results; None in a graph,
            where the function is to be called again if this is needed.
    """

    def __init__(self, function: Callable[..., Any], args: Any, kwargs: Any) -> None:
        self._function = function
        self._args = args
        self._kwargs = kwargs
        self._flat_args = nest.flatten(args)
        watcher = VariableWatcher()
        with watcher.watching():
            self.result, gradient_function = function(*args, **kwargs)
        if not callable(gradient_function):
            raise TypeError(
                f"unsupported callable {gradient_function!r}: a function with "
                "tf.custom_gradient returns its result and the function of the "
                "gradient."
            )
        given = {id(a) for a in (*self._flat_args, *kwargs.values())}
        self.variables = [v for v in watcher.variables.values() if id(v) not in given]
        self._check_signature(gradient_function)
        self._own_gradient = gradient_function
        self.gradient_function = (
            None if context.graph is not None else gradient_function
        )

    def _check_signature(self, gradient_function: Callable[..., Any]) -> None:
        if not self.variables:
            return
        spec = inspect.getfullargspec(gradient_function)
        if "variables" not in (*spec.args, *spec.kwonlyargs) and not spec.varkw:
            raise TypeError(
                "@tf.custom_gradient grad_fn must accept keyword argument 'variables', "
                f"since function uses variables: {self.variables}"
            )

    def inputs(self) -> list[Any]:
        """Return what the results may be differentiated by."""
        arguments = [_as_input(a) for a in self._flat_args]
        return [*arguments, *self.variables]

    def gradients(self, inputs: Any, dz: Any) -> list[Any]:
        """Return the gradient for each of the inputs.

        Raises:
            ValueError: The user's function returned another number of gradients.
        """
        function = self.gradient_function
        if function is None:
            flat = [
                x if is_input(given) else given
                for x, given in zip(inputs, self._flat_args, strict=False)
            ]
            args = nest.pack_sequence_as(self._args, flat)
            function = self._function(*args, **self._kwargs)[1]
        return self._checked_gradients(function, dz)

    def own_gradients(self, dz: Any) -> list[Any]:
        """Return the gradients by the function that this call returned."""
        return self._checked_gradients(self._own_gradient, dz)

    def _checked_gradients(self, function: Any, dz: Any) -> list[Any]:
        grads = (
            function(*dz, variables=self.variables) if self.variables else function(*dz)
        )
        of_variables: list[Any] = []
        if self.variables:
            grads, of_variables = grads
            of_variables = nest.flatten(of_variables)
            if len(of_variables) != len(self.variables):
                raise ValueError(
                    "Must return gradient for each variable from @custom_gradient "
                    f"grad_fn: got {len(of_variables)} for {len(self.variables)}."
                )
        flat_grads = nest.flatten(grads)
        if len(flat_grads) != len(self._flat_args):
            raise ValueError(
                f"custom_gradient function expected to return {len(self._flat_args)} "
                f"gradients, but returned {len(flat_grads)} instead."
            )
        return [_as_gradient(g) for g in (*flat_grads, *of_variables)]


def is_input(value: Any) -> bool:
    """Return whether gradients can be asked for with respect to an argument."""
    return isinstance(value, Tensor) or hasattr(value, "read_for_op")


def _as_input(value: Any) -> Any:
    return value if is_input(value) else np.float32(0)


def _as_gradient(value: Any) -> Any:
    if value is None or isinstance(value, IndexedSlices):
        return value
    return convert(value)


@export("custom_gradient")
def custom_gradient(f: F) -> F:
    """Decorate a function that returns its result and the function's own gradient.

    The gradient function takes the gradient of each result and returns one for each
    argument. If `f` reads trainable variables, it must take `variables=` and return
    a pair: gradients for the arguments, and for the variables::

        @tf.custom_gradient
        def log1pexp(x):
            e = tf.exp(x)

            def grad(upstream):
                return upstream * (1 - 1 / (1 + e))

            return tf.math.log(1 + e), grad

    Raises (when the decorated function is called or differentiated):
        TypeError: `f` reads variables, and its gradient takes no `variables`.
        ValueError: The gradient returns another number of gradients than `f` has
            arguments or variables; or keyword arguments inside a traced function.
    """
    return CustomGradientFunction(f)  # type: ignore[return-value]  # gives results alone


class CustomGradientFunction:
    """A function with a gradient of its own; methods get no gradient for `self`."""

    def __init__(self, function: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function)
        self._function = function

    def __get__(self, instance: Any, owner: Any = None) -> CustomGradientFunction:
        if instance is None:
            return self
        return CustomGradientFunction(self._function.__get__(instance, owner))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if context.graph is not None:
            if kwargs:
                raise ValueError(
                    "The custom_gradient decorator currently supports keywords "
                    "arguments only when eager execution is enabled."
                )
            args = nest.map_structure(convert, args)
        call = _CustomCall(self._function, args, kwargs)
        results = [convert(r) for r in nest.flatten(call.result)]
        inputs = call.inputs()
        if not inputs:  # nothing to differentiate by, but what the results come from
            return nest.pack_sequence_as(call.result, results)
        outputs = None
        if context.graph is not None:
            outputs = context.graph.with_gradient(results, inputs, call.own_gradients)
        if outputs is None:
            outputs = CustomGradient(call, len(results))(*results, *inputs)
        return nest.pack_sequence_as(call.result, list(outputs))


@export("recompute_grad")
def recompute_grad(f: F) -> F:
    """Return `f` such that its intermediate results are computed anew for gradients.

    Memory for time: between the forward and the backward pass only the arguments are
    kept.
    """

    @functools.wraps(f)
    @custom_gradient
    def recomputed(*args: Any, **kwargs: Any) -> Any:
        with _only_watchers():
            result = f(*args, **kwargs)

        def gradient(*dz: Any, variables: Any = ()) -> Any:
            with GradientTape() as tape:
                inputs = [convert(a) for a in nest.flatten(args)]
                inputs = [a + 0 if a.dtype.is_differentiable else a for a in inputs]
                tape.watch([a for a in inputs if a.dtype.is_differentiable])
                tape.watch(list(variables))
                again = f(*nest.pack_sequence_as(args, inputs), **kwargs)
            grads = tape.gradient(
                again,
                [*inputs, *variables],
                output_gradients=nest.pack_sequence_as(again, list(dz)),
                unconnected_gradients="zero",
            )
            if variables:
                return grads[: len(inputs)], grads[len(inputs) :]
            return grads

        return result, gradient

    return recomputed  # type: ignore[return-value]  # wraps changes the type


@contextlib.contextmanager
def _only_watchers() -> Iterator[None]:
    """Record nothing inside the `with` block, but see which variables are read."""
    tapes = context.tapes
    context.tapes = [t for t in tapes if isinstance(t, VariableWatcher)]
    try:
        yield
    finally:
        context.tapes = tapes


@export("grad_pass_through")
def grad_pass_through(f: F) -> F:
    """Return `f` with the gradient of the identity: the straight-through estimator."""

    @functools.wraps(f)
    @custom_gradient
    def passing(*args: Any, **kwargs: Any) -> Any:
        def gradient(*dz: Any, variables: Any = None) -> Any:
            if variables is not None:
                return dz, [None] * len(variables)
            return dz

        return f(*args, **kwargs), gradient

    return passing  # type: ignore[return-value]  # wraps changes the type
