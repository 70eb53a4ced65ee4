"""Python inside graphs: tf.py_function and tf.numpy_function."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors, nest
from tensor.core.backprop import runs_on_arrays, unwrap_gradient
from tensor.core.context import context
from tensor.core.convert import convert, to_array
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register
from tensor.core.tape import GradientTape
from tensor.core.tensor import element, wrap
from tensor.core.tensor_spec import TensorSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def _add_one(x: Any) -> Any:
    """Return x + 1: the function of the ops' samples."""
    return x + 1.0


class EagerPyFunc(Op):
    """The results of a Python function of eager tensors, called when the graph runs."""

    kind = "stateful"
    shape_depends_on_values = True

    def kernel(
        self, *arrays: Any, function: Callable[..., Any], dtypes: tuple[Any, ...]
    ) -> tuple[Any, ...]:
        with context.eager_inside_kernel():
            values = [a if type(a) is bytes else np.asarray(a)[()] for a in arrays]
            tensors = [wrap(element(value)) for value in values]
            results = _call(function, tensors, dtypes)
            return tuple([r._array for r in results])

    def infer(self, *specs: TensorSpec, function: Any, dtypes: Any) -> Any:
        return tuple([TensorSpec.of(None, d) for d in dtypes])

    def gradient(self, call: Any, *dz: Any) -> Any:
        if context.graph is not None:
            pull_back = functools.partial(_gradients, **call.attrs)
            kinds = tuple([x.dtype for x in call.inputs])
            return self(*call.inputs, *dz, function=pull_back, dtypes=kinds)
        plain = runs_on_arrays()
        values = [wrap(v) if plain else v for v in (*call.inputs, *dz)]
        found = _gradients(*values, **call.attrs)
        return tuple([unwrap_gradient(g) if plain else g for g in found])

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        attrs = {"function": _add_one, "dtypes": (dtypes.float64,)}
        yield Sample(rng.normal(size=(2,)), **attrs)


class PyFunc(Op):
    """The results of a Python function of arrays, called when the graph runs."""

    kind = "stateful"
    gradient = NON_DIFFERENTIABLE
    shape_depends_on_values = True

    def kernel(
        self, *arrays: Any, function: Callable[..., Any], dtypes: tuple[Any, ...]
    ) -> tuple[Any, ...]:
        with context.eager_inside_kernel():
            results = _as_list(function(*[np.asarray(a) for a in arrays]), len(dtypes))
        found = []
        for i, (value, dtype) in enumerate(zip(results, dtypes, strict=True)):
            array = to_array(value)
            if array.dtype != dtype.numpy_dtype:
                raise errors.invalid(
                    "PyFunc",
                    f"{i}-th value returned by {_name(function)} is "
                    f"{array.dtype.name}, but expects {dtype.name}",
                )
            found.append(array)
        return tuple(found)

    def infer(self, *specs: TensorSpec, function: Any, dtypes: Any) -> Any:
        return tuple([TensorSpec.of(None, d) for d in dtypes])

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        attrs = {"function": _add_one, "dtypes": (dtypes.float64,)}
        yield Sample(rng.normal(size=(2,)), **attrs)


eager_py_func = register(EagerPyFunc)
py_func = register(PyFunc)


def _name(function: Any) -> str:
    return getattr(function, "__name__", repr(function))


def _as_list(result: Any, count: int) -> list[Any]:
    """Return a function's result as the list of its `count` values.

    Raises:
        InvalidArgumentError: There are more or fewer.
    """
    if result is None:
        values = []
    elif isinstance(result, list | tuple):
        values = list(result)
    else:
        values = [result]
    if count == 1 and len(values) != 1:
        values = [result]
    if len(values) != count:
        raise errors.invalid(
            "PyFunc",
            f"the function returned {len(values)} values. Expected {count}, as many "
            "as there are dtypes in `Tout`.",
        )
    return values


# Which of TensorFlow's errors stands for an exception of the function.
_ERRORS: tuple[tuple[type[Exception], type[errors.OpError]], ...] = (
    (TypeError, errors.InvalidArgumentError),
    (ValueError, errors.InvalidArgumentError),
    (StopIteration, errors.OutOfRangeError),
    (MemoryError, errors.ResourceExhaustedError),
    (NotImplementedError, errors.UnimplementedError),
    (Exception, errors.UnknownError),
)


def as_op_error(error: Exception, place: str) -> Exception:
    """Return TensorFlow's error for an exception of a user's Python code.

    Args:
        error: The exception.
        place: Where it was raised, to be added to its text.
    """
    cls = next(ours for theirs, ours in _ERRORS if isinstance(error, theirs))
    return errors.because(cls, f"{type(error).__name__}: {error}{place}")


