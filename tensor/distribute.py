"""TensorFlow's `tf.distribute`; the strategies load when it is first used.

The one place from which `tensor` reaches up to `strategies`.
"""

from __future__ import annotations

import types
from pathlib import Path
from typing import Any

import strategies

if Path(strategies.__file__ or "").parent.parent != Path(__file__).parent.parent:
    raise ImportError(
        f"`strategies` was found in {strategies.__file__}, which is not ringflow's: it "
        "hides the package of that name. Rename it, or start Python elsewhere."
    )

from strategies.contexts import (
    ReplicaContext as ReplicaContext,
    get_replica_context as get_replica_context,
    get_strategy as get_strategy,
    has_strategy as has_strategy,
    in_cross_replica_context as in_cross_replica_context,
)
from strategies.distributed_dataset import (
    DistributedDataset as DistributedDataset,
    DistributedIterator as DistributedIterator,
)
from strategies.extended import StrategyExtended as StrategyExtended
from strategies.input_distribution import (
    InputContext as InputContext,
)
from strategies.mirrored import (
    CentralStorageStrategy as _CentralStorageStrategy,
    MirroredStrategy as MirroredStrategy,
    MultiWorkerMirroredStrategy as MultiWorkerMirroredStrategy,
    OneDeviceStrategy as OneDeviceStrategy,
    TPUStrategy as TPUStrategy,
)
from strategies.options import (
    CollectiveHints as _CollectiveHints,
    CommunicationImplementation as _CommunicationImplementation,
    CommunicationOptions as _CommunicationOptions,
    CrossDeviceOps as CrossDeviceOps,
    HierarchicalCopyAllReduce as HierarchicalCopyAllReduce,
    InputOptions as InputOptions,
    InputReplicationMode as InputReplicationMode,
    NcclAllReduce as NcclAllReduce,
    ReductionToOneDevice as ReductionToOneDevice,
    RunOptions as RunOptions,
)
from strategies.reduce_op import ReduceOp as ReduceOp
from strategies.strategy import Strategy as Strategy
from strategies.values import DistributedValues as DistributedValues

experimental = types.SimpleNamespace(
    CentralStorageStrategy=_CentralStorageStrategy,
    MultiWorkerMirroredStrategy=MultiWorkerMirroredStrategy,
    TPUStrategy=TPUStrategy,
    CollectiveHints=_CollectiveHints,
    CommunicationImplementation=_CommunicationImplementation,
    CollectiveCommunication=_CommunicationImplementation,
    CommunicationOptions=_CommunicationOptions,
)


def experimental_set_strategy(strategy: Any) -> None:
    """Make `strategy` current without a `with` block, or None to end that.

    Raises:
        RuntimeError: A strategy's scope is open.
    """
    from strategies.contexts import CrossReplicaContext
    from tensor.core.context import context

    state = context.replica
    if state is not None and not getattr(state, "is_global", False):
        raise RuntimeError(
            "Must not be called inside a `tf.distribute.Strategy` scope."
        )
    if strategy is None:
        context.replica = None
        return
    context.replica = CrossReplicaContext(strategy)
    context.replica.is_global = True
