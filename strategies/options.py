"""Options that strategies take: accepted for compatibility, or handed to `dist`."""

from __future__ import annotations

import enum
from typing import Any


class CommunicationImplementation(enum.Enum):
    """How collectives are carried out; here `dist` chooses by itself."""

    AUTO = "AUTO"
    RING = "RING"
    NCCL = "NCCL"


class CommunicationOptions:
    """Options of collective communication.

    Attributes:
        bytes_per_pack: Accepted; `dist` packs gradients by itself.
        timeout_seconds: Limit for each collective call, None for the group's own.
        implementation: Accepted.
    """

    def __init__(
        self,
        bytes_per_pack: int = 0,
        timeout_seconds: float | None = None,
        implementation: Any = CommunicationImplementation.AUTO,
    ) -> None:
        if bytes_per_pack < 0:
            raise ValueError(
                f"`bytes_per_pack` must be 0 or more, got {bytes_per_pack}. 0 lets "
                "ringflow choose."
            )
        self.bytes_per_pack = bytes_per_pack
        self.timeout_seconds = timeout_seconds
        self.implementation = CommunicationImplementation(implementation)


class CollectiveHints(CommunicationOptions):
    """The older name of CommunicationOptions."""

    def __init__(
        self, bytes_per_pack: int = 0, timeout_seconds: float | None = None
    ) -> None:
        super().__init__(bytes_per_pack, timeout_seconds)


class RunOptions:
    """Options of `Strategy.run`; accepted."""

    def __init__(self, **options: Any) -> None:
        self.options = options


class InputReplicationMode(enum.Enum):
    """Whether a dataset function is called per worker or per replica."""

    PER_WORKER = "PER_WORKER"
    PER_REPLICA = "PER_REPLICA"


class InputOptions:
    """Options of distributed input; with one device nothing is fetched to it."""

    def __init__(
        self,
        experimental_fetch_to_device: bool | None = None,
        experimental_replication_mode: Any = InputReplicationMode.PER_WORKER,
        experimental_place_dataset_on_device: bool = False,
        experimental_per_replica_buffer_size: int = 1,
    ) -> None:
        self.experimental_fetch_to_device = experimental_fetch_to_device
        self.experimental_replication_mode = experimental_replication_mode
        self.experimental_place_dataset_on_device = experimental_place_dataset_on_device
        self.experimental_per_replica_buffer_size = experimental_per_replica_buffer_size


class CrossDeviceOps:
    """How values move between devices; accepted, as `dist` decides by itself."""


class NcclAllReduce(CrossDeviceOps):
    """Accepted: reductions go through `dist`."""

    def __init__(self, num_packs: int = 1) -> None:
        if num_packs < 0:
            raise ValueError(
                f"NCCL all-reduce requires num_packs >= 0, but {num_packs} is specified"
            )
        self.num_packs = num_packs


class HierarchicalCopyAllReduce(CrossDeviceOps):
    """Accepted: reductions go through `dist`."""

    def __init__(self, num_packs: int = 1) -> None:
        if num_packs < 0:
            raise ValueError(
                "HierarchicalCopy requires num_packs >= 0, but "
                f"{num_packs} is specified"
            )
        self.num_packs = num_packs


class ReductionToOneDevice(CrossDeviceOps):
    """Accepted: reductions go through `dist`."""

    def __init__(
        self, reduce_to_device: Any = None, accumulation_fn: Any = None
    ) -> None:
        self.reduce_to_device = reduce_to_device
        self.accumulation_fn = accumulation_fn
