"""Dispatch: one thread that brings closures to workers and their results back.

It keeps every worker supplied with a few milliseconds of work, finds out when a worker
or a server is gone, gives a lost worker's closures to others, and meets workers that
come back. What the user's thread needs to know stands in `Queue`, under one lock.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

import zmq

from dist.control import FIRST_REPORT_S, NEXT_REPORTS_S
from dist.service_client import ServiceClient, ServiceLostError
from strategies.parameter_server.codec import unpack
from strategies.parameter_server.links import unavailable
from tensor.core import errors

if TYPE_CHECKING:
    from dist.messages import Message
    from strategies.parameter_server.closures import Closure
    from strategies.parameter_server.cluster import Cluster, Task
    from strategies.parameter_server.links import ServerLinks
    from strategies.parameter_server.rounds import Rounds

POLL_S = 0.1
# Closures are sent ahead to a worker as long as they are about so much work.
AHEAD_S = 0.004
MOST_AHEAD = 64
# A closure that was running whenever a worker was lost is probably the cause.
MOST_LOSSES = 3
CHECK_SERVERS_S = 1.0


class Queue:
    """The closures between the user's thread and the dispatching one.

    All attributes are read and written with `changed` held.

    Attributes:
        changed: notified whenever something ends, fails or leaves room.
        pending: what waits for a worker.
        running: how many closures are on workers.
        error: what to raise at the next call, or None.
        failure: the loss of a server, after which nothing can go on.
        waits: how many threads wait for all to end.
        is_closed: whether the dispatcher has ended.
    """

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.pending: deque[Closure] = deque()
        self.running = 0
        self.error: Exception | None = None
        self.failure: Exception | None = None
        self.waits = 0
        self.is_closed = False

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits or runs."""
        return not self.pending and not self.running

    def fail(self, error: Exception) -> None:
        """Note an error and cancel what has not begun."""
        if self.error is None:
            self.error = error
        for closure in self.pending:
            closure.cancel()
        self.pending.clear()
        self.changed.notify_all()


class WorkerLink:
    """One worker as the dispatcher sees it.

    Attributes:
        client: the connection; replaced when it breaks.
        running: the closures sent to it, by request, oldest first.
        has_joined: whether it has said hello and may be sent closures.
    """

    def __init__(self, task: Task) -> None:
        self.task = task
        self.client: ServiceClient
        self.running: dict[int, Closure] = {}
        self.has_joined = False
        self.defined: set[int] = set()
        self.resources: set[int] = set()
        self.ahead = 1
        self.mean_s = 1.0
        self.last_end_s = 0.0
        self.warnings = 0

    def ended(self, now_s: float) -> None:
        """Note that a closure has ended, and how fast they go."""
        if self.last_end_s:
            took_s = now_s - self.last_end_s
            self.mean_s += (min(took_s, self.mean_s * 4) - self.mean_s) / 8
            self.ahead = max(1, min(MOST_AHEAD, int(AHEAD_S / self.mean_s)))
        self.last_end_s = now_s if self.running else 0.0
        self.warnings = 0


