"""Dropout: each element kept and scaled up, or set to 0, at random."""

from __future__ import annotations

import numbers
from typing import TYPE_CHECKING, Any

from tensor.core import errors
from tensor.core.composites import takes_composites
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.ops.array import (
    as_static_shape,
    shape_for,
    static_value,
    where,
    zeros_like,
)
from tensor.ops.families import bracketed, shape_of
from tensor.ops.random.stateful import uniform
from tensor.ops.random.stateless import stateless_uniform

if TYPE_CHECKING:
    from collections.abc import Callable

    from tensor.core.shapes import Dims


@export("nn.dropout")
@takes_composites
def dropout(
    x: Any,
    rate: Any,
    noise_shape: Any = None,
    seed: int | None = None,
    name: str | None = None,
) -> Any:
    """Set elements to 0 with probability `rate`; scale the others by 1 / (1 - rate).

    Args:
        x: A floating point tensor.
        rate: The probability that an element is dropped, in [0, 1).
        noise_shape: The shape of the random choices, which broadcast to x: where it is
            1, all elements along that axis live or die together.
        seed: See tf.random.set_seed.
        name: A name for the node, in a graph.

    Raises:
        ValueError: `rate` is outside [0, 1), or x is not floating point.
        InvalidArgumentError: `noise_shape` does not broadcast to x.
    """
    return _drop(x, rate, noise_shape, lambda s, t: uniform(s, dtype=t, seed=seed))


@export("nn.experimental.stateless_dropout")
def stateless_dropout(
    x: Any,
    rate: Any,
    seed: Any,
    rng_alg: Any = "auto_select",
    noise_shape: Any = None,
    name: str | None = None,
) -> Any:
    """Do what `tf.nn.dropout` does, the choices being a function of `seed` alone.

    Raises:
        ValueError: `rate` is outside [0, 1), or x is not floating point.
    """
    return _drop(
        x,
        rate,
        noise_shape,
        lambda s, t: stateless_uniform(s, seed, dtype=t, alg=rng_alg),
    )


@export("nn.experimental.general_dropout")
def general_dropout(
    x: Any,
    rate: Any,
    uniform_sampler: Callable[..., Any],
    noise_shape: Any = None,
    name: str | None = None,
) -> Any:
    """Do what `tf.nn.dropout` does with choices from `uniform_sampler(shape, dtype)`.

    Raises:
        ValueError: `rate` is outside [0, 1), or x is not floating point.
    """
    return _drop(x, rate, noise_shape, lambda s, t: uniform_sampler(shape=s, dtype=t))


def _drop(x: Any, rate: Any, noise_shape: Any, draw: Callable[..., Any]) -> Any:
    is_number = isinstance(rate, numbers.Real)
    if not is_number and not hasattr(rate, "dtype"):
        raise ValueError(
            f"`rate` must be a scalar or scalar tensor. Received: rate={rate}"
        )
    if is_number and not 0 <= rate < 1:
        raise ValueError(
            f"`rate` must be a scalar tensor or a float in the range [0, 1). "
            f"Received: rate={rate}"
        )
    x = convert(x)
    if not x.dtype.is_floating:
        raise ValueError(
            "`x.dtype` must be a floating point tensor as `x` will be scaled. "
            f"Received: x.dtype={x.dtype!r}"
        )
    if is_number and rate == 0:
        # Still draws, so that the random sequence does not depend on the rate.
        draw((), x.dtype)
        return x
    if not is_number:
        rate = convert(rate)
        if rate.dtype is not x.dtype:
            raise ValueError(
                "`x.dtype` must be compatible with `rate.dtype`. Received: "
                f"x.dtype={x.dtype!r} and rate.dtype={rate.dtype!r}. Use tf.cast."
            )
        if rate.ndim not in (None, 0):
            raise ValueError(
                f"`rate` must be a scalar tensor: Shape {rate.shape} must have rank 0. "
                f"Received: rate={rate}"
            )
    scale = 1.0 / (1.0 - rate)
    shape = _noise_shape(x, noise_shape)
    keep = draw(shape, x.dtype) >= rate
    z = x * scale
    dropped = where(keep, z, zeros_like(z))
    dropped.set_shape(x.shape)  # whatever the shape of the choices, if unknown
    return dropped


def _noise_shape(x: Any, noise_shape: Any) -> Any:
    """Return the shape of the choices; None in it stands for x's own dimension."""
    if noise_shape is None:
        return shape_for(x)
    dims: Dims | None = shape_of(x)
    if isinstance(noise_shape, list | tuple) or hasattr(noise_shape, "as_list"):
        wanted = list(noise_shape)
        if dims is not None and len(dims) == len(wanted):
            wanted = [d if n is None else n for n, d in zip(wanted, dims, strict=True)]
        noise_shape = wanted
    shape = as_static_shape(noise_shape)
    known = static_value(shape)
    if known is not None and dims is not None and not _broadcasts(known, dims):
        raise errors.invalid(
            "SelectV2",
            f"condition {bracketed(known)}, then {bracketed(dims)}, and else [] must "
            "be broadcastable: each dimension of noise_shape must be 1 or that of x",
        )
    return shape


def _broadcasts(shape: Dims, dims: Dims) -> bool:
    """Return whether a shape may broadcast to the dimensions of a tensor."""
    pairs = zip(shape[::-1], dims[::-1], strict=False)
    return len(shape) <= len(dims) and all(
        None in (n, d) or n in (1, d) for n, d in pairs
    )
