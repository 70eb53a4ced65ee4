"""TensorFlow's `tf.distribute`; the strategies load when it is first used.

The one place from which `tensor` reaches up to `strategies`.
"""

from __future__ import annotations

import importlib
import types
from pathlib import Path
from typing import Any

import strategies

if Path(strategies.__file__ or "").parent.parent != Path(__file__).parent.parent:
    raise ImportError(
        f"`strategies` was found in {strategies.__file__}, which is not ringflow's: it "
        "hides the package of that name. Rename it, or start Python elsewhere."
    )

from strategies import cluster_resolver as _resolvers
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
    ValueContext as _ValueContext,
)
from strategies.mirrored import (
    CentralStorageStrategy as _CentralStorageStrategy,
    MirroredStrategy as MirroredStrategy,
    MultiWorkerMirroredStrategy as MultiWorkerMirroredStrategy,
    OldMultiWorkerMirroredStrategy as _OldMultiWorkerMirroredStrategy,
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


def _not_here(name: str) -> str:
    return (
        f"{name} is not part of ringflow. docs/api.md lists the TensorFlow names that "
        "are."
    )


class _LateNames(types.SimpleNamespace):
    """Names that are loaded when they are first used: they need ZeroMQ."""

    def __init__(self, late: dict[str, str], **names: Any) -> None:
        super().__init__(**names)
        vars(self)["_late"] = late

    def __getattr__(self, name: str) -> Any:
        module = vars(self)["_late"].get(name)
        if module is None:
            raise AttributeError(_not_here(name))
        found = _found(module, name)
        setattr(self, name, found)
        return found

    def __dir__(self) -> list[str]:
        names = {n for n in vars(self) if not n.startswith("_")}
        return sorted({*names, *vars(self)["_late"]})


_PS = "strategies.parameter_server"
_OTHER_NAMES = {
    "Server": "TaskServer",
    "PerWorkerValue": "PerWorkerValues",
    "ParameterServerStrategyV2": "ParameterServerStrategy",
}
_COORDINATOR = {
    "ClusterCoordinator": f"{_PS}.coordinator",
    "RemoteValue": f"{_PS}.closures",
}
_LATE = {
    "ParameterServerStrategy": f"{_PS}.strategy",
    "Server": f"{_PS}.task_server",
}


def _found(module: str, name: str) -> Any:
    return getattr(importlib.import_module(module), _OTHER_NAMES.get(name, name))


cluster_resolver = types.SimpleNamespace(
    ClusterResolver=_resolvers.ClusterResolver,
    SimpleClusterResolver=_resolvers.SimpleClusterResolver,
    TFConfigClusterResolver=_resolvers.TFConfigClusterResolver,
)
coordinator = _LateNames(
    {
        **_COORDINATOR,
        "PerWorkerValue": f"{_PS}.per_worker",
        "experimental_get_current_worker_index": f"{_PS}.per_worker",
    }
)
experimental = _LateNames(
    {
        "ParameterServerStrategy": f"{_PS}.strategy",
        "ParameterServerStrategyV2": f"{_PS}.strategy",
    },
    CentralStorageStrategy=_CentralStorageStrategy,
    MultiWorkerMirroredStrategy=_OldMultiWorkerMirroredStrategy,
    TPUStrategy=TPUStrategy,
    ValueContext=_ValueContext,
    CollectiveHints=_CollectiveHints,
    CommunicationImplementation=_CommunicationImplementation,
    CollectiveCommunication=_CommunicationImplementation,
    CommunicationOptions=_CommunicationOptions,
    coordinator=_LateNames({**_COORDINATOR, "PerWorkerValues": f"{_PS}.per_worker"}),
    partitioners=_LateNames(
        dict.fromkeys(
            (
                "FixedShardsPartitioner",
                "MaxSizePartitioner",
                "MinSizePartitioner",
                "Partitioner",
            ),
            f"{_PS}.partitioners",
        )
    ),
)


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(_not_here(f"tf.distribute.{name}"))
    found = globals()[name] = _found(_LATE[name], name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATE})


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
            "Must not be called inside a `tf.distribute.Strategy` scope. End the "
            "`with` block first."
        )
    if strategy is None:
        context.replica = None
        return
    context.replica = CrossReplicaContext(strategy)
    context.replica.is_global = True
