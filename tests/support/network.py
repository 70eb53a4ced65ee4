"""Several hosts on one machine: network namespaces joined by a switch.

Each host is a namespace with one end of a cable (a veth pair); the other ends meet in a
bridge inside a namespace of their own, the hub. Needs the right to make namespaces.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager


class NotPermittedError(Exception):
    """This machine or user may not make network namespaces."""


class Network:
    """A hub and some hosts; `address(i)` is the address of host i."""

    def __init__(self, size: int) -> None:
        self.hub = f"rfhub{os.getpid()}"
        self.hosts = [f"rf{os.getpid()}h{i}" for i in range(size)]

    @property
    def hub_address(self) -> str:
        return "10.77.0.254"

    def address(self, host: int) -> str:
        return f"10.77.0.{host + 1}"

    def inside(self, name: str, *command: str) -> list[str]:
        """The command line that runs `command` in one of the namespaces."""
        return ["ip", "netns", "exec", name, *command]

    def cut(self, host: int) -> None:
        """Pull the cable of a host out of the switch."""
        run("ip", "-n", self.hub, "link", "set", f"port{host}", "down")

    def build(self) -> None:
        """Make the namespaces, the switch and the cables."""
        hub = ("ip", "-n", self.hub)
        run("ip", "netns", "add", self.hub)
        run(*hub, "link", "set", "lo", "up")
        run(*hub, "link", "add", "switch", "type", "bridge")
        run(*hub, "addr", "add", f"{self.hub_address}/24", "dev", "switch")
        run(*hub, "link", "set", "switch", "up")
        for i, name in enumerate(self.hosts):
            host, port = ("ip", "-n", name), f"port{i}"
            run("ip", "netns", "add", name)
            cable = ("name", "eth0", "type", "veth", "peer", port, "netns", self.hub)
            run(*host, "link", "add", *cable)
            run(*hub, "link", "set", port, "master", "switch", "up")
            run(*host, "addr", "add", f"{self.address(i)}/24", "dev", "eth0")
            run(*host, "link", "set", "eth0", "up")
            run(*host, "link", "set", "lo", "up")

    def remove(self) -> None:
        for name in (*self.hosts, self.hub):
            subprocess.run(
                ["ip", "netns", "del", name], check=False, capture_output=True
            )


@contextmanager
def network(size: int) -> Iterator[Network]:
    """Build a network, and take it down again whatever happens."""
    if shutil.which("ip") is None:
        raise NotPermittedError("there is no `ip` command here")
    made = Network(size)
    try:
        try:
            made.build()
        except subprocess.CalledProcessError as error:
            raise NotPermittedError(error.stderr.decode().strip()) from error
        yield made
    finally:
        made.remove()


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