def _call(
    function: Callable[..., Any], tensors: list[Any], kinds: tuple[Any, ...]
) -> list[Any]:
    """Return the results of a function of eager tensors, in the dtypes promised."""
    try:
        results = _as_list(function(*tensors), len(kinds))
        return [convert(r, d) for r, d in zip(results, kinds, strict=True)]
    except errors.OpError:
        raise
    except Exception as error:
        place = f", in the function {_name(function)} of tf.py_function"
        raise as_op_error(error, f"{place} [Op:EagerPyFunc]") from error


def _gradients(
    *values: Any, function: Callable[..., Any], dtypes: tuple[Any, ...]
) -> list[Any]:
    """Return the gradients of a function, called once more with its inputs.

    Args:
        values: The inputs, then the gradients that arrive at the results.
        function: The function.
        dtypes: The dtypes of its results.
    """
    count = len(values) - len(dtypes)
    inputs, dz = list(values[:count]), values[count:]
    with GradientTape() as tape:
        tape.watch([x for x in inputs if x.dtype.is_differentiable])
        results = _call(function, inputs, dtypes)
    return tape.gradient(
        results, inputs, output_gradients=dz, unconnected_gradients="zero"
    )


def _kinds(tout: Any) -> tuple[tuple[Any, ...], bool]:
    """Return the dtypes in `Tout`, and whether it is a list of them."""
    several = isinstance(tout, list | tuple)
    given = list(tout) if several else [tout]
    kinds = [
        t.dtype if isinstance(t, TensorSpec) else dtypes.as_dtype(t) for t in given
    ]
    return tuple(kinds), several


def _returned(results: Any, several: bool) -> Any:
    if several:
        return list(results)
    return results[0] if results else None


def _decorator(call: Callable[..., Any], **options: Any) -> Callable[..., Any]:
    """Return what makes a Python function one that `call` calls."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def called(*args: Any) -> Any:
            return call(function, args, **options)

        return called

    return decorate


@export("py_function")
def py_function(
    func: Callable[..., Any] | None = None,
    inp: Any = None,
    Tout: Any = None,  # noqa: N803  # TensorFlow's name
    name: str | None = None,
) -> Any:
    """Call a Python function of eager tensors, also from inside a traced function.

    Gradients flow through it. Without a function this is a decorator:
    `@tf.py_function(Tout=tf.float32)`.

    Args:
        func: Takes eager tensors, returns one value for each dtype.
        inp: A list of its arguments.
        Tout: The dtypes (or TensorSpecs) of its results: one, or a list.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError, UnknownError …: The function raised.
    """
    if func is None:
        return _decorator(py_function, Tout=Tout, name=name)
    kinds, several = _kinds(Tout)
    values = [convert(v) for v in nest.flatten(inp)]
    if context.graph is None:
        if several and not kinds:
            _call(func, values, kinds)
            return []
        return _returned(_call(func, values, kinds), several)
    results = context.graph.call_op(
        eager_py_func, tuple(values), {"function": func, "dtypes": kinds}, name
    )
    for result, spec in zip(results, Tout if several else [Tout], strict=True):
        if isinstance(spec, TensorSpec):
            result.set_shape(spec.shape)
    return _returned(results, several)


@export("numpy_function")
def numpy_function(
    func: Callable[..., Any] | None = None,
    inp: Any = None,
    Tout: Any = None,  # noqa: N803  # TensorFlow's name
    stateful: bool = True,
    name: str | None = None,
) -> Any:
    """Call a Python function of NumPy arrays, also from inside a traced function.

    No gradient flows through it. Without a function this is a decorator:
    `@tf.numpy_function(Tout=tf.float32)`.

    Args:
        func: Takes arrays, returns one value for each dtype.
        inp: A list of its arguments.
        Tout: The dtypes of its results: one, or a list.
        stateful: Accepted for compatibility: the function is called at every run.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: In a graph, a result has another dtype than promised.
    """
    if func is None:
        return _decorator(numpy_function, Tout=Tout, name=name)
    kinds, several = _kinds(Tout)
    values = [convert(v) for v in inp]
    if context.graph is None:
        result = func(*[np.array(v._array) for v in values])
        if result is None:
            return None
        if isinstance(result, list | tuple) and several:
            return [convert(to_array(r)) for r in result]
        return convert(to_array(result))
    results = context.graph.call_op(
        py_func, tuple(values), {"function": func, "dtypes": kinds}, name
    )
    return _returned(results, several)
