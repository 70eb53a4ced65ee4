"""What becomes of indices that are out of range: `bad_indices_policy`."""

from __future__ import annotations

from typing import Any

from tensor.core import errors
from tensor.ops.array import where, zeros_like


def ignores_bad_indices(policy: str | None, op_type: str) -> bool:
    """Return whether a policy leaves out indices that are out of range.

    Raises:
        InvalidArgumentError: There is no such policy.
    """
    if policy not in (None, "", "DEFAULT", "ERROR", "IGNORE"):
        raise errors.invalid(
            op_type,
            f"Unknown bad indices handling attribute: {policy}. Use 'ERROR', 'IGNORE' "
            "or 'DEFAULT', which on a CPU is 'ERROR'.",
        )
    return policy == "IGNORE"


def valid_indices(indices: Any, shape: Any) -> tuple[Any, Any]:
    """Return which indices are in range, and zeros in place of those that are not.

    Args:
        indices: Integers; `indices[..., :]` is one index into the leading axes.
        shape: The shape that they index, as a tensor.

    Raises:
        ValueError: How many axes an index has is not known.
    """
    from tensor.ops.compare import greater_equal, less
    from tensor.ops.math import logical_and
    from tensor.ops.reduce import reduce_all

    depth = (indices.static_shape or (None,))[-1]
    if depth is None:
        raise ValueError(
            'bad_indices_policy="IGNORE" needs to know how many axes an index has, but '
            f"indices have shape {indices.shape}. Give them one by tf.ensure_shape."
        )
    limits = shape[:depth]
    zeros = zeros_like(indices)
    inside = logical_and(greater_equal(indices, zeros), less(indices, limits))
    valid = reduce_all(inside, axis=(-1,), keepdims=True)
    return valid, where(valid, indices, zeros)


def without_bad_indices(indices: Any, updates: Any, shape: Any) -> tuple[Any, Any]:
    """Return the indices that are in range, and their updates, in a row each."""
    from tensor.ops.selection import boolean_mask

    valid = valid_indices(indices, shape)[0][..., 0]
    return boolean_mask(indices, valid), boolean_mask(updates, valid)
