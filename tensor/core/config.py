"""tf.config: devices, threads, and settings of the process.

There is one physical device, the CPU. It can be divided into several logical ones, on
which MirroredStrategy runs its replicas. Settings that only matter to TensorFlow's own
kernels are kept and handed back.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from tensor.core import thread_pool
from tensor.core.public_api import export


@export("config.PhysicalDevice")
class PhysicalDevice(NamedTuple):
    """A device of the machine."""

    name: str
    device_type: str


@export("config.LogicalDevice")
class LogicalDevice(NamedTuple):
    """A device as programs see it: a physical one, or a part of it."""

    name: str
    device_type: str


@export(
    "config.LogicalDeviceConfiguration",
    "config.experimental.VirtualDeviceConfiguration",
)
class LogicalDeviceConfiguration(NamedTuple):
    """One of the logical devices that a physical one is divided into."""

    memory_limit: int | None = None
    experimental_priority: int | None = None
    experimental_device_ordinal: int | None = None


CPU = PhysicalDevice("/physical_device:CPU:0", "CPU")


class _Settings:
    """What has been set.

    Attributes:
        logical: How the CPU is divided; None when nothing was said.
        is_listed: The logical devices have been handed out, and stay as they are.
    """

    def __init__(self) -> None:
        self.visible = [CPU]
        self.logical: list[LogicalDeviceConfiguration] | None = None
        self.is_listed = False
        self.soft_placement = True
        self.intra_threads = 0
        self.inter_threads = 0
        self.jit: bool | str = False
        self.optimizer: dict[str, Any] = {}
        self.tensor_float_32 = True
        self.synchronous = True
        self.is_deterministic = False
        self.device_policy = "silent"


_settings = _Settings()


def reset() -> None:
    """Forget all settings: for tests of them."""
    global _settings
    _settings = _Settings()
    thread_pool.set_thread_count(0)


# ---- devices


@export("config.list_physical_devices", "config.experimental.list_physical_devices")
def list_physical_devices(device_type: str | None = None) -> list[PhysicalDevice]:
    """Return the devices of the machine, all or those of one type."""
    return [CPU] if device_type in (None, "CPU") else []


@export("config.get_visible_devices", "config.experimental.get_visible_devices")
def get_visible_devices(device_type: str | None = None) -> list[PhysicalDevice]:
    """Return the devices that programs may use, all or those of one type."""
    return [d for d in _settings.visible if device_type in (None, d.device_type)]


@export("config.set_visible_devices", "config.experimental.set_visible_devices")
def set_visible_devices(devices: Any, device_type: str | None = None) -> None:
    """Choose the devices that programs may use.

    Raises:
        ValueError: There is no such device, or it is not of `device_type`.
        RuntimeError: Logical devices have been handed out already.
    """
    chosen = list(devices) if isinstance(devices, list | tuple) else [devices]
    if isinstance(devices, PhysicalDevice):
        chosen = [devices]
    for d in chosen:
        if d != CPU:
            raise ValueError(f"Unrecognized device: {d!r}")
        if device_type is not None and d.device_type != device_type:
            raise ValueError(f"Unrecognized device: {d!r} is no {device_type}.")
    kept = [d for d in _settings.visible if device_type not in (None, d.device_type)]
    if kept + chosen == _settings.visible:
        return
    if _settings.is_listed:
        raise RuntimeError(
            "Visible devices cannot be modified after being initialized: "
            "tf.config.list_logical_devices was called, or an op ran. Set them first."
        )
    _settings.visible = kept + chosen


@export("config.list_logical_devices", "config.experimental.list_logical_devices")
def list_logical_devices(device_type: str | None = None) -> list[LogicalDevice]:
    """Return the devices as programs see them; from now on they stay as they are."""
    _settings.is_listed = True
    return [d for d in _logical_devices() if device_type in (None, d.device_type)]


def _logical_devices() -> list[LogicalDevice]:
    if CPU not in _settings.visible:
        return []
    count = 1 if _settings.logical is None else len(_settings.logical)
    return [LogicalDevice(f"/device:CPU:{i}", "CPU") for i in range(count)]


def has_logical_device(full_name: str) -> bool:
    """Return whether a device of this whole name exists in this process."""
    return any(full_name.endswith(d.name) for d in _logical_devices())


def _check_physical(device: Any) -> None:
    if device not in list_physical_devices():
        raise ValueError(f"Unrecognized device: {device!r}")


@export(
    "config.get_logical_device_configuration",
    "config.experimental.get_virtual_device_configuration",
)
def get_logical_device_configuration(
    device: Any,
) -> list[LogicalDeviceConfiguration] | None:
    """Return how a physical device is divided, None when nothing was said.

    Raises:
        ValueError: There is no such device.
    """
    _check_physical(device)
    return _settings.logical


@export(
    "config.set_logical_device_configuration",
    "config.experimental.set_virtual_device_configuration",
)
def set_logical_device_configuration(device: Any, logical_devices: Any) -> None:
    """Divide a physical device into logical ones.

    Raises:
        ValueError: There is no such device, or a CPU's part has a memory limit.
        RuntimeError: The logical devices have been handed out already.
    """
    _check_physical(device)
    parts = [LogicalDeviceConfiguration(*d) for d in logical_devices]
    for part in parts:
        if part.memory_limit is not None:
            raise ValueError(
                "Setting memory limit on CPU virtual devices is currently not "
                f"supported: got {part}. Leave memory_limit out."
            )
        if part.experimental_priority is not None:
            raise ValueError(
                "Setting experimental_priority on CPU virtual devices is currently not "
                "supported"
            )
    if parts == _settings.logical:
        return
    if _settings.is_listed:
        raise RuntimeError(
            "Virtual devices cannot be modified after being initialized: "
            "tf.config.list_logical_devices was called, or an op ran. Set them first."
        )
    _settings.logical = parts


@export("config.experimental.set_memory_growth")
def set_memory_growth(device: Any, enable: bool) -> None:
    """Raise: only accelerators have a memory pool that could grow.

    Raises:
        ValueError: Always; there is no such device, or it is the CPU.
    """
    _check_physical(device)
    if _settings.logical is not None:
        raise ValueError(
            "Cannot set memory growth on device when virtual devices configured"
        )
    raise ValueError("Cannot set memory growth on non-GPU and non-Pluggable devices")


@export("config.experimental.get_memory_growth")
def get_memory_growth(device: Any) -> bool:
    """Return whether a device's memory pool grows: a CPU has none.

    Raises:
        ValueError: There is no such device, or it is the CPU.
    """
    _check_physical(device)
    raise ValueError("Memory growth is a setting of GPUs; a CPU has no memory pool.")


@export("config.experimental.get_device_details")
def get_device_details(device: Any) -> dict[str, Any]:
    """Return details about a physical device: none are known of a CPU.

    Raises:
        ValueError: It is no physical device.
    """
    if not isinstance(device, PhysicalDevice):
        raise ValueError(
            f"device must be a tf.config.PhysicalDevice, but got: {device!r}"
        )
    return {}


@export("config.experimental.get_memory_info")
def get_memory_info(device: str) -> dict[str, int]:
    """Raise: a CPU's allocator keeps no statistics.

    Raises:
        ValueError: Always.
    """
    if "CPU" in device.upper():
        raise ValueError(f"Allocator stats not available for device {device!r}")
    raise ValueError(f"No matching devices found for {device!r}")


@export("config.experimental.reset_memory_stats")
def reset_memory_stats(device: str) -> None:
    """Raise: a CPU's allocator keeps no statistics.

    Raises:
        ValueError: Always.
    """
    get_memory_info(device)


@export("config.get_soft_device_placement")
def get_soft_device_placement() -> bool:
    """Return whether a device that is not there is replaced by one that is."""
    return _settings.soft_placement


@export("config.set_soft_device_placement")
def set_soft_device_placement(enabled: bool) -> None:
    """Say whether a device that is not there is replaced by one that is."""
    _settings.soft_placement = bool(enabled)


# ---- threads


@export("config.threading.get_intra_op_parallelism_threads")
def get_intra_op_parallelism_threads() -> int:
    """Return how many threads share one op's work; 0 is one per core."""
    return _settings.intra_threads


@export("config.threading.set_intra_op_parallelism_threads")
def set_intra_op_parallelism_threads(num_threads: int) -> None:
    """Let this many threads share one op's work; 0 is one per core.

    Raises:
        ValueError: The number is negative.
    """
    thread_pool.set_thread_count(int(num_threads))
    _settings.intra_threads = int(num_threads)


@export("config.threading.get_inter_op_parallelism_threads")
def get_inter_op_parallelism_threads() -> int:
    """Return the number that was set; ops run one after the other."""
    return _settings.inter_threads


@export("config.threading.set_inter_op_parallelism_threads")
def set_inter_op_parallelism_threads(num_threads: int) -> None:
    """Keep the number; ops run one after the other."""
    _settings.inter_threads = int(num_threads)
