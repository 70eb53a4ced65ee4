"""The workers of one attempt: started together, read, watched, and ended together.

`Attempt` gathers facts and carries out orders; it decides nothing. The facts come out
as the policy's `JobState`, and in more detail as autopsies for the report.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dist.job_key import JobKey
from launcher.autopsy import Autopsy, cause_for_peers
from launcher.cgroup import out_of_memory_kills
from launcher.child_env import worker_identity, worker_variables
from launcher.errors import LauncherError
from launcher.failure import FailureReader
from launcher.policy import JobState, Request, WorkerState
from launcher.process import WorkerProcess
from launcher.roles import free_addresses, in_words, task_of
from launcher.screen import STDERR, STDOUT
from launcher.streams import copy_size, open_streams, read_available

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dist.rendezvous_server import RendezvousServer
    from launcher.causes import Cause
    from launcher.council import Council
    from launcher.guardian import Guardian
    from launcher.job import Job
    from launcher.output import Output

STDIN = 0
TICK_S = 0.1
STACKS_TIMEOUT_S = 2.0  # a stopped process never answers
# Between the end of a worker's pipe and the end of its process lie microseconds.
END_TICK_S = 0.005
# A farewell may arrive a moment after the process that sent it has ended.
FAREWELL_LIMIT_S = 0.2
# What a worker had written when it ended is at most what a pipe holds; whoever keeps
# writing after that is a process that left its group, and is not waited for.
MAX_DRAINED_BYTES = 1 << 20


class Attempt:
    """Starts every worker of the job; a context manager that leaves nothing behind."""

    def __init__(
        self,
        job: Job,
        output: Output,
        guardian: Guardian,
        restarts_used: int = 0,
        council: Council | None = None,
    ) -> None:
        self._job = job
        self._council = council
        self._output = output
        self._guardian = guardian
        self._selector = selectors.DefaultSelector()
        self._server: RendezvousServer | None = None
        self._workers: dict[int, WorkerProcess] = {}
        self._ranks = job.config.local_ranks
        self._reports = {rank: FailureReader() for rank in self._ranks}
        self._peak_memory: dict[int, int] = {}
        self._ending: set[int] = set()
        # The chief's lines share theirs with a prefix, and end before the last column.
        self._prefix_columns = len("[0] ") + 1 if job.config.size > 1 else 0
        self._is_reading = True
        self._have_all_joined = False
        self._started_at = time.monotonic()
        self.joined_after_s: float | None = None
        self._memory_kills_before = out_of_memory_kills()
        self.address = ""
        self._key = job.key or JobKey.generate()
        self._cluster = free_addresses(job.config)
        self.state = JobState(
            tuple(self._new_state(rank) for rank in self._ranks),
            restarts_used=restarts_used,
        )

    def __enter__(self) -> Attempt:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill_all()
        for worker in self._workers.values():
            while self._state_of(worker.rank).is_running:
                self._reap(worker, time.monotonic())
                time.sleep(END_TICK_S)
        if self._server is not None and self._council is None:
            self._server.close()
        self._selector.close()

    def start(self, on_ready: Callable[[str], None]) -> None:
        """Open the rendezvous, say where by `on_ready`, and start all workers."""
        config = self._job.config
        if self._council is not None:
            self._server, self.address = self._council.server, self._council.address
        elif config.size > 1 and not config.servers:
            from dist.rendezvous_server import RendezvousServer  # loads ZeroMQ

            self._server = RendezvousServer(config.size, self._key)
            self.address = self._server.start()
        on_ready(self.address)
        for rank in self._ranks:
            self._start_worker(rank)

    def replace_worker(self, rank: int) -> None:
        """Start a worker again whose process was lost, in the same place."""
        self._reports[rank] = FailureReader()
        self._peak_memory.pop(rank, None)
        workers = list(self.state.workers)
        workers[rank - self._ranks.start] = self._new_state(rank)
        replaced = self.state.replaced + 1
        self.state = replace(self.state, workers=tuple(workers), replaced=replaced)
        self._start_worker(rank)

    def listen_to(self, descriptor: int) -> None:
        """Let `wait` return early when this descriptor becomes readable."""
        self._selector.register(descriptor, selectors.EVENT_READ, None)

    def wait(self) -> None:
        """Wait for something to happen, briefly, and take in all that has."""
        for key, _ in self._selector.select(self._patience()):
            if key.data is not None:
                self._read(*key.data)
        now = time.monotonic()
        for worker in self._workers.values():
            if self._state_of(worker.rank).is_running:
                self._reap(worker, now)
        self._note_joins(now)
        if self._council is not None and self.state.host_failed is None:
            self.state = replace(self.state, host_failed=self._council.failure())
        self._output.tick(now)
        self._read_or_pause()

    def requested(self, signum: int, at: float) -> None:
        """Note that a signal asked for the end of the job."""
        requests = (*self.state.requests, Request(signum, at))
        self.state = replace(self.state, requests=requests)

    def noticed(self, now: float) -> None:
        """Note that the user was told who is missing."""
        self.state = replace(self.state, noticed_at=now)

    def output_closed(self) -> None:
        """Note that nobody reads the output any more."""
        self.state = replace(self.state, output_closed=True)

    def stop_all(self, cause: Cause, signum: int, now: float) -> None:
        """Ask every worker to end, because of `cause`."""
        self.state = replace(self.state, cause=cause, stopping_since=now)
        self.send(signum)
        if signum != signal.SIGKILL:
            self.send(signal.SIGCONT)  # a stopped process would not see it

    def send(self, signum: int) -> None:
        """Send a signal to every worker."""
        for worker in self._workers.values():
            worker.send(signum)

    def kill_all(self) -> None:
        """Kill every worker, and all that they started."""
        self.state = replace(self.state, is_killed=True)
        for worker in self._workers.values():
            worker.kill()

    def ask_for_stacks(self, ranks: Iterable[int]) -> dict[int, str]:
        """Let workers say where all their threads are; waits two seconds at most."""
        asked = [
            self._workers[rank]
            for rank in ranks
            if rank in self._workers and self._state_of(rank).is_running
        ]
        for worker in asked:
            self._reports[worker.rank].dump = ""
            worker.send(signal.SIGQUIT)
        now = time.monotonic()
        deadline, quiet_since, dumps = now + STACKS_TIMEOUT_S, now, [""] * len(asked)
        # A dump arrives line by line and has no end mark: it is complete when it rests.
        while now < deadline and (now < quiet_since + TICK_S or not all(dumps)):
            self.wait()
            now = time.monotonic()
            arrived = [self._reports[worker.rank].dump for worker in asked]
            if arrived != dumps:
                quiet_since, dumps = now, arrived
        return {worker.rank: dump for worker, dump in zip(asked, dumps, strict=True)}

    def terminal_resized(self) -> None:
        """Pass a new window size on to the chief."""
        chief = self._workers.get(0)
        if chief is None or not self._state_of(0).is_running:
            return
        for terminal, descriptor in zip(
            self._job.terminals, chief.output_fds, strict=True
        ):
            if terminal is not None:
                copy_size(terminal, descriptor, self._prefix_columns)
        chief.send(signal.SIGWINCH)

    def accounts(self) -> dict[int, dict[str, Any]]:
        """What communication has cost the ranks that left in good order, by rank."""
        if self._server is None or not self._have_all_joined:
            return {}
        self._server.wait_everybody_gone(FAREWELL_LIMIT_S)
        return self._server.accounts()

    def autopsies(self) -> dict[int, Autopsy]:
        """All that is known about each worker, by rank."""
        return {rank: self._autopsy(worker) for rank, worker in self._workers.items()}

    def _new_state(self, rank: int) -> WorkerState:
        return WorkerState(rank, role=task_of(self._job.config, rank)[0])

    def _start_worker(self, rank: int) -> None:
        job = self._job
        is_chief = rank == 0
        # Input that was redirected is the chief's; a terminal's stays the launcher's,
        # because processes outside its foreground group may not read it.
        has_input = is_chief and not _is_terminal_or_closed(STDIN)
        identity = worker_identity(
            job, rank, self.state.restarts_used, self.address, self._key, self._cluster
        )
        variables = worker_variables(identity, job.budget, job.config.environment)
        try:
            worker = WorkerProcess(
                rank,
                job.task(rank),
                {**job.inherited, **variables},
                open_streams(
                    job.terminals if is_chief else (None, None), self._prefix_columns
                ),
                stdin=STDIN if has_input else subprocess.DEVNULL,
            )
        except OSError as error:
            raise LauncherError(
                f"rank {rank} could not be started: {error.strerror}. Limits on "
                "processes or open files may be reached: see `ulimit -a`."
            ) from error
        self._workers[rank] = worker
        self._guardian.watch(worker.pid)
        self._selector.register(
            worker.failure_fd, selectors.EVENT_READ, (worker, None, worker.failure_fd)
        )
        if self._is_reading:
            self._register_outputs(worker)

    def _read(self, worker: WorkerProcess, stream: int | None, descriptor: int) -> None:
        """Take in what one descriptor has to give."""
        data = read_available(descriptor)
        if data is None:
            self._selector.unregister(descriptor)
            if stream is None:  # only the end of the process closes this one
                self._ending.add(worker.rank)
        elif data and stream is None:
            self._reported(worker.rank, data)
        elif data and stream is not None:
            self._output.received(worker.rank, stream, data, time.monotonic())

    def _reported(self, rank: int, data: bytes) -> None:
        report = self._reports[rank]
        report.feed(data)
        if report.fatal is not None:
            self._change(
                rank,
                failed_at=report.fatal.time,
                blames_peer=report.fatal.blames_peer,
                gave_up_waiting=report.fatal.gave_up_waiting,
            )

    def _reap(self, worker: WorkerProcess, now: float) -> None:
        """Find out whether a worker has ended, and close its account if so."""
        ended = worker.poll()
        if ended is None:
            return
        rank = worker.rank
        self._guardian.forget(worker.pid)
        self._peak_memory[rank] = ended.peak_memory
        self._drain(worker)
        self._ending.discard(rank)
        self._change(rank, exit_code=ended.code, ended_at=now)
        self._output.ended(rank, now)
        if self._server is not None and ended.code != 0:
            self._server.worker_lost(rank, cause_for_peers(self._autopsy(worker)))

    def _drain(self, worker: WorkerProcess) -> None:
        """Read what a worker left in its pipes, and close them."""
        registered = self._selector.get_map()
        for stream, descriptor in (
            (None, worker.failure_fd),
            (STDOUT, worker.output_fds[STDOUT]),
            (STDERR, worker.output_fds[STDERR]),
        ):
            left = MAX_DRAINED_BYTES
            while left > 0 and (data := read_available(descriptor)):
                left -= len(data)
                if stream is None:
                    self._reported(worker.rank, data)
                else:
                    self._output.received(worker.rank, stream, data, time.monotonic())
            if descriptor in registered:
                self._selector.unregister(descriptor)
        report = self._reports[worker.rank]
        for text in (report.fatal.traceback if report.fatal else "", report.dump):
            self._output.log(worker.rank, text)
        worker.close()

    def _note_joins(self, now: float) -> None:
        if self._server is None:
            return
        if not self._have_all_joined:
            self._look_who_joined(self._server, now)
        if self._have_all_joined and self._job.config.nodes > 1:
            is_needed = not self._server.wait_everybody_gone(timeout_s=0.0)
            self.state = replace(self.state, is_meeting_place=is_needed)

    def _look_who_joined(self, server: RendezvousServer, now: float) -> None:
        missing = set(server.missing())
        self._have_all_joined = not missing
        if self._have_all_joined:
            self.joined_after_s = now - self._started_at
        elsewhere = tuple(sorted(missing - set(self._ranks)))
        self.state = replace(self.state, missing_elsewhere=elsewhere)
        for worker in self.state.workers:
            if not worker.has_joined and worker.rank not in missing:
                self._change(worker.rank, has_joined=True)
                if self.state.first_join_at is None:
                    self.state = replace(self.state, first_join_at=now)

    def _read_or_pause(self) -> None:
        """Stop reading while the user's side cannot keep up; the pipes then fill."""
        should_read = not self._output.is_behind
        if should_read == self._is_reading:
            return
        self._is_reading = should_read
        for worker in self._workers.values():
            if not self._state_of(worker.rank).is_running:
                continue
            if should_read:
                self._register_outputs(worker)
            else:
                registered = self._selector.get_map()
                for descriptor in worker.output_fds:
                    if descriptor in registered:
                        self._selector.unregister(descriptor)

    def _register_outputs(self, worker: WorkerProcess) -> None:
        for stream, descriptor in enumerate(worker.output_fds):
            self._selector.register(
                descriptor, selectors.EVENT_READ, (worker, stream, descriptor)
            )

    def _patience(self) -> float:
        """How long `wait` may sleep."""
        if self._ending:
            return END_TICK_S
        deadline = self._output.deadline
        if deadline is None:
            return TICK_S
        return min(TICK_S, max(0.0, deadline - time.monotonic()))

    def _autopsy(self, worker: WorkerProcess) -> Autopsy:
        rank = worker.rank
        state, report = self._state_of(rank), self._reports[rank]
        end = state.failure_time or state.ended_at or time.monotonic()
        return Autopsy(
            state=state,
            pid=worker.pid,
            lived_s=end - worker.started_at,
            records=report.records,
            dump=report.dump,
            last_errors=self._output.last_errors(rank),
            peak_memory=self._peak_memory.get(rank, 0),
            was_out_of_memory=out_of_memory_kills() > self._memory_kills_before,
            role=in_words(task_of(self._job.config, rank)) if self._cluster else "",
        )

    def _state_of(self, rank: int) -> WorkerState:
        return self.state.workers[rank - self._ranks.start]

    def _change(self, rank: int, **facts: object) -> None:
        workers = list(self.state.workers)
        index = rank - self._ranks.start
        workers[index] = replace(workers[index], **facts)  # type: ignore[arg-type]
        self.state = replace(self.state, workers=tuple(workers))


def _is_terminal_or_closed(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return True
    return os.isatty(descriptor)
