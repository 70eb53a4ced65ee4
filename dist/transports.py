"""Choosing a transport for a group of processes and putting its pieces together.

    one rank                        solo
    all ranks on one host           shm; ring over the loopback where it cannot be had
    several hosts, one rank each    ring
    several hosts, several ranks    hierarchy: shm inside hosts, ring between them

`DIST_TRANSPORT` forces one; `ipc` is a ring over Unix sockets inside one host.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dist.errors import RendezvousError
from dist.hierarchy import HierarchyTransport, leader_of_each_host
from dist.interfaces import listening_address
from dist.links import Links
from dist.ring import RingTransport
from dist.segment import SegmentError, share
from dist.shared_memory import SharedMemoryTransport, segment_bytes
from dist.solo import SoloTransport

if TYPE_CHECKING:
    from dist.contract import Settings
    from dist.control import ControlChannel
    from dist.job_key import JobKey
    from dist.place import Place
    from dist.security import Mechanism
    from dist.segment import Segment
    from dist.transport import Transport
    from dist.watch import Watch

Exchange = Callable[[str, bytes], list[bytes]]


@dataclass(frozen=True)
class Wiring:
    """What is needed to join the ranks of a group.

    Attributes:
        rendezvous: the address by which this process reached the rendezvous.
        exchange: gives bytes to, and takes them from, some ranks of the group under a
            key (group numbers).
    """

    control: ControlChannel
    key: JobKey
    settings: Settings
    rendezvous: str
    exchange: Callable[[str, bytes, tuple[int, ...]], list[bytes]]


def open_transport(wiring: Wiring, name: str, place: Place, watch: Watch) -> Transport:
    """Join the ranks of a new group; every one of them calls it at the same time."""
    if place.size == 1:
        return SoloTransport()
    letters = _open_ring(wiring, place, _all(place), watch)
    try:
        return _choose(wiring, name, place, watch, letters)
    except BaseException:
        letters.close()
        raise


def _choose(
    wiring: Wiring, name: str, place: Place, watch: Watch, letters: Transport
) -> Transport:
    """The ring that all ranks are joined by, or something faster on top of it."""
    forced = wiring.settings.transport
    hosts = len(set(place.hosts))
    if forced in ("shm", "ipc") and hosts > 1:
        raise RendezvousError(
            f"DIST_TRANSPORT={forced}, but group {name!r} spans {hosts} hosts: "
            f"{sorted(set(place.hosts))}. Leave it out, or use ring or hierarchy."
        )
    if forced in ("ring", "ipc") or hosts == place.size:
        return letters
    try:
        if forced == "shm" or hosts == 1:
            return _open_shared_memory(wiring, place, _all(place), watch, letters)
        return _open_hierarchy(wiring, place, watch, letters)
    except SegmentError as error:
        if forced != "auto":
            raise RendezvousError(
                f"DIST_TRANSPORT={forced}, but group {name!r} cannot share memory: "
                f"{error}. Leave DIST_TRANSPORT out to use sockets instead."
            ) from error
        if place.rank == 0:
            sys.stderr.write(
                f"dist: no shared memory for group {name!r} ({error}); using sockets.\n"
            )
        return letters


def _open_hierarchy(
    wiring: Wiring, place: Place, watch: Watch, letters: Transport
) -> Transport:
    """Shared memory among the ranks of each host, a ring among their leaders."""
    neighbours = tuple(place.local_ranks)
    inside: Transport = SoloTransport()
    reason = ""
    if len(neighbours) > 1:
        try:
            inside = _open_shared_memory(wiring, place, neighbours, watch, letters)
        except SegmentError as error:
            reason = str(error)
    reasons = [
        told.decode()
        for told in wiring.exchange("inside", reason.encode(), _all(place))
        if told
    ]
    if reasons:
        raise SegmentError("; ".join(dict.fromkeys(reasons)))
    leaders = leader_of_each_host(place.hosts)
    between: Transport = SoloTransport()
    if place.rank in leaders:
        between = _open_ring(wiring, place, leaders, watch)
    return HierarchyTransport(place.rank, place.hosts, inside, between, letters, watch)


def _open_shared_memory(
    wiring: Wiring,
    place: Place,
    ranks: tuple[int, ...],
    watch: Watch,
    letters: Transport,
) -> Transport:
    own = ranks.index(place.rank)
    prefix = f"shm-{ranks[0]}"

    def share_more(key: str, nbytes: int) -> Segment:
        return share(
            nbytes,
            own == 0,
            lambda step, item: wiring.exchange(f"{prefix}/{key}/{step}", item, ranks),
        )

    segment = share_more("slabs", segment_bytes(len(ranks)))
    processors = _processors(wiring, f"{prefix}/processors", ranks)
    return SharedMemoryTransport(
        segment, own, len(ranks), watch.among(ranks), letters, share_more, processors
    )


def _processors(wiring: Wiring, key: str, ranks: tuple[int, ...]) -> int:
    """How many processors these ranks of one host may use between them."""
    if hasattr(os, "sched_getaffinity"):
        usable = os.sched_getaffinity(0)
    else:
        usable = set(range(os.cpu_count() or 1))
    own = ",".join(map(str, usable))
    told = wiring.exchange(key, own.encode(), ranks)
    return len({number for item in told for number in item.split(b",")})


def _open_ring(
    wiring: Wiring, place: Place, ranks: tuple[int, ...], watch: Watch
) -> Transport:
    """Sockets among some ranks of the group, which are numbered anew."""
    own = ranks.index(place.rank)
    watch = watch.among(ranks)
    links = _open_links(wiring, place, own, watch)
    key = "endpoints" if len(ranks) == place.size else "leaders"
    try:
        endpoints = wiring.exchange(key, links.endpoint.encode(), ranks)
    except BaseException:
        links.close()
        raise
    links.introduce([endpoint.decode() for endpoint in endpoints])
    return RingTransport(links, own, len(ranks), watch)


def _open_links(wiring: Wiring, place: Place, own: int, watch: Watch) -> Links:
    """An inbox that listens where the peers can reach it, and no further."""
    inside_one_host = len(set(place.hosts)) == 1
    settings = wiring.settings
    encrypts = settings.encryption == "on" or (
        settings.encryption == "auto" and not inside_one_host
    )
    mechanism: Mechanism = "curve" if encrypts else "plain"
    if inside_one_host and settings.transport == "ipc":
        listen_at = f"ipc://@ringflow-{secrets.token_hex(8)}"
    elif inside_one_host:
        listen_at = "tcp://127.0.0.1:*"
    else:
        address = listening_address(settings.interface, wiring.rendezvous)
        listen_at = f"tcp://{address}:*"
    return Links(wiring.control.context, wiring.key, mechanism, own, listen_at, watch)


def _all(place: Place) -> tuple[int, ...]:
    return tuple(range(place.size))
