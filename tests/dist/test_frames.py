"""Frames: what is written is what is read, and nothing else is."""

import random
from itertools import pairwise

import numpy as np
import pytest

from dist import CollectiveMismatchError
from dist.call import Call, make_request
from dist.frames import LONGEST_TEXT, Header, decode
from dist.ring import RingTransport
from dist.schedule import doubling_rounds, gather_steps, reduce_steps, segments
from dist.watch import Watch

HEADER = Header(3, 17, 2**63 + 5, 4, 2, 1.5, True, "all_reduce(float32[3]) at x.py:1")


def test_a_frame_survives_the_journey():
    header, payload = decode(HEADER.encode() + b"data")
    assert header == HEADER
    assert bytes(payload) == b"data"


def test_a_long_sentence_is_cut():
    header, payload = decode(Header(0, 1, 2, 0, 0, 0.0, text="x" * 5000).encode())
    assert header.text == "x" * LONGEST_TEXT
    assert len(payload) == 0


def test_noise_is_no_frame():
    rng = random.Random(1)
    whole = HEADER.encode()
    for _ in range(2000):
        assert decode(rng.randbytes(rng.randrange(200))) is None
    assert [decode(whole[:n]) for n in range(len(whole))] == [None] * len(whole)


class Scripted:
    """Links that deliver one prepared message."""

    def __init__(self, message):
        self.message = message

    def send(self, *_):
        pass

    def receive(self, *_):
        return self.message


def test_a_piece_of_the_wrong_length_is_refused():
    request = make_request("broadcast")
    call = Call(request, "world", 1, "here", 5.0)
    header = Header(0, 1, request.fingerprint, 0, 0, 0.0)
    watch = Watch(None, 1, (0, 1))
    ring = RingTransport(Scripted((header, memoryview(b"abc"))), 1, 2, watch)
    with pytest.raises(
        CollectiveMismatchError, match="3 bytes as piece 0 instead of 8"
    ):
        ring.broadcast(call, np.empty(1), root=0)


@pytest.mark.parametrize("size", range(1, 9))
def test_the_ring_passes_every_chunk_through_every_rank(size):
    held = [[{rank} for _ in range(size)] for rank in range(size)]
    sending = list(range(size))
    for step in range(size - 1):
        receiving = [reduce_steps(rank, size)[step] for rank in range(size)]
        for rank in range(size):
            left = (rank - 1) % size
            assert sending[left] == receiving[rank]
            held[rank][receiving[rank]] |= held[left][receiving[rank]]
        sending = receiving
    everybody = set(range(size))
    for rank in range(size):
        assert held[rank][(rank + 1) % size] == everybody
        received = [(rank + 1) % size, *gather_steps(rank, size)]
        assert sorted(received) == list(range(size))


@pytest.mark.parametrize("size", range(1, 20))
def test_doubling_gathers_every_block_in_few_rounds(size):
    blocks = [1] * size  # how many blocks, beginning with its own, each rank holds
    rounds = [list(doubling_rounds(rank, size)) for rank in range(size)]
    for step in range(len(rounds[0])):
        for rank in range(size):
            to, source, count = rounds[rank][step]
            assert rounds[to][step][1] == rank
            assert (source - rank) % size == blocks[rank]
            assert count <= blocks[source]
        blocks = [held + rounds[0][step][2] for held in blocks]
    assert blocks == [size] * size
    assert len(rounds[0]) == (size - 1).bit_length()


def test_segments_cover_a_chunk_once():
    parts = segments(slice(10, 3_000_000), itemsize=8)
    assert parts[0].start == 10
    assert parts[-1].stop == 3_000_000
    assert all(a.stop == b.start for a, b in pairwise(parts))
    assert len(segments(slice(0, 10**10), itemsize=8)) <= 256
    assert segments(slice(5, 5), itemsize=4) == []
