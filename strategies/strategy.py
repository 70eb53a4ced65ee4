"""Strategy: how the same training code runs on one replica or on many.

A job has P processes (1 without a launcher) with L replicas each (1, unless one process
has several logical devices). Values meet first among the replicas of a process, in
order, then among the processes through `dist`.
"""

from __future__ import annotations

import contextlib
import functools
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from strategies.collectives import all_gather, all_reduce
from strategies.contexts import CrossReplicaContext, ReplicaContext, entered
from strategies.reduce_op import ReduceOp
from strategies.replica_threads import run_replicas
from strategies.values import (
    DistributedValues,
    local_values,
    regroup,
    select,
)
from tensor.core import nest
from tensor.core.context import context
from tensor.core.convert import convert
from tensor.core.dtypes import float64, int64
from tensor.core.indexed_slices import IndexedSlices
from tensor.core.registry import get_op
from tensor.core.tensor import EagerTensor, wrap
from tensor.core.variable import VariableAggregation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import dist


class Strategy:
    """A policy for distributing training over replicas; the base of all of them.

    Attributes:
        extended: The parts that only libraries need.
    """

    def __init__(
        self, group: dist.Group | None = None, devices: tuple[str, ...] = ("CPU:0",)
    ) -> None:
        """Create a strategy for `group`'s processes with one replica per device."""
        self.extended = StrategyExtended(self, group, devices)

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
                "strategy.scope() was entered inside strategy.run(). Enter it around "
                "the code that creates the model, outside of the replicas."
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
            ValueError: `args` is not a list or tuple, or replicas return different
                structures.
        """
        if not isinstance(args, list | tuple):
            raise ValueError(
                f"positional args must be a list or tuple, got {type(args)}. Write "
                "args=(x,) for one argument."
            )
        kwargs = kwargs or {}
        self.extended.verify_variables()
        calls: list[Callable[[], Any]] = [
            functools.partial(fn, *select(i, args), **select(i, kwargs))
            for i in range(self.extended.num_local_replicas)
        ]
        if len(calls) == 1:
            with ReplicaContext(self, 0):
                return calls[0]()
        return run_replicas(self, calls)

    def experimental_run_v2(self, fn: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run `fn` on each replica; the name of `run` in TF 2.0 and 2.1."""
        return self.run(fn, args=args, kwargs=kwargs)

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
                "strategy.reduce was called in a replica. Use "
                "tf.distribute.get_replica_context().all_reduce(), or merge_call()."
            )
        how = ReduceOp.of(reduce_op)
        return nest.map_structure(
            lambda v: self.extended.reduce_value(how, v, axis), value
        )

    def gather(self, value: Any, axis: int) -> Any:
        """Join per-replica values along `axis`; every process gets the result.

        Raises:
            ValueError: A value is a scalar.
        """
        if isinstance(context.replica, ReplicaContext):
            raise RuntimeError(
                "strategy.gather was called in a replica. Use "
                "tf.distribute.get_replica_context().all_gather()."
            )
        return self.extended.gather_across(value, axis)

    def experimental_local_results(self, value: Any) -> tuple[Any, ...]:
        """Return the values of this process's replicas as a tuple."""
        if isinstance(value, DistributedValues):
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
            options: `tf.distribute.InputOptions`; accepted for compatibility.
        """
        from strategies.input_distribution import distribute_dataset

        return distribute_dataset(self, dataset)

    def distribute_datasets_from_function(
        self, dataset_fn: Any, options: Any = None
    ) -> Any:
        """Let each process make its own dataset of per-replica batches.

        Args:
            dataset_fn: Takes an `InputContext`, returns a `tf.data.Dataset` of batches
                of the per-replica size; sharding is its own business.
            options: Accepted for compatibility.
        """
        from strategies.input_distribution import datasets_from_function

        return datasets_from_function(self, dataset_fn)

    experimental_distribute_datasets_from_function = distribute_datasets_from_function

    def experimental_distribute_values_from_function(self, value_fn: Any) -> Any:
        """Return per-replica values that `value_fn(ValueContext)` makes."""
        from strategies.input_distribution import ValueContext

        first = self.extended.first_replica_id
        return regroup(
            [
                value_fn(ValueContext(first + i, self.num_replicas_in_sync))
                for i in range(self.extended.num_local_replicas)
            ]
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.num_replicas_in_sync} replica(s)>"


class StrategyExtended:
    """What libraries need of a strategy: devices, processes, reductions by hand."""

    # Whether all processes read the same data, each taking its part of every batch, or
    # each reads a shard of it.
    shards_data = False

    def __init__(
        self, strategy: Strategy, group: dist.Group | None, devices: tuple[str, ...]
    ) -> None:
        self._strategy = strategy
        self.group = group if group is not None and group.size > 1 else None
        self.worker_devices = tuple(_device_name(d) for d in devices)
        self.parameter_devices = self.worker_devices
        self.variables: list[Any] = []
        self._verified = 0

    @property
    def num_local_replicas(self) -> int:
        """How many replicas this process has."""
        return len(self.worker_devices)

    @property
    def num_processes(self) -> int:
        """How many processes the job has."""
        return 1 if self.group is None else self.group.size

    @property
    def process_id(self) -> int:
        """This process's number, from 0."""
        return 0 if self.group is None else self.group.rank

    @property
    def num_replicas(self) -> int:
        """How many replicas the job has."""
        return self.num_processes * self.num_local_replicas

    @property
    def first_replica_id(self) -> int:
        """The number of this process's first replica."""
        return self.process_id * self.num_local_replicas

    @property
    def is_chief(self) -> bool:
        """Whether this process prints progress and writes files."""
        return self.process_id == 0

    should_checkpoint = is_chief
    should_save_summary = is_chief

    # ---- variables

    def create_variable(self, make: Callable[..., Any]) -> Any:
        """Return a new variable of this strategy."""
        from strategies.variables import create

        state = context.replica
        if isinstance(state, ReplicaContext) and self.num_local_replicas > 1:
            # Every local replica comes here: one variable is made for all of them.
            return state.merge_call(lambda _: create(self._strategy, make))
        return create(self._strategy, make)

    def variable_created_in_scope(self, variable: Any) -> bool:
        """Return whether `variable` belongs to this strategy."""
        return getattr(variable, "distribute_strategy", None) is self._strategy

    def verify_variables(self) -> None:
        """Check once that trainable variables start equal in every process.

        Raises:
            RuntimeError: They differ, so that training would diverge in silence.
        """
        if self.group is None or self._verified == len(self.variables):
            return
        if context.graph is not None:
            return
        self._verified = len(self.variables)
        trainable = [v for v in self.variables if v.trainable]
        digests = [
            (v.name, zlib.crc32(np.ascontiguousarray(v.read_array()).tobytes()))
            for v in trainable
        ]
        everyone = self.group.all_gather_object(digests)
        for rank, theirs in enumerate(everyone):
            different = [
                name
                for (name, ours), (_, other) in zip(digests, theirs, strict=False)
                if ours != other
            ]
            if different or len(theirs) != len(digests):
                raise RuntimeError(
                    f"The variables of rank {self.process_id} and rank {rank} differ "
                    f"before the first step: {', '.join(different) or 'their number'}. "
                    "Load the same weights in every process, inside strategy.scope()."
                )

    def aggregate(self, aggregation: VariableAggregation, value: Any, name: str) -> Any:
        """Return what a variable becomes when replicas assign `value` to it.

        Raises:
            ValueError: With aggregation NONE, and replicas that assign different
                values.
        """
        if aggregation in (VariableAggregation.SUM, VariableAggregation.MEAN):
            return self.reduce_across(ReduceOp.of(aggregation), value)
        values = local_values(value, self.num_local_replicas)
        if aggregation is VariableAggregation.ONLY_FIRST_REPLICA:
            return self.first_of(values[0])
        self._require_equal(values, name)
        return values[0]

    def _require_equal(self, values: tuple[Any, ...], name: str) -> None:
        if any(type(v) is not EagerTensor for v in values):
            return  # a graph is the same program on all replicas
        digests = [np.ascontiguousarray(v._array).tobytes() for v in values]
        if self.group is not None:
            gathered = self.group.all_gather_object([zlib.crc32(d) for d in digests])
            same = len({d for theirs in gathered for d in theirs}) == 1
        else:
            same = len(set(digests)) == 1
        if not same:
            raise ValueError(
                f"Replicas assign different values to variable {name!r}, which is "
                "mirrored with aggregation NONE: they would drift apart. Give it "
                "aggregation=tf.VariableAggregation.SUM, MEAN or ONLY_FIRST_REPLICA, "
                "or synchronization=tf.VariableSynchronization.ON_READ to let each "
                "replica have its own value."
            )

    # ---- merging

    def merge(
        self, replica: ReplicaContext, merge_fn: Any, args: Any, kwargs: Any
    ) -> Any:
        """Call `merge_fn` across the replicas of this process, from one of them."""
        if self.num_local_replicas > 1:
            return replica.thread.meet(merge_fn, args, kwargs)  # type: ignore[attr-defined]
        with entered(CrossReplicaContext(self._strategy, merging=True)):
            return merge_fn(self._strategy, *args, **kwargs)

    def updating(self, update: Callable[[], Any]) -> Any:
        """Run an update of variables that needs no aggregation."""
        return update()

    def update(
        self, var: Any, fn: Any, args: Any = (), kwargs: Any = None, group: bool = True
    ) -> Any:
        """Call `fn(var, *args)` to change a variable alike on all replicas."""
        return fn(var, *select(0, args), **select(0, kwargs or {}))

    # ---- reductions

    def reduce_local(self, how: ReduceOp, values: Any) -> Any:
        """Return the local replicas' values combined with all other processes'."""
        total = values[0]
        for value in values[1:]:
            total = total + value
        if isinstance(total, IndexedSlices):
            total = self._gather_slices(total)
        elif self.group is not None:
            total = all_reduce(convert(total), group=self.group, how="sum")
        if how is ReduceOp.MEAN:
            return _divide(total, self.num_replicas)
        return total

    def reduce_across(self, how: ReduceOp, value: Any) -> Any:
        """Return a per-replica value combined over all replicas."""
        values = local_values(value, self.num_local_replicas)
        if isinstance(values[0], IndexedSlices):
            joined = values[0]
            for other in values[1:]:
                joined = IndexedSlices.add(joined, other)
            return self.reduce_local(how, [joined])
        return self.reduce_local(how, [convert(v) for v in values])

    def _gather_slices(self, slices: IndexedSlices) -> IndexedSlices:
        if self.group is None:
            return slices
        return slices.map(lambda t: all_gather(convert(t), group=self.group, axis=0))

    def reduce_value(self, how: ReduceOp, value: Any, axis: int | None) -> Any:
        """Return `value` reduced as `Strategy.reduce` says."""
        is_plain = not isinstance(value, DistributedValues)
        if is_plain and self.num_replicas > 1 and self.num_local_replicas > 1:
            if how is ReduceOp.SUM:
                raise ValueError(
                    f"A non-DistributedValues value {value!r} cannot be reduced with "
                    "the given reduce op ReduceOp.SUM: it is not per-replica."
                )
            return value
        if axis is None:
            return self.reduce_across(how, value)
        sums, counts = [], []
        for v in local_values(value, self.num_local_replicas):
            x = convert(v)
            if x.ndim == 0:
                raise ValueError(
                    f"`axis` is {axis}, but a replica's value is a scalar, {v!r}. "
                    "Scalars are reduced with axis=None."
                )
            at = axis if axis >= 0 else axis + (x.ndim or 0)
            sums.append(get_op("Sum")(x, axis=(at,), keepdims=False))
            counts.append(get_op("Shape")(x, out_type=int64)[at])
        total = self.reduce_local(ReduceOp.SUM, sums)
        if how is ReduceOp.SUM:
            return total
        count = self.reduce_local(ReduceOp.SUM, counts)
        return _divide(total, count)

    def gather_across(self, value: Any, axis: int) -> Any:
        """Return a per-replica value joined along `axis` over all replicas."""
        values = [convert(v) for v in local_values(value, self.num_local_replicas)]
        if values[0].ndim == 0:
            raise ValueError(
                f"gather: a scalar cannot be joined along an axis: {value!r}. Give it "
                "a dimension first: tf.expand_dims(x, 0)."
            )
        at = axis if axis >= 0 else axis + (values[0].ndim or 0)
        local = get_op("ConcatV2")(*values, axis=at) if len(values) > 1 else values[0]
        if self.group is None:
            return local
        return all_gather(local, group=self.group, axis=at)

    def first_of(self, value: Any) -> Any:
        """Return what the first replica of the job has."""
        if self.group is None:
            return value
        mask = 1 if self.process_id == 0 else 0
        if type(value) is EagerTensor:
            return wrap(self.group.broadcast(np.array(value._array), root=0)[()])
        return all_reduce(value * mask, group=self.group, how="sum")

    def any_process(self, flag: bool) -> bool:
        """Return whether any process says yes; each gets the same answer."""
        if self.group is None:
            return flag
        votes = self.group.all_reduce(np.array([flag], np.int32), "max")
        return bool(votes[0])

    # ---- TF's lower-level names

    def reduce_to(
        self, reduce_op: Any, value: Any, destinations: Any, options: Any = None
    ) -> Any:
        """Combine per-replica values; every replica gets the result."""
        return self.reduce_across(ReduceOp.of(reduce_op), value)

    def batch_reduce_to(
        self, reduce_op: Any, value_destination_pairs: Any, options: Any = None
    ) -> list[Any]:
        """Combine several per-replica values."""
        return [self.reduce_to(reduce_op, v, d) for v, d in value_destination_pairs]

    def call_for_each_replica(self, fn: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run `fn` on each replica; `Strategy.run` is the public form."""
        return self._strategy.run(fn, args=args, kwargs=kwargs)

    def read_var(self, variable: Any) -> Any:
        """Return a variable's value across replicas."""
        return variable.read_value()

    def value_container(self, value: Any) -> Any:
        """Return the variable that `value` is a replica's part of: here, itself."""
        return value

    def colocate_vars_with(self, variable: Any) -> Any:
        """Return a context without effect: all variables live on the CPU."""
        return contextlib.nullcontext()

    @property
    def experimental_require_static_shapes(self) -> bool:
        """Whether replicas need static shapes: they do not."""
        return False


def _divide(total: Any, count: Any) -> Any:
    """Return a sum divided by a count; integers give float64, as in TensorFlow."""
    if isinstance(total, IndexedSlices):
        return IndexedSlices(total.values / count, total.indices, total.dense_shape)
    if total.dtype.is_integer:
        total = get_op("Cast")(total, dtype=float64)
    count = get_op("Cast")(convert(count), dtype=total.dtype)
    return total / count


def _device_name(device: str) -> str:
    """Return a device's full name, as TensorFlow writes it."""
    kind, _, index = device.strip("/").rpartition("device:")[2].rpartition(":")
    if not kind:
        kind, index = index, "0"
    return f"/job:localhost/replica:0/task:0/device:{kind.upper()}:{index}"
