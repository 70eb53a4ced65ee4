"""Choosing a transport for a group of processes and putting its pieces together.

    one rank                        solo
    all ranks on one host           shm; ring over the loopback where it cannot be had
    several hosts, one rank each    ring
    several hosts, several ranks    hierarchy: shm inside hosts, ring between them

`DIST_TRANSPORT` forces one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dist.interfaces import listening_address
from dist.links import Links
from dist.ring import RingTransport
from dist.solo import SoloTransport

if TYPE_CHECKING:
    from dist.contract import Settings
    from dist.control import ControlChannel
    from dist.group import Place
    from dist.job_key import JobKey
    from dist.security import Mechanism
    from dist.transport import Transport
    from dist.watch import Watch

Exchange = Callable[[str, bytes], list[bytes]] if TYPE_CHECKING else None


@dataclass(frozen=True)
class Wiring:
    """What is needed to join the ranks of a job.

    Attributes:
        rendezvous: the address by which this process reached the rendezvous.
    """

    control: ControlChannel
    key: JobKey
    settings: Settings
    rendezvous: str


def open_transport(
    wiring: Wiring, name: str, place: Place, watch: Watch, exchange: Exchange
) -> Transport:
    """Join the ranks of a new group; every one of them calls it at the same time.

    Args:
        wiring: the job's line, key and settings.
        name: the group's name.
        place: this rank and its peers.
        watch: judges the waits.
        exchange: collects bytes from all ranks of the group under a key.
    """
    if place.size == 1:
        return SoloTransport()
    return _open_ring(wiring, name, place, watch, exchange)


def _open_ring(
    wiring: Wiring, name: str, place: Place, watch: Watch, exchange: Exchange
) -> Transport:
    links = _open_links(wiring, place, watch)
    endpoints = exchange("endpoints", links.endpoint.encode())
    links.introduce([endpoint.decode() for endpoint in endpoints])
    return RingTransport(links, place.rank, place.size, watch)


def _open_links(wiring: Wiring, place: Place, watch: Watch) -> Links:
    """An inbox that listens where the peers can reach it, and no further."""
    inside_one_host = len(set(place.hosts)) == 1
    settings = wiring.settings
    encrypts = settings.encryption == "on" or (
        settings.encryption == "auto" and not inside_one_host
    )
    mechanism: Mechanism = "curve" if encrypts else "plain"
    address = (
        "127.0.0.1"
        if inside_one_host
        else listening_address(settings.interface, wiring.rendezvous)
    )
    return Links(
        wiring.control.context, wiring.key, mechanism, place.rank, address, watch
    )
