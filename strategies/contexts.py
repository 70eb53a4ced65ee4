"""Where the code stands: in a replica, across replicas, or outside any strategy.

The state machine of `tf.distribute`: outside of everything, the default strategy's
replica; inside `strategy.scope()`, across replicas; inside `strategy.run(fn)`, in a
replica; inside the function of a `merge_call`, across replicas again.
"""

from __future__ import annotations

import contextlib
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np

from strategies.local_gradients import Meeting, gathered, note, reduced
from strategies.reduce_op import ReduceOp
from strategies.values import own, regroup, select
from tensor.core import nest
from tensor.core.context import context
from tensor.core.convert import convert
from tensor.core.indexed_slices import IndexedSlices
from tensor.core.replica import Replication

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from strategies.replica_threads import ReplicaThread
    from strategies.strategy import Strategy


class _StrategyState(Replication):
    """What current() answers while a strategy is in force."""

    def __init__(self, strategy: Strategy) -> None:
        self._strategy = strategy

    @property
    def strategy(self) -> Strategy:
        """The strategy in force."""
        return self._strategy

    @property
    def num_replicas_in_sync(self) -> int:  # type: ignore[override]
        """How many replicas train together."""
        return self._strategy.num_replicas_in_sync

    @property
    def is_chief(self) -> bool:  # type: ignore[override]
        """Whether this process prints progress and writes files."""
        return self._strategy.extended.is_chief

    def scope(self) -> contextlib.AbstractContextManager[Any]:
        """Return the strategy's scope."""
        return self._strategy.scope()

    def data_elsewhere(self, x: Any, y: Any, sample_weight: Any, **how: Any) -> Any:
        """Return what gives batches that are in other processes, None if none are."""
        return self._strategy.extended.data_elsewhere(x, y, sample_weight, **how)

    def distribute(self, dataset: Any) -> Any:
        """Return the dataset split over the replicas."""
        return self._strategy.experimental_distribute_dataset(dataset)

    def split(self, batch: Any) -> Any:
        """Return the local replicas' rows of a global batch."""
        from strategies.input_distribution import split_batch

        return split_batch(self._strategy, batch)

    def map(self, function: Callable[[Any], Any], value: Any) -> Any:
        """Return `value` with `function` applied to each local replica's part."""
        count = self._strategy.extended.num_local_replicas
        return regroup([function(select(i, value)) for i in range(count)])

    def from_chief(self, array: Any) -> Any:
        """Return the array that the chief's process has."""
        group = self._strategy.extended.group
        return array if group is None else group.broadcast(array, root=0)

    def run(self, step: Callable[..., Any], *args: Any) -> Any:
        """Run `step` on every replica."""
        return self._strategy.run(step, args=args)

    def concatenate(self, value: Any) -> Any:
        """Return per-replica results of all processes as one tensor along axis 0."""
        return nest.map_structure(lambda v: self._strategy.gather(v, axis=0), value)

    def reduce_sum(self, values: list[Any]) -> list[Any]:
        """Return tensors summed over all replicas."""
        return [self._strategy.extended.reduce_across(ReduceOp.SUM, v) for v in values]

    def reduce_mean(self, value: Any) -> Any:
        """Return per-replica results averaged over all replicas."""
        return self._strategy.reduce(ReduceOp.MEAN, value, axis=None)

    def any(self, flag: bool) -> bool:
        """Return whether any process says yes."""
        return self._strategy.extended.any_process(flag)

    def saving(self, objects: list[Any]) -> contextlib.AbstractContextManager[bool]:
        """Return a context in which variables and iterators are as they are saved."""
        from strategies.saving import combined

        return combined(self._strategy, objects)

    def alone(self) -> contextlib.AbstractContextManager[Any]:
        """Return a context in which functions are traced as for one replica."""
        return entered(LoneContext(self._strategy))

    def create_variable(self, make: Callable[..., Any]) -> Any:
        """Return a variable that the strategy keeps equal on all replicas."""
        return self._strategy.extended.create_variable(make)


