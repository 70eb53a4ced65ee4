"""Groups whose ranks are threads of this process: no launcher, no sockets.

groups = dist.thread_groups(2)
# give groups[r] to thread r; together they make the same calls
"""

from __future__ import annotations

import math
import socket
import threading
from typing import TYPE_CHECKING

from dist.group import Group
from dist.place import Place
from dist.services import Services
from dist.solo import SoloTransport
from dist.threads import Table, ThreadTransport
from dist.watch import Watch

if TYPE_CHECKING:
    from dist.call import Call


def thread_groups(size: int, timeout_s: float = math.inf) -> list[Group]:
    """Make one group per thread; they form a world of `size` ranks.

    Args:
        size: how many threads.
        timeout_s: default limit for each call.
    """
    if size < 1:
        raise ValueError(f"thread_groups: `size` is {size}; expected at least 1.")
    host = socket.gethostname()
    ranks = tuple(range(size))
    tables = _Tables(timeout_s)
    return [tables.sit_down("world", Place(r, ranks, (host,) * size)) for r in ranks]


class _Tables:
    """The tables of a world of threads, by group name; the first to come lays one."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._tables: dict[str, Table] = {}
        self._lock = threading.Lock()

    def sit_down(self, name: str, place: Place) -> Group:
        """The group of one rank at the table called `name`."""
        watch = Watch(None, place.rank, place.world_ranks)
        made: dict[tuple[int, ...], int] = {}

        def new_group(parent: Group, members: list[int], place: Place) -> Group:
            count = made[tuple(members)] = made.get(tuple(members), 0) + 1
            return self.sit_down(parent.child_name(members, count), place)

        if place.size == 1:
            alone = Services(lambda _key, item, _call: [item], new_group, math.inf)
            return Group(name, place, SoloTransport(), watch, alone)
        with self._lock:
            table = self._tables.setdefault(name, Table(place.size))
        transport = ThreadTransport(table, place.rank, watch)

        def exchange(_key: str, item: bytes, call: Call) -> list[bytes]:
            return transport.objects(call, item)

        services = Services(exchange, new_group, self._timeout_s)
        return Group(name, place, transport, watch, services)
