"""Dispatcher: one thread that brings closures to workers and their results back.

It keeps every worker supplied, finds out when a worker or a server is gone, gives a
lost worker's closures to others, and meets workers that come back. What the user's
thread needs to know stands in a `ClosureQueue`.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from itertools import zip_longest
from typing import TYPE_CHECKING

import zmq

from dist.control import FIRST_REPORT_S, NEXT_REPORTS_S
from dist.service_client import ServiceLostError
from strategies.parameter_server.closure_queue import ClosureQueue
from strategies.parameter_server.closures import tell_ended
from strategies.parameter_server.codec import unpacked_error
from strategies.parameter_server.links import unavailable
from strategies.parameter_server.server_watch import ServerWatch
from strategies.parameter_server.worker_link import LATE_WORKER_S, WorkerLink
from tensor.core import errors

if TYPE_CHECKING:
    from dist.messages import Message
    from strategies.parameter_server.closures import Closure
    from strategies.parameter_server.cluster import Cluster
    from strategies.parameter_server.links import ServerLinks
    from strategies.parameter_server.rounds import Rounds

POLL_S = 0.1
# A closure that was running whenever a worker was lost is probably the cause.
MOST_LOSSES = 3


class Dispatcher:
    """The dispatching thread; see the module's docstring.

    Attributes:
        queue: the closures.
    """

    def __init__(
        self,
        cluster: Cluster,
        context: zmq.Context[zmq.Socket[bytes]],
        session: str,
        links: ServerLinks,
        rounds: Rounds,
    ) -> None:
        self.queue = ClosureQueue()
        self._cluster = cluster
        self._context = context
        self._session = session
        self._links = links
        self._rounds = rounds
        self._workers = [WorkerLink(task) for task in cluster.workers]
        self._alone_since_s = time.monotonic()
        self._next_report_s = FIRST_REPORT_S
        self._wake_reader, self._wake_writer = os.pipe()
        os.set_blocking(self._wake_reader, False)
        self._is_asleep = False
        self._waking = threading.Lock()
        self._closing = threading.Event()
        self._poller = zmq.Poller()
        self._poller.register(self._wake_reader, zmq.POLLIN)
        self._thread = threading.Thread(
            target=self._run, name="ps-dispatch", daemon=True
        )

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self, *, surely: bool = False) -> None:
        """Tell the thread that there is something to do."""
        if self._is_asleep or surely:
            self._is_asleep = False
            with self._waking:  # never write to a descriptor that is another's now
                if not self._closing.is_set():
                    os.write(self._wake_writer, b"!")

    def close(self) -> None:
        """End the thread; workers and servers are told that all is over."""
        self.wake(surely=True)
        with self._waking:
            self._closing.set()
        if self._thread.ident is not None:
            self._thread.join(timeout=LATE_WORKER_S + 2.0)
        os.close(self._wake_reader)
        os.close(self._wake_writer)

    # ---- the thread

    def _run(self) -> None:
        servers = ServerWatch(self._cluster, self._context, self._session, self._poller)
        for worker in self._workers:
            worker.connect(self._cluster, self._context, self._poller)
        try:
            while not self._closing.is_set():
                now_s = time.monotonic()
                for worker in self._workers:
                    self._look_at(worker, now_s)
                self._watch_for_any(now_s)
                lost = servers.look(now_s)
                if lost is not None and self.queue.failure is None:
                    self._give_up(unavailable(lost))
                self._send_closures()
                self._sleep()
        except Exception as error:
            self._give_up(error)  # whoever joins or schedules is told
        finally:
            for worker in self._workers:
                worker.leave(self._session)
            servers.close()
            with self.queue.changed:
                self.queue.is_closed = True
                self._cancel_all()

    def _sleep(self) -> None:
        self._is_asleep = True
        with self.queue.changed:
            pending = self.queue.pending
            has_work = bool(pending) and self._rounds.may_begin(pending[0].number)
        if has_work and any(worker.has_room for worker in self._workers):
            self._is_asleep = False
            return
        ready = dict(self._poller.poll(int(1000 * POLL_S)))
        self._is_asleep = False
        if self._wake_reader in ready:
            os.read(self._wake_reader, 4096)

    # ---- workers

    def _look_at(self, worker: WorkerLink, now_s: float) -> None:
        client = worker.client
        if worker.has_joined:
            for number in client.receive(0):
                self._take(worker, number, client.take(number))
        else:
            client.look()
            if client.is_connected and not client.lost:
                worker.join(self._session)
        if client.lost:
            self._worker_lost(worker, client.lost)
        elif worker.batches:
            self._watch(worker, now_s)

    def _take(self, worker: WorkerLink, number: int, reply: Message) -> None:
        """Take in a worker's answer."""
        batch = worker.answered(number)
        queue = self.queue
        if reply.fields.get("failed"):  # a function or dataset that it could not make
            error = unpacked_error(reply.arrays[0])
            with queue.changed:
                queue.running -= len(batch)
                for closure in batch:
                    self._rounds.drop(closure.number)
                    closure.value.fail(error)
                queue.fail(error)
            return
        if not batch:  # it made something; or all that it did was cancelled meanwhile
            return
        at = 0
        counts = reply.fields.get("counts", ())
        with queue.changed:
            queue.running -= len(batch)
            for closure, count in zip_longest(batch, counts):
                if count is None:  # one before it failed
                    self._rounds.drop(closure.number)
                    closure.cancel()
                elif count >= 0:
                    self._rounds.end(closure.number)
                    closure.value.settle(reply.arrays[at : at + count])
                    at += count
                else:
                    error = unpacked_error(reply.arrays[at])
                    self._rounds.drop(closure.number)
                    closure.value.fail(error)
                    queue.fail(error)
            if queue.waits and not queue.running:
                queue.changed.notify_all()
        tell_ended()

    def _worker_lost(self, worker: WorkerLink, cause: str) -> None:
        """Give a lost worker's closures back, and wait for it to return."""
        lost = worker.disconnect(self._poller)
        sys.stderr.write(
            f"coordinator: {worker.task} was lost: {cause}; {len(lost)} closures go to "
            "other workers\n"
        )
        sys.stderr.flush()
        if self._rounds.is_synchronous:
            self._drop(lost)
        queue = self.queue
        with queue.changed:
            queue.running -= len(lost)
            for closure in reversed(lost):
                if queue.error is not None or queue.failure is not None:
                    self._rounds.drop(closure.number)
                    closure.cancel()
                elif closure.losses > MOST_LOSSES:
                    self._blame(closure)
                else:
                    queue.pending.appendleft(closure)
            queue.changed.notify_all()
        worker.connect(self._cluster, self._context, self._poller)

    def _drop(self, closures: list[Closure]) -> None:
        """Let servers forget what closures that will run again have left there."""
        try:
            for closure in closures:
                self._links.tell_all("drop_closure", {"closure": closure.number})
        except errors.UnavailableError as error:
            self._give_up(error)  # who waits for these closures is told, too

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
        oldest = next(iter(worker.batches.values()))[0]
        waited_s, settings = worker.waited_s(now_s), self._cluster.settings
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
            sys.stderr.flush()
        if alone_s >= self._cluster.start_timeout_s:
            error = errors.because(
                errors.UnavailableError,
                f"There has been no worker for {alone_s:.0f} s: {names}. See their own "
                "output; raise the limit by RINGFLOW_START_TIMEOUT_S if they are only "
                "slow.",
            )
            with self.queue.changed:
                self.queue.fail(error)

    # ---- the end of everything

    def _give_up(self, error: Exception) -> None:
        """Nothing can go on: everything under way is cancelled."""
        with self.queue.changed:
            self.queue.failure = error
            self._cancel_all()

    def _cancel_all(self) -> None:
        for worker in self._workers:
            for batch in worker.batches.values():
                for closure in batch:
                    self._rounds.drop(closure.number)
                    closure.cancel()
            self.queue.running -= worker.load
            worker.batches = {}
        self.queue.cancel_pending()

    # ---- closures

    def _send_closures(self) -> None:
        """Send what may begin to the workers with the least to do."""
        if self._rounds.is_synchronous:
            self._close_round()
        while True:
            free = [worker for worker in self._workers if worker.has_room]
            if not free:
                return
            worker = min(free, key=lambda w: w.load)
            batch = self._next_batch(worker)
            if not batch:
                return
            try:
                worker.send(batch, is_kept=self._rounds.is_synchronous)
            except ServiceLostError:
                worker.batches[-1] = batch  # given back at the next look

    def _next_batch(self, worker: WorkerLink) -> list[Closure]:
        """Take closures of one function that may begin, as many as make sense."""
        batch: list[Closure] = []
        with self.queue.changed:
            pending = self.queue.pending
            share = -(-len(pending) // len(self._workers))
            most = min(worker.batch_size, share)
            if self._rounds.is_synchronous:
                most = min(most, 1)
            while len(batch) < most and pending:
                closure = pending[0]
                if not self._rounds.may_begin(closure.number):
                    break
                if batch and (closure.function is not batch[0].function):
                    break
                if closure.losses and batch:
                    break
                self._rounds.begin(closure.number)
                batch.append(pending.popleft())
                if closure.losses:
                    break  # it may take its worker with it: alone
            self.queue.running += len(batch)
            if batch and self.queue.waits:
                self.queue.changed.notify_all()  # there is room in the queue
        return batch

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