class CrossReplicaContext(_StrategyState):
    """In force inside `scope()` and inside the function of a `merge_call`."""

    is_across = True

    def __init__(self, strategy: Strategy, merging: bool = False) -> None:
        super().__init__(strategy)
        self.is_merging = merging

    @property
    def trace_key(self) -> Any:
        """What tells traces made across this strategy's replicas from others."""
        return weakref.ref(self._strategy)

    def reduce_gradients(self, grads_and_vars: list[tuple[Any, Any]]) -> list[Any]:
        """Return gradients as they are: across replicas there is one of each."""
        return [grad for grad, _ in grads_and_vars]


class LoneContext(_StrategyState):
    """In force while functions are traced as for one replica: to be saved, for shapes.

    Variables are made for the strategy, but read and changed like plain ones.
    """

    @property
    def trace_key(self) -> Any:
        """What tells traces made here from others."""
        return weakref.ref(self._strategy), "alone"


class ReplicaContext(_StrategyState):
    """What a function that `strategy.run` calls knows about its replica.

    Get it by `tf.distribute.get_replica_context()`.
    """

    def __init__(self, strategy: Strategy, local_replica: int) -> None:
        super().__init__(strategy)
        self.local_replica = local_replica
        # The thread that runs this replica, if the process has several.
        self.thread: ReplicaThread | None = None

    @property
    def trace_key(self) -> Any:
        """What tells traces made in this replica from others."""
        return weakref.ref(self._strategy), self.local_replica

    @property
    def replica_id(self) -> int:  # type: ignore[override]
        """This replica's number in the whole job, as a Python int."""
        return self._strategy.extended.first_replica_id + self.local_replica

    @property
    def random_stream(self) -> int:  # type: ignore[override]
        """Each process draws for itself; its replicas draw one after the other.

        Stream 0 is that of the code outside, which all processes draw alike.
        """
        extended = self._strategy.extended
        return 0 if extended.num_processes == 1 else extended.process_id + 1

    @property
    def replica_id_in_sync_group(self) -> Any:
        """This replica's number in the whole job, from 0, as an int32 tensor."""
        return convert(np.int32(self.replica_id))

    @property
    def devices(self) -> tuple[str, ...]:
        """The device of this replica; kept for old code."""
        return (self._strategy.extended.worker_devices[self.local_replica],)

    def all_reduce(self, reduce_op: Any, value: Any, options: Any = None) -> Any:
        """Combine `value` over all replicas; every replica gets the same result.

        Args:
            reduce_op: `ReduceOp.SUM` or `MEAN`, or its name.
            value: A tensor or a nested structure of tensors; IndexedSlices are
                joined. All replicas pass the same structure and shapes.
            options: Accepted for compatibility; see `CommunicationOptions`.

        Returns:
            The structure of `value`. The result is differentiable.

        Raises:
            ValueError: `reduce_op` names no reduction.
        """
        how = ReduceOp.of(reduce_op)
        flat = [
            v if isinstance(v, IndexedSlices) else convert(v)
            for v in nest.flatten(value)
        ]

        def merge(strategy: Strategy, *values: Any) -> Any:
            return [strategy.extended.reduce_across(how, v) for v in values]

        results = self.merge_call(merge, args=tuple(flat))
        mine = [
            self._own(reduced, x, y, how=how)
            for x, y in zip(flat, results, strict=True)
        ]
        return nest.pack_sequence_as(value, mine)

    def all_gather(self, value: Any, axis: int, options: Any = None) -> Any:
        """Join the values of all replicas along `axis`; each gets the result.

        Args:
            value: A tensor or nested structure of tensors of rank 1 or more. Replicas
                may differ in the length of `axis` only.
            axis: The axis to join along.
            options: Accepted for compatibility.

        Raises:
            NotImplementedError: A value is IndexedSlices.
            ValueError: A value is a scalar.
        """
        for v in nest.flatten(value):
            _check_gatherable(v)

        def merge(strategy: Strategy, *values: Any) -> Any:
            return [strategy.extended.gather_across(v, axis) for v in values]

        flat = [convert(v) for v in nest.flatten(value)]
        results = self.merge_call(merge, args=tuple(flat))
        mine = [
            self._own(gathered, x, y, axis=axis if axis >= 0 else axis + x.ndim)
            for x, y in zip(flat, results, strict=True)
        ]
        return nest.pack_sequence_as(value, mine)

    def _own(self, meeting: Meeting, given: Any, result: Any, **attrs: Any) -> Any:
        """Return what a meeting gave this replica, as a value of its own."""
        if self.thread is None:
            return result  # one replica in the process: its tapes have seen it all
        note(meeting, self, given, result, **attrs)
        return own(result)

    def merge_call(
        self, merge_fn: Callable[..., Any], args: Any = (), kwargs: Any = None
    ) -> Any:
        """Meet all replicas of this process and call `merge_fn` once for all of them.

        Args:
            merge_fn: Called as `merge_fn(strategy, *args, **kwargs)` across replicas,
                where each argument holds the values of all local replicas.
            args: This replica's part of the arguments.
            kwargs: This replica's part of the keyword arguments.

        Returns:
            This replica's part of what `merge_fn` returned.
        """
        return self._strategy.extended.merge(self, merge_fn, args, kwargs or {})

    def reduce_sum(self, values: list[Any]) -> list[Any]:
        """Return tensors summed over all replicas."""
        total: list[Any] = self.all_reduce(ReduceOp.SUM, values)
        return total

    def reduce_gradients(self, grads_and_vars: list[tuple[Any, Any]]) -> list[Any]:
        """Return the gradients summed over all replicas."""
        from strategies.gradient_sync import reduce_gradients

        return reduce_gradients(self, grads_and_vars)

    def across(self, call: Callable[[], Any]) -> Any:
        """Return what `call()` gives across the replicas, once for all of them."""
        if self.num_replicas_in_sync == 1:
            return call()
        return self.merge_call(lambda _: call())

    def summed_gradients(self, grads_and_vars: list[tuple[Any, Any]]) -> list[Any]:
        """Return gradients that the caller has summed; an error if they differ here."""
        from strategies.gradient_sync import summed_gradients

        return summed_gradients(self, grads_and_vars)

    def update_once(self, update: Callable[[], Any]) -> Any:
        """Run `update` once in this process, for all of its replicas."""

        def merge(strategy: Strategy) -> Any:
            return strategy.extended.updating(update)

        return self.merge_call(merge)

    def __enter__(self) -> ReplicaContext:
        self._outer = context.replica
        context.replica = self
        return self

    def __exit__(self, *exception: object) -> None:
        context.replica = self._outer

    def __repr__(self) -> str:
        return (
            f"<ReplicaContext {self.replica_id} of {self.num_replicas_in_sync}, "
            f"{type(self._strategy).__name__}>"
        )


