"""Kernel sizes, strides and the lengths that windows leave."""

from __future__ import annotations

from typing import Any


def per_axis(
    value: Any, rank: int, name: str, allow_zero: bool = False
) -> tuple[int, ...]:
    """Return an argument as one integer for each axis.

    Raises:
        ValueError: There are too many or too few, or one is not positive.
    """
    if isinstance(value, int):
        result: tuple[Any, ...] = (value,) * rank
    else:
        try:
            result = tuple(value)
        except TypeError:
            raise ValueError(
                f"The `{name}` argument must be a tuple of {rank} integers. Received: "
                f"{value}"
            ) from None
    if len(result) != rank or any(int(v) != v for v in result):
        raise ValueError(
            f"The `{name}` argument must be a tuple of {rank} integers. Received: "
            f"{value}"
        )
    low = 0 if allow_zero else 1
    if any(v < low for v in result):
        what = ">= 0" if allow_zero else "> 0"
        raise ValueError(
            f"The `{name}` argument must be a tuple of {rank} integers. Received: "
            f"{value} including {[v for v in result if v < low]} that does not satisfy "
            f"the requirement `{what}`."
        )
    return tuple(int(v) for v in result)


def checked_padding(value: Any, allow_causal: bool = False) -> str:
    """Return a `padding` argument.

    Raises:
        ValueError: It is none of the allowed words.
    """
    allowed = {"valid", "same"} | ({"causal"} if allow_causal else set())
    word = str(value).lower()
    if word == "causal" and not allow_causal:
        raise ValueError(
            "Causal padding is only supported for `Conv1D` and `SeparableConv1D`. "
            f"Received: padding={value}"
        )
    if word not in allowed:
        raise ValueError(
            'The `padding` argument must be a list/tuple or one of "valid", "same" '
            f'(or "causal", only for `Conv1D`). Received: {value}'
        )
    return word


def is_channels_first(layer: Any) -> bool:
    """Return whether a layer's input has channels before the spatial axes."""
    return bool(layer.data_format == "channels_first")


def convolved_length(
    length: int | None, size: int, stride: int, dilation: int, padding: str
) -> int | None:
    """Return how many places a window has along an axis."""
    if length is None:
        return None
    if padding in ("same", "causal"):
        return -(-length // stride)
    return (length - (size - 1) * dilation - 1) // stride + 1


def transposed_length(
    length: Any,
    size: int,
    stride: int,
    padding: str,
    output_padding: int | None = None,
    dilation: int = 1,
) -> Any:
    """Return the length of which a window's places would be `length`."""
    if length is None:
        return None
    size = size + (size - 1) * (dilation - 1)
    if output_padding is None:
        if padding == "valid":
            return length * stride + max(size - stride, 0)
        return length * stride
    pad = size // 2 if padding == "same" else 0
    return (length - 1) * stride + size - 2 * pad + output_padding
