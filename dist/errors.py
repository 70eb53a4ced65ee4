"""Every way in which talking to the other processes can fail.

    DistError
    ├── ConfigurationError (ValueError)   the environment contradicts itself or lacks
    ├── RendezvousError (ConnectionError)   the group could not be formed
    │   └── StartTimeoutError (TimeoutError)   … because some ranks never arrived
    ├── CollectiveError   a call on a group failed; carries rank, peer, elapsed_s
    │   ├── WorkerLostError (ConnectionError)   a peer died, left or was cut off
    │   ├── CollectiveMismatchError (ValueError)   two ranks asked for different things
    │   └── CollectiveTimeoutError (TimeoutError)   a peer lives but is too late
    └── GroupClosedError   the group was destroyed before the call

The facts are attributes, the text is written from them by whoever raises. Errors
cross process borders (`run_ranks`, the launcher), so they survive pickling.
"""

from __future__ import annotations

from typing import Any


class DistError(Exception):
    """Root of all errors that `dist` raises on purpose."""


class ConfigurationError(DistError, ValueError):
    """The environment says two different things about this process, or too little."""


class GroupClosedError(DistError):
    """A group was used after `dist.destroy()`, or after `group.close()`."""


class RendezvousError(DistError, ConnectionError):
    """The processes of the job could not be brought together."""

    def __init__(self, message: str, *, missing: tuple[int, ...] = ()) -> None:
        super().__init__(message)
        self.missing = missing

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), str(self), dict(self.__dict__))


class StartTimeoutError(RendezvousError, TimeoutError):
    """Some ranks never arrived; `missing` lists them."""


class CollectiveError(DistError):
    """A call on a group failed.

    Attributes:
        rank: the rank that raises, as the group numbers it.
        peer: the rank that is to blame, or None where nobody in particular is.
        elapsed_s: how long this rank had been in the call.
    """

    def __init__(
        self,
        message: str,
        *,
        rank: int | None = None,
        peer: int | None = None,
        elapsed_s: float = 0.0,
    ) -> None:
        super().__init__(message)
        self.rank = rank
        self.peer = peer
        self.elapsed_s = elapsed_s

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), str(self), dict(self.__dict__))


class WorkerLostError(CollectiveError, ConnectionError):
    """A peer died, left, or can no longer be reached; the group cannot go on.

    The message names the rank, its host and process id, and the cause as far as it is
    known (exit status, signal, closed connection). Look at that rank's own output
    first: what this rank reports is only the consequence.
    """


class CollectiveMismatchError(CollectiveError, ValueError):
    """Two ranks met in a collective and asked for different things.

    All ranks of a group must make the same calls in the same order, with equal shapes,
    dtypes and reduce operations. Typical causes: a collective inside `if rank == 0:`,
    a data set of uneven length, or a layer that only some ranks have.
    """


class CollectiveTimeoutError(CollectiveError, TimeoutError):
    """The deadline passed while a peer was alive but had not arrived.

    The peer may be stopped, in an endless loop, in another call, or only slow. Raise
    the deadline with `timeout=` if it is only slow.
    """


def _rebuild(
    cls: type[Exception], message: str, attributes: dict[str, Any]
) -> Exception:
    """Make an error again from its text and facts, as unpickling needs it."""
    error = cls(message)
    error.__dict__.update(attributes)
    return error
