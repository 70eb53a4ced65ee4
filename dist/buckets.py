"""Many gradients, few messages: flat buckets that are reduced while others fill.

buckets = dist.Buckets(group, parameters, op="mean")
for index in reversed(range(len(parameters))):        # as backward produces them
    buckets.put(index, gradient)                       # or None: there is none here
gradients = buckets.wait()                             # views, None if on no rank
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from dist.bucket import BUCKET_BYTES, FIRST_BUCKET_BYTES, plan
from dist.compressed import find_wire
from dist.reductions import find_reduction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dist.group import Group
    from dist.reductions import Array
    from dist.work import Work


class Shaped(Protocol):
    """Anything with a shape and a dtype: an array, a variable, a spec."""

    @property
    def shape(self) -> Sequence[int]:
        """The lengths of its dimensions."""

    @property
    def dtype(self) -> Any:
        """The type of its elements."""


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
        shapes = [
            (tuple(int(n) for n in p.shape), np.dtype(p.dtype)) for p in parameters
        ]
        self._buckets = plan(shapes, bucket_bytes, first_bucket_bytes)
        self._places = {
            slot.index: (bucket, number)
            for bucket in self._buckets
            for number, slot in enumerate(bucket.slots)
        }
        self._is_put: set[int] = set()
        self._works: list[Work | None] = []
        for bucket in self._buckets:
            find_reduction(op, bucket.dtype)
            if wire is not None:
                find_wire(wire, bucket.dtype)
            bucket.allocate(group)

    def put(self, index: int, gradient: Array | None) -> None:
        """Take the gradient of one parameter; start the reduction of full buckets."""
        bucket, number = self._places[index]
        if index in self._is_put:
            raise ValueError(
                f"Buckets: the gradient of parameter {index} was put twice in one "
                "step. Call `wait` between steps; add up gradients before you put them."
            )
        shape = bucket.slots[number].shape
        if gradient is not None and tuple(gradient.shape) != shape:
            raise ValueError(
                f"Buckets: the gradient of parameter {index} has shape "
                f"{tuple(gradient.shape)}; the parameter has {shape}."
            )
        bucket.put(number, gradient)
        self._is_put.add(index)
        self._start_full_buckets()

    def wait(self) -> list[Array | None]:
        """Wait for all reductions; return the results by parameter.

        The results are views of the buckets, valid until the next `put`. None stands
        for a gradient that no rank has.
        """
        if len(self._works) < len(self._buckets):
            missing = sorted(self._places.keys() - self._is_put)
            raise ValueError(
                f"Buckets: the gradients of the parameters {missing} were not put. Put "
                "None for those that this rank does not have."
            )
        results: list[Array | None] = [None] * len(self._places)
        for bucket, work in zip(self._buckets, self._works, strict=True):
            counts = bucket.finish(work)
            for slot, view, count in zip(
                bucket.slots, bucket.views, counts, strict=True
            ):
                if count:
                    results[slot.index] = view
        self._works.clear()
        self._is_put.clear()
        return results

    def all_reduce(self, gradients: Sequence[Array | None]) -> list[Array | None]:
        """Put all gradients and wait for the results."""
        if len(gradients) != len(self._places):
            raise ValueError(
                f"Buckets: {len(gradients)} gradients for {len(self._places)} "
                "parameters; expected one for each, or None."
            )
        for index in self._places:
            self.put(index, gradients[index])
        return self.wait()

    def _start_full_buckets(self) -> None:
        """Start in the order of the buckets, which is the same on all ranks."""
        for bucket in self._buckets[len(self._works) :]:
            if not self._is_put.issuperset(slot.index for slot in bucket.slots):
                return
            self._works.append(bucket.start(self._group, self._op, self._wire))
