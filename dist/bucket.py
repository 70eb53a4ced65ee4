"""One bucket: the gradients of some parameters, flat in one array, reduced together.

Parameters are packed from the last to the first, because backward passes produce their
gradients in that order. The first bucket is small, so that communication starts early;
the others are large, so that its fixed costs do not matter. A bucket lies in shared
memory where there is any, so it is reduced without being copied, and gradients may be
computed straight into it. Behind them it carries one element for each that counts the
ranks that have it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dist.group import Group
    from dist.reductions import Array
    from dist.work import Work

# A bucket is closed as soon as it holds that much: enough for the fixed costs of a
# collective not to matter, and little enough for the next to start early.
BUCKET_BYTES = 4 * 1024 * 1024
FIRST_BUCKET_BYTES = 1024 * 1024
# Smaller buckets are reduced at once, unless a thread is at it anyway: to wake one
# takes longer. Not when they are needed: collectives would pass one another, in
# another order on ranks whose programs differ elsewhere.
BACKGROUND_BYTES = 1024 * 1024
# Gradients begin at multiples of a cache line.
ALIGNMENT_BYTES = 64


@dataclass(frozen=True)
class Slot:
    """One gradient: the number of its parameter, and its place in the bucket."""

    index: int
    shape: tuple[int, ...]
    start: int

    @property
    def part(self) -> slice:
        """Its elements of the bucket."""
        return slice(self.start, self.start + math.prod(self.shape))


class Bucket:
    """The gradients of some parameters of one dtype, in one flat array.

    Attributes:
        dtype: Their dtype.
        slots: Their places.
        views: The parts of the array, by slot, once it is allocated.
    """

    def __init__(self, dtype: Any) -> None:
        self.dtype: np.dtype[Any] = np.dtype(dtype)
        self.slots: list[Slot] = []
        self.views: list[Array] = []
        self._length = 0
        self._flat: Array = np.empty(0)
        self._is_under_way = False

    @property
    def nbytes(self) -> int:
        """How large it is."""
        return self._length * int(self.dtype.itemsize)

    def add(self, index: int, shape: tuple[int, ...]) -> None:
        """Make room for one more gradient."""
        self.slots.append(Slot(index, shape, self._length))
        line = max(1, ALIGNMENT_BYTES // self.dtype.itemsize)
        self._length += -(-math.prod(shape) // line) * line

    def allocate(self, group: Group | None) -> None:
        """Get the memory, once; all ranks do it at the same point."""
        if self.views:
            return
        empty = np.empty if group is None else group.empty
        self._flat = empty(self._length + len(self.slots), self.dtype)
        self._flat[...] = 0
        self.views = [self._flat[s.part].reshape(s.shape) for s in self.slots]

    def put(self, number: int, gradient: Array | None) -> None:
        """Take the gradient for slot `number`, or that there is none on this rank.

        It may be the slot's view, if it was computed there.

        Raises:
            RuntimeError: A reduction was started and not finished.
        """
        if self._is_under_way:
            raise RuntimeError(
                "An earlier step failed after it had begun to sum its gradients, which "
                "may be lost. Start again from a checkpoint."
            )
        view = self.views[number]
        if gradient is None:
            view[...] = 0
        elif gradient is not view:
            view[...] = gradient
        self._counts()[number] = gradient is not None

    def start(
        self, group: Group | None, op: str = "sum", wire: str | None = None
    ) -> Work | None:
        """Begin to combine what was put on all ranks.

        Returns:
            What to hand to `finish`.
        """
        self._is_under_way = True
        if group is None:
            return None
        if self.nbytes < BACKGROUND_BYTES and group.calls.are_over:
            group.all_reduce(self._flat, op, wire=wire)
            return None
        return group.all_reduce_async(self._flat, op, wire=wire)

    def finish(self, work: Work | None) -> list[float]:
        """Wait for the results, which are then in `views`.

        Returns:
            How many ranks have each gradient: for the mean, how large a part of them.
        """
        if work is not None:
            work.wait()
        self._is_under_way = False
        return [float(count) for count in self._counts()]

    def _counts(self) -> Array:
        return self._flat[self._length :]


def plan(
    parameters: Iterable[tuple[tuple[int, ...], Any]],
    bucket_bytes: int = BUCKET_BYTES,
    first_bucket_bytes: int = FIRST_BUCKET_BYTES,
) -> list[Bucket]:
    """Return buckets for parameters of these shapes and dtypes, the last come first."""
    buckets: list[Bucket] = []
    is_open: dict[Any, Bucket] = {}
    for index, (shape, dtype) in reversed(list(enumerate(parameters))):
        bucket = is_open.get(dtype)
        if bucket is None:
            bucket = is_open[dtype] = Bucket(dtype)
            buckets.append(bucket)
        bucket.add(index, shape)
        limit = first_bucket_bytes if bucket is buckets[0] else bucket_bytes
        if bucket.nbytes >= limit:
            del is_open[dtype]
    return buckets
