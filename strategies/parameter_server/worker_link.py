"""WorkerLink: one worker as the dispatcher sees it.

Closures go to a worker in batches of one function, as many as it can do in a few
milliseconds, and the next batch is sent ahead while it works on one: so neither waits
for the other, and slow closures still go to whichever worker is free.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import zmq

    from dist.service_client import ServiceClient
    from strategies.parameter_server.closures import Closure
    from strategies.parameter_server.cluster import Cluster, Task

BATCH_S = 0.005
MOST_IN_BATCH = 128
# How long a coordinator that is done waits for a worker that never came.
LATE_WORKER_S = 5.0
# A closure takes this long until it is known better: one at a time.
UNKNOWN_S = 1.0


class WorkerLink:
    """The connection to one worker, and what it has to do.

    Attributes:
        task: which worker it is.
        client: the connection; a new one when it broke.
        batches: the closures sent to it, by request, oldest first.
        has_joined: whether it has said hello and may be sent closures.
        warnings: how often it has been named as late since it last answered.
    """

    client: ServiceClient

    def __init__(self, task: Task) -> None:
        self.task = task
        self.batches: dict[int, list[Closure]] = {}
        self.has_joined = False
        self._was_there = False
        self.warnings = 0
        self._defined: set[int] = set()
        self._resources: dict[int, int] = {}
        self._mean_s = UNKNOWN_S
        self._last_answer_s = 0.0

    def connect(
        self, cluster: Cluster, context: zmq.Context[zmq.Socket[bytes]], poller: Any
    ) -> None:
        """Begin to connect, for the first time or again."""
        self.client = cluster.client(context, self.task)
        self.has_joined = False
        self._defined.clear()
        self._resources.clear()
        self._mean_s = UNKNOWN_S
        poller.register(self.client.socket)
        poller.register(self.client.monitor)

    def join(self, session: str) -> None:
        """Say hello: from now on it may be sent closures."""
        self.client.hello({"role": "coordinator", "session": session})
        self.has_joined = self._was_there = True

    def leave(self, session: str) -> None:
        """Tell the worker that all is over; one that is still to come waits for it."""
        if not self._was_there and self.client.connect(LATE_WORKER_S):
            self.join(session)
        self.client.close()

    def disconnect(self, poller: Any) -> list[Closure]:
        """Give up the connection; return the closures that were under way."""
        poller.unregister(self.client.socket)
        poller.unregister(self.client.monitor)
        self.client.close(says_bye=False)
        closures = [c for batch in self.batches.values() for c in batch]
        for closure in next(iter(self.batches.values()), []):
            closure.losses += 1  # it, or one beside it, was running
        self.batches = {}
        return closures

    @property
    def load(self) -> int:
        """How many closures it has to do."""
        return sum(map(len, self.batches.values()))

    @property
    def has_room(self) -> bool:
        """Whether it may be sent another batch."""
        return self.has_joined and len(self.batches) < (2 if self.batch_size > 1 else 1)

    @property
    def batch_size(self) -> int:
        """How many closures to send at once."""
        return max(1, min(MOST_IN_BATCH, int(BATCH_S / self._mean_s)))

    def send(self, batch: list[Closure], *, is_kept: bool) -> None:
        """Send closures of one function.

        Args:
            batch: the closures.
            is_kept: whether servers are to keep their gradients until a round is over.

        Raises:
            ServiceLostError: the worker is gone.
        """
        function = batch[0].function
        self._prepare(function)
        fields = {
            "function": function.number,
            "closures": [closure.number for closure in batch],
            "arity": len(batch[0].arrays),
            "is_kept": is_kept,
        }
        arrays = [array for closure in batch for array in closure.arrays]
        number = self.client.post("run", fields, arrays)
        if not self.batches:
            self._last_answer_s = time.monotonic()
        self.batches[number] = batch

    def answered(self, number: int) -> list[Closure]:
        """Return the closures of a batch that is done."""
        batch = self.batches.pop(number, [])
        if batch:
            now_s = time.monotonic()
            took_s = (now_s - self._last_answer_s) / len(batch)
            self._mean_s = min(
                took_s, (3 * self._mean_s + took_s) / 4, self._mean_s * 4
            )
            self._last_answer_s = now_s
            self.warnings = 0
        return batch

    def waited_s(self, now_s: float) -> float:
        """How long it has been busy with the oldest batch."""
        return now_s - self._last_answer_s if self.batches else 0.0

    def _prepare(self, function: Any) -> None:
        """Hand over a function, and the iterators that it uses, if need be."""
        for resource in function.resources:
            if self._resources.get(resource.number) != resource.generation:
                blob = resource.blob_for(self.task.index)
                self.client.post("iterator", {"iterator": resource.number}, [blob])
                self._resources[resource.number] = resource.generation
        if function.number not in self._defined:
            fields = {"function": function.number}
            self.client.post("define", fields, [function.blob])
            self._defined.add(function.number)
