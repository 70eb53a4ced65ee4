"""Strangers at the door: wrong keys, no keys, and noise at every listening socket."""

import json
import os
import random
import socket
import stat
import threading
from pathlib import Path

import numpy as np
import pytest
import zmq

from dist.contract import Settings
from dist.job_key import JobKey
from dist.rendezvous_server import RendezvousServer
from dist.security import Doorkeeper, secure_connector, secure_listener
from dist.testing import run_ranks

NOISE = 10_000


def listening_ports():
    """The TCP ports on which this process listens, and their addresses."""
    inodes = set()
    for name in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{name}")
        except FileNotFoundError:
            continue
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    ports = {}
    for line in Path("/proc/self/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        address, port = fields[1].split(":")
        if fields[3] == "0A" and fields[9] in inodes:
            ports[int(port, 16)] = socket.inet_ntoa(bytes.fromhex(address)[::-1])
    return ports


def make_noise(port, rng, count):
    """Send `count` random, truncated or half-right pieces to a port, raw."""
    greeting = (
        b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"CURVE".ljust(20, b"\0") + bytes(32)
    )
    sent = 0
    while sent < count:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as raw:
            if rng.random() < 0.5:
                raw_parts = [greeting[: rng.randrange(65)]]
            else:
                raw_parts = [greeting]
            raw_parts += [rng.randbytes(rng.choice([1, 7, 64, 300])) for _ in range(40)]
            try:
                for part in raw_parts:
                    raw.sendall(part)
                    sent += 1
            except OSError:
                sent += 40  # it was thrown out, as it should be


def push_frames(port, key, count, configure):
    """Clients of the right protocol with a wrong key, or none: nothing may arrive."""
    context = zmq.Context()
    for kind in (zmq.PUSH, zmq.DEALER):
        client = context.socket(kind)
        client.linger = 0
        client.sndtimeo = 0
        configure(client, key)
        client.connect(f"tcp://127.0.0.1:{port}")
        for _ in range(count):
            try:
                client.send(json.dumps({"kind": "join", "rank": 0, "size": 2}).encode())
            except zmq.Again:
                break
        client.close()
    context.term()


def without_key(client, key):
    pass


def with_wrong_curve(client, key):
    secure_connector(client, key, "curve")


def with_wrong_password(client, key):
    secure_connector(client, key, "plain")


@pytest.mark.parametrize("encryption", ["auto", "on"])
def test_noise_and_strangers_harm_no_job(encryption):
    ports = {}
    quiet = threading.Event()

    def body(group):
        group.barrier()
        if group.rank == 0:
            ports.update(listening_ports())
            rng = random.Random(5)
            for port in ports:
                make_noise(port, rng, NOISE)
                stranger = JobKey.generate()
                for configure in (without_key, with_wrong_curve, with_wrong_password):
                    push_frames(port, stranger, 50, configure)
            quiet.set()
        totals = []
        while not quiet.is_set() or len(totals) < 3:
            stop = group.all_reduce(np.array([float(quiet.is_set())]), "min")[0]
            totals.append(group.all_reduce(np.ones(50_000))[7])
            if stop:
                break
        return set(totals)

    settings = Settings(encryption=encryption)
    results = run_ranks(body, 2, transport="ring", settings=settings, timeout=60)
    assert results == [{2.0}, {2.0}]
    assert len(ports) >= 3  # the rendezvous and both inboxes
    assert set(ports.values()) == {"127.0.0.1"}, "a job on one host binds the loopback"


@pytest.mark.parametrize("mechanism", ["curve", "plain"])
@pytest.mark.parametrize("theirs", ["right", "wrong", "none", "the other mechanism"])
def test_only_the_jobs_key_opens_the_door(mechanism, theirs):
    key = JobKey.generate()
    context = zmq.Context()
    with Doorkeeper(context, key) as doorkeeper:
        inbox = context.socket(zmq.PULL)
        inbox.linger = 0
        secure_listener(inbox, key, mechanism)
        port = inbox.bind_to_random_port("tcp://127.0.0.1")
        client = context.socket(zmq.PUSH)
        client.linger = 0
        if theirs == "right":
            secure_connector(client, key, mechanism)
        elif theirs == "wrong":
            secure_connector(client, JobKey.generate(), mechanism)
        elif theirs == "the other mechanism":
            other = "plain" if mechanism == "curve" else "curve"
            secure_connector(client, key, other)
        client.connect(f"tcp://127.0.0.1:{port}")
        client.send(b"let me in")
        poller = zmq.Poller()
        poller.register(doorkeeper.socket, zmq.POLLIN)
        poller.register(inbox, zmq.POLLIN)
        arrived = False
        for _ in range(20 if theirs == "right" else 4):
            ready = dict(poller.poll(50))
            if doorkeeper.socket in ready:
                doorkeeper.answer()
            arrived = arrived or inbox in ready
            if arrived:
                break
        assert arrived == (theirs == "right")
        if theirs == "wrong" and mechanism == "plain":
            assert doorkeeper.refused >= 1
        client.close()
        inbox.close()
    context.term()


def test_a_client_with_the_listeners_key_but_another_of_its_own_is_refused():
    key = JobKey.generate()
    context = zmq.Context()
    with Doorkeeper(context, key) as doorkeeper:
        inbox = context.socket(zmq.PULL)
        secure_listener(inbox, key, "curve")
        port = inbox.bind_to_random_port("tcp://127.0.0.1")
        client = context.socket(zmq.PUSH)
        client.linger = 0
        client.curve_serverkey = key.listener[0]
        client.curve_publickey, client.curve_secretkey = zmq.curve_keypair()
        client.connect(f"tcp://127.0.0.1:{port}")
        client.send(b"x")
        assert doorkeeper.socket.poll(2000)
        doorkeeper.answer()
        assert doorkeeper.refused == 1
        assert not inbox.poll(100)
        client.close()
        inbox.close()
    context.term()


def test_the_rendezvous_ignores_what_is_not_of_its_protocol():
    key = JobKey.generate()
    server = RendezvousServer(1, key)
    address = server.start()
    context = zmq.Context()
    client = context.socket(zmq.DEALER)
    client.linger = 0
    secure_connector(client, key, "curve")
    client.connect(address)
    rng = random.Random(3)
    for junk in (b"", b"{", b"[]", b"null", b'{"kind": 3}', b"{}", rng.randbytes(50)):
        client.send(junk)
    client.send_multipart([b'{"kind": "exchange"}', b"a", b"b", b"c"])
    join = {"kind": "join", "rank": 0, "size": 1, "host": "h", "pid": 1}
    client.send(json.dumps(join).encode())
    assert server.wait_joined(5.0)
    assert client.poll(2000)
    assert json.loads(client.recv())["kind"] == "welcome"
    client.close()
    context.term()
    server.close()


def test_shared_segments_have_no_name_and_are_private():
    def body(group):
        array = group.empty(1000)
        group.barrier()
        address = array.__array_interface__["data"][0]
        for line in Path("/proc/self/maps").read_text().splitlines():
            start, _, end = line.split()[0].partition("-")
            if int(start, 16) <= address < int(end, 16):
                return line.split(maxsplit=5)[5].strip()
        raise AssertionError("the array lies in no mapping")

    before = set(os.listdir("/dev/shm"))
    for name in run_ranks(body, 2, processes=True, transport="shm"):
        assert name.endswith("(deleted)"), name
    assert set(os.listdir("/dev/shm")) <= before


def test_a_named_segment_is_private_until_it_is_unlinked(monkeypatch):
    import dist.segment

    modes = []
    opened = dist.segment._open

    def look(descriptor, name, nbytes):
        modes.append(stat.S_IMODE(os.stat(name).st_mode))
        return opened(descriptor, name, nbytes)

    monkeypatch.setattr(dist.segment, "_open", look)
    monkeypatch.setattr(dist.segment.share, "__defaults__", (("named",),))
    before = set(os.listdir("/dev/shm"))
    body_sum = run_ranks(lambda g: g.all_reduce(np.ones(9))[0], 3, transport="shm")
    assert body_sum == [3.0] * 3
    assert modes == [0o600] * 3
    assert set(os.listdir("/dev/shm")) == before
