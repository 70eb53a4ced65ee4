"""From global batches to what each replica gets.

All processes read the same data, and each takes its rows of every global batch: of B
rows, replica r of N gets [r·c, (r+1)·c) with c = ⌈B / N⌉. Where there are enough files,
each process of a `MultiWorkerMirroredStrategy` reads its own instead, in batches that
are smaller in proportion. Either way an epoch holds every example exactly once: at its
end some replicas get fewer rows, or none (a batch of size 0).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from strategies.distributed_dataset import DistributedDataset
from strategies.side_by_side import SideBySide
from strategies.values import regroup, spec_for_replicas
from tensor.core import errors, nest
from tensor.core.log import warn_once
from tensor.core.tensor import wrap
from tensor.core.tensor_spec import TensorSpec
from tensor.data.batch import Batch
from tensor.data.dataset import Dataset
from tensor.data.options import AutoShardPolicy
from tensor.data.seeds import EpochSeeds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from strategies.extended import StrategyExtended
    from strategies.strategy import Strategy


class InputContext:
    """What a function that makes a process's dataset knows about its place."""

    def __init__(
        self,
        num_input_pipelines: int = 1,
        input_pipeline_id: int = 0,
        num_replicas_in_sync: int = 1,
    ) -> None:
        self._num_input_pipelines = num_input_pipelines
        self._input_pipeline_id = input_pipeline_id
        self._num_replicas_in_sync = num_replicas_in_sync

    @property
    def num_input_pipelines(self) -> int:
        """How many processes read data."""
        return self._num_input_pipelines

    @property
    def input_pipeline_id(self) -> int:
        """This process's number among them."""
        return self._input_pipeline_id

    @property
    def num_replicas_in_sync(self) -> int:
        """How many replicas train together."""
        return self._num_replicas_in_sync

    def get_per_replica_batch_size(self, global_batch_size: int) -> int:
        """Return the batch size of one replica.

        Raises:
            ValueError: The replicas do not divide `global_batch_size`.
        """
        if global_batch_size % self._num_replicas_in_sync:
            raise ValueError(
                f"The `global_batch_size` {global_batch_size!r} is not divisible by "
                f"`num_replicas_in_sync` {self._num_replicas_in_sync!r}. Choose a "
                "multiple."
            )
        return global_batch_size // self._num_replicas_in_sync

    def __repr__(self) -> str:
        return (
            f"tf.distribute.InputContext(input pipeline id {self._input_pipeline_id}, "
            f"total: {self._num_input_pipelines})"
        )


class ValueContext:
    """What a function that makes a replica's value knows about its place."""

    def __init__(
        self, replica_id_in_sync_group: int = 0, num_replicas_in_sync: int = 1
    ) -> None:
        self.replica_id_in_sync_group = replica_id_in_sync_group
        self.num_replicas_in_sync = num_replicas_in_sync

    def __repr__(self) -> str:
        return (
            f"tf.distribute.ValueContext(replica id {self.replica_id_in_sync_group}, "
            f" total replicas in sync: {self.num_replicas_in_sync})"
        )


def distribute_dataset(strategy: Strategy, dataset: Any) -> Any:
    """Return `dataset`, of global batches, split over the replicas.

    Raises:
        ValueError: `dataset` is no dataset, or is not batched.
    """
    if isinstance(dataset, DistributedDataset):
        return dataset
    if not isinstance(dataset, Dataset):
        raise ValueError(
            "experimental_distribute_dataset takes a tf.data.Dataset, got "
            f"{dataset!r}. "
            "For a function that makes one, use distribute_datasets_from_function."
        )
    extended = strategy.extended
    if any(not getattr(spec, "dims", (None,)) for spec in _specs(dataset)):
        raise ValueError(
            "The dataset is not batched, so there is nothing to split: batch the "
            "dataset by the global batch size first, dataset.batch(GLOBAL_BATCH_SIZE)."
        )
    agree_on_seeds(extended, dataset)
    own = _own_part(strategy, dataset)
    if own is None:
        return _split(strategy, dataset, strategy.num_replicas_in_sync, own=False)
    return _split(strategy, own, extended.num_local_replicas, own=True)


def _specs(dataset: Dataset) -> list[Any]:
    return nest.flatten(dataset.element_spec)


