"""A client that is gone is no error; any other failure of a socket is one."""

from __future__ import annotations

import errno
from types import SimpleNamespace
from typing import Any

import pytest
import zmq

from dist.membership import Send
from dist.rendezvous_server import RendezvousServer
from dist.segment import SegmentError, SharedMemory
from dist.service import Service


class Router:
    """A socket whose sends fail."""

    def __init__(self, number: int) -> None:
        self._number = number

    def send_multipart(self, *_: Any) -> None:
        raise zmq.ZMQError(self._number)


def rendezvous(number: int, told: list[bytes]) -> Any:
    def unreachable(client: bytes) -> list[Send]:
        told.append(client)
        return []

    membership = SimpleNamespace(unreachable=unreachable)
    server: Any = SimpleNamespace(_router=Router(number), _membership=membership)
    server._perform = lambda sends: RendezvousServer._perform(server, sends)
    return server._perform([Send(b"client", {})])


def service(number: int, told: list[bytes]) -> Any:
    def forget(client: bytes, *, orderly: bool) -> None:
        assert not orderly
        told.append(client)

    one: Any = SimpleNamespace(_router=Router(number), _forget=forget)
    return Service._send(one, b"client", [b"frame"])


@pytest.mark.parametrize("send", [rendezvous, service])
def test_a_client_that_is_gone_is_forgotten_and_a_full_socket_is_told(
    send: Any,
) -> None:
    told: list[bytes] = []
    send(errno.EHOSTUNREACH, told)
    assert told == [b"client"]
    with pytest.raises(zmq.ZMQError) as raised:
        send(errno.EAGAIN, told)
    assert raised.value.errno == errno.EAGAIN
    assert told == [b"client"]


def test_every_reason_for_having_no_shared_memory_is_given(monkeypatch: Any) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.posix_fallocate", full)
    with pytest.raises(SegmentError, match=r"anonymous: .*No space.*; named: .*No sp"):
        SharedMemory(64)
