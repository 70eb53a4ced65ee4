"""TaskServer: what a worker or a parameter server does, all its life.

It serves one coordinator at a time: what a coordinator made is gone with it, so a
script that is started again begins with empty servers. Under `launch --ps`, and with
TF_CONFIG, a process enters here when its script makes the strategy, or by
`tf.distribute.Server(...).join()`.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import zmq

from dist.control import FIRST_REPORT_S, NEXT_REPORTS_S
from dist.errors import RendezvousError
from dist.service import Service
from strategies.cluster_resolver import ClusterSpec
from strategies.parameter_server.cluster import Cluster, Task, cluster_of
from strategies.parameter_server.codec import packed_error
from strategies.parameter_server.runner import ClosureRunner
from strategies.parameter_server.store import ParameterStore
from tensor.core import errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from dist.messages import Message

JOIN_SLICE_S = 0.1


class TaskHandler:
    """Answers a coordinator and, on a parameter server, the workers.

    Attributes:
        ended: set when the coordinator has left in good order.
        alone_since_s: since when there has been no coordinator; None if there is one.
    """

    def __init__(self, cluster: Cluster, task: Task) -> None:
        self._cluster = cluster
        self._task = task
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._state: ClosureRunner | ParameterStore | None = None
        self._session = ""
        self._coordinator = b""
        self._sessions: dict[bytes, str] = {}
        self.ended = threading.Event()
        self.was_joined = False
        self.alone_since_s: float | None = time.monotonic()

    def joined(self, client: bytes, fields: dict[str, Any]) -> None:
        """A coordinator begins a session, or one of its workers comes."""
        session = str(fields.get("session"))
        self._sessions[client] = session
        if fields.get("role") != "coordinator":
            return
        self._coordinator = client
        self.alone_since_s = None
        self.was_joined = True
        self.ended.clear()
        if session != self._session:
            self._reset()
            self._session = session
            if self._task.role == "ps":
                self._state = ParameterStore()
            else:
                self._state = ClosureRunner(
                    self._cluster, self._context, self._task.index, session
                )

    def left(self, client: bytes, *, orderly: bool) -> None:
        """A client is gone; with the coordinator goes what it made."""
        self._sessions.pop(client, None)
        if client == self._coordinator:
            self._reset()
            self._coordinator, self._session = b"", ""
            self.alone_since_s = time.monotonic()
            if orderly:
                self.ended.set()

    def answer(
        self, client: bytes, request: Message
    ) -> tuple[dict[str, Any], Sequence[np.ndarray]]:
        """Do what a client asks; an error goes back to it."""
        try:
            if self._state is None or self._sessions.get(client) != self._session:
                raise errors.because(
                    errors.UnavailableError,
                    f"{self._task} serves another coordinator now.",
                )
            return self._state.answer(request)
        except BaseException as error:
            return {"failed": True}, [packed_error(error)]

    def close(self) -> None:
        """Give everything back."""
        self._reset()
        self._context.term()

    def _reset(self) -> None:
        if isinstance(self._state, ClosureRunner):
            self._state.close()
        self._state = None


class TaskServer:
    """A task of a cluster, served by a thread: `tf.distribute.Server`."""

    def __init__(
        self,
        server_or_cluster_def: Any,
        job_name: str | None = None,
        task_index: int | None = None,
        protocol: str | None = None,
        config: Any = None,
        start: bool = True,
    ) -> None:
        """Take a task's place in the cluster.

        Args:
            server_or_cluster_def: A `tf.train.ClusterSpec`, or what makes one.
            job_name: "worker" or "ps".
            task_index: Its number among the tasks of this job.
            protocol: Accepted for compatibility.
            config: Accepted for compatibility.
            start: Whether to begin to serve at once.

        Raises:
            ValueError: There is no such task in the cluster.
            UnknownError: Its address is taken.
        """
        spec = ClusterSpec(server_or_cluster_def)
        cluster = cluster_of(spec)
        self._task = cluster.task(job_name or "", task_index or 0)
        self._patience_s = cluster.start_timeout_s
        self._handler = TaskHandler(cluster, self._task)
        try:
            self._service = _bound(self._task, cluster, self._handler)
        except BaseException:
            self._handler.close()
            raise
        self._thread = threading.Thread(
            target=self._serve, name=f"serve-{job_name}-{task_index}", daemon=True
        )
        if start:
            self.start()

    @property
    def target(self) -> str:
        """The address, as TensorFlow writes it."""
        return f"grpc://{self._task.address}"

    def start(self) -> None:
        """Begin to serve."""
        if self._thread.ident is None:
            self._thread.start()

    def join(self) -> None:
        """Serve until the coordinator has ended.

        Raises:
            UnavailableError: No coordinator came, or it was lost and did not return.
        """
        try:
            self._wait_for_the_end()
        finally:
            self.stop()

    def _wait_for_the_end(self) -> None:
        next_report_s = FIRST_REPORT_S
        while not self._handler.ended.is_set():
            self._thread.join(JOIN_SLICE_S)
            if not self._thread.is_alive():
                return
            since_s = self._handler.alone_since_s
            alone_s = 0.0 if since_s is None else time.monotonic() - since_s
            if alone_s < FIRST_REPORT_S:
                next_report_s = FIRST_REPORT_S
            elif alone_s >= next_report_s:
                next_report_s += NEXT_REPORTS_S
                sys.stderr.write(
                    f"{self._task} waits for the coordinator since {alone_s:.0f} s\n"
                )
            if alone_s > self._patience_s:
                what = "was lost" if self._handler.was_joined else "did not come"
                raise errors.because(
                    errors.UnavailableError,
                    f"{self._task}: the coordinator {what}, and {alone_s:.0f} s have "
                    "passed. See its own output first; raise the limit by "
                    "RINGFLOW_START_TIMEOUT_S if it is only slow.",
                )

    def stop(self) -> None:
        """End serving, whatever is under way."""
        self._service.stop()
        if self._thread.ident is not None:
            self._thread.join(timeout=2.0)

    def _serve(self) -> None:
        try:
            self._service.serve()
        finally:
            self._handler.close()


def _bound(task: Task, cluster: Cluster, handler: TaskHandler) -> Service:
    """Return a service at the task's address.

    Raises:
        UnknownError: It cannot be had.
    """
    reasons = []
    for endpoint in task.endpoints_to_bind():
        try:
            return Service(endpoint, cluster.key, handler)
        except RendezvousError as error:
            reasons.append(str(error))
    raise errors.because(
        errors.UnknownError, f"Could not start the server of {task}: {reasons[0]}"
    )


def serve_and_exit(spec: ClusterSpec, role: str, index: int) -> None:
    """Serve as the task that this process is, then end the process.

    Raises:
        SystemExit: The coordinator has ended.
    """
    TaskServer(spec, role, index).join()
    raise SystemExit(0)
