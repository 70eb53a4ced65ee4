"""Which random numbers an op draws: global and op seeds, and streams that move on.

TensorFlow's rule: without any seed every op draws from a stream of its own, different
in every run. After `tf.random.set_seed` ops without a seed get theirs from a sequence,
so that the program repeats. An op seed alone repeats too, from process to process; but
inside `strategy.run` each process of a job has numbers of its own.
"""

from __future__ import annotations

import os
import threading
import weakref
from typing import Any

from tensor.core import config_options, replica, seed as core_seed
from tensor.core.context import context
from tensor.core.public_api import export
from tensor.ops.random.distributions import RESERVED_BLOCKS
from tensor.ops.random.philox import COUNTER_LIMIT

_DEFAULT_SEED = 87654321
_MAX_INT32 = 2**31 - 1
# Op seeds are below it, so the seeds of two replicas never meet.
_STREAM_STRIDE = 2**32


def system_bits() -> int:
    """Return 64 bits that the system drew (`secrets` takes 10 ms to import)."""
    return int.from_bytes(os.urandom(8), "little")


class Stream:
    """A place in a sequence of random blocks; each op that draws moves it on.

    Attributes:
        key: What the blocks depend on beside the counter.
    """

    __slots__ = ("__weakref__", "_counter", "_epoch", "_lock", "_start", "key")

    def __init__(self, seed: int | None, seed2: int | None) -> None:
        if seed is None or seed2 is None:
            seed, seed2 = system_bits(), system_bits()
        self.key = seed
        self._start = seed2 << 64
        self._counter = self._start
        self._epoch = _state.epoch
        self._lock = threading.Lock()

    def reserve(self, count: int) -> int:
        """Return the counter to draw `count` elements from, and move on."""
        return self.reserve_blocks(count * RESERVED_BLOCKS)

    def reserve_blocks(self, count: int) -> int:
        """Return the counter to draw `count` blocks from, and move on."""
        with self._lock:
            if self._epoch != _state.epoch:
                self._counter, self._epoch = self._start, _state.epoch
            counter = self._counter
            self._counter = (counter + count) % COUNTER_LIMIT
            return counter

    def restarted(self) -> Stream:
        """Return a stream of the same numbers, at their start."""
        return Stream(self.key, self._start >> 64)

    def __repr__(self) -> str:
        return f"<random stream of seed {self.key}, {self._start >> 64}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return Stream, (self.key, self._start >> 64)


class _State:
    """What `set_seed` starts over.

    Attributes:
        epoch: How often the global seed was set.
        streams: The streams of eager ops with a seed of their own.
        node_counts: How many random ops each graph has so far.
    """

    def __init__(self) -> None:
        self.epoch = 0
        self.streams: dict[Any, Stream] = {}
        self.node_counts: weakref.WeakKeyDictionary[Any, int] = (
            weakref.WeakKeyDictionary()
        )


_state = _State()


@export("random.set_seed")
def set_seed(seed: int) -> None:
    """Set the global seed: from here on the program draws the same numbers every time.

    Each op also has a seed, its own argument or one from a sequence that starts anew
    here; both together choose the numbers.
    """
    core_seed.set_global_seed(int(seed))
    _state.epoch += 1
    _state.streams.clear()


def op_seeds(seed: int | None) -> tuple[int | None, int | None]:
    """Return the two seeds of an op, (None, None) for one that never repeats.

    Raises:
        RuntimeError: There is no seed, and ops were asked to be deterministic.
    """
    start = core_seed.global_seed()
    graph = context.graph
    if start is None:
        if seed is None:
            if config_options.is_op_determinism_enabled():
                raise RuntimeError(
                    "Random ops require a seed to be set when determinism is enabled. "
                    "Please set a seed before running the op, e.g. by calling "
                    "tf.random.set_seed(1)."
                )
            return None, None
        return _for_replica((_DEFAULT_SEED, int(seed) % _MAX_INT32))
    if seed is None:
        if graph is None:
            seed = core_seed.next_op_seed()
        else:
            seed = _state.node_counts.get(graph, 0)
            _state.node_counts[graph] = seed + 1
    pair = start % _MAX_INT32, int(seed) % _MAX_INT32
    return _for_replica(pair if pair != (0, 0) else (0, _MAX_INT32))


def _for_replica(pair: tuple[int, int]) -> tuple[int, int]:
    """Return the seeds of an op for the process whose replica runs, if one does."""
    stream = replica.current().random_stream
    return pair[0], (pair[1] + stream * _STREAM_STRIDE) % 2**63


def stream_for(kind: Any, seed: int | None) -> Stream:
    """Return the stream that an op draws from.

    Args:
        kind: What tells the op from others: its name and dtype.
        seed: The op's own seed. In eager execution all calls of one kind and seed
            share a stream, so that a second call does not repeat the first.
    """
    pair = op_seeds(seed)
    if context.graph is not None or (seed is None and pair[0] is not None):
        return Stream(*pair)
    key = (kind, pair)
    stream = _state.streams.get(key)
    if stream is None:
        stream = _state.streams.setdefault(key, Stream(*pair))
    return stream
