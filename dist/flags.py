"""How ranks on one host tell each other where they are: a line of shared words each.

Each rank owns one line of memory that only it writes: how far it has *arrived* and how
far it is *done* (counters that only grow), and for the call that it has arrived with a
fingerprint, the storage of its array and the time. Two of each, for even and odd
counts: a rank may be one step ahead of the slowest reader, never two.

Who waits looks again for a while, if there are enough processors, gives the processor
away a few times, and then sleeps on the word of a rank that is late (`futex`), or for a
moment where that cannot be had. It says so in its own line, so that a rank for which
nobody sleeps need not ask the system to wake anybody.
"""

from __future__ import annotations

import os
import platform
import threading
import time
from typing import TYPE_CHECKING

import numpy as np

from dist import futex
from dist.watch import CHECK_INTERVAL_S

if TYPE_CHECKING:
    from dist.call import Call
    from dist.segment import Segment
    from dist.watch import Watch

LINE_BYTES = 128  # two cache lines: neighbouring lines are fetched in pairs
_WORDS = LINE_BYTES // 8
ARRIVED, DONE = 0, 1
DESCRIBED, ASLEEP = 8, 9
_FINGERPRINT, _STORAGE, _TIME_NS = 2, 4, 6  # each followed by its twin for odd counts
TEXT_BYTES = 1024
DESCRIPTION_WAIT_S = 1.0

SPINS = 300
SPINS_PER_YIELD = 100  # the rank that is late may be waiting for this processor
# More would be taken by the system for work: beside other programs, a rank that yields
# for long is made to wait for milliseconds.
YIELDS = 5
SHORT_SLEEP_S = 20e-6
LONG_SLEEP_S = 500e-6
SHORT_SLEEPS = 3_000
_MAIN_THREAD = threading.main_thread().ident
# These processors show stores and loads of others in program order.
_IS_ORDERED = platform.machine() in ("x86_64", "AMD64", "i686")


