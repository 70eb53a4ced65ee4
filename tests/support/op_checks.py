"""Checks generated from an op's declaration: gradient, shape rule, dtypes.

The gradient check projects on one random direction: a central difference of a random
weighting of the outputs, against the gradient that the tape gives. Second order is the
same check on the gradient itself.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core.convert import convert
from tensor.core.dtypes import from_numpy
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, get_op
from tensor.core.shapes import are_compatible
from tensor.core.tape import GradientTape
from tensor.core.tensor import Tensor
from tensor.core.tensor_spec import TensorSpec
from tensor.graph.function import Function

if TYPE_CHECKING:
    from collections.abc import Callable

STEP = 1e-6
RTOL, ATOL = 2e-5, 2e-6


def rng_for(op: Op) -> np.random.Generator:
    """Return a generator seeded by the op's name, the same in every run."""
    return np.random.default_rng(zlib.crc32(op.type_name.encode()))


def samples_of(op: Op) -> list[Sample]:
    """Return the op's samples."""
    return list(op.samples(rng_for(op)))


def is_differentiable(op: Op) -> bool:
    """Return whether the op declares a gradient."""
    return type(op).gradient is not NON_DIFFERENTIABLE


def _is_real_input(x: Any) -> bool:
    return isinstance(x, np.ndarray | np.generic) and x.dtype == np.float64


def scalar_function(op: Op, sample: Sample) -> tuple[Callable[..., Any], list[Any]]:
    """Return f(*varied inputs) -> scalar tensor, and the inputs that may vary."""
    varied = [i for i, x in enumerate(sample.inputs) if _is_real_input(x)]
    rng = rng_for(op)
    weights: dict[int, Any] = {}

    def f(*values: Any) -> Any:
        inputs = [
            convert(x) if isinstance(x, np.ndarray | np.generic) else x
            for x in sample.inputs
        ]
        for i, value in zip(varied, values, strict=True):
            inputs[i] = value
        outputs = op(*inputs, **sample.attrs)
        if type(outputs) is not tuple:
            outputs = (outputs,)
        total = convert(np.float64(0.0))
        for k, z in enumerate(outputs):
            if z.dtype.name not in ("float64", "complex128"):
                continue
            if k not in weights:
                weights[k] = rng.normal(size=z.static_shape)
            if z.dtype.is_complex:
                z = get_op("Real")(z)
            weighted = get_op("Mul")(z, convert(weights[k]))
            total = total + get_op("Sum")(weighted, axis=None, keepdims=False)
        return total

    return f, [np.asarray(sample.inputs[i]) for i in varied]


def gradients(f: Callable[..., Any], values: list[Any]) -> list[Any]:
    """Return df/dvalue for each value, zeros where there is no path."""
    tensors = [convert(v) for v in values]
    with GradientTape() as tape:
        tape.watch(tensors)
        z = f(*tensors)
    found = tape.gradient(z, tensors)
    return [
        np.zeros_like(v) if g is None else np.asarray(convert(g))
        for v, g in zip(values, found, strict=True)
    ]


def check_gradient(op: Op, sample: Sample, order: int = 2) -> None:
    """Check the op's gradient on one sample numerically, up to second order.

    Raises:
        AssertionError: A gradient differs from the central difference.
    """
    f, values = scalar_function(op, sample)
    if not values:
        return
    _check_directional(op, f, values, "first order")
    if order < 2:
        return
    rng = rng_for(op)
    directions = [convert(rng.normal(size=v.shape)) for v in values]

    def slope(*tensors: Any) -> Any:
        with GradientTape() as tape:
            tape.watch(list(tensors))
            z = f(*tensors)
        found = tape.gradient(z, list(tensors))
        total = convert(np.float64(0.0))
        for g, u in zip(found, directions, strict=True):
            if g is not None:
                product = get_op("Mul")(convert(g), u)
                total = total + get_op("Sum")(product, axis=None, keepdims=False)
        return total

    _check_directional(op, slope, values, "second order")


def _check_directional(op: Op, f: Any, values: list[Any], what: str) -> None:
    rng = rng_for(op)
    directions = [rng.normal(size=v.shape) for v in values]
    analytic = sum(
        float(np.sum(g * u))
        for g, u in zip(gradients(f, values), directions, strict=True)
    )
    ahead = f(*[convert(v + STEP * u) for v, u in zip(values, directions, strict=True)])
    behind = f(
        *[convert(v - STEP * u) for v, u in zip(values, directions, strict=True)]
    )
    numeric = (float(ahead) - float(behind)) / (2 * STEP)
    scale = max(abs(analytic), abs(numeric), 1.0)
    assert abs(analytic - numeric) <= ATOL + RTOL * scale * 10, (
        f"{op.type_name}: {what} gradient is {analytic!r}, the central difference "
        f"{numeric!r}, for inputs {values!r}"
    )


