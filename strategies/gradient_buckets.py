"""Gradients summed over the processes while the backward pass still computes others.

In a graph each bucket (`dist.bucket`) is one collective: the gradients are computed
straight into it, its sum starts when the last of them is there, and the optimizer reads
the sums where they lie.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

import numpy as np

from dist.bucket import Bucket, plan
from tensor.core import errors
from tensor.core.registry import NON_DIFFERENTIABLE, Op

if TYPE_CHECKING:
    from collections.abc import Sequence

    import dist
    from tensor.core.tensor_spec import TensorSpec

_plans: weakref.WeakKeyDictionary[Any, dict[Any, list[Bucket]]]
_plans = weakref.WeakKeyDictionary()


def buckets_for(
    group: dist.Group, specs: Sequence[tuple[tuple[int, ...], Any]]
) -> list[Bucket]:
    """Return the buckets for such variables, the same ones each time.

    Every process asks for the same ones in the same order, as it makes the same calls.
    """
    plans = _plans.setdefault(group, {})
    key = tuple(specs)
    if key not in plans:
        plans[key] = plan(specs)
    return plans[key]


def start_sum(
    bucket: Bucket, group: dist.Group | None, gradients: Sequence[Any]
) -> dist.Work | None:
    """Put all gradients of a bucket, None where there is none; begin to add them up.

    Raises:
        InvalidArgumentError: A gradient has another shape than its variable.
    """
    bucket.allocate(group)
    for number, (slot, gradient) in enumerate(
        zip(bucket.slots, gradients, strict=True)
    ):
        if gradient is not None and gradient.shape != slot.shape:
            raise errors.because(
                errors.InvalidArgumentError,
                f"A gradient has shape {gradient.shape}, and its variable "
                f"{slot.shape}.",
            )
        bucket.put(number, gradient)
    return bucket.start(group)


class ReduceBucket(Op):
    """Gradients summed over the processes, as the optimizer wants them.

    The inputs are the gradients that this process has, in the order of the bucket's
    slots; `names` are the variables of all slots, None for those without a gradient.
    """

    type_name = "CollectiveReduceGradients"
    kind = "collective"
    gradient: Any = NON_DIFFERENTIABLE
    lends = True

    def kernel(self, *gradients: Any, group: Any, memory: Bucket, names: Any) -> Any:
        work = self.start(*gradients, group=group, memory=memory, names=names)
        return tuple([np.array(x)[()] for x in self.finish(work, ())])

    def start(self, *gradients: Any, group: Any, memory: Bucket, names: Any) -> Any:
        """Begin the sum."""
        mine = iter(gradients)
        complete = [None if name is None else next(mine) for name in names]
        return start_sum(memory, group, complete), group, memory, names

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
                    f"{count:g} of {size} processes have a gradient for variable "
                    f"number {slot.index} ({name or 'not this one'}). In a tf.function "
                    "all must have the same ones: write `tape.gradient(…, "
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
        self, *, group: Any, memory: Bucket, names: Any
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
