"""tf.debugging: assertions on ranks and dtypes, mostly before anything runs."""

from __future__ import annotations

import functools
import operator
from typing import Any

import numpy as np

from tensor.core import dtypes
from tensor.core.call import is_symbolic
from tensor.core.convert import convert, to_array
from tensor.core.public_api import export
from tensor.core.tensor import Tensor
from tensor.ops.array import shape as shape_of
from tensor.ops.assertions import assert_
from tensor.ops.facts import get_static_value, rank as rank_of


def _is_tensor(value: Any) -> bool:
    return isinstance(value, Tensor) or hasattr(value, "read_for_op")


def _prefix(message: str | None) -> str:
    return f"{message}.  " if message else ""


def _name(x: Any) -> str:
    """Return how messages call a tensor: symbolic ones have names."""
    return getattr(x, "name", "") if isinstance(x, Tensor) else ""


def _rank_number(rank: Any) -> Any:
    """Return a rank as an int, or a symbolic scalar whose value is not known yet.

    Raises:
        TypeError: It is no integer.
        ValueError: It is no scalar.
    """
    known = get_static_value(rank)
    value = convert(rank) if known is None else np.asarray(to_array(known))
    kind = dtypes.as_dtype(value.dtype)
    if not kind.is_integer:
        raise TypeError(f"tensor must be of type tf.int32; got {kind!r}")
    if value.ndim != 0:
        raise ValueError(f"Rank must be a scalar. Got {rank!r}.")
    return value if known is None else int(value)


def _check_rank(
    x: Any, ranks: list[Any], test: Any, wanted: str, message: str | None
) -> None:
    """Check a rank, now or when the graph runs.

    Args:
        x: The tensor.
        ranks: The ranks to compare with.
        test: Whether a rank is right, as a function of it.
        wanted: What the rank must be, in words.
        message: What to say first.

    Raises:
        ValueError: It is not right.
    """
    if x.ndim is None or any(map(is_symbolic, ranks)):
        data = [_prefix(message), f"Tensor {_name(x)} must have rank", *ranks]
        assert_(test(rank_of(x)), [*data, "Received shape: ", shape_of(x)])
    elif not test(x.ndim):
        raise ValueError(
            f"{_prefix(message)}Tensor {_name(x)} must have rank {wanted}.  Received "
            f"rank {x.ndim}, shape {x.shape}"
        )


@export("debugging.assert_rank", "assert_rank")
def assert_rank(
    x: Any, rank: Any, message: str | None = None, name: str | None = None
) -> None:
    """Check the number of dimensions.

    Raises:
        ValueError: It is another one.
        TypeError: `rank` is no integer.
    """
    x, wanted = convert(x), _rank_number(rank)
    _check_rank(x, [wanted], lambda r: r == wanted, str(wanted), message)


@export("debugging.assert_rank_at_least")
def assert_rank_at_least(
    x: Any, rank: Any, message: str | None = None, name: str | None = None
) -> None:
    """Check the least number of dimensions.

    Raises:
        ValueError: There are fewer.
        TypeError: `rank` is no integer.
    """
    x, least = convert(x), _rank_number(rank)
    _check_rank(x, [least], lambda r: r >= least, f"at least {least}", message)


@export("debugging.assert_rank_in")
def assert_rank_in(
    x: Any, ranks: Any, message: str | None = None, name: str | None = None
) -> None:
    """Check that the number of dimensions is one of several.

    Raises:
        ValueError: It is not.
        TypeError: A rank is no integer.
    """
    x, wanted = convert(x), [_rank_number(r) for r in ranks]

    def is_among(rank: Any) -> Any:
        return functools.reduce(operator.or_, [rank == w for w in wanted])

    _check_rank(x, wanted, is_among, f"in {tuple(wanted)}", message)


