"""The ops of queues: nodes with effects in a graph, calls that may wait elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors
from tensor.core.dtypes import bool_, int32, string
from tensor.core.registry import NON_DIFFERENTIABLE, Op
from tensor.core.tensor import Tensor, element
from tensor.core.tensor_spec import TensorSpec

if TYPE_CHECKING:
    from tensor.ops.queues.queue_base import QueueBase
    from tensor.ops.queues.store import Element


class QueueOp(Op):
    """An op on the queue that its parameter `queue` is."""

    kind = "stateful"
    gradient: Any = NON_DIFFERENTIABLE


class Enqueue(QueueOp):
    """Add an element, given by its components."""

    type_name = "QueueEnqueueV2"

    def kernel(self, *components: Any, queue: QueueBase) -> tuple[()]:
        queue.store.put([tuple(components)])
        return ()

    def infer(self, *components: TensorSpec, queue: QueueBase) -> tuple[()]:
        return ()


class EnqueueMany(QueueOp):
    """Add as many elements as the components have slices."""

    type_name = "QueueEnqueueManyV2"

    def kernel(self, *components: Any, queue: QueueBase) -> tuple[()]:
        elements = zip(*components, strict=True)
        queue.store.put([tuple(map(element, parts)) for parts in elements])
        return ()

    def infer(self, *components: TensorSpec, queue: QueueBase) -> tuple[()]:
        return ()


def _result(components: list[Any]) -> Any:
    return components[0] if len(components) == 1 else tuple(components)


class Dequeue(QueueOp):
    """The components of the next element."""

    type_name = "QueueDequeueV2"

    def kernel(self, queue: QueueBase) -> Any:
        (taken,) = queue.store.take(1)
        return _result(list(taken))

    def infer(self, queue: QueueBase) -> Any:
        return _result(queue.specs())


class DequeueMany(QueueOp):
    """The components of the next elements, stacked."""

    type_name = "QueueDequeueManyV2"

    def kernel(self, count: Any, queue: QueueBase, or_fewer: bool) -> Any:
        count = int(count)
        if count < 0:
            raise errors.because(
                errors.InvalidArgumentError,
                f"DequeueManyOp requested {count} < 0 elements",
            )
        if queue.shapes is None:
            raise errors.because(
                errors.InvalidArgumentError,
                f"{queue.kind}'s DequeueMany and DequeueUpTo require the components to "
                "have specified shapes.",
            )
        return _result(_stacked(queue.store.take(count, or_fewer), queue))

    def infer(self, count: Any, queue: QueueBase, or_fewer: bool) -> Any:
        known = None if or_fewer or isinstance(count, Tensor) else int(count)
        return _result(
            [
                TensorSpec.of(None if s.dims is None else (known, *s.dims), s.dtype)
                for s in queue.specs()
            ]
        )


def _stacked(elements: list[Element], queue: QueueBase) -> list[np.ndarray]:
    """Return the components of elements, each stacked; smaller ones are padded."""
    stacks = []
    for i, spec in enumerate(queue.specs()):
        arrays = [np.asarray(parts[i]) for parts in elements]
        rank = len(spec.dims or ())
        shape = [max((a.shape[k] for a in arrays), default=0) for k in range(rank)]
        if not arrays:
            shape = [d or 0 for d in spec.dims or ()]
        padding = b"" if spec.dtype is string else 0
        whole = np.full((len(arrays), *shape), padding, spec.dtype.numpy_dtype)
        for row, array in enumerate(arrays):
            corner: Any = (row, *map(slice, array.shape))
            whole[corner] = array[()]
        stacks.append(whole)
    return stacks


class QueueSize(QueueOp):
    """How many elements there are."""

    type_name = "QueueSizeV2"

    def kernel(self, queue: QueueBase) -> Any:
        return np.int32(queue.store.size())

    def infer(self, queue: QueueBase) -> TensorSpec:
        return TensorSpec.of((), int32)


class QueueIsClosed(QueueOp):
    """Whether nothing more comes in."""

    type_name = "QueueIsClosedV2"

    def kernel(self, queue: QueueBase) -> Any:
        return np.bool_(queue.store.is_closed)

    def infer(self, queue: QueueBase) -> TensorSpec:
        return TensorSpec.of((), bool_)


class QueueClose(QueueOp):
    """Let nothing more in."""

    type_name = "QueueCloseV2"

    def kernel(self, queue: QueueBase, cancel: bool) -> tuple[()]:
        queue.store.close(cancel)
        return ()

    def infer(self, queue: QueueBase, cancel: bool) -> tuple[()]:
        return ()


enqueue = Enqueue()
enqueue_many = EnqueueMany()
dequeue = Dequeue()
dequeue_many = DequeueMany()
queue_size = QueueSize()
queue_is_closed = QueueIsClosed()
queue_close = QueueClose()
