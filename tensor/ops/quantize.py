"""Numbers as codes of a few bits, and back: `tf.quantization.quantize`, `dequantize`.

Codes of TensorFlow's quantized dtypes are plain integers here: `tf.qint8` gives int8,
`tf.quint8` uint8, and so on; they have the same values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array_functions import array_function
from tensor.ops.dtype_kinds import check_attribute
from tensor.ops.operands import operand

if TYPE_CHECKING:
    from tensor.core.dtypes import DType

_CODES = {
    "qint8": dtypes.int8,
    "quint8": dtypes.uint8,
    "qint32": dtypes.int32,
    "qint16": dtypes.int16,
    "quint16": dtypes.uint16,
}
_MODES = ("MIN_COMBINED", "MIN_FIRST", "SCALED")
_ROUNDINGS = ("HALF_AWAY_FROM_ZERO", "HALF_TO_EVEN")


class QuantizeV2(NamedTuple):
    """The result of `tf.quantization.quantize`: codes, and the range they stand for."""

    output: Any
    output_min: Any
    output_max: Any


def _away(x: np.ndarray) -> np.ndarray:
    """Return x rounded to whole numbers, halves away from zero."""
    return np.trunc(x + np.copysign(np.float32(0.5), x))


def _coded(x: np.ndarray, dtype: DType) -> np.ndarray:
    """Return whole numbers as codes, those out of range as the nearest."""
    info = np.iinfo(dtype.numpy_dtype)
    return x.astype(np.float64).clip(info.min, info.max).astype(dtype.numpy_dtype)


def _scaled_range(
    low: np.ndarray, high: np.ndarray, codes: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return codes a unit, and the range that they then cover: 0 has the code 0."""
    first, last = (np.float32(c) for c in codes)
    most = np.finfo(np.float32).max
    below = np.where(first * low > 0, first / low, most)
    above = np.where(last * high > 0, last / high, most)
    scale = np.minimum(below, above).astype(np.float32)
    return scale, first / scale, last / scale


def _along(ends: np.ndarray, x: np.ndarray, axis: int) -> np.ndarray:
    """Return the ends of ranges so that they broadcast along an axis of x."""
    if axis < 0:
        return ends
    return ends.reshape([-1 if i == axis else 1 for i in range(x.ndim)])


@array_function(
    "QuantizeV2",
    lambda x, low, high, dtype, **_: (TensorSpec.of(x.dims, dtype), low, high),
    np.array([1, 2, -1], np.float32),
    np.float32(-2),
    np.float32(6),
    dtype=dtypes.int8,
    mode="SCALED",
    rounding="HALF_TO_EVEN",
    narrow=True,
    axis=-1,
    least=0.01,
)
def _quantize(
    x: Any,
    low: Any,
    high: Any,
    dtype: DType,
    mode: str,
    rounding: str,
    narrow: bool,
    axis: int,
    least: float,
) -> Any:
    """The codes of numbers, and the range that the codes stand for."""
    if (high < low).any():
        raise errors.invalid(
            "QuantizeV2",
            "input_max_range must be larger than input_min_range., got "
            f"{low} and {high}",
        )
    single = np.float32
    size = np.maximum(single(1), np.maximum(np.abs(low), np.abs(high)))
    low = np.minimum(low, single(0))
    high = np.maximum(np.maximum(high, low + size * single(least)), single(0))
    info = np.iinfo(dtype.numpy_dtype)
    bottom, top = _along(low, x, axis), _along(high, x, axis)
    if mode == "SCALED":
        codes = info.min + narrow, info.max
        scale, bottom, top = _scaled_range(bottom, top, codes)
        low, high = bottom.reshape(low.shape), top.reshape(high.shape)
        turn = np.rint if rounding == "HALF_TO_EVEN" else _away
        z = turn(x.clip(bottom, top) * scale)
    elif mode == "MIN_FIRST":
        steps = np.float64(float(info.max) - info.min)
        scale = np.where(top == bottom, 0, steps / (top - bottom)).astype(single)
        z = _away(x * scale) - (_away(bottom * scale) - single(info.min))
        z = np.minimum(z, single(2**31 - 128))
    else:
        scale = single(float(info.max) - info.min) / (top - bottom)
        half = single((float(info.max) - info.min + 1) / 2 if info.min else 0)
        z = _away((x.clip(bottom, top) - bottom) * scale - half)
    return _coded(z, dtype), low[()], high[()]


