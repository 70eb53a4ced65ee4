"""What a strategy's variables and iterators are saved as, and by which process.

Variables that replicas share are equal everywhere: the chief writes them and nobody has
to wait. Those that each replica has for itself (batch statistics) are saved combined,
all of them in one exchange for each dtype; of iterators that read different data all
positions are saved. For that every process has to save. A chief that saves alone is
told so instead of waiting for ever.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import numpy as np

from dist import CollectiveTimeoutError
from strategies.distributed_dataset import DistributedIterator
from strategies.on_read import SyncOnReadVariable
from tensor.core.tensor import wrap
from tensor.core.variable import Variable, VariableAggregation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from strategies.extended import StrategyExtended
    from strategies.strategy import Strategy

# How long the chief waits for the others to save too, before it asks whether they will.
OTHERS_TIMEOUT_S = 10.0


@contextlib.contextmanager
def combined(strategy: Strategy, objects: list[Any]) -> Iterator[bool]:
    """Let objects read as they are to be saved; says whether to write them here.

    Raises:
        CollectiveTimeoutError: The chief saves, and the others do not.
    """
    extended = strategy.extended
    variables: list[SyncOnReadVariable] = []
    iterators: list[DistributedIterator] = []
    if strategy.num_replicas_in_sync > 1:
        free = [one for one in objects if getattr(one, "held", one) is None]
        variables = [one for one in free if isinstance(one, SyncOnReadVariable)]
        iterators = [one for one in free if isinstance(one, DistributedIterator)]
    try:
        _hold_combined(extended, variables)
        _hold_positions(extended, [one for one in iterators if one.reads_part])
        yield extended.is_chief
    finally:
        for variable in variables:
            variable.held = None
        for iterator in iterators:
            iterator.held = None


def _hold_combined(
    extended: StrategyExtended, variables: list[SyncOnReadVariable]
) -> None:
    """Give variables the value that all replicas have together."""
    by_dtype: dict[Any, list[SyncOnReadVariable]] = {}
    for variable in variables:
        if variable.aggregation is VariableAggregation.NONE:
            variable.numpy()  # raises: there is no rule for combining
        by_dtype.setdefault(variable.dtype, []).append(variable)
    for together in by_dtype.values():
        parts = [_local_part(extended, variable) for variable in together]
        total = _summed(extended, np.concatenate([part.ravel() for part in parts]))
        start = 0
        for variable, part in zip(together, parts, strict=True):
            array = total[start : start + part.size].reshape(part.shape)
            start += part.size
            if variable.aggregation is VariableAggregation.MEAN:
                array = array / array.dtype.type(extended.num_replicas)
                _go_on_from(variable, array)
            variable.held = wrap(array[()])


def _go_on_from(variable: SyncOnReadVariable, array: Any) -> None:
    """Let all replicas go on from the combined value, as they will after a restore.

    A run that is interrupted later and one that is not then stay equal, bit for bit.
    """
    for copy in variable.values:
        Variable._update(copy, "assign", wrap(array[()]), False)


def _hold_positions(
    extended: StrategyExtended, iterators: list[DistributedIterator]
) -> None:
    """Give iterators what those of all processes have to save."""
    group = extended.group
    if group is None or not iterators:
        return
    ours = [iterator.position() for iterator in iterators]
    everyones = _with_all(
        extended, lambda limit_s: group.all_gather_object(ours, timeout=limit_s)
    )
    for number, iterator in enumerate(iterators):
        iterator.held = [positions[number] for positions in everyones]


def _local_part(extended: StrategyExtended, variable: SyncOnReadVariable) -> Any:
    """Return what the replicas of this process add to the combined value."""
    arrays = [np.asarray(Variable.read_array(v)) for v in variable.values]
    if variable.aggregation is VariableAggregation.ONLY_FIRST_REPLICA:
        return arrays[0] if extended.is_chief else np.zeros_like(arrays[0])
    total = arrays[0]
    for array in arrays[1:]:
        total = total + array
    return total


def _summed(extended: StrategyExtended, array: Any) -> Any:
    group = extended.group
    if group is None:
        return array
    return _with_all(extended, lambda limit_s: group.all_reduce(array, timeout=limit_s))


def _with_all(extended: StrategyExtended, call: Callable[[float | None], Any]) -> Any:
    """Make a call that needs all processes; the chief waits for them a limited time."""
    try:
        return call(OTHERS_TIMEOUT_S if extended.is_chief else None)
    except CollectiveTimeoutError as error:
        error.add_note(
            "What is saved has parts in every process, such as the statistics of "
            "BatchNormalization or the positions of iterators: every process has to "
            "save. Call `save` in all of them; the chief alone writes."
        )
        raise
