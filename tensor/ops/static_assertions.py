"""tf.debugging: assertions on ranks, shapes and dtypes, mostly before anything runs."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core import dtypes
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.tensor import Tensor
from tensor.ops.assertions import assert_


def _is_tensor(value: Any) -> bool:
    return isinstance(value, Tensor) or hasattr(value, "read_for_op")


def _prefix(message: str | None) -> str:
    return f"{message}.  " if message else ""


def _name(x: Any) -> str:
    """Return how messages call a tensor: symbolic ones have names."""
    return getattr(x, "name", "") if isinstance(x, Tensor) else ""


def _described(x: Any) -> str:
    name = _name(x)
    return name or f"shape={x.shape} dtype={x.dtype.name}"


def _static_rank(rank: Any) -> int:
    """Return a rank as an int.

    Raises:
        TypeError: It is no integer.
        ValueError: It is no scalar.
    """
    value = convert(rank)
    if not value.dtype.is_integer:
        raise TypeError(f"tensor must be of type tf.int32; got {value.dtype!r}")
    if value.ndim != 0:
        raise ValueError(f"Rank must be a scalar. Got {rank!r}.")
    return int(value)


def _check_rank(
    x: Any, ranks: list[int], holds: bool | None, wanted: str, message: str | None
) -> None:
    if holds is False:
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
    x, wanted = convert(x), _static_rank(rank)
    holds = None if x.ndim is None else x.ndim == wanted
    if holds is None:
        _assert_dynamic_rank(x, lambda r: r == wanted, message)
    _check_rank(x, [wanted], holds, str(wanted), message)


@export("debugging.assert_rank_at_least")
def assert_rank_at_least(
    x: Any, rank: Any, message: str | None = None, name: str | None = None
) -> None:
    """Check the least number of dimensions.

    Raises:
        ValueError: There are fewer.
        TypeError: `rank` is no integer.
    """
    x, least = convert(x), _static_rank(rank)
    holds = None if x.ndim is None else x.ndim >= least
    if holds is None:
        _assert_dynamic_rank(x, lambda r: r >= least, message)
    _check_rank(x, [least], holds, f"at least {least}", message)


@export("debugging.assert_rank_in")
def assert_rank_in(
    x: Any, ranks: Any, message: str | None = None, name: str | None = None
) -> None:
    """Check that the number of dimensions is one of several.

    Raises:
        ValueError: It is not.
        TypeError: A rank is no integer.
    """
    x, wanted = convert(x), [_static_rank(r) for r in ranks]
    holds = None if x.ndim is None else x.ndim in wanted
    _check_rank(x, wanted, holds, f"in {tuple(wanted)}", message)


def _assert_dynamic_rank(x: Any, test: Any, message: str | None) -> None:
    from tensor.ops.facts import rank as rank_of

    condition = test(rank_of(x))
    assert_(condition, [_prefix(message), "Tensor has the wrong rank."])


@export("debugging.assert_type")
def assert_type(
    tensor: Any, tf_type: Any, message: str | None = None, name: str | None = None
) -> None:
    """Check the dtype.

    Raises:
        TypeError: It is another one.
    """
    wanted = dtypes.as_dtype(tf_type)
    x = tensor if _is_tensor(tensor) else convert(tensor)
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


@export("debugging.assert_shapes")
def assert_shapes(
    shapes: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> None:
    """Check shapes, where equal names must stand for equal sizes.

    Args:
        shapes: Pairs of a tensor and its shape (a dictionary or a list): a sequence of
            sizes, names, None or "*" (any size), and "..." at the start for any
            further dimensions.
        data: What to show besides.
        summarize: How many elements to show.
        message: What to say first.
        name: Accepted for compatibility.

    Raises:
        ValueError: A shape is another one.
    """
    pairs = shapes.items() if isinstance(shapes, dict) else shapes
    sizes: dict[Any, tuple[int, str]] = {}
    for tensor, symbols in pairs:
        x = tensor if _is_tensor(tensor) else convert(tensor)
        _check_shape(x, _as_symbols(symbols), sizes, message)


def _as_symbols(symbols: Any) -> tuple[Any, ...]:
    if hasattr(symbols, "as_list"):
        return tuple(symbols.as_list())
    if isinstance(symbols, str):
        return tuple(symbols.replace("...", "\x00")) if symbols else ()
    try:
        return tuple("\x00" if s in ("...", Ellipsis) else s for s in symbols)
    except TypeError:
        return (symbols,)


def _check_shape(
    x: Any, symbols: tuple[Any, ...], sizes: dict[Any, Any], message: str | None
) -> None:
    dims = x.static_shape
    if dims is None:
        return
    if symbols[:1] == ("\x00",):
        symbols = symbols[1:]
        assert_rank_at_least(x, len(symbols), message)
        dims = dims[len(dims) - len(symbols) :]
    else:
        # A scalar may stand for a vector of one element.
        wanted = (0, 1) if len(symbols) <= 1 else (len(symbols),)
        if len(dims) not in wanted:
            if len(wanted) > 1:
                assert_rank_in(x, wanted, message)
            assert_rank(x, wanted[0], message)
        if not symbols:
            symbols = (1,) * len(dims)
    offset = x.ndim - len(dims)
    for axis, (size, symbol) in enumerate(zip(dims, symbols, strict=False), offset):
        if size is None or symbol in (None, "*"):
            continue
        if isinstance(symbol, str) and not symbol.isdigit():
            origin = f"Specified by tensor {_described(x)} dimension {axis}"
            expected, said = sizes.setdefault(symbol, (size, origin))
        else:
            expected, said = int(symbol), "Specified explicitly"
        if size != expected:
            raise ValueError(
                f"{_prefix(message)}{said}.  Tensor {_described(x)} dimension {axis} "
                f"must have size {expected}.  Received size {size}, shape {x.shape}"
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
