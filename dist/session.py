"""`dist.init` and `dist.destroy`: this process's part in the job, from start to end."""

from __future__ import annotations

import atexit
import math
import threading
import time
from typing import TYPE_CHECKING

from dist.call import Call, make_request, user_site
from dist.contract import WorkerIdentity, identity_from_environment
from dist.control import ControlChannel
from dist.foreign_rendezvous import Meeting, meet
from dist.group import Group, Place, Services
from dist.solo import SoloTransport
from dist.transports import Wiring, open_transport
from dist.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable

EXIT_LIMIT_S = 2.0


class Session:
    """The groups of this process and the line that joins it to the job."""

    def __init__(self, identity: WorkerIdentity, timeout_s: float | None) -> None:
        self.identity = identity
        limit_s = identity.settings.stall_abort_s if timeout_s is None else timeout_s
        self._timeout_s = limit_s or math.inf
        self._groups: list[Group] = []
        self._made: dict[str, int] = {}
        self._meeting: Meeting | None = None
        self._control: ControlChannel | None = None
        if identity.size == 1:
            place = Place(0, (0,), (identity.host,))
            self.world = self._solo_group("world", place)
            return
        self._meeting = meet(identity)
        self._control = ControlChannel(
            self._meeting.address,
            self._meeting.key,
            rank=identity.rank,
            size=identity.size,
        )
        try:
            self._control.join(identity.host, identity.start_timeout_s)
            self._meeting.all_joined()
            hosts = tuple(str(member["host"]) for member in self._control.members)
            place = Place(identity.rank, tuple(range(identity.size)), hosts)
            self.world = self._group("world", place)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Leave the job; takes two seconds at most and says nothing."""
        deadline = time.monotonic() + EXIT_LIMIT_S
        for group in reversed(self._groups):
            group.close(timeout_s=0.5)
        self._groups.clear()
        if self._control is not None:
            context = self._control.context
            self._control.close(timeout_s=0.5)
            # Ending the context waits for what lingers in its sockets: not for ever.
            ending = threading.Thread(target=context.term, daemon=True)
            ending.start()
            ending.join(max(0.1, deadline - time.monotonic()))
        if self._meeting is not None:
            self._meeting.close(max(0.0, deadline - time.monotonic()))

    def _new_group(self, parent: Group, members: list[int], place: Place) -> Group:
        key = f"{parent.name}/{','.join(map(str, members))}"
        count = self._made[key] = self._made.get(key, 0) + 1
        name = key if count == 1 else f"{key}#{count}"
        if place.size == 1:
            return self._solo_group(name, place)
        return self._group(name, place)

    def _solo_group(self, name: str, place: Place) -> Group:
        watch = Watch(None, place.rank, place.world_ranks)
        services = Services(lambda _key, item, _call: [item], self._new_group)
        return self._add(Group(name, place, SoloTransport(), watch, services=services))

    def _group(self, name: str, place: Place) -> Group:
        control, meeting = self._control, self._meeting
        assert control is not None, "groups of several ranks need the line"  # noqa: S101
        assert meeting is not None, "a line leads to a meeting"  # noqa: S101
        settings = self.identity.settings
        watch = Watch(control, place.rank, place.world_ranks, settings.stall_warn_s)
        forming = Call(
            make_request("new_group", "", (), name),
            name,
            0,
            user_site(),
            self._timeout_s,
        )
        watch.begin(forming)

        def exchange(key: str, item: bytes, call: Call = forming) -> list[bytes]:
            full_key = f"{name}/{key}"
            check = _checker(watch, call, place.size)
            return control.exchange(full_key, place.world_ranks, item, check)

        wiring = Wiring(control, meeting.key, settings, meeting.address)
        transport = open_transport(wiring, name, place, watch, exchange)
        watch.end(forming)
        return self._add(
            Group(
                name,
                place,
                transport,
                watch,
                timeout_s=self._timeout_s,
                services=Services(exchange, self._new_group),
            )
        )

    def _add(self, group: Group) -> Group:
        self._groups.append(group)
        return group


def _checker(watch: Watch, call: Call, size: int) -> Callable[[], None]:
    return lambda: watch.check(call, range(size))


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
    """
    global _session
    with _starting:
        if _session is None:
            _session = Session(identity_from_environment(), timeout)
            atexit.register(destroy)
        return _session.world


def is_initialized() -> bool:
    """Whether `init` has been called and `destroy` has not."""
    return _session is not None


def destroy() -> None:
    """Leave the job and give everything back; does nothing if there is nothing to do.

    It takes two seconds at most. Ranks that still wait for this one get a
    `WorkerLostError`.
    """
    global _session
    with _starting:
        session, _session = _session, None
        atexit.unregister(destroy)
        if session is not None:
            session.close()
