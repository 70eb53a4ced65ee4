"""StrategyExtended: devices, processes, variables and reductions of a strategy."""

from __future__ import annotations

import contextlib
import weakref
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from strategies.collectives import all_gather, all_reduce
from strategies.contexts import CrossReplicaContext, ReplicaContext, entered
from strategies.reduce_op import ReduceOp
from strategies.reductions import as_values, divide, sum_and_count
from strategies.values import (
    DistributedValues,
    Mirrored,
    local_values,
    own,
    select,
)
from tensor.core import errors
from tensor.core.context import context
from tensor.core.convert import convert
from tensor.core.devices import DeviceSpec, full_name
from tensor.core.indexed_slices import IndexedSlices
from tensor.core.registry import get_op
from tensor.core.tensor import EagerTensor, wrap

if TYPE_CHECKING:
    from collections.abc import Callable

    import dist
    from strategies.strategy import Strategy
    from tensor.core.variable import Variable


class StrategyExtended:
    """What libraries need of a strategy: devices, processes, reductions by hand."""

    # Whether all processes read the same data, each taking its part of every batch, or
    # each reads a shard of it.
    shards_data = False
    # Whether variables are shown as copies, one for each replica.
    has_copies = True

    def __init__(
        self, strategy: Strategy, group: dist.Group | None, devices: tuple[str, ...]
    ) -> None:
        self._strategy = strategy
        self.group = group if group is not None and group.size > 1 else None
        self.worker_devices = tuple(
            [full_name(DeviceSpec.from_string(name)) for name in devices]
        )
        self.parameter_devices = self.worker_devices
        self._created = 0
        # By order of creation, which is the same in all processes; weakly, because
        # what nobody uses any more need not be compared.
        self._unverified: dict[int, weakref.ref[Variable]] = {}

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

    def device_of(self, local_replica: int) -> str:
        """Return the device of the variables of one of this process's replicas."""
        return self.parameter_devices[local_replica % len(self.parameter_devices)]

    def keep_variables_on(self, device: str) -> None:
        """Let the replicas' variables be in one place, without copies."""
        self.parameter_devices = (full_name(DeviceSpec.from_string(device)),)
        self.has_copies = False

    # ---- variables

    def create_variable(self, make: Callable[..., Any]) -> Any:
        """Return a new variable of this strategy."""
        from strategies.variable_creation import create

        state = context.replica
        if not isinstance(state, ReplicaContext):
            return create(self._strategy, make)

        def create_across() -> Any:
            # Its initial value is the same wherever it is created: in a replica, too.
            with entered(CrossReplicaContext(self._strategy, merging=True)):
                return create(self._strategy, make)

        if state.thread is None:
            return create_across()
        name: str = getattr(make, "requested_name", "Variable")
        return state.thread.create_once(name, create_across)

    def add(self, variable: Variable) -> None:
        """Take note of a new variable, to be compared with those of other processes."""
        if self.group is not None:
            self._unverified[self._created] = weakref.ref(variable)
            self._created += 1

    def variable_created_in_scope(self, variable: Any) -> bool:
        """Return whether `variable` belongs to this strategy."""
        return getattr(variable, "distribute_strategy", None) is self._strategy

    def verify_variables(self) -> None:
        """Check once that trainable variables start equal in every process.

        Raises:
            RuntimeError: They differ, so that training would diverge in silence.
        """
        if self.group is None or not self._unverified or context.graph is not None:
            return
        variables = {number: ref() for number, ref in self._unverified.items()}
        self._unverified = {}
        digests = {
            number: (v.name, zlib.crc32(np.ascontiguousarray(v.read_array()).tobytes()))
            for number, v in variables.items()
            if v is not None and v.trainable
        }
        everyone = self.group.all_gather_object((self._created, digests))
        for rank, (created, theirs) in enumerate(everyone):
            different = [
                name
                for number, (name, ours) in digests.items()
                if theirs.get(number, (name, ours))[1] != ours
            ]
            if different or created != self._created:
                raise RuntimeError(
                    f"The variables of rank {self.process_id} and rank {rank} differ "
                    f"before the first step: {', '.join(different) or 'their number'}. "
                    "Load the same weights in every process, inside strategy.scope()."
                )

    def data_elsewhere(self, x: Any, y: Any, sample_weight: Any, **how: Any) -> Any:
        """Return what gives Keras batches of other processes: there are none."""
        return None

    # ---- merging

    def merge(
        self, replica: ReplicaContext, merge_fn: Any, args: Any, kwargs: Any
    ) -> Any:
        """Call `merge_fn` across the replicas of this process, from one of them."""
        if replica.thread is not None:
            return replica.thread.meet(merge_fn, args, kwargs)
        with entered(CrossReplicaContext(self._strategy, merging=True)):
            return merge_fn(self._strategy, *args, **kwargs)

    def updating(self, update: Callable[[], Any]) -> Any:
        """Run an update of variables that needs no aggregation."""
        return update()

    def update(
        self, var: Any, fn: Any, args: Any = (), kwargs: Any = None, group: bool = True
    ) -> Any:
        """Call `fn(var, *args)` to change a variable on all replicas.

        One that the replicas share is changed once; of one that each has for itself,
        each replica's is changed by its part of the arguments.

        Returns:
            What `fn` returned; unless `group`, as a tuple.
        """
        from strategies.on_read import SyncOnReadVariable

        kwargs = kwargs or {}
        if not isinstance(var, SyncOnReadVariable):
            result = fn(var, *select(0, args), **select(0, kwargs))
            results = [result] * self.num_local_replicas
        else:
            results = []
            for i in range(self.num_local_replicas):
                with ReplicaContext(self._strategy, i):
                    results.append(fn(var, *select(i, args), **select(i, kwargs)))
        return results[0] if group else tuple(results)

    # ---- reductions

    def reduce_local(self, how: ReduceOp, values: Any) -> Any:
        """Return the local replicas' values combined with all other processes'."""
        total = values[0]
        for value in values[1:]:
            slices = isinstance(total, IndexedSlices)
            total = IndexedSlices.add(total, value) if slices else total + value
        if isinstance(total, IndexedSlices):
            total = self._gather_slices(total)
        elif self.group is not None:
            total = all_reduce(convert(total), group=self.group, how="sum")
        if how is ReduceOp.MEAN:
            return divide(total, self.num_replicas)
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

    def reduce_value(self, how: ReduceOp, value: Any, axis: Any) -> Any:
        """Return `value` reduced as `Strategy.reduce` says.

        Raises:
            ValueError: SUM of a value that is not per-replica, or a scalar with an
                axis.
        """
        value = as_values(value)
        if axis is None:
            if self.num_replicas == 1 and not isinstance(value, DistributedValues):
                return value
            if isinstance(value, DistributedValues) or self.num_local_replicas == 1:
                return self.reduce_across(how, value)
            if how is ReduceOp.SUM:
                self.check_is_per_replica(value)
            return value
        values = local_values(value, self.num_local_replicas)
        sums, counts = zip(*[sum_and_count(v, axis) for v in values], strict=True)
        total = self.reduce_local(ReduceOp.SUM, sums)
        if how is ReduceOp.SUM:
            return total
        count = self.reduce_local(ReduceOp.SUM, counts)
        return divide(total, count)

    def check_is_per_replica(self, value: Any) -> None:
        """Check that there is something to add up.

        Raises:
            ValueError: All local replicas have the very same value.
        """
        if self.num_local_replicas > 1 and not isinstance(value, DistributedValues):
            raise ValueError(
                f"A non-DistributedValues value {value!s} cannot be reduced with the "
                "given reduce op ReduceOp.SUM. It is not per-replica: multiply it by "
                "`strategy.num_replicas_in_sync` if you want that."
            )

    def gather_value(self, value: Any, axis: int) -> Any:
        """Return `value` joined as `Strategy.gather` says; a plain one is whole."""
        if self.num_local_replicas > 1 and not isinstance(value, DistributedValues):
            return convert(value)
        return self.gather_across(value, axis)

    def gather_across(self, value: Any, axis: int) -> Any:
        """Return a per-replica value joined along `axis` over all replicas."""
        values = [convert(v) for v in local_values(value, self.num_local_replicas)]
        if values[0].ndim == 0:
            raise errors.because(
                errors.InvalidArgumentError,
                f"gather: Can't concatenate scalars (use tf.stack instead): {value!s}. "
                "Give them a dimension first: tf.expand_dims(x, 0).",
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
        return self.broadcast_to(
            self.reduce_across(ReduceOp.of(reduce_op), value), destinations
        )

    def broadcast_to(self, tensor: Any, destinations: Any) -> Any:
        """Return a value as one for each local replica."""
        if self.num_local_replicas == 1:
            return tensor
        return Mirrored([own(tensor) for _ in range(self.num_local_replicas)])

    def non_slot_devices(self, var_list: Any) -> tuple[str, ...]:
        """Return the devices of what optimizers have besides slots."""
        return self.parameter_devices

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
    def experimental_between_graph(self) -> bool:
        """Whether each process runs the script and builds its own graphs."""
        return self.num_processes > 1

    @property
    def experimental_require_static_shapes(self) -> bool:
        """Whether replicas need static shapes: they do not."""
        return False
