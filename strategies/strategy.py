"""Strategy: how the same training code runs on one replica or on many.

A job has P processes (1 without a launcher) with L replicas each (1, unless one process
has several logical devices). Values meet first among the replicas of a process, in
order, then among the processes through `dist`.
"""

from __future__ import annotations

import contextlib
import functools
import weakref
from typing import TYPE_CHECKING, Any

from strategies.contexts import CrossReplicaContext, ReplicaContext, entered
from strategies.extended import StrategyExtended
from strategies.old_names import OldNames
from strategies.options import InputReplicationMode
from strategies.reduce_op import ReduceOp
from strategies.replica_threads import run_replicas
from strategies.values import DistributedValues, PerReplica, regroup, select
from strategies.variables import DistributedVariable
from tensor.core import nest
from tensor.core.context import context
from tensor.core.variable import Variable
from tensor.graph.autograph import autographed
from tensor.graph.function import Function
from tensor.graph.methods import name_of
from tensor.graph.modes import modes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import dist


class Strategy(OldNames):
    """A policy for distributing training over replicas; the base of all of them.

    Attributes:
        extended: The parts that only libraries need.
    """

    def __init__(
        self, group: dist.Group | None = None, devices: tuple[str, ...] = ("CPU:0",)
    ) -> None:
        """Create a strategy for `group`'s processes with one replica per device."""
        self.extended = StrategyExtended(self, group, devices)
        # By the tf.functions that `run` was given, what runs them on several replicas.
        self._together: weakref.WeakKeyDictionary[Function, Function]
        self._together = weakref.WeakKeyDictionary()

    # ---- where it stands

    @property
    def num_replicas_in_sync(self) -> int:
        """How many replicas compute gradients together."""
        return self.extended.num_replicas

    @property
    def cluster_resolver(self) -> Any:
        """The cluster that the strategy was made from; None for one machine."""
        return None

    @contextlib.contextmanager
    def scope(self) -> Iterator[Strategy]:
        """Return a context in which variables are created under this strategy.

        Raises:
            RuntimeError: Another strategy's scope is open.
        """
        state = context.replica
        if state is not None and state.strategy is not self:
            raise RuntimeError(
                "Mixing different tf.distribute.Strategy objects: "
                f"{state.strategy} is not {self}"
            )
        if isinstance(state, ReplicaContext):
            raise RuntimeError(
                "strategy.scope() was entered inside strategy.run(). Method requires "
                "being in cross-replica context, use "
                "get_replica_context().merge_call(), or enter the scope around the "
                "code that creates the model, outside of the replicas."
            )
        with entered(CrossReplicaContext(self)):
            yield self

    # ---- running

    def run(
        self,
        fn: Callable[..., Any],
        args: Any = (),
        kwargs: Any = None,
        options: Any = None,
    ) -> Any:
        """Run `fn` on each replica with its part of the arguments.

        Args:
            fn: The function. Inside, `tf.distribute.get_replica_context()` tells which
                replica it runs for.
            args: Its arguments; in place of per-replica values each replica finds
                its own.
            kwargs: Its keyword arguments, likewise.
            options: Accepted for compatibility.

        Returns:
            What `fn` returned: with several replicas in this process, PerReplica values
            in its structure; with one, the plain values.

        Raises:
            ValueError: `args` is not a list or tuple.
            AssertionError: Replicas return different structures.
            RuntimeError: In a replica.
        """
        if not isinstance(args, list | tuple):
            raise ValueError(
                f"positional args must be a list or tuple, got {type(args)}. Write "
                "args=(x,) for one argument."
            )
        if isinstance(context.replica, ReplicaContext):
            raise RuntimeError(
                "strategy.run was called in a replica. Method requires being in "
                "cross-replica context, use get_replica_context().merge_call()."
            )
        kwargs = kwargs or {}
        self.extended.verify_variables()
        count = self.extended.num_local_replicas
        if count > 1 and isinstance(fn, Function):
            if context.graph is None and not modes.functions_run_eagerly:
                return self._run_together(fn)(args, kwargs)
            fn = fn.inline
        function = autographed(fn)
        calls: list[Callable[[], Any]] = [
            functools.partial(function, *select(i, args), **select(i, kwargs))
            for i in range(count)
        ]
        if count == 1:
            with ReplicaContext(self, 0):
                return calls[0]()
        return run_replicas(self, calls)

    def _run_together(self, function: Function) -> Function:
        """Return a tf.function that runs `function` on all replicas of this process.

        They meet while they are traced, which they cannot inside functions of their
        own: replica 0 would still be tracing when replica 1 comes to its call.
        """
        together = self._together.get(function)
        if together is None:
            # So that the cache does not keep it; the caller does.
            find: Callable[[], Any] = weakref.ref(function)

            def run(args: Any, kwargs: Any) -> Any:
                results = self.run(find(), args, kwargs)
                return nest.map_structure(self._read_by_replica, results)

            name = name_of(function.python_function)
            together = self._together[function] = Function(run, name, autograph=False)
        return together

    def _read_by_replica(self, value: Any) -> Any:
        """Return what variables that the replicas returned hold; other values as is."""
        if isinstance(value, DistributedVariable):
            value = PerReplica([value] * self.extended.num_local_replicas)
        if not isinstance(value, PerReplica):
            return value
        parts = []
        for i, part in enumerate(value.values):
            with ReplicaContext(self, i):
                parts.append(part.value() if isinstance(part, Variable) else part)
        return PerReplica(parts)

    # ---- bringing values together

    def reduce(self, reduce_op: Any, value: Any, axis: int | None) -> Any:
        """Combine per-replica values to one, the same in every process.

        Args:
            reduce_op: `ReduceOp.SUM` or `MEAN`, or its name.
            value: What `run` returned; a nested structure is reduced leaf by leaf.
            axis: None to combine the values element by element; a number to also
                combine along that axis of each value: replicas may then differ in its
                length, and MEAN weights by it.

        Raises:
            RuntimeError: In a replica; use `ReplicaContext.all_reduce` there.
            ValueError: SUM of a value that is not per-replica, or a scalar with an
                axis.
        """
        if isinstance(context.replica, ReplicaContext):
            raise RuntimeError(
                "strategy.reduce was called in a replica. Method requires being in "
                "cross-replica context, use get_replica_context().merge_call(), or "
                "get_replica_context().all_reduce()."
            )
        how = ReduceOp.of(reduce_op)
        return nest.map_structure(
            lambda v: self.extended.reduce_value(how, v, axis), value
        )

    def gather(self, value: Any, axis: int) -> Any:
        """Join per-replica values along `axis`; every process gets the result.

        Args:
            value: What `run` returned; a nested structure is joined leaf by leaf.
            axis: The axis to join along; only there may the values differ in length.

        Raises:
            RuntimeError: In a replica; use `ReplicaContext.all_gather` there.
            InvalidArgumentError: A value is a scalar.
        """
        if isinstance(context.replica, ReplicaContext):
            raise RuntimeError(
                "strategy.gather was called in a replica. "
                "tf.distribute.Strategy.gather method requires cross-replica context, "
                "use get_replica_context().all_gather() instead."
            )
        return nest.map_structure(lambda v: self.extended.gather_value(v, axis), value)

    def experimental_local_results(self, value: Any) -> tuple[Any, ...]:
        """Return the values of this process's replicas as a tuple."""
        if isinstance(value, DistributedVariable) and context.graph is not None:
            return value.copies
        if isinstance(value, DistributedValues | DistributedVariable):
            return value.values
        if nest.is_nested(value):
            return tuple(
                select(i, value) for i in range(self.extended.num_local_replicas)
            )
        return (value,)

    unwrap = experimental_local_results

    def group(self, value: Any, name: str | None = None) -> Any:
        """Return `value`; in eager execution there is nothing to wait for."""
        return value

    # ---- data

    def experimental_distribute_dataset(self, dataset: Any, options: Any = None) -> Any:
        """Split the global batches of `dataset` over the replicas.

        Args:
            dataset: A `tf.data.Dataset` of batches of the global size.
            options: `tf.distribute.InputOptions`; what they say of devices has no
                effect.

        Raises:
            NotImplementedError: The options ask for a dataset for each replica.
        """
        from strategies.input_distribution import distribute_dataset

        if _is_per_replica(options):
            raise NotImplementedError(
                "InputReplicationMode.PER_REPLICA is only supported in "
                "`distribute_datasets_from_function`."
            )
        return distribute_dataset(self, dataset)

    def distribute_datasets_from_function(
        self, dataset_fn: Any, options: Any = None
    ) -> Any:
        """Let each process make its own dataset of per-replica batches.

        Args:
            dataset_fn: Takes an `InputContext`, returns a `tf.data.Dataset` of batches
                of the per-replica size; sharding is its own business.
            options: `tf.distribute.InputOptions`: whether each process makes one
                dataset or each replica does; the rest has no effect.
        """
        from strategies.input_distribution import datasets_from_function

        return datasets_from_function(self, dataset_fn, _is_per_replica(options))

    experimental_distribute_datasets_from_function = distribute_datasets_from_function

    def experimental_distribute_values_from_function(self, value_fn: Any) -> Any:
        """Return per-replica values that `value_fn(ValueContext)` makes."""
        from strategies.input_distribution import ValueContext

        first = self.extended.first_replica_id
        values = [
            value_fn(ValueContext(first + i, self.num_replicas_in_sync))
            for i in range(self.extended.num_local_replicas)
        ]
        return regroup(values, merges=False)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.num_replicas_in_sync} replica(s)>"


def _is_per_replica(options: Any) -> bool:
    mode = getattr(options, "experimental_replication_mode", None)
    return mode is InputReplicationMode.PER_REPLICA
