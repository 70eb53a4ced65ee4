"""Gradients summed over the processes while the backward pass still computes others.

Variables are cut into *buckets*, from the last to the first, as backward passes produce
their gradients in that order. A bucket is one flat array in memory that the processes
share, so it is summed without being copied. In a graph each bucket is one collective:
the gradients are computed straight into it, its sum starts when the last of them is
there, and the optimizer reads the sums where they lie. Behind its gradients a bucket
carries one number for each that counts the processes that have it.
"""

from __future__ import annotations

import math
import weakref
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tensor.core import errors
from tensor.core.registry import NON_DIFFERENTIABLE, Op

if TYPE_CHECKING:
    from collections.abc import Sequence

    import dist
    from tensor.core.tensor_spec import TensorSpec

# A bucket is closed as soon as it holds that much: enough for the fixed costs of a
# collective not to matter, and little enough for the first to start early.
BUCKET_BYTES = 4 * 1024 * 1024
FIRST_BUCKET_BYTES = 1024 * 1024
# Smaller buckets are summed at once, unless a thread is at it anyway: to wake one takes
# longer. Not when they are needed: collectives would pass one another, in another order
# on ranks whose programs differ elsewhere.
BACKGROUND_BYTES = 1024 * 1024
# Gradients begin at multiples of a cache line.
ALIGNMENT_BYTES = 64


class Slot(NamedTuple):
    """One gradient: the number of its variable, and its place in the bucket."""

    index: int
    shape: tuple[int, ...]
    start: int

    @property
    def part(self) -> slice:
        """Its elements of the bucket."""
        return slice(self.start, self.start + math.prod(self.shape))


