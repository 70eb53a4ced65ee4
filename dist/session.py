"""`dist.init` and `dist.destroy`: this process's part in the job, from start to end."""

from __future__ import annotations

import atexit
import math
import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dist import timeline
from dist.call import Call, make_request, user_site
from dist.contract import WorkerIdentity, identity_from_environment
from dist.errors import GroupClosedError
from dist.group import Group
from dist.place import Place
from dist.services import Services
from dist.solo import SoloTransport
from dist.watch import Watch

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from dist.control import ControlChannel
    from dist.foreign_rendezvous import Meeting
    from dist.ledger import Ledger

EXIT_LIMIT_S = 2.0


class Session:
    """The groups of this process and the line that joins it to the job."""

    def __init__(self, identity: WorkerIdentity, timeout_s: float | None) -> None:
        self.identity = identity
        self.pid = os.getpid()
        limit_s = identity.settings.stall_abort_s if timeout_s is None else timeout_s
        self._timeout_s = limit_s or math.inf
        self._groups: list[Group] = []
        self._made: dict[str, int] = {}
        self._meeting: Meeting | None = None
        self._control: ControlChannel | None = None
        self._joined_at_s: float | None = None
        if identity.size == 1:
            place = Place(0, (0,), (identity.host,))
            self.world = self._solo_group("world", place)
            return
        self._join(identity)

    @property
    def ledgers(self) -> dict[str, Ledger]:
        """The books of all groups, by name."""
        return {group.name: group.calls.ledger for group in self._groups}

    @property
    def clock_offset_s(self) -> float:
        """What to add to `perf_counter` to get the job's common clock."""
        return self._control.clock_offset_s if self._control is not None else 0.0

    def write_timeline(self, directory: str | Path) -> Path:
        """Write what this rank has recorded so far; return the file."""
        path = Path(directory) / f"rank{self.identity.rank}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        timeline.write(path, timeline.events(self.identity.rank, self.ledgers))
        return path

    def close(self) -> None:
        """Leave the job; takes two seconds at most and says nothing."""
        deadline = time.monotonic() + EXIT_LIMIT_S
        if self.identity.settings.timeline:
            self.write_timeline(self.identity.settings.timeline)
        account = self._account()
        for group in reversed(self._groups):
            group.close(timeout_s=0.5)
        self._groups.clear()
        if self._control is not None:
            context = self._control.context
            self._control.close(0.5, account)
            # Ending the context waits for what lingers in its sockets: not for ever.
            ending = threading.Thread(target=context.term, daemon=True)
            ending.start()
            ending.join(max(0.1, deadline - time.monotonic()))
        if self._meeting is not None:
            self._meeting.close(max(0.0, deadline - time.monotonic()))

    def _account(self) -> dict[str, Any] | None:
        """What communication has cost; None for a job that was never joined."""
        if self._joined_at_s is None:
            return None
        elapsed_s = time.monotonic() - self._joined_at_s
        return self.world.calls.ledger.account(elapsed_s)

    def orphan(self) -> None:
        """Refuse calls in a fork of this process; a group of one needs nobody."""
        owner = f"rank {self.identity.rank} (process {self.pid})"
        for group in self._groups:
            if group.size > 1:
                group.calls.orphan(owner)

    def _join(self, identity: WorkerIdentity) -> None:
        """Find the other ranks and make the group of all."""
        # A group of one gets by without ZeroMQ, which takes as long to load as NumPy.
        from dist.control import ControlChannel
        from dist.foreign_rendezvous import meet

        self._meeting = meet(identity)
        self._control = ControlChannel(
            self._meeting.address,
            self._meeting.key,
            rank=identity.rank,
            size=identity.size,
            attempt=identity.restart_count,
        )
        try:
            server = self._meeting.server
            self._control.join(
                identity.host,
                identity.start_timeout_s,
                server.missing if server is not None else None,
            )
            self._meeting.all_joined()
            hosts = tuple(str(member["host"]) for member in self._control.members)
            place = Place(identity.rank, tuple(range(identity.size)), hosts)
            self.world = self._group("world", place)
            self._joined_at_s = time.monotonic()
        except BaseException:
            self.close()
            raise

    def _new_group(self, parent: Group, members: list[int], place: Place) -> Group:
        key = parent.child_name(members)
        count = self._made[key] = self._made.get(key, 0) + 1
        name = parent.child_name(members, count)
        if place.size == 1:
            return self._solo_group(name, place)
        return self._group(name, place)

    def _solo_group(self, name: str, place: Place) -> Group:
        watch = Watch(None, place.rank, place.world_ranks)
        services = Services(
            lambda _key, item, _call: [item], self._new_group, self._timeout_s
        )
        return self._add(Group(name, place, SoloTransport(), watch, services))

    def _group(self, name: str, place: Place) -> Group:
        control, meeting = self._control, self._meeting
        assert control is not None, "several ranks need a line"  # noqa: S101 - own rule
        assert meeting is not None, "a line leads to a meeting"  # noqa: S101 - own rule
        from dist.transports import Wiring, open_transport  # see `_join`

        settings = self.identity.settings
        watch = Watch(control, place.rank, place.world_ranks, settings.stall_warn_s)
        forming = Call(
            make_request("new_group", name),
            name,
            0,
            user_site(),
            self._timeout_s,
        )
        watch.begin(forming)

        def exchange(
            key: str, item: bytes, ranks: tuple[int, ...], call: Call = forming
        ) -> list[bytes]:
            world_ranks = [place.world_ranks[rank] for rank in ranks]
            return control.exchange(
                f"{name}/{key}", world_ranks, item, lambda: watch.check(call, ranks)
            )

        def exchange_objects(key: str, item: bytes, call: Call) -> list[bytes]:
            return exchange(key, item, tuple(range(place.size)), call)

        wiring = Wiring(control, meeting.key, settings, meeting.address, exchange)
        try:
            transport = open_transport(wiring, name, place, watch)
        finally:
            watch.end()
        services = Services(exchange_objects, self._new_group, self._timeout_s)
        return self._add(Group(name, place, transport, watch, services))

    def _add(self, group: Group) -> Group:
        if not self.identity.settings.timeline:  # which wants the books of all
            self._groups = [one for one in self._groups if not one.calls.is_closed]
        self._groups.append(group)
        return group