class Flags:
    """The lines of all ranks of a host; `spins` if each has a processor of its own."""

    def __init__(
        self, segment: Segment, rank: int, size: int, watch: Watch, *, spins: bool
    ) -> None:
        self._words = memoryview(segment.memory)[: size * LINE_BYTES].cast("Q")
        texts = memoryview(segment.memory)[size * LINE_BYTES :]
        self._texts = [
            texts[TEXT_BYTES * r : TEXT_BYTES * (r + 1)] for r in range(size)
        ]
        self._rank = rank
        self._size = size
        self._line = rank * _WORDS
        self._address = np.frombuffer(segment.memory, np.uint8).ctypes.data
        self._others_asleep = [r * _WORDS + ASLEEP for r in range(size) if r != rank]
        self._watch = watch
        self._spins = SPINS if spins else 0
        self._fence = threading.Lock()
        self._fence.acquire()

    def arrive(self, count: int, fingerprint: int, storage: int, time_ns: int) -> None:
        """Say that this rank's part of step `count` can be read."""
        words, slot = self._words, self._line + count % 2
        words[slot + _FINGERPRINT] = fingerprint
        words[slot + _STORAGE] = storage
        words[slot + _TIME_NS] = time_ns
        if not _IS_ORDERED:
            self._order_memory()
        words[self._line + ARRIVED] = count
        self._wake(ARRIVED)

    def finish(self, count: int) -> None:
        """Say that this rank's result of step `count` can be read."""
        if not _IS_ORDERED:
            self._order_memory()
        self._words[self._line + DONE] = count
        self._wake(DONE)

    def wait(self, call: Call, which: int, count: int) -> None:
        """Wait until all ranks have arrived at, or are done with, step `count`."""
        words = self._words
        for position in range(which, self._size * _WORDS, _WORDS):
            if words[position] < count:
                started_s = time.perf_counter()
                self._poll(call, which, count)
                call.waited_s += time.perf_counter() - started_s
                break
        if not _IS_ORDERED:
            self._order_memory()

    def compare(self, count: int, fingerprint: int) -> tuple[int | None, int, int]:
        """Look at the calls that all have arrived with.

        Returns:
            A rank with another fingerprint, or None; the rank that was last to make its
            call, and when that was.
        """
        words, size = self._words, self._size
        slot = count % 2
        last_rank, last_ns = 0, 0
        for rank in range(size):
            line = rank * _WORDS + slot
            if words[line + _FINGERPRINT] != fingerprint:
                return rank, 0, 0
            if words[line + _TIME_NS] > last_ns:
                last_rank, last_ns = rank, words[line + _TIME_NS]
        return None, last_rank, last_ns

    def storage(self, rank: int, count: int) -> int:
        """Where the array of `rank` lies; 0 = in its own memory."""
        return self._words[rank * _WORDS + _STORAGE + count % 2]

    def describe(self, text: str, count: int) -> None:
        """Leave a sentence about this rank's call for those whose call differs."""
        encoded = text.encode()[: TEXT_BYTES - 1]
        self._texts[self._rank][: len(encoded) + 1] = encoded + b"\0"
        if not _IS_ORDERED:
            self._order_memory()
        self._words[self._line + DESCRIBED] = count

    def description(self, rank: int, count: int) -> str:
        """What `rank` says about its call; it finds the difference by itself."""
        deadline_s = time.perf_counter() + DESCRIPTION_WAIT_S
        while self._words[rank * _WORDS + DESCRIBED] < count:
            if time.perf_counter() > deadline_s:
                return "another call"
            time.sleep(SHORT_SLEEP_S)
        if not _IS_ORDERED:
            self._order_memory()
        return bytes(self._texts[rank]).split(b"\0")[0].decode(errors="replace")

    def late(self, which: int, count: int) -> list[int]:
        """The ranks that have not come so far."""
        return [
            rank
            for rank in range(self._size)
            if self._words[rank * _WORDS + which] < count
        ]

    def release(self) -> None:
        """Let go of the memory."""
        for text in self._texts:
            text.release()
        self._words.release()

    def _poll(self, call: Call, which: int, count: int) -> None:
        words = self._words
        # Beside other threads of ours, polling would only keep the interpreter lock.
        alone = threading.get_ident() == _MAIN_THREAD
        spins = self._spins if alone else 0
        next_check_s = time.perf_counter() + CHECK_INTERVAL_S
        late = self.late(which, count)
        rounds = 0
        while late:
            position = late[-1] * _WORDS + which
            if words[position] >= count:
                late.pop()
                continue
            rounds += 1
            if rounds < spins and rounds % SPINS_PER_YIELD:
                continue
            if alone and rounds < spins + YIELDS:
                os.sched_yield()
                continue
            self._sleep(position, count, rounds)
            if time.perf_counter() >= next_check_s:
                next_check_s = time.perf_counter() + CHECK_INTERVAL_S
                late = self.late(which, count)
                if late:
                    self._watch.check(call, late)

    def _sleep(self, position: int, count: int, rounds: int) -> None:
        """Sleep until a word has changed, or for a moment."""
        if not futex.IS_AVAILABLE:
            time.sleep(SHORT_SLEEP_S if rounds < SHORT_SLEEPS else LONG_SLEEP_S)
            return
        words = self._words
        words[self._line + ASLEEP] = 1
        seen = words[position]
        if seen < count:
            futex.wait(self._address + 8 * position, seen, CHECK_INTERVAL_S)
        words[self._line + ASLEEP] = 0

    def _wake(self, which: int) -> None:
        """Wake those who sleep on a word of this rank, which has just changed."""
        # The change must be out before we look who sleeps: whoever lies down after our
        # look will find it changed.
        self._order_memory()
        words = self._words
        for position in self._others_asleep:
            if words[position]:
                futex.wake(self._address + 8 * (self._line + which))
                return

    def _order_memory(self) -> None:
        """Keep stores before flags, and flags before loads.

        Releasing and retaking a lock is a full barrier: the release is ordered after
        all that came before it, and the acquisition before all that follows.
        """
        self._fence.release()
        self._fence.acquire()
