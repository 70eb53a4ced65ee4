"""Options that strategies take: accepted for compatibility, or handed to `dist`."""

from __future__ import annotations

import enum
from typing import Any, NamedTuple


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
                f"Argument `bytes_per_pack` must be >=0, Received {bytes_per_pack}. "
                "0 lets ringflow choose."
            )
        self.bytes_per_pack = bytes_per_pack
        self.timeout_seconds = timeout_seconds
        self.implementation = CommunicationImplementation(implementation)

    def __repr__(self) -> str:
        return (
            f"Options(bytes_per_pack={self.bytes_per_pack},"
            f"timeout_seconds={self.timeout_seconds}, "
            f"implementation={self.implementation})"
        )


class CollectiveHints(CommunicationOptions):
    """The older name of CommunicationOptions."""

    def __init__(
        self, bytes_per_pack: int = 0, timeout_seconds: float | None = None
    ) -> None:
        super().__init__(bytes_per_pack, timeout_seconds)


class RunOptions(NamedTuple):
    """Options of `Strategy.run`; accepted: nothing here needs static shapes."""

    experimental_enable_dynamic_batch_size: bool = True
    experimental_bucketizing_dynamic_shape: bool = False
    experimental_xla_options: Any = None


class InputReplicationMode(enum.Enum):
    """Whether a dataset function is called per worker or per replica."""

    PER_WORKER = "PER_WORKER"
    PER_REPLICA = "PER_REPLICA"


class InputOptions(NamedTuple):
    """Options of distributed input; with one device nothing is fetched to it."""

    experimental_fetch_to_device: bool = True
    experimental_replication_mode: InputReplicationMode = (
        InputReplicationMode.PER_WORKER
    )
    experimental_place_dataset_on_device: bool = False
    experimental_per_replica_buffer_size: int = 1


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