class Dispatcher:
    """The dispatching thread; see the module's docstring."""

    def __init__(
        self,
        cluster: Cluster,
        context: zmq.Context[zmq.Socket[bytes]],
        session: str,
        links: ServerLinks,
        rounds: Rounds,
    ) -> None:
        self.queue = Queue()
        self._cluster = cluster
        self._context = context
        self._session = session
        self._links = links
        self._rounds = rounds
        self._workers = [WorkerLink(task) for task in cluster.workers]
        self._servers: list[tuple[Task, ServiceClient]] = []
        self._asked: dict[int, float] = {}
        self._next_check_s = 0.0
        self._alone_since_s = time.monotonic()
        self._next_report_s = FIRST_REPORT_S
        self._wake_reader, self._wake_writer = os.pipe()
        os.set_blocking(self._wake_reader, False)
        self._is_asleep = False
        self._closing = threading.Event()
        self._thread = threading.Thread(
            target=self._run, name="ps-dispatch", daemon=True
        )
        self._poller = zmq.Poller()
        self._poller.register(self._wake_reader, zmq.POLLIN)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self, *, surely: bool = False) -> None:
        """Tell the thread that there is something to do."""
        if self._is_asleep or surely:
            self._is_asleep = False
            os.write(self._wake_writer, b"!")

    def close(self) -> None:
        """End the thread; workers and servers are told that all is over."""
        self._closing.set()
        if self._thread.ident is not None:
            os.write(self._wake_writer, b"!")
            self._thread.join(timeout=5.0)
        os.close(self._wake_reader)
        os.close(self._wake_writer)

    # ---- the thread

    def _run(self) -> None:
        try:
            for worker in self._workers:
                self._connect(worker)
            for task in self._cluster.servers:
                client = self._cluster.client(self._context, task)
                self._poller.register(client.socket, zmq.POLLIN)
                self._poller.register(client.monitor, zmq.POLLIN)
                self._servers.append((task, client))
            while not self._closing.is_set():
                self._look_at_workers()
                self._look_at_servers()
                self._send_closures()
                self._sleep()
        except Exception as error:
            self._give_up(error)
            raise
        finally:
            for worker in self._workers:
                worker.client.close()
            for _, client in self._servers:
                client.close()
            with self.queue.changed:
                self.queue.is_closed = True
                if not self.queue.is_idle:
                    self._cancel_all()
                self.queue.changed.notify_all()

    def _sleep(self) -> None:
        self._is_asleep = True
        with self.queue.changed:
            has_work = bool(self.queue.pending) and any(map(_has_room, self._workers))
        if has_work and self._may_begin_next():
            self._is_asleep = False
            return
        ready = dict(self._poller.poll(int(1000 * POLL_S)))
        self._is_asleep = False
        if self._wake_reader in ready:
            os.read(self._wake_reader, 4096)

    def _may_begin_next(self) -> bool:
        with self.queue.changed:
            pending = self.queue.pending
            return bool(pending) and self._rounds.may_begin(pending[0].number)

    # ---- workers

    def _connect(self, worker: WorkerLink) -> None:
        worker.client = self._cluster.client(self._context, worker.task)
        worker.has_joined = False
        worker.defined.clear()
        worker.resources.clear()
        worker.ahead, worker.mean_s, worker.last_end_s = 1, 1.0, 0.0
        self._poller.register(worker.client.socket, zmq.POLLIN)
        self._poller.register(worker.client.monitor, zmq.POLLIN)

    def _look_at_workers(self) -> None:
        now_s = time.monotonic()
        for worker in self._workers:
            client = worker.client
            if not worker.has_joined:
                client.look()
                if client.is_connected and not client.lost:
                    client.hello({"role": "coordinator", "session": self._session})
                    worker.has_joined = True
            else:
                for number in client.receive(0):
                    self._take(worker, number, client.take(number))
            if client.lost:
                self._worker_lost(worker, client.lost)
            elif worker.running:
                self._watch(worker, now_s)
        self._watch_for_any(now_s)

    def _take(self, worker: WorkerLink, number: int, reply: Message) -> None:
        """Take in a worker's answer."""
        closure = worker.running.pop(number, None)
        failed = reply.fields.get("failed")
        error = unpack(reply.arrays[0]) if failed else None
        if closure is None:
            if error is not None:  # a function or dataset that it could not make
                with self.queue.changed:
                    self.queue.fail(error)
            return
        worker.ended(time.monotonic())
        queue = self.queue
        with queue.changed:
            queue.running -= 1
            if error is None:
                self._rounds.end(closure.number)
                closure.value.settle(reply.arrays)
            else:
                self._rounds.drop(closure.number)
                closure.value.fail(error)
                queue.fail(error)
            if queue.waits and not queue.running:
                queue.changed.notify_all()

    def _worker_lost(self, worker: WorkerLink, cause: str) -> None:
        """Give a lost worker's closures back, and wait for it to return."""
        self._poller.unregister(worker.client.socket)
        self._poller.unregister(worker.client.monitor)
        worker.client.close(says_bye=False)
        lost, worker.running = list(worker.running.values()), {}
        sys.stderr.write(
            f"coordinator: {worker.task} was lost: {cause}; {len(lost)} closures go to "
            "other workers\n"
        )
        sys.stderr.flush()
        if self._rounds.is_synchronous:
            for closure in lost:
                self._links.tell_all("drop_closure", {"closure": closure.number})
        with self.queue.changed:
            self.queue.running -= len(lost)
            if lost:
                lost[0].losses += 1
            if self.queue.error is not None:
                for closure in lost:
                    self._rounds.drop(closure.number)
                    closure.cancel()
            elif lost and lost[0].losses > MOST_LOSSES:
                self._blame(lost[0])
                self.queue.pending.extendleft(reversed(lost[1:]))
            else:
                self.queue.pending.extendleft(reversed(lost))
            self.queue.changed.notify_all()
        self._connect(worker)

    def _blame(self, closure: Closure) -> None:
        """Fail a closure that takes its workers with it."""
        error = errors.because(
            errors.UnavailableError,
            f"{closure} was running on {closure.losses} workers when they were lost, "
            "one after the other: it probably ends its process. See their output.",
        )
        self._rounds.drop(closure.number)
        closure.value.fail(error)
        self.queue.fail(error)

    def _watch(self, worker: WorkerLink, now_s: float) -> None:
        """Name a worker that is late; give up on it at the limit."""
        oldest = next(iter(worker.running.values()))
        since_s = max(oldest.sent_s, worker.last_end_s)
        waited_s = now_s - since_s
        settings = self._cluster.settings
        if 0 < settings.stall_warn_s <= waited_s / (worker.warnings + 1):
            worker.warnings += 1
            sys.stderr.write(
                f"coordinator: {worker.task} has been in {oldest} for "
                f"{waited_s:.0f} s\n"
            )
            sys.stderr.flush()
        if 0 < settings.stall_abort_s <= waited_s:
            self._worker_lost(worker, f"it was in {oldest} for {waited_s:.0f} s")

    def _watch_for_any(self, now_s: float) -> None:
        """Fail if closures wait and there has been no worker for too long."""
        if any(worker.has_joined for worker in self._workers) or not self.queue.pending:
            self._alone_since_s, self._next_report_s = now_s, FIRST_REPORT_S
            return
        alone_s = now_s - self._alone_since_s
        names = ", ".join(str(worker.task) for worker in self._workers)
        if alone_s >= self._next_report_s:
            self._next_report_s += NEXT_REPORTS_S
            sys.stderr.write(
                f"coordinator: closures wait since {alone_s:.0f} s for {names}\n"
            )
        if alone_s >= self._cluster.start_timeout_s:
            error = errors.because(
                errors.UnavailableError,
                f"There has been no worker for {alone_s:.0f} s: {names}. See their own "
                "output; raise the limit by RINGFLOW_START_TIMEOUT_S if they are only "
                "slow.",
            )
            with self.queue.changed:
                self.queue.fail(error)

    # ---- servers

    def _look_at_servers(self) -> None:
        """Notice the loss of a parameter server: nothing can go on without it."""
        now_s = time.monotonic()
        is_time = now_s >= self._next_check_s
        if is_time:
            self._next_check_s = now_s + CHECK_SERVERS_S
        for index, (_, client) in enumerate(self._servers):
            if client.lost:
                continue
            was_connected = client.is_connected
            client.look()
            if client.is_connected and not was_connected:
                client.hello({"role": "watcher", "session": self._session})
            for number in client.receive(0) if client.is_connected else ():
                client.take(number)
                self._asked.pop(index, None)
            if is_time and client.is_connected and not client.lost:
                self._check(index, client, now_s)
            if client.lost:
                self._give_up(unavailable(ServiceLostError(client.name, client.lost)))

    def _check(self, index: int, client: ServiceClient, now_s: float) -> None:
        """Ask a server for a sign of life; name it if it gives none."""
        settings = self._cluster.settings
        if index not in self._asked:
            client.post("nothing")
            self._asked[index] = now_s
            return
        silent_s = now_s - self._asked[index]
        warn_s = settings.stall_warn_s
        if 0 < warn_s <= silent_s and silent_s % warn_s < CHECK_SERVERS_S:
            sys.stderr.write(
                f"coordinator: {client.name} has not answered for {silent_s:.0f} s\n"
            )
            sys.stderr.flush()
        if 0 < settings.stall_abort_s <= silent_s:
            client.lost = f"it has not answered for {silent_s:.0f} s"

    def _give_up(self, error: Exception) -> None:
        """Nothing can go on: everything under way is cancelled."""
        with self.queue.changed:
            self.queue.failure = error
            self._cancel_all()

    def _cancel_all(self) -> None:
        for worker in self._workers:
            for closure in worker.running.values():
                self._rounds.drop(closure.number)
                closure.cancel()
            self.queue.running -= len(worker.running)
            worker.running = {}
        for closure in self.queue.pending:
            closure.cancel()
        self.queue.pending.clear()
        self.queue.changed.notify_all()

    # ---- closures

    def _send_closures(self) -> None:
        """Send what may begin to the workers with the least to do."""
        if self._rounds.is_synchronous:
            self._close_round()
        while True:
            free = [w for w in self._workers if _has_room(w)]
            if not free:
                return
            worker = min(free, key=lambda w: len(w.running))
            with self.queue.changed:
                pending = self.queue.pending
                if not pending or not self._rounds.may_begin(pending[0].number):
                    return
                closure = pending.popleft()
                self._rounds.begin(closure.number)
                self.queue.running += 1
                if self.queue.waits:
                    self.queue.changed.notify_all()  # there is room in the queue
            self._send(worker, closure)

    def _send(self, worker: WorkerLink, closure: Closure) -> None:
        function, client = closure.function, worker.client
        fields: dict[str, Any] = {"function": function.number}
        if self._rounds.is_synchronous:
            fields["closure"] = closure.number
        try:
            if function.number not in worker.defined:
                self._define(worker, closure)
            number = client.post("run", fields, closure.arrays)
        except ServiceLostError:
            number = -1  # noticed, and given back, at the next look
        closure.sent_s = time.monotonic()
        worker.running[number] = closure

    def _define(self, worker: WorkerLink, closure: Closure) -> None:
        """Give a worker a function, and the iterators that it uses."""
        function, client = closure.function, worker.client
        for resource in function.resources:
            if resource.number not in worker.resources:
                blob = resource.blob_for(worker.task.index)
                client.post("iterator", {"iterator": resource.number}, [blob])
                worker.resources.add(resource.number)
        client.post("define", {"function": function.number}, [function.blob])
        worker.defined.add(function.number)

    def _close_round(self) -> None:
        """In synchronous training: apply a complete round's gradients."""
        with self.queue.changed:
            is_hurried = bool(self.queue.waits) and not self.queue.pending
            closures = self._rounds.complete_round(is_hurried=is_hurried)
        if closures:
            try:
                self._links.tell_all("close_round", {"closures": closures})
            except errors.UnavailableError as error:
                self._give_up(error)
            with self.queue.changed:
                self.queue.changed.notify_all()


def _has_room(worker: WorkerLink) -> bool:
    return worker.has_joined and len(worker.running) < worker.ahead
