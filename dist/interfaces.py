"""Which of this host's addresses the other hosts are told.

By default the one that the system's routing uses to reach the rendezvous: that path is
known to work. `--interface` (RINGFLOW_INTERFACE) overrides it with an interface's name,
an address, a network ("10.0.0.0/8"), or `^name` for anything but that interface.
"""

from __future__ import annotations

import fcntl
import ipaddress
import socket
import struct

from dist.errors import ConfigurationError

_SIOCGIFADDR = 0x8915  # Linux: the IPv4 address of an interface


def listening_address(choice: str, rendezvous: str) -> str:
    """The address to bind and to tell, for a job that spans hosts."""
    if choice:
        return choose(choice, interface_addresses())
    address = route_address(rendezvous)
    if ipaddress.ip_address(address).is_loopback:
        raise ConfigurationError(
            f"this host would tell the others to reach it at {address}, because the "
            f"rendezvous {rendezvous} is on the loopback, but the job spans hosts. "
            "Expected an address that other hosts can reach: give the rendezvous one, "
            f"or choose with RINGFLOW_INTERFACE among {interface_addresses()}."
        )
    return address


def choose(choice: str, addresses: dict[str, str]) -> str:
    """Pick an address by the name, address, network or `^name` in `choice`."""
    if choice in addresses:
        return addresses[choice]
    if choice.startswith("^"):
        excluded = choice[1:].split(",")
        fitting = [
            address
            for name, address in addresses.items()
            if name not in excluded and not ipaddress.ip_address(address).is_loopback
        ]
    else:
        try:
            network = ipaddress.ip_network(choice, strict=False)
        except ValueError:
            fitting = []
        else:
            fitting = [
                address
                for address in addresses.values()
                if ipaddress.ip_address(address) in network
            ]
    if not fitting:
        raise ConfigurationError(
            f"RINGFLOW_INTERFACE is {choice!r} and no interface of this host fits; it "
            f"has {addresses}. Give a name, an address, a network like 10.0.0.0/8, or "
            "^name to exclude one."
        )
    return fitting[0]


def interface_addresses() -> dict[str, str]:
    """The IPv4 address of each interface that has one."""
    addresses = {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _, name in socket.if_nameindex():
            request = struct.pack("256s", name[:15].encode())
            try:
                answer = fcntl.ioctl(probe.fileno(), _SIOCGIFADDR, request)
            except OSError:
                continue  # an interface without an IPv4 address
            addresses[name] = socket.inet_ntoa(answer[20:24])
    return addresses


def route_address(rendezvous: str) -> str:
    """The address of the interface by which this host reaches the rendezvous."""
    host, _, port = rendezvous.removeprefix("tcp://").rpartition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((host, int(port)))
        return str(probe.getsockname()[0])