@export("quantization.quantize")
def quantize(
    input: Any,
    min_range: Any,
    max_range: Any,
    T: Any,  # noqa: N803  # TensorFlow's name
    mode: str = "MIN_COMBINED",
    round_mode: str = "HALF_AWAY_FROM_ZERO",
    name: str | None = None,
    narrow_range: bool = False,
    axis: int | None = None,
    ensure_minimum_range: float = 0.01,
) -> QuantizeV2:
    """Return numbers as codes of a range that is cut into equal steps.

    Args:
        input: Numbers of float32.
        min_range: Where the range begins; with `axis` a vector.
        max_range: Where it ends.
        T: A quantized dtype such as `tf.qint8`. The codes have NumPy's dtype for it.
        mode: "MIN_COMBINED" and "MIN_FIRST" use all codes for the range, "SCALED" has
            the code 0 for 0.
        round_mode: For "SCALED": what becomes of halves.
        name: A name for the node, in a graph.
        narrow_range: For "SCALED": whether the lowest code is left out.
        axis: An axis whose entries have ranges of their own.
        ensure_minimum_range: How wide a range is at least, by its largest number.

    Raises:
        InvalidArgumentError: A dtype, mode or range is none.
    """
    dtype = dtypes.as_dtype(T)
    if dtype.name not in _CODES:
        raise errors.invalid(
            "QuantizeV2",
            f"Value for attr 'T' of {dtype.name} is not in the list of allowed values: "
            f"{', '.join(_CODES)}",
        )
    _check_word("mode", mode, _MODES)
    _check_word("round_mode", round_mode, _ROUNDINGS)
    if round_mode == "HALF_TO_EVEN" and mode != "SCALED":
        raise errors.invalid(
            "QuantizeV2",
            f"Round mode '{round_mode}' only supported for mode 'SCALED', but mode is "
            f"'{mode}'.",
        )
    x = operand("QuantizeV2", input, dtypes.float32)
    low, high = convert(min_range, dtypes.float32), convert(max_range, dtypes.float32)
    codes = _quantize(
        x,
        low,
        high,
        dtype=_CODES[dtype.name],
        mode=mode,
        rounding=round_mode,
        narrow=bool(narrow_range),
        axis=-1 if axis is None else int(axis),
        least=float(ensure_minimum_range),
    )
    return QuantizeV2(*codes)


def _check_word(what: str, word: str, allowed: tuple[str, ...]) -> None:
    if word not in allowed:
        raise errors.invalid(
            "QuantizeV2",
            f"Value for attr '{what}' of \"{word}\" is not in the list of allowed "
            f"values: {', '.join(repr(a) for a in allowed)}".replace("'\"", '"'),
        )


@array_function(
    "Dequantize",
    lambda x, low, high, dtype, **_: TensorSpec.of(x.dims, dtype),  # noqa: ARG005
    np.array([1, 2, -1], np.int8),
    np.float32(-2),
    np.float32(6),
    dtype=dtypes.float32,
    mode="SCALED",
    narrow=True,
    axis=-1,
)
def _dequantize(
    x: Any, low: Any, high: Any, dtype: DType, mode: str, narrow: bool, axis: int
) -> Any:
    """The numbers that codes stand for."""
    info = np.iinfo(x.dtype)
    low, high = _along(low, x, axis), _along(high, x, axis)
    width = np.float32(float(info.max) - info.min)
    codes = x.astype(np.float32)
    if mode == "SCALED":
        scale = high / np.float32(info.max)
        if info.min:
            scale = np.maximum(low / np.float32(info.min + narrow), scale)
        z = codes * scale
    elif mode == "MIN_FIRST":
        steps = np.float64(float(info.max) - info.min)
        scale = ((high - low) / steps).astype(np.float32)
        start = np.where(high == low, low, _away(low / scale) * scale)
        z = (start - np.float32(info.min) * scale) + codes * scale
    else:
        half = np.float32((width + 1) / 2 if info.min else 0)
        z = (codes + half) * ((high - low) / width) + low
    return z.astype(dtype.numpy_dtype)


@export("quantization.dequantize")
def dequantize(
    input: Any,
    min_range: Any,
    max_range: Any,
    mode: str = "MIN_COMBINED",
    name: str | None = None,
    axis: int | None = None,
    narrow_range: bool = False,
    dtype: Any = dtypes.float32,
) -> Any:
    """Return the numbers that codes stand for: undoes `tf.quantization.quantize`.

    Args:
        input: Codes, as integers of 8, 16 or 32 bits.
        min_range: Where their range begins; with `axis` a vector.
        max_range: Where it ends.
        mode: The mode that made the codes.
        name: A name for the node, in a graph.
        axis: The axis whose entries have ranges of their own.
        narrow_range: Whether the lowest code was left out.
        dtype: float32 or bfloat16.

    Raises:
        InvalidArgumentError: The codes are no integers, the mode is none, or `dtype`
            is another, or not made in that mode.
    """
    _check_word("mode", mode, _MODES)
    x = convert(input)
    if x.dtype not in _CODES.values():
        raise errors.invalid(
            "Dequantize",
            f"Value for attr 'T' of {dtypes.short_name(x.dtype)} is not in the list of "
            f"allowed values: {', '.join(_CODES)}",
        )
    low, high = convert(min_range, dtypes.float32), convert(max_range, dtypes.float32)
    result = dtypes.as_dtype(dtype)
    check_attribute("Dequantize", "dtype", result, (dtypes.bfloat16, dtypes.float32))
    if result is dtypes.bfloat16 and mode == "MIN_FIRST":
        raise errors.invalid(
            "Dequantize",
            "When output type is bfloat16, Mode string must be 'MIN_COMBINED', is "
            f"'{mode}'",
        )
    return _dequantize(
        x,
        low,
        high,
        dtype=result,
        mode=mode,
        narrow=bool(narrow_range),
        axis=-1 if axis is None else int(axis),
    )