def _check_gatherable(value: Any) -> None:
    if isinstance(value, IndexedSlices):
        raise NotImplementedError(
            "all_gather does not support IndexedSlices. Gather `.values` and "
            "`.indices`, or make it dense by tf.convert_to_tensor."
        )
    if convert(value).ndim == 0:
        raise ValueError(
            f"all_gather: a scalar cannot be joined along an axis: {value!r}. Give it "
            "a dimension first: tf.expand_dims(x, 0)."
        )


@contextlib.contextmanager
def entered(state: Any) -> Iterator[Any]:
    """Make `state` the current replication inside the `with` block."""
    outer = context.replica
    context.replica = state
    try:
        yield state
    finally:
        context.replica = outer


def get_strategy() -> Strategy:
    """Return the current strategy; the default one outside of every scope."""
    state = context.replica
    if state is not None:
        strategy: Strategy = state.strategy
        return strategy
    from strategies.default import default_strategy

    return default_strategy()


def has_strategy() -> bool:
    """Return whether a strategy other than the default one is in force."""
    from strategies.default import DefaultStrategy

    return not isinstance(get_strategy(), DefaultStrategy)


def in_cross_replica_context() -> bool:
    """Return whether the code stands across replicas: in a scope or a merge."""
    return isinstance(context.replica, CrossReplicaContext)


def get_replica_context() -> ReplicaContext | None:
    """Return the context of the current replica, None across replicas."""
    state = context.replica
    if isinstance(state, ReplicaContext):
        return state
    if state is not None:
        return None
    from strategies.default import default_replica_context

    return default_replica_context()