def datasets_from_function(
    strategy: Strategy, dataset_fn: Any, is_per_replica: bool
) -> DistributedDataset:
    """Return what this process makes for itself, batched per replica.

    Args:
        strategy: The strategy.
        dataset_fn: From an `InputContext`, makes a dataset.
        is_per_replica: Whether each replica has a dataset of its own.
    """
    extended = strategy.extended
    count, replicas = extended.num_local_replicas, strategy.num_replicas_in_sync
    dataset: Any
    if is_per_replica:
        first = extended.first_replica_id
        places = [InputContext(replicas, first + i, replicas) for i in range(count)]
        dataset = SideBySide([dataset_fn(place) for place in places])
    else:
        dataset = dataset_fn(
            InputContext(extended.num_processes, extended.process_id, replicas)
        )
    has_others = extended.num_processes > 1

    def parts(source: Any) -> Iterator[Any]:
        while True:
            if is_per_replica:
                batches = next(source, [None] * count)
            else:
                batches = [next(source, None) for _ in range(count)]
            has_data = any(batch is not None for batch in batches)
            if not _goes_on(extended, has_data, agrees=has_others):
                return
            spec = dataset.element_spec
            yield regroup([_empty_like(spec) if b is None else b for b in batches])

    specs = spec_for_replicas(dataset.element_spec, count)
    return DistributedDataset(strategy, dataset, specs, parts, has_others)


def _split(
    strategy: Strategy, dataset: Dataset, parts_of_batch: int, *, own: bool
) -> DistributedDataset:
    """Return the rows of each batch by local replica.

    Args:
        strategy: The strategy.
        dataset: The batches that this process reads.
        parts_of_batch: How many replicas share a batch.
        own: Whether the batches are for this process alone.
    """
    extended = strategy.extended
    count = extended.num_local_replicas
    first = 0 if own else extended.first_replica_id
    # Workers may have been given different data, and so agree on every step.
    agrees = extended.shards_data and extended.num_processes > 1

    def parts(source: Any) -> Iterator[Any]:
        while True:
            batch = next(source, None)
            if not _goes_on(extended, batch is not None, agrees=agrees):
                return
            if batch is None:
                batch = _empty_like(dataset.element_spec)
            yield _share_out(batch, range(first, first + count), parts_of_batch)

    one = nest.map_structure(
        lambda spec: _spec_of_part(spec, parts_of_batch), dataset.element_spec
    )
    spec = spec_for_replicas(one, count)
    return DistributedDataset(strategy, dataset, spec, parts, reads_part=own)


def split_batch(strategy: Strategy, batch: Any) -> Any:
    """Return the local replicas' rows of a global batch."""
    first = strategy.extended.first_replica_id
    count = strategy.extended.num_local_replicas
    mine = range(first, first + count)
    return _share_out(batch, mine, strategy.num_replicas_in_sync)


