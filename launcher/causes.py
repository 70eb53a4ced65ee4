"""Why a job stops."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class WorkerFailed:
    """A worker raised, left with a status other than 0, or was killed."""

    rank: int


@dataclass(frozen=True)
class Stalled:
    """A worker waited in a call for these, which are alive, until it gave up."""

    waiting: int
    ranks: tuple[int, ...]


@dataclass(frozen=True)
class NeverJoined:
    """Some workers joined and waited in vain for these."""

    ranks: tuple[int, ...]
    waited_s: float


@dataclass(frozen=True)
class LeftWithoutJoining:
    """A worker ended well, but others had joined and were waiting for it."""

    rank: int
    waiting: tuple[int, ...]


@dataclass(frozen=True)
class StopRequested:
    """A signal asked the launcher to end the job."""

    signum: int


@dataclass(frozen=True)
class OutputClosed:
    """Nobody reads the output any more, as after `launch … | head`."""


@dataclass(frozen=True)
class CoordinatorEnded:
    """The coordinator ended well, and others go on although there is nothing to do."""


@dataclass(frozen=True)
class HostFailed:
    """The workers of another host failed, or its launcher is gone: why, in words."""

    node: int
    why: str
    status: int = 1


Cause: TypeAlias = (
    WorkerFailed
    | Stalled
    | NeverJoined
    | LeftWithoutJoining
    | StopRequested
    | OutputClosed
    | CoordinatorEnded
    | HostFailed
)
