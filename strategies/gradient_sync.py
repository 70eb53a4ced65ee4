"""How gradients meet: summed over all replicas before an optimizer applies them.

Dense gradients travel together, packed into one flat array per dtype. Beside them
travels one number per variable that says whether this replica has a gradient for it at
all: a gradient that is None on some replicas counts as zeros there, and one that is
    None on all of them stays None. IndexedSlices stay sparse: their rows are gathered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from strategies.collectives import all_gather, all_reduce_many
from strategies.values import local_values
from tensor.core.convert import convert
from tensor.core.indexed_slices import IndexedSlices
from tensor.core.log import warn_once
from tensor.core.registry import get_op
from tensor.core.tensor import EagerTensor, wrap

if TYPE_CHECKING:
    from strategies.contexts import ReplicaContext
    from strategies.strategy import Strategy


def reduce_gradients(
    replica: ReplicaContext, grads_and_vars: list[tuple[Any, Any]]
) -> list[Any]:
    """Return the gradients of a replica summed over all replicas of the job."""
    if replica.num_replicas_in_sync == 1:
        return [grad for grad, _ in grads_and_vars]
    variables = [variable for _, variable in grads_and_vars]

    def merge(strategy: Strategy, *grads: Any) -> list[Any]:
        return sum_everywhere(strategy, list(grads), variables)

    # None cannot be told from "no value" when values are regrouped: pass a stand-in.
    flat = tuple(_Missing if g is None else g for g, _ in grads_and_vars)
    return list(replica.merge_call(merge, args=flat))


class _Missing:
    """Stands for a gradient that a replica does not have."""


def sum_everywhere(
    strategy: Strategy, grads: list[Any], variables: list[Any]
) -> list[Any]:
    """Return per-replica gradients summed over local replicas, then over processes."""
    local = [_sum_local(strategy, grad) for grad in grads]
    group = strategy.extended.group
    if group is None:
        return local
    # Whether a gradient is sparse must be the same everywhere; what it is here decides.
    present = wrap(np.array([g is not None for g in local], np.float32))
    sparse = [i for i, g in enumerate(local) if isinstance(g, IndexedSlices)]
    dense = [i for i in range(len(local)) if i not in sparse]
    packed = [_dense_or_zeros(local[i], variables[i]) for i in dense]
    counts, *sums = all_reduce_many(present, *packed, group=group)
    results: list[Any] = [None] * len(local)
    for i, total in zip(dense, sums, strict=True):
        results[i] = total
    for i in sparse:
        results[i] = _gather_slices(local[i], group)
    return _drop_missing(results, counts, local, variables)


def _drop_missing(
    results: list[Any], counts: Any, local: list[Any], variables: list[Any]
) -> list[Any]:
    """Return None in place of gradients that no replica has."""
    if type(counts) is not EagerTensor:
        # In a graph, which gradients there are is a fact of the trace.
        return [None if g is None else r for g, r in zip(local, results, strict=True)]
    if all(g is not None for g in local):
        return results
    found = np.asarray(counts)
    missing = [v.name for v, n in zip(variables, found, strict=True) if n == 0]
    if missing:
        warn_once(f"No replica has a gradient for {', '.join(missing)}.")
    return [r if n else None for r, n in zip(results, found, strict=True)]


def _dense_or_zeros(grad: Any, variable: Any) -> Any:
    if grad is not None:
        return convert(grad)
    return wrap(np.zeros(variable.static_shape, variable.dtype.numpy_dtype))


def _sum_local(strategy: Strategy, grad: Any) -> Any:
    """Return the sum of a gradient's values on the local replicas."""
    values = [
        v
        for v in local_values(grad, strategy.extended.num_local_replicas)
        if v is not _Missing
    ]
    if not values:
        return None
    total = values[0]
    for value in values[1:]:
        if isinstance(total, IndexedSlices) or isinstance(value, IndexedSlices):
            total = IndexedSlices.add(total, value)
        else:
            total = get_op("AddV2")(total, value)
    return total


def _gather_slices(slices: IndexedSlices, group: Any) -> IndexedSlices:
    return IndexedSlices(
        all_gather(convert(slices.values), group=group, axis=0),
        all_gather(convert(slices.indices), group=group, axis=0),
        slices.dense_shape,
    )