class GradientBucket:
    """The gradients of some variables of one dtype, in one flat array.

    Attributes:
        dtype: Their dtype.
        slots: Their places.
        views: The parts of the array, by slot, once it is allocated.
    """

    def __init__(self, dtype: Any) -> None:
        self.dtype = np.dtype(dtype)
        self.slots: list[Slot] = []
        self.views: list[np.ndarray] = []
        self._length = 0
        self._flat = np.empty(0)
        self._is_under_way = False

    @property
    def nbytes(self) -> int:
        """How large it is."""
        return self._length * self.dtype.itemsize

    def add(self, index: int, shape: tuple[int, ...]) -> None:
        """Make room for one more gradient."""
        self.slots.append(Slot(index, shape, self._length))
        line = max(1, ALIGNMENT_BYTES // self.dtype.itemsize)
        self._length += -(-math.prod(shape) // line) * line

    def allocate(self, group: dist.Group | None) -> None:
        """Get the memory; all processes do it at the same point."""
        if self.views:
            return
        size = self._length + len(self.slots)
        empty = np.empty if group is None else group.empty
        self._flat = empty(size, self.dtype)
        self._flat[...] = 0
        self.views = [self._flat[s.part].reshape(s.shape) for s in self.slots]

    def start(
        self, group: dist.Group | None, gradients: Sequence[Any]
    ) -> dist.Work | None:
        """Put all gradients, None where there is none; begin to add them up.

        Returns:
            What to hand to `finish`.

        Raises:
            RuntimeError: An earlier sum was started and not finished.
            InvalidArgumentError: A gradient has another shape than its variable.
        """
        self.allocate(group)
        if self._is_under_way:
            raise RuntimeError(
                "An earlier step failed after it had begun to sum its gradients, which "
                "may be lost. Start again from a checkpoint."
            )
        for slot, view, gradient in zip(self.slots, self.views, gradients, strict=True):
            if gradient is None:
                view[...] = 0
            elif gradient is not view:
                self._put(slot, view, gradient)
        counts = self._counts()
        counts[...] = [gradient is not None for gradient in gradients]
        self._is_under_way = True
        if group is None:
            return None
        if self.nbytes < BACKGROUND_BYTES and group.calls.are_over:
            group.all_reduce(self._flat)
            return None
        return group.all_reduce_async(self._flat)

    def finish(self, work: dist.Work | None) -> list[int]:
        """Wait for the sums, which are then in `views`.

        Returns:
            How many processes have each gradient.
        """
        if work is not None:
            work.wait()
        self._is_under_way = False
        return [int(n) for n in self._counts().tolist()]

    def _counts(self) -> np.ndarray:
        return self._flat[self._length :]

    def _put(self, slot: Slot, view: np.ndarray, gradient: Any) -> None:
        if np.shape(gradient) != slot.shape:
            raise errors.because(
                errors.InvalidArgumentError,
                f"A gradient has shape {np.shape(gradient)}, and its variable "
                f"{slot.shape}.",
            )
        view[...] = gradient


def plan(specs: Sequence[tuple[tuple[int, ...], Any]]) -> list[GradientBucket]:
    """Return buckets for variables of these shapes and dtypes, the last come first."""
    buckets: list[GradientBucket] = []
    is_open: dict[Any, GradientBucket] = {}
    for index in reversed(range(len(specs))):
        shape, dtype = specs[index]
        bucket = is_open.get(dtype)
        if bucket is None:
            bucket = is_open[dtype] = GradientBucket(dtype)
            buckets.append(bucket)
        bucket.add(index, shape)
        limit = FIRST_BUCKET_BYTES if bucket is buckets[0] else BUCKET_BYTES
        if bucket.nbytes >= limit:
            del is_open[dtype]
    return buckets


_plans: weakref.WeakKeyDictionary[Any, dict[Any, list[GradientBucket]]]
_plans = weakref.WeakKeyDictionary()


def buckets_for(
    group: dist.Group, specs: Sequence[tuple[tuple[int, ...], Any]]
) -> list[GradientBucket]:
    """Return the buckets for such variables, the same ones each time.

    Every process asks for the same ones in the same order, as it makes the same calls.
    """
    plans = _plans.setdefault(group, {})
    key = tuple(specs)
    if key not in plans:
        plans[key] = plan(specs)
    return plans[key]


class ReduceBucket(Op):
    """Gradients summed over the processes, as the optimizer wants them.

    The inputs are the gradients that this process has, in the order of the bucket's
    slots; `names` are the variables of all slots, None for those without a gradient.
    """

    type_name = "CollectiveReduceGradients"
    kind = "collective"
    gradient: Any = NON_DIFFERENTIABLE
    lends = True

    def kernel(
        self, *gradients: Any, group: Any, memory: GradientBucket, names: Any
    ) -> Any:
        work = self.start(*gradients, group=group, memory=memory, names=names)
        return tuple([np.array(x)[()] for x in self.finish(work, ())])

    def start(
        self, *gradients: Any, group: Any, memory: GradientBucket, names: Any
    ) -> Any:
        """Begin the sum."""
        mine = iter(gradients)
        complete = [None if name is None else next(mine) for name in names]
        return memory.start(group, complete), group, memory, names

    def finish(self, receipt: Any, specs: Any) -> Any:
        """Return the sums, where they lie.

        Raises:
            InvalidArgumentError: Some processes have a gradient that others do not.
        """
        work, group, bucket, names = receipt
        counts = bucket.finish(work)
        size = 1 if group is None else group.size
        for slot, count, name in zip(bucket.slots, counts, names, strict=True):
            if count != (0 if name is None else size):
                raise errors.because(
                    errors.InvalidArgumentError,
                    f"{count} of {size} processes have a gradient for variable number "
                    f"{slot.index} ({name or 'not this one'}). In a tf.function all "
                    "must have the same ones: write `tape.gradient(…, "
                    "unconnected_gradients=tf.UnconnectedGradients.ZERO)`.",
                )
        return tuple(
            [
                view if view.ndim else view[()]
                for view, name in zip(bucket.views, names, strict=True)
                if name is not None
            ]
        )

    def input_memory(
        self, *, group: Any, memory: GradientBucket, names: Any
    ) -> list[np.ndarray]:
        """Return where the inputs are best computed to."""
        memory.allocate(group)
        return [
            view
            for view, name in zip(memory.views, names, strict=True)
            if name is not None
        ]

    def infer(self, *inputs: TensorSpec, **attrs: Any) -> Any:
        return tuple(inputs)


reduce_bucket = ReduceBucket()