def _share_out(batch: Any, replicas: range, parts_of_batch: int) -> Any:
    """Return the rows of some replicas, of all those that share a batch."""
    leaves = [x for x in nest.flatten(batch) if x is not None]
    rows = int(leaves[0].shape[0]) if leaves else 0
    share = -(-rows // parts_of_batch)
    return regroup([_rows(batch, replica, share) for replica in replicas])


def _goes_on(extended: StrategyExtended, has_data: bool, *, agrees: bool) -> bool:
    """Return whether there is another step: while any process has data for one."""
    return extended.any_process(has_data) if agrees else has_data


def _rows(batch: Any, replica: int, share: int) -> Any:
    start = replica * share
    return nest.map_structure(
        lambda x: None if x is None else x[start : start + share], batch
    )


def _spec_of_part(spec: Any, parts_of_batch: int) -> Any:
    """Return the spec of a replica's rows; how many is known if they divide evenly."""
    if not isinstance(spec, TensorSpec) or not spec.dims:
        return spec
    rows = spec.dims[0]
    is_even = rows is not None and rows % parts_of_batch == 0
    part = rows // parts_of_batch if rows is not None and is_even else None
    return TensorSpec.of((part, *spec.dims[1:]), spec.dtype, spec.name)


def _empty_like(element_spec: Any) -> Any:
    """Return a batch without rows of the given structure.

    Raises:
        ValueError: A component has no static shape to make it from.
    """

    def empty(spec: Any) -> Any:
        if not isinstance(spec, TensorSpec) or not spec.dims:
            raise ValueError(
                "This process has run out of data before others, and an empty batch "
                f"of {spec!r} cannot be made. Give every process as many batches."
            )
        shape = (0, *(d or 0 for d in spec.dims[1:]))
        return wrap(np.zeros(shape, spec.dtype.numpy_dtype))

    return nest.map_structure(empty, element_spec)


def find_batch(dataset: Dataset) -> Any:
    """Return the last transformation of a pipeline that batches, None if none does."""
    node = dataset
    while True:
        if hasattr(node, "batch_size"):
            return node
        if len(node.inputs) != 1:
            return None
        node = node.inputs[0]


def agree_on_seeds(extended: StrategyExtended, dataset: Dataset) -> None:
    """Let every process shuffle alike: unseeded shuffles take the chief's seeds."""
    if extended.group is None:
        return
    nodes = [
        n for n in _nodes(dataset) if isinstance(getattr(n, "seeds", None), EpochSeeds)
    ]
    chief = extended.group.all_gather_object([n.seeds.seeds for n in nodes])[0]
    for node, seeds in zip(nodes, chief, strict=True):
        if node.seeds.seeds != seeds:
            node.seeds = EpochSeeds(tuple(seeds), node.seeds.changes)


def _nodes(dataset: Dataset) -> list[Any]:
    found = [dataset]
    for source in dataset.inputs:
        found.extend(_nodes(source))
    return found


def _own_part(strategy: Strategy, dataset: Dataset) -> Dataset | None:
    """Return what this process reads in place of the global batches, None if nothing.

    Raises:
        InvalidArgumentError: The policy is FILE, and there are too few files.
    """
    extended = strategy.extended
    batch = find_batch(dataset)
    if batch is None or not extended.shards_data or extended.num_processes == 1:
        return None
    options: Any = dataset.options()
    policy = options.experimental_distribute.auto_shard_policy
    share = -(-batch.batch_size // strategy.num_replicas_in_sync)
    local = share * extended.num_local_replicas
    if policy is AutoShardPolicy.OFF:
        _say(extended, "OFF (every worker reads all elements)")
        return _rebatch(dataset, batch, batch.inputs[0], local)
    if policy in (None, AutoShardPolicy.AUTO, AutoShardPolicy.FILE):
        files: Dataset | None = _by_file(batch.inputs[0], extended, policy)
        if files is not None:
            _say(extended, "FILE (each worker reads its own files)")
            return _rebatch(dataset, batch, files, local)
    _say(extended, "DATA (each worker takes its rows of every global batch)")
    return None


def _by_file(dataset: Any, extended: StrategyExtended, policy: Any) -> Any:
    """Return the pipeline reading this process's files; None if it reads no files.

    Raises:
        InvalidArgumentError: FILE was asked for and there are too few files.
    """
    files = getattr(dataset, "filenames", None)
    if files is None:
        if len(dataset.inputs) != 1:
            return None
        inner = _by_file(dataset.inputs[0], extended, policy)
        return None if inner is None else dataset.with_inputs((inner,))
    processes = extended.num_processes
    if len(files) >= processes:
        return dataset.with_filenames(files[extended.process_id :: processes])
    if policy is AutoShardPolicy.FILE:
        raise errors.because(
            errors.InvalidArgumentError,
            f"Not enough files for auto-sharding by FILE: {len(files)} for {processes} "
            "workers. Write at least one file for each, or set "
            "options.experimental_distribute.auto_shard_policy to DATA.",
        )
    return None


def _say(extended: StrategyExtended, text: str) -> None:
    """Tell the user, once a job, who reads what: it decides what is learned from."""
    if extended.is_chief:
        warn_once(
            f"auto-shard: {text}. Set it by "
            "tf.data.Options().experimental_distribute.auto_shard_policy."
        )


def _rebatch(dataset: Dataset, batch: Any, source: Dataset, size: int) -> Dataset:
    """Return the pipeline with batches of `size` of another source."""
    if dataset is batch:
        if isinstance(batch, Batch):
            return Batch(source, size, batch.drop_remainder)
        rebatched: Any = batch.with_inputs((source,))
        rebatched.batch_size = size
        result: Dataset = rebatched
        return result
    inner = _rebatch(dataset.inputs[0], batch, source, size)
    return dataset.with_inputs((inner,))
