"""What a mirrored variable becomes when replicas change it, by its `aggregation`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from strategies.collectives import same_everywhere
from strategies.reduce_op import ReduceOp
from strategies.values import local_values, regroup
from tensor.core.convert import convert
from tensor.core.indexed_slices import IndexedSlices
from tensor.core.variable import VariableAggregation

if TYPE_CHECKING:
    from strategies.extended import StrategyExtended

REDUCED = (VariableAggregation.SUM, VariableAggregation.MEAN)


def aggregate(
    extended: StrategyExtended, aggregation: VariableAggregation, value: Any, name: str
) -> Any:
    """Return what a variable becomes when replicas assign `value` to it.

    Raises:
        ValueError: With aggregation NONE, and replicas that assign different values; in
            a graph, when it runs. With SUM, and one value for all replicas.
    """
    if aggregation is VariableAggregation.SUM:
        extended.check_is_per_replica(value)
    if aggregation in REDUCED:
        return extended.reduce_across(ReduceOp.of(aggregation), value)
    values = local_values(value, extended.num_local_replicas)
    if aggregation is VariableAggregation.ONLY_FIRST_REPLICA:
        return extended.first_of(values[0])
    if extended.num_replicas == 1:
        return values[0]
    return same_everywhere(
        *values,
        group=extended.group,
        what=f"assign different values to variable {name!r} of aggregation NONE",
        advice="Give it aggregation=tf.VariableAggregation.SUM, MEAN or "
        "ONLY_FIRST_REPLICA, or synchronization=tf.VariableSynchronization.ON_READ "
        "to let each replica have its own value.",
    )


def aggregate_slices(
    extended: StrategyExtended, aggregation: VariableAggregation, value: Any, name: str
) -> Any:
    """Return which rows of a variable change when replicas scatter `value` to it.

    Raises:
        ValueError: As `aggregate`.
    """
    if aggregation in REDUCED:
        return extended.reduce_across(ReduceOp.of(aggregation), value)
    parts = local_values(value, extended.num_local_replicas)
    values, indices = (
        aggregate(extended, aggregation, regroup(list(map(convert, tensors))), name)
        for tensors in zip(*[(p.values, p.indices) for p in parts], strict=True)
    )
    return IndexedSlices(values, indices, parts[0].dense_shape)
