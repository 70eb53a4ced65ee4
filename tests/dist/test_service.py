"""Services and their clients: requests, large arrays, losses, and who may come in."""

from __future__ import annotations

import gc
import os
import threading
import time
from typing import TYPE_CHECKING, Any

import ml_dtypes
import numpy as np
import pytest
import zmq

from dist import shared_blocks
from dist.cluster_key import FILE_NAME, cluster_key
from dist.contract import WorkerIdentity
from dist.errors import ConfigurationError, RendezvousError
from dist.job_key import JobKey
from dist.messages import decode_reply, decode_request, encode
from dist.service import Service
from dist.service_client import ServiceClient, ServiceLostError
from dist.shared_blocks import LEAST_BYTES, BlockPool, BlockViews, Loan

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dist.messages import Message


class Echo:
    """Gives back what it gets; notes who came and went."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.gone = threading.Event()
        self.go_on = threading.Event()

    def joined(self, _client: bytes, fields: dict[str, Any]) -> None:
        self.events.append(("joined", fields["name"]))

    def left(self, _client: bytes, *, orderly: bool) -> None:
        self.events.append(("left", orderly))
        self.gone.set()

    def answer(self, _client: bytes, request: Message) -> Any:
        if request.fields["do"] == "wait":
            assert self.go_on.wait(10)
        return {"said": request.fields.get("say")}, [2 * a for a in request.arrays]


class Running:
    def __init__(self, key: JobKey) -> None:
        self.key = key
        self.handler = Echo()
        self.service = Service("tcp://127.0.0.1:*", key, self.handler)
        self.thread = threading.Thread(target=self.service.serve)
        self.thread.start()
        self.context: zmq.Context[Any] = zmq.Context()
        self.clients: list[ServiceClient] = []

    def client(self, *, is_local: bool = True, **options: Any) -> ServiceClient:
        found = ServiceClient(
            self.context,
            self.service.address,
            options.pop("key", self.key),
            "the echo",
            is_local=is_local,
            **options,
        )
        self.clients.append(found)
        return found

    def met(self, **options: Any) -> ServiceClient:
        client = self.client(**options)
        assert client.connect(10)
        client.wait(client.hello({"name": "me"}))
        return client

    def stop(self) -> None:
        self.handler.go_on.set()
        self.service.stop()
        self.thread.join()

    def close(self) -> None:
        self.stop()
        for client in self.clients:
            client.close()
        self.context.term()


@pytest.fixture
def service() -> Iterator[Running]:
    running = Running(JobKey.generate())
    yield running
    running.close()


def test_requests_are_answered_in_order(service) -> None:
    client = service.met()
    numbers = [client.post("echo", {"say": i}) for i in range(5)]
    assert [client.wait(n).fields["said"] for n in reversed(numbers)] == [4, 3, 2, 1, 0]
    client.close()
    assert service.handler.gone.wait(5)
    assert service.handler.events == [("joined", "me"), ("left", True)]


def test_one_that_was_up_and_cannot_be_connected_to_is_lost_at_once(service) -> None:
    service.stop()
    late, lost = service.client(), service.client(is_up=True)
    started = time.monotonic()
    while not lost.lost:
        assert time.monotonic() - started < 5, "nobody noticed"
        lost.monitor.poll(100)
        lost.look()
    assert lost.lost == "it accepts no connection any more"
    late.look()
    assert not late.lost  # it may still be starting
    with pytest.raises(ServiceLostError, match="the echo was lost: it accepts no"):
        lost.post("echo")


@pytest.mark.parametrize("is_local", [True, False])
def test_arrays_of_every_size_and_kind_travel(service, is_local) -> None:
    client = service.met(is_local=is_local)
    arrays = [
        np.float32(1.5),
        np.zeros((0, 3)),
        np.arange(10),
        np.arange(300_000, dtype=np.float32).reshape(3, -1),
        np.ones((400, 400), ml_dtypes.bfloat16),
        np.arange(200_000)[::2],
        np.arange(40_000.0).reshape(200, 200).T,
    ]
    arrays = [np.asarray(a) for a in arrays]
    sizes = [a.nbytes for a in arrays]
    for _ in range(3):  # blocks are used again
        reply = client.call("echo", {}, arrays, sizes)
        for sent, got in zip(arrays, reply.arrays, strict=True):
            assert got.dtype == sent.dtype
            np.testing.assert_array_equal(got, 2 * sent)


def test_an_array_that_is_held_keeps_its_block(service) -> None:
    client = service.met()
    one, two = np.ones(50_000), np.full(50_000, 7.0)
    held = client.call("echo", {}, [one], [one.nbytes]).arrays[0]
    client.call("echo", {}, [two], [two.nbytes])
    part = held[5:10]
    del held
    client.call("echo", {}, [two], [two.nbytes])
    np.testing.assert_array_equal(part, [2.0] * 5)


def test_strings_travel_as_bytes() -> None:
    words = np.array([[b"a", b""], [b"\xff\0", b"long"]], object)
    frames = encode({"x": 1}, [words, np.int32(3)])
    message = decode_reply(frames, BlockPool(), {})
    assert message.fields == {"x": 1}
    assert message.arrays[0].tolist() == words.tolist()
    assert message.arrays[1] == 3


def test_a_service_that_ends_is_lost(service) -> None:
    client = service.met()
    service.stop()
    with pytest.raises(ServiceLostError, match="the echo was lost: its connection"):
        client.call("echo")
    with pytest.raises(ServiceLostError):
        client.post("echo")


def test_a_service_that_hangs_is_named_and_given_up(service, capfd) -> None:
    client = service.met(stall_warn_s=0.2, stall_abort_s=0.5)
    with pytest.raises(ServiceLostError, match="it has not answered for"):
        client.call("wait")
    assert "dist: the echo (tcp://127.0.0.1:" in capfd.readouterr().err


def test_a_client_that_goes_without_a_word_is_noticed(service) -> None:
    client = service.met()
    client.close(says_bye=False)
    assert service.handler.gone.wait(5)
    assert service.handler.events[-1] == ("left", False)


def test_who_does_not_hold_the_key_stays_outside(service) -> None:
    stranger = service.client(key=JobKey.generate())
    assert not stranger.connect(0.5)
    assert service.handler.events == []


def test_who_has_not_said_hello_is_not_answered(service) -> None:
    client = service.client(stall_abort_s=0.3)
    assert client.connect(10)
    with pytest.raises(ServiceLostError):
        client.call("echo")


def test_what_is_no_message_is_passed_over(service) -> None:
    client = service.met()
    for frames in ([b""], [b"{"], [b"[]"], [b'{"do": "echo"}'], [b"\xff\xfe", b"x"]):
        client.socket.send_multipart(frames)
    assert client.call("echo", {"say": "hi"}).fields["said"] == "hi"


def test_a_client_that_died_with_its_memory_takes_nobody_along(service, capfd) -> None:
    dying, other = service.met(), service.met()
    segment = BlockPool().lend(LEAST_BYTES).segment  # type: ignore[union-attr]
    gone = Loan("/proc/0/fd/0", LEAST_BYTES, segment)
    dying.socket.send_multipart(
        encode({"do": "echo", "number": 1}, [np.zeros(10)], [gone])
    )
    assert dying.call("echo", {"say": "I am"}).fields["said"] == "I am"
    assert other.call("echo", {"say": "hi"}).fields["said"] == "hi"
    assert "the memory of a request" in capfd.readouterr().err


def test_arrays_may_be_collected_while_a_block_is_lent(monkeypatch) -> None:
    pool = BlockPool()
    loan = pool.lend(LEAST_BYTES)
    assert loan is not None
    cycle: list[Any] = [pool.array_of(loan, (10,), np.dtype(np.float32))]
    cycle.append(cycle)
    del cycle
    make = shared_blocks.SharedMemory

    def collecting(nbytes: int) -> Any:
        gc.collect()  # as any allocation may
        return make(nbytes)

    monkeypatch.setattr(shared_blocks, "SharedMemory", collecting)
    lending = threading.Thread(target=pool.lend, args=(2 * LEAST_BYTES,), daemon=True)
    lending.start()
    lending.join(10)
    assert not lending.is_alive(), "the pool waits for itself"
    assert pool.lend(LEAST_BYTES) is loan
    pool.close()


def test_an_address_that_is_taken_is_an_error(service) -> None:
    with pytest.raises(RendezvousError, match="cannot listen on"):
        Service(service.service.address, service.key, Echo())


def test_memory_that_cannot_be_mapped_is_not_shared() -> None:
    views = BlockViews()
    assert not views.can_map(None)
    assert not views.can_map(["/proc/1/nothing", LEAST_BYTES])
    pool = BlockPool()
    loan = pool.lend(LEAST_BYTES)
    assert loan is not None
    assert views.can_map([loan.name, loan.nbytes])
    assert not views.can_map([loan.name + "x", loan.nbytes])
    views.close()
    pool.close()
    assert pool.lend(LEAST_BYTES) is None


def test_a_request_reads_what_lies_in_a_block() -> None:
    pool, views = BlockPool(), BlockViews()
    loan = pool.lend(100_000)
    assert loan is not None
    loan.segment.array(0, 10, np.dtype(np.float64))[:] = np.arange(10)
    frames = encode({"do": "x"}, [np.zeros(10)], [loan])
    assert len(frames) == 1
    message = decode_request(frames, views)
    np.testing.assert_array_equal(message.arrays[0], np.arange(10))
    del message
    views.close()
    pool.close()


CLUSTER = {"worker": ["a:1", "b:2"], "ps": ["c:3"]}


def identity(folder: Path, **facts: Any) -> WorkerIdentity:
    return WorkerIdentity(rendezvous_directory=str(folder), **facts)


def test_tasks_of_one_user_share_a_key_for_each_cluster(tmp_path) -> None:
    folder = tmp_path / "keys"
    one = cluster_key(identity(folder), CLUSTER)
    assert cluster_key(identity(folder), CLUSTER).secret == one.secret
    other = cluster_key(identity(folder), {**CLUSTER, "ps": ["d:4"]})
    assert other.secret != one.secret
    assert (folder / FILE_NAME).stat().st_mode & 0o777 == 0o600
    assert os.listdir(folder) == [FILE_NAME]


def test_tasks_that_begin_together_agree_on_the_key(tmp_path) -> None:
    found: list[bytes] = []

    def read() -> None:
        found.append(cluster_key(identity(tmp_path / "keys"), CLUSTER).secret)

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1


def test_a_jobs_key_goes_before_the_users(tmp_path) -> None:
    key = JobKey.generate()
    found = cluster_key(identity(tmp_path / "keys", job_key=key), CLUSTER)
    assert found.secret == cluster_key(identity(tmp_path, job_key=key), CLUSTER).secret
    assert not (tmp_path / "keys").exists()


def test_a_key_that_others_can_read_or_own_is_refused(tmp_path, monkeypatch) -> None:
    cluster_key(identity(tmp_path), CLUSTER)
    (tmp_path / FILE_NAME).chmod(0o644)
    with pytest.raises(ConfigurationError, match="can be read by others"):
        cluster_key(identity(tmp_path), CLUSTER)
    (tmp_path / FILE_NAME).chmod(0o600)
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    with pytest.raises(ConfigurationError, match="belongs to user"):
        cluster_key(identity(tmp_path), CLUSTER)
