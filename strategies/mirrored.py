"""Strategies whose replicas each hold all variables and train in step."""

from __future__ import annotations

from typing import Any

import dist
from strategies.strategy import Strategy
from tensor.core.devices import DeviceSpec, full_name


class MirroredStrategy(Strategy):
    """Synchronous training on the replicas of one machine.

    Under `launch -n N` each process is one replica; the script is the same in all of
    them. In one process, `devices=["CPU:0", "CPU:1"]` makes one replica per device.
    """

    def __init__(self, devices: Any = None, cross_device_ops: Any = None) -> None:
        """Create the strategy.

        Args:
            devices: The devices of this process's replicas. By default the logical CPU
                devices, or under a launcher one replica for each process.
            cross_device_ops: How to reduce: accepted, since `dist` chooses by what
                the machine offers.

        Raises:
            ValueError: `devices` is empty, or a name in it is no device's.
            AssertionError: `devices` names a device twice.
        """
        group = _job()
        super().__init__(group, choose_devices(devices, group.size))
        self._cross_device_ops = cross_device_ops


class OneDeviceStrategy(Strategy):
    """Everything on one device: a strategy for debugging the others."""

    def __init__(self, device: str) -> None:
        """Create the strategy for `device`, such as `"/cpu:0"`."""
        super().__init__(None, (device,))
        self.extended.has_copies = False


class CentralStorageStrategy(Strategy):
    """Variables in one place, replicas on the devices: here, all in one process."""

    def __init__(
        self, compute_devices: Any = None, parameter_device: Any = None
    ) -> None:
        """Create the strategy.

        Args:
            compute_devices: The devices of the replicas; the first CPU by default.
            parameter_device: The device of the variables; the first CPU by default.
        """
        super().__init__(None, choose_devices(compute_devices or ("CPU:0",), 1))
        self.extended.keep_variables_on(parameter_device or "CPU:0")


class MultiWorkerMirroredStrategy(Strategy):
    """Synchronous training on several processes, each reading its part of the data.

    The cluster comes from `launch`, `TF_CONFIG`, torchrun, Slurm or Open MPI.
    """

    def __init__(
        self, cluster_resolver: Any = None, communication_options: Any = None
    ) -> None:
        """Create the strategy; waits until all workers are there.

        Args:
            cluster_resolver: Describes the cluster; by default the environment does.
            communication_options: `timeout_seconds` limits each collective call.
        """
        timeout = getattr(communication_options, "timeout_seconds", None)
        super().__init__(dist.init(timeout=timeout))
        self.extended.shards_data = True
        self._cluster_resolver = cluster_resolver

    @property
    def cluster_resolver(self) -> Any:
        """The resolver of the cluster that this process is part of."""
        if self._cluster_resolver is None:
            from strategies.cluster_resolver import TFConfigClusterResolver

            self._cluster_resolver = TFConfigClusterResolver()
        return self._cluster_resolver


class OldMultiWorkerMirroredStrategy(MultiWorkerMirroredStrategy):
    """`tf.distribute.experimental.MultiWorkerMirroredStrategy`, as it was called."""

    def __init__(self, communication: Any = None, cluster_resolver: Any = None) -> None:
        """Create the strategy.

        Args:
            communication: A `CollectiveCommunication`; accepted.
            cluster_resolver: Describes the cluster; by default the environment does.
        """
        super().__init__(cluster_resolver)


class TPUStrategy:
    """Not available: there are no TPUs here."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Raise.

        Raises:
            NotImplementedError: Always.
        """
        raise NotImplementedError(
            "TPUStrategy needs TPUs, which ringflow does not support. "
            "MirroredStrategy runs the same script on CPU processes: "
            "`launch -n 4 train.py`."
        )


def _job() -> dist.Group:
    """Return the group of the processes that a launcher started, or a group of one."""
    return dist.init()


def choose_devices(devices: Any, processes: int) -> tuple[str, ...]:
    """Return the devices of this process's replicas.

    Raises:
        ValueError: A name is no device's, or there is none.
        AssertionError: A device is named twice.
    """
    if devices is None:
        # One replica a process is what a launcher stands for.
        return ("CPU:0",) if processes > 1 else _logical_devices()
    names = tuple(devices) if not isinstance(devices, str) else (devices,)
    if not names:
        raise ValueError("`devices` is empty: name at least one, such as '/cpu:0'.")
    whole = tuple([full_name(DeviceSpec.from_string(name)) for name in names])
    if len(set(whole)) < len(whole):
        raise AssertionError(f"No duplicates allowed in `devices` argument: {whole}.")
    return whole


def _logical_devices() -> tuple[str, ...]:
    from tensor.core import config

    return tuple(d.name for d in config.list_logical_devices("CPU"))