_session: Session | None = None
_starting = threading.Lock()


def init(timeout: float | None = None) -> Group:
    """Join the job that the environment describes; return the group of all its ranks.

    Without a launcher this is a group of one, without sockets and threads. Calling it
    again returns the same group. At exit the job is left by itself.

    Args:
        timeout: default limit in seconds for each call on the group. Without it,
            RINGFLOW_STALL_ABORT_S counts (600 s; 0 = no limit).

    Raises:
        ConfigurationError: the environment contradicts itself.
        RendezvousError: the ranks could not be brought together.
        WorkerLostError: a rank died while the job was starting.
    """
    global _session
    with _starting:
        if _session is None:
            _session = Session(identity_from_environment(), timeout)
            atexit.register(destroy)
        elif _session.pid != os.getpid():
            _session.world.calls.require_usable()
        return _session.world


def is_initialized() -> bool:
    """Whether `init` has been called and `destroy` has not."""
    return _session is not None


def stats() -> dict[str, dict[str, dict[str, Any]]]:
    """What communication has cost this rank so far, by group and kind of call.

    Each entry has `calls`, `bytes`, `waiting_s` (for others), `moving_s` (the rest),
    `slowest_rank` (who was last to arrive most often), `slowest_share` of the calls,
    and `worst_lag_s` (the longest that this rank was ahead of the last).
    """
    return {name: ledger.summary() for name, ledger in _joined().ledgers.items()}


def span(name: str) -> AbstractContextManager[None]:
    """Record a span of the program, such as a training step, in the timeline."""
    session = _joined()
    return session.world.calls.ledger.span(name, session.clock_offset_s)


def write_timeline(directory: str | Path) -> Path:
    """Write this rank's timeline so far to `directory`; see `dist.timeline`."""
    return _joined().write_timeline(directory)


def _joined() -> Session:
    if _session is None:
        raise GroupClosedError("no job was joined. Call `dist.init()` first.")
    return _session


def destroy() -> None:
    """Leave the job and give everything back; does nothing if there is nothing to do.

    It takes two seconds at most. Ranks that still wait for this one get a
    `WorkerLostError`.
    """
    global _session
    with _starting:
        session, _session = _session, None
        atexit.unregister(destroy)
        if session is not None and session.pid == os.getpid():
            session.close()  # a forked child only forgets what is its parent's


def _after_fork() -> None:
    """Let a child know that it is none of the job's ranks."""
    global _starting
    _starting = threading.Lock()  # a thread that is not here may hold the other
    if _session is not None:
        _session.orphan()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
