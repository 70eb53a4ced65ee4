"""Many gradients, few messages: flat buckets that are reduced while others fill.

    buckets = dist.Buckets(group, parameters, op="mean")
    for index in reversed(range(len(parameters))):        # as backward produces them
        buckets.put(index, gradient)                       # or None: there is none here
    gradients = buckets.wait()                             # views, None if on no rank

Parameters are packed from the last to the first, because backward passes produce their
gradients in that order. The first bucket to fill is small, so that communication starts
early; the others are large, so that its fixed costs do not matter. A bucket lies in
shared memory where there is any, so it is reduced without being copied. Behind its
gradients it carries one element for each that counts the ranks that have it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from dist.compressed import find_wire
from dist.reductions import find_reduction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dist.group import Group
    from dist.reductions import Array
    from dist.work import Work

BUCKET_BYTES = 25 * 1024 * 1024
FIRST_BUCKET_BYTES = 1024 * 1024


class Shaped(Protocol):
    """Anything with a shape and a dtype: an array, a variable, a spec."""

    @property
    def shape(self) -> Sequence[int]:
        """The lengths of its dimensions."""

    @property
    def dtype(self) -> Any:
        """The type of its elements."""


@dataclass
class Slot:
    """The place of one gradient: in which bucket, and where in it."""

    index: int
    shape: tuple[int, ...]
    start: int
    is_filled: bool = False

    @property
    def part(self) -> slice:
        """The elements of the bucket that belong to the gradient."""
        return slice(self.start, self.start + math.prod(self.shape))


@dataclass
class Bucket:
    """A flat array with the gradients of some parameters of one dtype."""

    dtype: np.dtype[Any]
    slots: list[Slot] = field(default_factory=list)
    length: int = 0
    flat: Array = field(init=False)
    work: Work | None = None

    @property
    def is_full(self) -> bool:
        """Whether every gradient is there, or known to be missing."""
        return all(slot.is_filled for slot in self.slots)

    @property
    def counts(self) -> Array:
        """How many ranks have each gradient (or their share of the ranks)."""
        return self.flat[self.length :]

    def add(self, index: int, shape: tuple[int, ...]) -> Slot:
        """Make room for one more gradient."""
        slot = Slot(index, shape, self.length)
        self.slots.append(slot)
        self.length = slot.part.stop
        return slot


def plan(
    parameters: Sequence[Shaped],
    bucket_bytes: int = BUCKET_BYTES,
    first_bucket_bytes: int = FIRST_BUCKET_BYTES,
) -> list[Bucket]:
    """Distribute the parameters over buckets, from the last to the first."""
    buckets: list[Bucket] = []
    open_buckets: dict[np.dtype[Any], Bucket] = {}
    for index in reversed(range(len(parameters))):
        dtype = np.dtype(parameters[index].dtype)
        shape = tuple(int(n) for n in parameters[index].shape)
        nbytes = math.prod(shape) * dtype.itemsize
        bucket = open_buckets.get(dtype)
        is_first = bucket is not None and bucket is buckets[0]
        limit = first_bucket_bytes if is_first else bucket_bytes
        if bucket is None or bucket.length * dtype.itemsize + nbytes > limit:
            bucket = open_buckets[dtype] = Bucket(dtype)
            buckets.append(bucket)
        bucket.add(index, shape)
    return buckets


class Buckets:
    """Packs, reduces and hands back the gradients of one set of parameters.

    Every rank makes it at the same point with the same parameters, and for every
    parameter either puts a gradient or says that there is none, in any order. Not for
    two threads at once.

    Args:
        group: the ranks whose gradients are combined.
        parameters: anything with shapes and dtypes.
        op: how gradients are combined; one that is missing on some ranks counts as 0.
        wire: "float16" or "bfloat16" to send fewer bits (see `compressed`).
        bucket_bytes, first_bucket_bytes: when a bucket is closed.
    """

    def __init__(  # noqa: PLR0913 - keywords with defaults
        self,
        group: Group,
        parameters: Sequence[Shaped],
        *,
        op: str = "sum",
        wire: str | None = None,
        bucket_bytes: int = BUCKET_BYTES,
        first_bucket_bytes: int = FIRST_BUCKET_BYTES,
    ) -> None:
        if op not in ("sum", "mean"):
            raise ValueError(
                f"Buckets: `op` is {op!r}; expected 'sum' or 'mean', for which a "
                "missing gradient can count as 0."
            )
        self._group = group
        self._op = op
        self._wire = wire
        self.buckets = plan(parameters, bucket_bytes, first_bucket_bytes)
        self._places = {
            slot.index: (bucket, slot)
            for bucket in self.buckets
            for slot in bucket.slots
        }
        self._started = 0
        for bucket in self.buckets:
            find_reduction(op, bucket.dtype)
            if wire is not None:
                find_wire(wire, bucket.dtype)
            bucket.flat = group.empty(bucket.length + len(bucket.slots), bucket.dtype)

    def put(self, index: int, gradient: Array | None) -> None:
        """Take the gradient of one parameter; start the reduction of full buckets."""
        bucket, slot = self._places[index]
        if slot.is_filled:
            raise ValueError(
                f"Buckets: the gradient of parameter {index} was put twice in one "
                "step. Call `wait` between steps; add up gradients before you put them."
            )
        if gradient is not None and tuple(gradient.shape) != slot.shape:
            raise ValueError(
                f"Buckets: the gradient of parameter {index} has shape "
                f"{tuple(gradient.shape)}; the parameter has {slot.shape}."
            )
        view = bucket.flat[slot.part].reshape(slot.shape)
        view[...] = 0 if gradient is None else gradient
        bucket.counts[bucket.slots.index(slot)] = gradient is not None
        slot.is_filled = True
        self._start_full_buckets()

    def wait(self) -> list[Array | None]:
        """Wait for all reductions; return the results by parameter.

        The results are views of the buckets, valid until the next `put`. None stands
        for a gradient that no rank has.
        """
        if self._started < len(self.buckets):
            missing = sorted(i for i, (_, s) in self._places.items() if not s.is_filled)
            raise ValueError(
                f"Buckets: the gradients of the parameters {missing} were not put. Put "
                "None for those that this rank does not have."
            )
        self._started = 0
        results: list[Array | None] = [None] * len(self._places)
        for bucket in self.buckets:
            if bucket.work is not None:
                bucket.work.wait()
            bucket.work = None
            for slot, count in zip(bucket.slots, bucket.counts, strict=True):
                slot.is_filled = False
                if count:
                    results[slot.index] = bucket.flat[slot.part].reshape(slot.shape)
        return results

    def all_reduce(self, gradients: Sequence[Array | None]) -> list[Array | None]:
        """Put all gradients and wait for the results."""
        if len(gradients) != len(self._places):
            raise ValueError(
                f"Buckets: {len(gradients)} gradients for {len(self._places)} "
                "parameters; expected one for each, or None."
            )
        for bucket in self.buckets:
            for slot in bucket.slots:
                self.put(slot.index, gradients[slot.index])
        return self.wait()

    def _start_full_buckets(self) -> None:
        """Start in the order of the buckets, which is the same on all ranks."""
        while self._started < len(self.buckets) and self.buckets[self._started].is_full:
            bucket = self.buckets[self._started]
            bucket.work = self._group.all_reduce_async(
                bucket.flat, self._op, wire=self._wire
            )
            self._started += 1
