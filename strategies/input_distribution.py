"""From global batches to what each replica gets.

Where all processes read the same data (`MirroredStrategy`), each takes its rows of
every global batch: of B rows, replica r of N gets [r·c, (r+1)·c) with c = ⌈B / N⌉.
Where each reads a shard (`MultiWorkerMirroredStrategy`), element k goes to process
k mod P and batches are smaller in proportion. Either way an epoch holds every example
exactly once: at its end some replicas get fewer rows, or none (a batch of size 0).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from strategies.distributed_dataset import DistributedDataset
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
    from collections.abc import Callable, Iterator

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
    batch = find_batch(dataset)
    if batch is None or not extended.shards_data or extended.num_processes == 1:
        return _split(strategy, dataset, strategy.num_replicas_in_sync, agrees=False)
    share = -(-batch.batch_size // strategy.num_replicas_in_sync)
    options: Any = dataset.options()
    policy = options.experimental_distribute.auto_shard_policy
    local = share * extended.num_local_replicas
    sharded = _rebatch(dataset, batch, _sharding(extended, policy), local)
    return _split(strategy, sharded, extended.num_local_replicas, agrees=True)


def _specs(dataset: Dataset) -> list[Any]:
    return nest.flatten(dataset.element_spec)


def datasets_from_function(strategy: Strategy, dataset_fn: Any) -> DistributedDataset:
    """Return the dataset that this process makes for itself, batched per replica."""
    extended = strategy.extended
    dataset = dataset_fn(
        InputContext(
            extended.num_processes, extended.process_id, strategy.num_replicas_in_sync
        )
    )
    count = extended.num_local_replicas

    def parts(source: Any) -> Iterator[Any]:
        while True:
            batches = []
            for _ in range(count):
                batch = next(source, None)
                if batch is not None:
                    batches.append(batch)
            if not _goes_on(extended, bool(batches), agrees=extended.num_processes > 1):
                return
            while len(batches) < count:
                batches.append(_empty_like(dataset.element_spec))
            yield regroup(batches)

    reads_part = extended.num_processes > 1
    spec = spec_for_replicas(dataset.element_spec, count)
    return DistributedDataset(strategy, dataset, spec, parts, reads_part)


def _split(
    strategy: Strategy, dataset: Dataset, parts_of_batch: int, *, agrees: bool
) -> DistributedDataset:
    """Return the rows of each batch by local replica.

    Args:
        strategy: The strategy.
        dataset: The batches that this process reads.
        parts_of_batch: How many replicas share a batch.
        agrees: Whether processes read different data, and so have to agree on whether
            there is another step.
    """
    extended = strategy.extended
    count = extended.num_local_replicas
    first = 0 if agrees else extended.first_replica_id

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
    return DistributedDataset(strategy, dataset, spec, parts, reads_part=agrees)


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


# Transformations of single elements that give the same elements, if each process sees
# its shard of the input instead of the whole. `take`, say, would not.
_PASSES_SHARDS = frozenset(("Map", "Shuffle", "Prefetch", "Filter", "WithOptions"))


def _sharding(extended: StrategyExtended, policy: Any) -> Callable[[Dataset], Dataset]:
    """Return how this process's part of a dataset is taken, by its policy."""
    if policy is AutoShardPolicy.OFF:
        _say(extended, "OFF (every worker reads all elements)")
        return lambda dataset: dataset

    def shard(dataset: Dataset) -> Dataset:
        if policy in (None, AutoShardPolicy.AUTO, AutoShardPolicy.FILE):
            result: Dataset | None = _by_file(dataset, extended, policy)
            if result is not None:
                _say(extended, "FILE (each worker reads its own files)")
                return result
        _say(extended, "DATA (element k goes to worker k mod the number of workers)")
        return _by_element(dataset, extended)

    return shard


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


def _by_element(dataset: Any, extended: StrategyExtended) -> Dataset:
    """Return the pipeline of this process's elements, taken as early as can be."""
    if type(dataset).__name__ in _PASSES_SHARDS:
        inner = _by_element(dataset.inputs[0], extended)
        passed: Dataset = dataset.with_inputs((inner,))
        return passed
    sharded: Dataset = dataset.shard(extended.num_processes, extended.process_id)
    return sharded


def _say(extended: StrategyExtended, text: str) -> None:
    """Tell the user, once a job, who reads what: it decides what is learned from."""
    if extended.is_chief:
        warn_once(
            f"auto-shard: {text}. Set it by "
            "tf.data.Options().experimental_distribute.auto_shard_policy."
        )


def _rebatch(
    dataset: Dataset, batch: Any, shard: Callable[[Dataset], Dataset], size: int
) -> Dataset:
    """Return the pipeline with sharded elements and batches of `size`."""
    if dataset is batch:
        if isinstance(batch, Batch):
            return Batch(shard(batch.source), size, batch.drop_remainder)
        rebatched: Any = batch.with_inputs((shard(batch.inputs[0]),))
        rebatched.batch_size = size
        result: Dataset = rebatched
        return result
    return dataset.with_inputs((_rebatch(dataset.inputs[0], batch, shard, size),))
