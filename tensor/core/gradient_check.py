"""tf.test.compute_gradient: Jacobians by the tape and by finite differences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core.convert import convert
from tensor.core.indexed_slices import IndexedSlices
from tensor.core.public_api import export
from tensor.core.tape import GradientTape

if TYPE_CHECKING:
    from collections.abc import Callable

    from tensor.core.dtypes import DType
    from tensor.core.tensor import Tensor

# A power of two: adding it to most numbers rounds nothing.
_STEP = 1.0 / 1024


@export("test.compute_gradient")
def compute_gradient(
    f: Callable[..., Any], x: Any, delta: float | None = None
) -> tuple[Any, Any]:
    """Return the Jacobians of `f` as the tape gives them and by finite differences.

    A complex number counts as two elements, its real and its imaginary part.

    Args:
        f: Takes as many tensors as `x` has, returns one.
        x: A list or tuple of values.
        delta: The step of the differences, 1/1024 by default.

    Returns:
        Two tuples of matrices: rows for elements of the result, columns for elements
        of the argument.

    Raises:
        ValueError: `x` is no list or tuple, or the gradient of what has no elements
            has another shape.
        AssertionError: An argument or the result is neither floating point nor complex.
    """
    if not isinstance(x, list | tuple):
        raise ValueError(
            "`x` must be a list or tuple of values convertible to a Tensor (arguments "
            f"to `f`), not a {type(x)}"
        )
    values = [convert(v) for v in x]
    for i, value in enumerate(values):
        _check_dtype(value.dtype, f"argument {i}")
    count = range(len(values))
    step = _STEP if delta is None else delta
    exact = tuple([_by_tape(f, values, i) for i in count])
    approximate = tuple([_by_differences(f, values, i, step) for i in count])
    return exact, approximate


def _check_dtype(dtype: DType, what: str) -> None:
    if not dtype.is_differentiable:
        raise AssertionError(
            f"Cannot compute gradient for unsupported type {dtype.name} of {what}"
        )


def _by_tape(f: Callable[..., Any], values: list[Tensor], i: int) -> np.ndarray:
    """Return the Jacobian of f for its argument i, row by row."""
    x = values[i]
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = f(*values)
    _check_dtype(y.dtype, "y")
    like: np.ndarray = np.asarray(x)

    def row(direction: np.ndarray) -> np.ndarray:
        gradient = tape.gradient(y, x, output_gradients=convert(direction, y.dtype))
        if gradient is None:
            return np.zeros_like(like)
        if isinstance(gradient, IndexedSlices):
            gradient = convert(gradient)
        return np.asarray(gradient)

    directions = np.zeros_like(np.asarray(y))
    if not directions.size or not like.size:
        got = row(directions).shape
        if got != like.shape:
            raise ValueError(
                f"Empty gradient has wrong shape: expected {like.shape}, got {got}"
            )
    parts = _as_real(directions)
    rows = np.zeros((parts.size, _as_real(like).size), _real_type(x))
    for k in range(parts.size):
        parts[k] = 1
        rows[k] = _as_real(row(directions))
        parts[k] = 0
    return rows


def _by_differences(
    f: Callable[..., Any], values: list[Tensor], i: int, step: float
) -> np.ndarray:
    """Return the Jacobian of f for its argument i, column by column."""
    size = _as_real(np.array(values[i])).size

    def moved(k: int, by: float) -> np.ndarray:
        array = np.array(values[i])
        _as_real(array)[k] += by
        y = f(*values[:i], convert(array, values[i].dtype), *values[i + 1 :])
        return _as_real(np.array(y))

    if not size:
        rows = _as_real(np.array(f(*values))).size
        return np.zeros((rows, 0), _real_type(values[i]))
    columns = [(moved(k, step) - moved(k, -step)) / (2 * step) for k in range(size)]
    return np.stack(columns, axis=1).astype(_real_type(values[i]))


def _as_real(array: np.ndarray) -> np.ndarray:
    """Return a flat view of an array's elements; of complex ones, of both parts."""
    flat = array.reshape(-1)
    return flat.view(flat.real.dtype) if flat.dtype.kind == "c" else flat


def _real_type(x: Tensor) -> np.dtype[Any]:
    return x.dtype.real_dtype.numpy_dtype
