"""Gradients of targets with respect to sources, over a tape's record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core.backprop import backward, runs_on_arrays, wrap_gradient
from tensor.core.public_api import names_in
from tensor.core.tensor import EagerTensor, Tensor, next_track_id, wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tensor.core.tape import Tape


def gradients_on(
    tape: Tape,
    targets: Sequence[Any],
    sources: Sequence[Any],
    weights: Sequence[Any],
    releases: bool = False,
) -> list[Any]:
    """Return d(sum of weighted targets)/d(source) for each source, or None."""
    plain = runs_on_arrays()
    seeds = []
    known = tape.tracked
    for target, weight in zip(targets, weights, strict=True):
        if target is not None and any(target is source for source in sources):
            # A value is a function of itself, whether or not the tape saw it.
            target._track_id = target._track_id or next_track_id()
            known = known | {target._track_id}
        if target is None or not target._track_id:
            continue
        if weight is None:
            weight = _ones_like(target, plain)
        else:
            weight = _checked_weight(weight, target)
        seeds.append((target._track_id, weight))
    numbers = frozenset(s._track_id for s in sources if s._track_id)
    numbers &= known
    found = backward(tape.calls, seeds, numbers, releases)
    return [wrap_gradient(found.get(s._track_id)) for s in sources]


def _ones_like(target: Any, plain: bool) -> Any:
    if isinstance(target, Tensor) and type(target) is not EagerTensor:
        from tensor.core.registry import get_op

        return get_op("OnesLike")(target)
    array = target.read_array() if hasattr(target, "read_array") else target._array
    # A scalar's seed is a NumPy scalar: arithmetic on those is faster.
    ones = (
        array.dtype.type(1) if array.shape == () else np.ones(array.shape, array.dtype)
    )
    return ones if plain else wrap(ones)


def _checked_weight(weight: Any, target: Any) -> Any:
    from tensor.core.convert import convert_to_tensor

    weight = convert_to_tensor(weight, dtype=target.dtype)
    dims = weight.static_shape
    if dims is not None and dims != target.static_shape and set(dims) <= {1}:
        # One number for all elements.
        return names_in("")["broadcast_to"](weight, names_in("")["shape"](target))
    if not target.shape.is_compatible_with(weight.shape):
        raise ValueError(
            f"`output_gradients` of shape {weight.shape} do not fit a target of shape "
            f"{target.shape}: give one weight per element."
        )
    return weight
