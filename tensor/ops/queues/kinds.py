"""tf.queue: the kinds of queues, which differ in who comes next."""

from __future__ import annotations

from typing import Any

from tensor.core import dtypes as dtypes_
from tensor.core.public_api import export
from tensor.ops.queues.queue_base import QueueBase
from tensor.ops.queues.store import PriorityStore, ShuffledStore, Store
from tensor.ops.random.seeds import op_seeds


@export("queue.FIFOQueue")
class FIFOQueue(QueueBase):
    """A queue that gives elements in the order in which they came."""

    kind = "FIFOQueue"

    def __init__(
        self,
        capacity: int,
        dtypes: Any,
        shapes: Any = None,
        names: Any = None,
        shared_name: str | None = None,
        name: str = "fifo_queue",
    ) -> None:
        """Create a queue.

        Args:
            capacity: How many elements there is room for; negative for any number.
            dtypes: The dtype of each component of an element.
            shapes: The shape of each component, if all elements have the same.
            names: Names of the components: elements are then dicts.
            shared_name: Accepted for compatibility.
            name: The queue's name, for messages.
        """
        super().__init__(dtypes, shapes, names, name)
        self.store = Store(self.title, int(capacity))


@export("queue.PaddingFIFOQueue")
class PaddingFIFOQueue(QueueBase):
    """A FIFO queue whose elements may differ in size; many together are padded."""

    kind = "PaddingFIFOQueue"

    def __init__(
        self,
        capacity: int,
        dtypes: Any,
        shapes: Any,
        names: Any = None,
        shared_name: str | None = None,
        name: str = "padding_fifo_queue",
    ) -> None:
        """Create a queue.

        Args:
            capacity: As for FIFOQueue.
            dtypes: As for FIFOQueue.
            shapes: The shape of each component, with None where sizes differ.
            names: As for FIFOQueue.
            shared_name: Accepted for compatibility.
            name: The queue's name, for messages.

        Raises:
            ValueError: A shape is missing, or has no rank.
        """
        super().__init__(dtypes, shapes, names, name)
        if self.shapes is None or any(s.rank is None for s in self.shapes):
            raise ValueError(
                "When providing partial shapes, a list of shapes must be provided: one "
                f"of known rank for each component. Got {shapes!r}."
            )
        self.store = Store(self.title, int(capacity))


@export("queue.PriorityQueue")
class PriorityQueue(QueueBase):
    """A queue that gives the element of least priority first.

    The first component of an element is its priority, an int64.
    """

    kind = "PriorityQueue"

    def __init__(
        self,
        capacity: int,
        types: Any,
        shapes: Any,
        names: Any = None,
        shared_name: str | None = None,
        name: str = "priority_queue",
    ) -> None:
        """Create a queue.

        Args:
            capacity: As for FIFOQueue.
            types: The dtype of each component after the priority.
            shapes: The shape of each component after the priority.
            names: Names of all components, the priority first.
            shared_name: Accepted for compatibility.
            name: The queue's name, for messages.
        """
        kinds = [
            dtypes_.int64,
            *(types if isinstance(types, list | tuple) else [types]),
        ]
        sizes = None if shapes is None else [(), *shapes]
        super().__init__(kinds, sizes, names, name)
        self.store = PriorityStore(self.title, int(capacity))


@export("queue.RandomShuffleQueue")
class RandomShuffleQueue(QueueBase):
    """A queue that gives elements in random order."""

    kind = "RandomShuffleQueue"

    def __init__(
        self,
        capacity: int,
        min_after_dequeue: int,
        dtypes: Any,
        shapes: Any = None,
        names: Any = None,
        seed: int | None = None,
        shared_name: str | None = None,
        name: str = "random_shuffle_queue",
    ) -> None:
        """Create a queue.

        Args:
            capacity: As for FIFOQueue.
            min_after_dequeue: How many elements stay behind to choose from, until the
                queue is closed.
            dtypes: As for FIFOQueue.
            shapes: As for FIFOQueue.
            names: As for FIFOQueue.
            seed: For the order; the global seed counts too.
            shared_name: Accepted for compatibility.
            name: The queue's name, for messages.
        """
        super().__init__(dtypes, shapes, names, name)
        graph_seed, own_seed = op_seeds(seed)
        self.store = ShuffledStore(
            self.title,
            int(capacity),
            int(min_after_dequeue),
            None if own_seed is None else hash((graph_seed, own_seed)),
        )
