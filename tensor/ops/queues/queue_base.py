"""tf.queue.QueueBase: what all queues do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.shapes import TensorShape
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.facts import get_static_value
from tensor.ops.queues import queue_ops

if TYPE_CHECKING:
    from tensor.core.dtypes import DType
    from tensor.ops.queues.store import Store


@export("queue.QueueBase")
class QueueBase:
    """Elements, each of one or several tensors, on their way from thread to thread.

    Who adds to a full queue waits until there is room; who takes from an empty one,
    until there is an element.

    Attributes:
        kind: The kind of queue, for messages.
        store: What the queue holds.
    """

    kind = "QueueBase"
    store: Store

    def __init__(
        self, dtypes: Any, shapes: Any, names: Any, name: str | None = None
    ) -> None:
        """Describe the elements.

        Raises:
            ValueError: There are more or fewer names than dtypes.
            InvalidArgumentError: There are no dtypes, or not as many shapes.
        """
        self._dtypes = _as_dtypes(dtypes)
        self._shapes = _as_shapes(shapes, self._dtypes)
        self._names = _as_names(names, self._dtypes)
        self._name = name or self.kind

    # ---- facts

    @property
    def dtypes(self) -> list[DType]:
        """The dtype of each component."""
        return list(self._dtypes)

    @property
    def shapes(self) -> list[TensorShape] | None:
        """The shape of each component, if they were given."""
        return None if self._shapes is None else list(self._shapes)

    @property
    def names(self) -> list[str] | None:
        """The names of the components, if they have some."""
        return self._names

    @property
    def name(self) -> str:
        """The name of the queue."""
        return self._name

    @property
    def title(self) -> str:
        """The kind and name, for messages."""
        return f"{self.kind} '{self._name}'"

    def specs(self) -> list[TensorSpec]:
        """Return what is known of each component."""
        shapes = self._shapes or [TensorShape(None)] * len(self._dtypes)
        return [
            TensorSpec.of(s._dims, d) for s, d in zip(shapes, self._dtypes, strict=True)
        ]

    # ---- adding

    def enqueue(self, vals: Any, name: str | None = None) -> Any:
        """Add an element: a tensor, a tuple of tensors, or a dict of them by name.

        Raises:
            ValueError: Names, dtypes or shapes are not the queue's.
            CancelledError: The queue is closed.
        """
        tensors = self._components(vals)
        for tensor, spec in zip(tensors, self.specs(), strict=True):
            tensor.shape.assert_is_compatible_with(spec.shape)
        return queue_ops.enqueue.produce(*tensors, queue=self, name=name) or None

    def enqueue_many(self, vals: Any, name: str | None = None) -> Any:
        """Add the slices of tensors along their first axis as elements.

        Raises:
            ValueError: As `enqueue`, or the tensors differ in length.
            CancelledError: The queue is closed.
        """
        tensors = self._components(vals)
        batch: int | None = None
        for tensor, spec in zip(tensors, self.specs(), strict=True):
            shape = tensor.shape.with_rank_at_least(1)
            if None not in (batch, shape[0]) and batch != shape[0]:
                raise ValueError(
                    f"Dimensions {batch} and {shape[0]} are not compatible: all "
                    "components need the same number of slices."
                )
            batch = shape[0] if batch is None else batch
            shape[1:].assert_is_compatible_with(spec.shape)
        return queue_ops.enqueue_many.produce(*tensors, queue=self, name=name) or None

    def _components(self, values: Any) -> list[Any]:
        if isinstance(values, dict):
            if not self._names:
                raise ValueError("Queue must have names to enqueue a dictionary")
            if sorted(self._names) != sorted(values):
                raise ValueError(
                    "Keys in dictionary to enqueue do not match names of Queue. "
                    f"Dictionary: {sorted(values)}, Queue: {sorted(self._names)}"
                )
            values = [values[k] for k in self._names]
        elif self._names:
            raise ValueError("You must enqueue a dictionary in a Queue with names")
        elif not isinstance(values, list | tuple):
            values = [values]
        if len(values) < len(self._dtypes):
            raise errors.because(
                errors.InvalidArgumentError,
                f"Signature mismatch: {self.title} has {len(self._dtypes)} components, "
                f"got {len(values)}.",
            )
        return [convert(v, d) for v, d in zip(values, self._dtypes, strict=False)]

    # ---- taking

    def dequeue(self, name: str | None = None) -> Any:
        """Take the next element: a tensor, a list of tensors, or a dict of them.

        Raises:
            OutOfRangeError: The queue is closed and empty.
        """
        return self._as_value(queue_ops.dequeue.produce(queue=self, name=name))

    def dequeue_many(self, n: Any, name: str | None = None) -> Any:
        """Take `n` elements, stacked.

        Raises:
            OutOfRangeError: The queue is closed and has fewer.
            InvalidArgumentError: The shapes of the components were not given.
        """
        return self._take_many(n, False, name)

    def dequeue_up_to(self, n: Any, name: str | None = None) -> Any:
        """Take `n` elements, stacked, or what is left in a closed queue.

        Raises:
            OutOfRangeError: The queue is closed and empty.
            InvalidArgumentError: The shapes of the components were not given.
        """
        return self._take_many(n, True, name)

    def _take_many(self, n: Any, or_fewer: bool, name: str | None) -> Any:
        count = convert(n, dtypes.int32)
        known = get_static_value(count)
        taken = queue_ops.dequeue_many.produce(
            queue=self,
            count=count if known is None else int(known),
            or_fewer=or_fewer,
            name=name,
        )
        return self._as_value(taken)

    def _as_value(self, result: Any) -> Any:
        tensors = list(result) if isinstance(result, tuple) else [result]
        if self._names:
            return dict(zip(self._names, tensors, strict=True))
        return tensors[0] if len(tensors) == 1 else tensors

    # ---- the queue itself

    def size(self, name: str | None = None) -> Any:
        """Return how many elements there are."""
        return queue_ops.queue_size.produce(queue=self, name=name)

    def is_closed(self, name: str | None = None) -> Any:
        """Return whether nothing more comes in."""
        return queue_ops.queue_is_closed.produce(queue=self, name=name)

    def close(
        self, cancel_pending_enqueues: bool = False, name: str | None = None
    ) -> Any:
        """Let nothing more in; what is there can still be taken.

        Args:
            cancel_pending_enqueues: Whether those who wait for room get an error.
            name: A name for the node.

        Raises:
            CancelledError: The queue is closed already.
        """
        cancel = bool(cancel_pending_enqueues)
        closed = queue_ops.queue_close.produce(queue=self, cancel=cancel, name=name)
        return closed or None

    @staticmethod
    def from_list(index: Any, queues: Any) -> QueueBase:
        """Return one of several queues.

        Raises:
            TypeError: They are no queues, or differ in dtypes or names.
            ValueError: The index is not known while tracing.
        """
        if not queues or not all(isinstance(q, QueueBase) for q in queues):
            raise TypeError("A list of queues expected")
        first = queues[0]
        if any(q.dtypes != first.dtypes for q in queues):
            raise TypeError("Queues do not have matching component dtypes.")
        if any(q.names != first.names for q in queues):
            raise TypeError("Queues do not have matching component names.")
        number = get_static_value(convert(index))
        if number is None:
            raise ValueError(
                f"QueueBase.from_list: the index {index!r} is not known while tracing. "
                "Choose by tf.switch_case."
            )
        chosen: QueueBase = queues[int(number)]
        return chosen


def _as_dtypes(given: Any) -> list[DType]:
    several = given if isinstance(given, list | tuple) else [given]
    if not several:
        raise errors.because(
            errors.InvalidArgumentError,
            "Length for attr 'component_types' of 0 must be at least minimum 1",
        )
    return [dtypes.as_dtype(d) for d in several]


def _as_shapes(given: Any, kinds: list[DType]) -> list[TensorShape] | None:
    if given is None:
        return None
    several = given
    is_one = isinstance(given, TensorShape) or not any(
        s is None or isinstance(s, list | tuple | TensorShape) for s in given
    )
    if is_one and (len(kinds) == 1 or not given):
        several = [given]
    shapes = [TensorShape(s) for s in several]
    if len(shapes) != len(kinds):
        raise errors.because(
            errors.InvalidArgumentError,
            "Different number of component types. Types: "
            f"{', '.join(d.name for d in kinds)}, Shapes: {shapes}",
        )
    return shapes


def _as_names(given: Any, kinds: list[DType]) -> list[str] | None:
    if not given:
        return None
    names = [given] if isinstance(given, str) else list(given)
    if len(names) != len(kinds):
        raise ValueError(
            "List of names must have the same length as the list of dtypes, received "
            f"len(names)={len(names)},len(dtypes)={len(kinds)}"
        )
    return names