def check_infer(op: Op, sample: Sample) -> None:
    """Check that the shape rule agrees with the kernel, dimensions known or not.

    Raises:
        AssertionError: Shape or dtype differ from what the kernel gives.
    """
    with np.errstate(all="ignore"):
        results = op.kernel(*sample.inputs, **sample.attrs)
    if type(results) is not tuple:
        results = (results,)
    full = [_spec(x) for x in sample.inputs]
    variants = [full]
    for i, spec in enumerate(full):
        if not isinstance(spec, TensorSpec):
            continue
        assert spec.dims is not None
        relaxed = [
            (*spec.dims[:a], None, *spec.dims[a + 1 :]) for a in range(len(spec.dims))
        ]
        variants.extend(
            [*full[:i], TensorSpec.of(dims, spec.dtype), *full[i + 1 :]]
            for dims in [*relaxed, (None,) * len(spec.dims)]
        )
    for k, specs in enumerate(variants):
        inferred = op.infer(*specs, **sample.attrs)
        if type(inferred) is not tuple:
            inferred = (inferred,)
        assert len(inferred) == len(results), f"{op.type_name}: number of outputs"
        for spec, result in zip(inferred, results, strict=True):
            shape = np.shape(result)
            context = f"{op.type_name}.infer{tuple(specs)} with {sample.attrs}"
            dtype = from_numpy(np.asarray(result).dtype)
            assert spec.dtype is dtype, (
                f"{context} says {spec.dtype}, the kernel gives {dtype}"
            )
            assert are_compatible(spec.dims, shape), (
                f"{context} says {spec.dims}, the kernel gives {shape}"
            )
            if k == 0 and not op.shape_depends_on_values:
                assert spec.dims == shape, (
                    f"{context} says {spec.dims}, the kernel gives {shape}"
                )


def check_traced(op: Op, sample: Sample) -> None:
    """Check that a traced function gives what the op gives eagerly, gradients included.

    Once with known shapes; then with every dimension unknown, twice: the second call
    with the same shapes runs a program of its own. An op may say that its gradient
    needs known shapes (NotImplementedError), or that it has none (LookupError).

    Raises:
        AssertionError: A result or gradient differs in dtype, shape or value.
    """
    inputs = [
        convert(x) if isinstance(x, np.ndarray | np.generic) else x
        for x in sample.inputs
    ]
    places = [i for i, x in enumerate(inputs) if isinstance(x, Tensor)]
    tensors = [inputs[i] for i in places]
    differentiable = is_differentiable(op)

    def run(*given: Any) -> list[Any]:
        arguments = list(inputs)
        for i, tensor in zip(places, given, strict=True):
            arguments[i] = tensor
        sources = [t for t in given if t.dtype.is_differentiable]
        with GradientTape() as tape:
            tape.watch(sources)
            found = op(*arguments, **sample.attrs)
        outputs = list(found) if type(found) is tuple else [found]
        targets = [z for z in outputs if z.dtype.is_differentiable]
        if not (differentiable and sources and targets):
            return outputs
        grads = tape.gradient(targets, sources, unconnected_gradients="zero")
        return [*outputs, *[convert(g) for g in grads]]

    try:
        expected = run(*tensors)
    except LookupError:
        differentiable = False
        expected = run(*tensors)
    unknown = [TensorSpec((None,) * t.ndim, t.dtype) for t in tensors]
    for signature, calls in ((None, 1), (unknown, 2)):
        traced = Function(run, input_signature=signature, autograph=False)
        for _ in range(calls):
            try:
                found = traced(*tensors)
            except NotImplementedError:
                assert signature is not None, "needs known shapes, and has them"
                break
            _check_alike(op, expected, found, signature)


def _check_alike(op: Op, expected: list[Any], found: list[Any], signature: Any) -> None:
    for k, (e, t) in enumerate(zip(expected, found, strict=True)):
        context = f"{op.type_name}: result {k} traced for {signature or 'its shapes'}"
        assert e.dtype is t.dtype, f"{context} is {t.dtype}, eagerly {e.dtype}"
        assert e.shape == t.shape, f"{context} is {t.shape}, eagerly {e.shape}"
        x, y = np.asarray(e), np.asarray(t)
        if x.dtype.kind in "fcV":
            np.testing.assert_allclose(
                y.astype(np.complex128),
                x.astype(np.complex128),
                1e-6,
                1e-9,
                err_msg=context,
            )
        else:
            np.testing.assert_array_equal(y, x, err_msg=context)


def _spec(x: Any) -> Any:
    if isinstance(x, np.ndarray | np.generic):
        return TensorSpec.of(x.shape, from_numpy(x.dtype))
    return x