@export("debugging.assert_type")
def assert_type(
    tensor: Any, tf_type: Any, message: str | None = None, name: str | None = None
) -> None:
    """Check the dtype.

    Raises:
        TypeError: It is another one.
    """
    wanted = dtypes.as_dtype(tf_type)
    is_made = _is_tensor(tensor) or hasattr(tensor, "composite_components")
    x = tensor if is_made else convert(tensor)
    if x.dtype is not wanted:
        raise TypeError(
            f"{_prefix(message)}{_name(x)} tensor must be of type {wanted!r}; got "
            f"{x.dtype!r}".lstrip()
        )


@export("debugging.assert_integer")
def assert_integer(x: Any, message: str | None = None, name: str | None = None) -> None:
    """Check that the dtype is an integer one.

    Raises:
        TypeError: It is not.
    """
    x = convert(x)
    if not x.dtype.is_integer:
        start = f"{message}.  " if message else ""
        raise TypeError(
            f'{start}Expected "x" to be integer type.  Found: {_name(x) or "tensor"} '
            f"of dtype {x.dtype!s}"
        )


@export("debugging.assert_scalar")
def assert_scalar(
    tensor: Any, message: str | None = None, name: str | None = None
) -> None:
    """Check that a tensor has no dimensions.

    Raises:
        ValueError: It has.
    """
    x = convert(tensor)
    if x.ndim != 0:
        raise ValueError(f"{message or ''}Expected scalar shape, saw shape: {x.shape}.")


@export("debugging.assert_same_float_dtype")
def assert_same_float_dtype(tensors: Any = None, dtype: Any = None) -> dtypes.DType:
    """Return the one floating point dtype of tensors; float32 if there are none.

    Raises:
        ValueError: They differ, or are not floating point.
    """
    wanted = None if dtype is None else dtypes.as_dtype(dtype)
    first: Any = None
    for t in tensors or []:
        if t is None:
            continue
        if wanted is None:
            wanted, first = t.dtype, t
        elif t.dtype is not wanted:
            like = "" if first is None else f" as {first!s}"
            raise ValueError(
                f"{t!s}, type={t.dtype!s}, must be of the same type ({wanted!s}){like}."
            )
    wanted = wanted or dtypes.float32
    if not wanted.is_floating:
        raise ValueError(f"Expected floating point type, got {wanted!s}.")
    return wanted


@export("debugging.is_numeric_tensor")
def is_numeric_tensor(tensor: Any) -> bool:
    """Return whether a value is a tensor of numbers."""
    return _is_tensor(tensor) and bool(tensor.dtype.is_numeric)


@export("debugging.assert_proper_iterable")
def assert_proper_iterable(values: Any) -> None:
    """Check that a value is a list of values rather than one value that iterates.

    Raises:
        TypeError: It is a tensor, array, string, or nothing that iterates.
    """
    unwanted = (Tensor, np.ndarray, bytes, str)
    if isinstance(values, unwanted) or hasattr(values, "composite_components"):
        raise TypeError(
            'Expected argument "values" to be a "proper" iterable.  Found: '
            f"{type(values)}"
        )
    if not hasattr(values, "__iter__"):
        raise TypeError(
            f'Expected argument "values" to be iterable.  Found: {type(values)}'
        )


class _Settings:
    """Settings that are kept and handed back."""

    log_device_placement = False
    traceback_filtering = True


@export("debugging.get_log_device_placement")
def get_log_device_placement() -> bool:
    """Return whether placements are logged: the setting."""
    return _Settings.log_device_placement


@export("debugging.set_log_device_placement")
def set_log_device_placement(enabled: bool) -> None:
    """Keep the setting; there is one device."""
    _Settings.log_device_placement = bool(enabled)


@export("debugging.is_traceback_filtering_enabled")
def is_traceback_filtering_enabled() -> bool:
    """Return whether tracebacks leave out the framework's own frames: the setting."""
    return _Settings.traceback_filtering


@export("debugging.enable_traceback_filtering")
def enable_traceback_filtering() -> None:
    """Keep the setting; tracebacks are always whole."""
    _Settings.traceback_filtering = True


@export("debugging.disable_traceback_filtering")
def disable_traceback_filtering() -> None:
    """Keep the setting; tracebacks are always whole."""
    _Settings.traceback_filtering = False
