"""How gradients meet: summed over all replicas before an optimizer applies them.

Dense gradients travel together, in buckets. A gradient that is None on some replicas
counts as zeros there, and one that is None on all of them stays None. IndexedSlices
stay sparse: their rows are gathered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from strategies.collectives import all_gather, same_everywhere
from strategies.gradient_buckets import buckets_for, reduce_bucket, start_sum
from strategies.values import local_values
from tensor.core.context import context
from tensor.core.convert import convert
from tensor.core.indexed_slices import IndexedSlices
from tensor.core.log import warn_once
from tensor.core.registry import get_op
from tensor.core.tensor import wrap

if TYPE_CHECKING:
    import dist
    from dist.bucket import Bucket
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


def summed_gradients(
    replica: ReplicaContext, grads_and_vars: list[tuple[Any, Any]]
) -> list[Any]:
    """Return gradients that are summed already: those of this process must be equal."""
    if replica.thread is None:
        return [grad for grad, _ in grads_and_vars]
    variables = [variable for _, variable in grads_and_vars]

    def merge(strategy: Strategy, *grads: Any) -> list[Any]:
        count = strategy.extended.num_local_replicas
        return [
            _equal(local_values(grad, count), variable.name)
            for grad, variable in zip(grads, variables, strict=True)
        ]

    flat = tuple(_Missing if g is None else g for g, _ in grads_and_vars)
    return list(replica.merge_call(merge, args=flat))


def _equal(grads: Any, name: str) -> Any:
    """Return the gradient that all local replicas have.

    Raises:
        ValueError: They have different ones; in a graph, when it runs.
    """
    what = f"apply different gradients to variable {name!r}"
    advice = (
        "Sum them first, by tf.distribute.get_replica_context().all_reduce, or let the "
        "optimizer do it: leave out skip_gradients_aggregation=True "
        "(experimental_aggregate_gradients=False)."
    )

    def same(*parts: Any) -> Any:
        return same_everywhere(*parts, group=None, what=what, advice=advice)

    missing = sum(g is _Missing for g in grads)
    if missing == len(grads):
        return None
    if missing:
        raise ValueError(f"Only some replicas have a gradient for {name!r}. {advice}")
    if all(isinstance(g, IndexedSlices) for g in grads):
        return IndexedSlices(
            same(*[g.values for g in grads]),
            same(*[g.indices for g in grads]),
            grads[0].dense_shape,
        )
    return same(*grads)


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
    sparse = [i for i, g in enumerate(local) if isinstance(g, IndexedSlices)]
    dense = [i for i in range(len(local)) if i not in sparse]
    sum_dense = _sum_eagerly if context.graph is None else _sum_in_graph
    sums = sum_dense(
        group,
        [None if local[i] is None else convert(local[i]) for i in dense],
        [variables[i] for i in dense],
    )
    results: list[Any] = [None] * len(local)
    for i, total in zip(dense, sums, strict=True):
        results[i] = total
    for i in sparse:
        results[i] = _gather_slices(local[i], group)
    return results


def _buckets(group: dist.Group, grads: list[Any], variables: list[Any]) -> list[Bucket]:
    typed = [
        (tuple(v.static_shape), (v if g is None else g).dtype.numpy_dtype)
        for g, v in zip(grads, variables, strict=True)
    ]
    return buckets_for(group, typed)


def _sum_in_graph(
    group: dist.Group, grads: list[Any], variables: list[Any]
) -> list[Any]:
    """Return the sums of gradients; which ones there are is a fact of the trace."""
    results: list[Any] = [None] * len(grads)
    for bucket in _buckets(group, grads, variables):
        members = [slot.index for slot in bucket.slots]
        present = [i for i in members if grads[i] is not None]
        sums = reduce_bucket(
            *[grads[i] for i in present],
            group=group,
            memory=bucket,
            names=tuple([variables[i].name if i in present else None for i in members]),
        )
        for i, total in zip(present, sums, strict=True):
            results[i] = total
    return results


def _sum_eagerly(
    group: dist.Group, grads: list[Any], variables: list[Any]
) -> list[Any]:
    """Return the sums of gradients; one that no process has stays None."""
    buckets = _buckets(group, grads, variables)
    works = []
    for bucket in buckets:
        mine = [grads[slot.index] for slot in bucket.slots]
        arrays = [g if g is None else g._array for g in mine]
        works.append(start_sum(bucket, group, arrays))
    results: list[Any] = [None] * len(grads)
    for bucket, work in zip(buckets, works, strict=True):
        counts = bucket.finish(work)
        for slot, view, count in zip(bucket.slots, bucket.views, counts, strict=True):
            if count:
                # The next step uses the bucket again, and a tensor never changes.
                results[slot.index] = wrap(np.array(view)[()])
    missing = [v.name for v, g in zip(variables, results, strict=True) if g is None]
    if missing:
        warn_once(f"No replica has a gradient for {', '.join(missing)}.")
    return results


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
