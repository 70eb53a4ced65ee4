"""`run_ranks`: one function, many ranks; threads here, processes in `processes`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dist.contract import Settings, WorkerIdentity
from dist.job_key import JobKey
from dist.rendezvous_server import RendezvousServer
from dist.session import Session
from dist.testing.outcome import Outcome, RankFailedError, raise_first_cause
from dist.testing.processes import run_processes
from dist.thread_world import thread_groups

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dist.testing.faults import Fault

Body = Callable[..., Any]


def run_ranks(  # noqa: PLR0913 - a test aid is configured by keywords
    body: Body,
    size: int,
    *arguments: Any,
    processes: bool = False,
    transport: str = "",
    hosts: Sequence[str] | None = None,
    fault: Fault | None = None,
    timeout: float = 60.0,
    check: bool = True,
    settings: Settings | None = None,
) -> list[Any]:
    """Call `body(group, *arguments)` on `size` ranks at once; return all results.

    Args:
        body: the function. For processes, anything that cloudpickle can send.
        size: how many ranks.
        *arguments: passed on to every rank.
        processes: real processes instead of threads.
        transport: "threads" (the default without processes), "shm", "ring" or
            "hierarchy"; processes choose for themselves by default.
        hosts: pretended host names by rank, for groups that span hosts.
        fault: what goes wrong, on which rank, and when.
        timeout: seconds for each call on the group, and for everything.
        check: raise the first error. Otherwise return an `Outcome` for each rank.
        settings: further settings of the group.
    """
    if fault is not None and fault.kind == "pause" and not processes:
        raise ValueError(
            "run_ranks: a thread cannot be paused by a signal. Use `processes=True`, "
            "or `drop(rank)`, which never arrives."
        )
    if not processes and transport in ("", "threads"):
        outcomes = _around_a_table(body, size, arguments, fault, timeout)
    else:
        server = RendezvousServer(size, key := JobKey.generate())
        settings = replace(settings or Settings(), transport=transport or "auto")
        if hosts is not None and not settings.interface:
            # The pretended hosts are all this one.
            settings = replace(settings, interface="127.0.0.0/8")
        identities = [
            replace(one, start_timeout_s=timeout, settings=settings)
            for one in _identities(size, hosts, server.start(), key)
        ]
        run = run_processes if processes else _with_sessions
        try:
            outcomes = run(server, identities, body, arguments, fault)
        finally:
            server.close()
    if not check:
        return outcomes
    raise_first_cause(outcomes)
    return [outcome.value for outcome in outcomes]


def _around_a_table(
    body: Body,
    size: int,
    arguments: tuple[Any, ...],
    fault: Fault | None,
    timeout_s: float,
) -> list[Outcome]:
    groups = thread_groups(size, timeout_s)

    def one_rank(rank: int) -> Any:
        try:
            if fault is None or fault.rank != rank:
                return body(groups[rank], *arguments)
            return fault.run(body, groups[rank], arguments, is_process=False)
        finally:
            groups[rank].close()

    return _in_threads(one_rank, size, timeout_s)


def _with_sessions(
    server: RendezvousServer,
    identities: list[WorkerIdentity],
    body: Body,
    arguments: tuple[Any, ...],
    fault: Fault | None,
) -> list[Outcome]:
    """Each rank is a thread with a line, sockets and shared memory of its own."""
    timeout_s = identities[0].start_timeout_s

    def one_rank(rank: int) -> Any:
        struck = fault if fault is not None and fault.rank == rank else None
        session = None
        try:
            if struck is not None and struck.at == 0:
                struck.strike(is_process=False)
            session = Session(identities[rank], timeout_s)
            if struck is None:
                return body(session.world, *arguments)
            return struck.run(body, session.world, arguments, is_process=False)
        except BaseException as error:
            server.worker_lost(rank, f"it raised {error!r}")
            raise
        finally:
            if session is not None:
                session.close()

    return _in_threads(one_rank, len(identities), timeout_s)


def _in_threads(
    one_rank: Callable[[int], Any], size: int, timeout_s: float
) -> list[Outcome]:
    outcomes: list[Outcome | None] = [None] * size

    def run(rank: int) -> None:
        try:
            outcomes[rank] = Outcome(rank, one_rank(rank))
        except BaseException as error:
            # Reported to whoever called `run_ranks`, whatever it is.
            outcomes[rank] = Outcome(rank, error=error)

    threads = [
        threading.Thread(target=run, args=(rank,), name=f"rank-{rank}", daemon=True)
        for rank in range(size)
    ]
    deadline = time.monotonic() + timeout_s + 5.0
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return [
        outcome
        or Outcome(rank, error=RankFailedError(f"rank {rank} did not end in time"))
        for rank, outcome in enumerate(outcomes)
    ]


def _identities(
    size: int, hosts: Sequence[str] | None, address: str, key: JobKey
) -> list[WorkerIdentity]:
    names = ["localhost"] * size if hosts is None else list(hosts)
    return [
        WorkerIdentity(
            rank=rank,
            size=size,
            local_rank=names[:rank].count(names[rank]),
            local_size=names.count(names[rank]),
            host=names[rank],
            run_id="test",
            source="launch",
            rendezvous=address,
            job_key=key,
        )
        for rank in range(size)
    ]
