"""The sentences that `launch` itself prints, made from facts; pure."""

from __future__ import annotations

import signal
from collections import Counter
from typing import TYPE_CHECKING, Any

from launcher.autopsy import end_of, in_bytes, role_of, short_end, signal_name
from launcher.causes import (
    Cause,
    CoordinatorEnded,
    HostFailed,
    LeftWithoutJoining,
    NeverJoined,
    OutputClosed,
    Stalled,
    StopRequested,
    WorkerFailed,
)
from launcher.merge import rank_ranges

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from launcher.autopsy import Autopsy
    from launcher.config import LaunchConfig
    from launcher.job import Job

# From here on the last line says who makes the others wait, if it is mostly one.
NOTABLE_WAITING = 0.05
MOSTLY = 0.5

TRANSPORT_NAMES = {
    "shm": "shared memory",
    "ring": "ZeroMQ ring",
    "hierarchy": "shared memory and a ring",
}


def opening(job: Job, host: str, address: str) -> str:
    """The first line: which run, how many workers, where, and with how many threads.

    Args:
        job: what is started.
        host: the name of this host.
        address: where the workers meet; empty if one of them is all there are.
    """
    config, budget = job.config, job.budget
    where = f"on {host}"
    if config.nodes > 1:
        where = f"on each of {config.nodes} hosts, here as host {config.node_rank}"
    if address:
        transport = job.settings.transport
        if transport == "auto":
            transport = "hierarchy" if config.nodes > 1 else "shm"
        name = TRANSPORT_NAMES.get(transport, transport)
        where += f" ({name}, meeting at {address.removeprefix('tcp://')})"
    return (
        f"run {job.run_id} · {_processes(config)} {where} · "
        f"{counted(budget.threads, 'thread')} each ({budget.reason})"
    )


def _processes(config: LaunchConfig) -> str:
    workers = counted(config.workers, "worker")
    if not config.servers:
        return workers
    servers = counted(config.servers, "parameter server")
    return f"a coordinator, {workers} and {servers}"


def options_in_words(config: LaunchConfig) -> str:
    """The job as it was asked for, for the record; values of `--env` stay out."""
    fields = {name: value for name, value in vars(config).items() if name != "program"}
    fields["environment"] = [name for name, _ in config.environment]
    options = " ".join(f"{name}={value}" for name, value in fields.items())
    return f"program: {config.program.command}\noptions: {options}"


def joined(size: int, after_s: float) -> str:
    """Once everybody is there; said on request."""
    return f"all {size} workers joined after {after_s:.2f} s"


def timeline_written(config: LaunchConfig, ranks: int) -> str:
    """Where the trace of all ranks is, and whether anybody's part is missing."""
    where = f"timeline of {counted(ranks, 'rank')} in {config.timeline}"
    if not ranks:
        return f"{where}: no worker joined the job and left in good order"
    return f"{where}: open it at https://ui.perfetto.dev"


def details(autopsies: Mapping[int, Autopsy]) -> list[str]:
    """How each worker ended; said on request."""
    return [
        f"rank {rank} (process {autopsy.pid}): status {autopsy.state.status} after "
        f"{autopsy.lived_s:.1f} s, peak memory {in_bytes(autopsy.peak_memory)}"
        for rank, autopsy in autopsies.items()
    ]


def success(
    elapsed_s: float, workers: int, accounts: Mapping[int, Mapping[str, Any]]
) -> str:
    """The last line when all went well.

    Args:
        elapsed_s: how long the job took.
        workers: how many there were.
        accounts: what communication has cost each rank (`dist.ledger`).
    """
    words = [f"done in {elapsed_s:.1f} s", f"{workers}/{workers} ok"]
    total_s = sum(account["elapsed_s"] for account in accounts.values())
    if total_s and any(account["last"] for account in accounts.values()):
        calling = sum(account["calling_s"] for account in accounts.values()) / total_s
        waiting = sum(account["waiting_s"] for account in accounts.values()) / total_s
        words.append(f"communication {calling:.0%}, {waiting:.0%} waiting for others")
        if waiting >= NOTABLE_WAITING:
            words += _straggler(accounts)
    return " · ".join(words)


def _straggler(accounts: Mapping[int, Mapping[str, Any]]) -> list[str]:
    """Who makes the others wait, if it is mostly one."""
    counts: Counter[int] = Counter()
    for account in accounts.values():
        counts.update(dict(account["last"]))
    ((rank, count),) = counts.most_common(1)
    share = count / counts.total()
    if share < MOSTLY:
        return []
    return [f"rank {rank} came last in {share:.0%} of the calls"]


def waiting(missing: Iterable[int], size: int, waited_s: float) -> str:
    """While some workers have joined and others have not."""
    ranks = tuple(missing)
    return (
        f"waiting for {len(ranks)} of {size} workers since {waited_s:.0f} s: "
        f"{ranks_in_words(ranks)} not joined yet"
    )


def replacing(autopsy: Autopsy) -> str:
    """When a worker of a job with parameter servers was lost."""
    who = f"rank {autopsy.state.rank}{role_of(autopsy)}"
    return f"{who} {end_of(autopsy)}; starting it again"


def stopping(cause: Cause, autopsies: Mapping[int, Autopsy]) -> str:
    """What is said at once when a job begins to stop; the details come last."""
    match cause:
        case WorkerFailed(rank):
            who = f"rank {rank}{role_of(autopsies[rank])}"
            return f"{who} {short_end(autopsies[rank])}; stopping the others"
        case Stalled(rank, ranks):
            return f"rank {rank} gave up waiting; asking {ranks_in_words(ranks)}"
        case StopRequested(signum):
            hint = " (Ctrl-C again kills at once)" if signum == signal.SIGINT else ""
            return f"{_request(signum)}: stopping the workers{hint}"
        case NeverJoined(ranks, _):
            return f"{ranks_in_words(ranks)} did not join; stopping the others"
        case LeftWithoutJoining(rank, _):
            return f"rank {rank} ended without joining; stopping the others"
        case CoordinatorEnded():
            return "the coordinator has ended; stopping the others"
        case HostFailed(node, why):
            return f"host {node}: {why}; stopping the workers here"
        case OutputClosed():
            return "nobody reads the output any more; stopping the workers"


def ending(cause: Cause, status: int, autopsies: Mapping[int, Autopsy]) -> list[str]:
    """The last block on the screen: the root cause, and what it did to the others.

    Lines are complete as they are; those of the launcher itself begin with "launch:".
    """
    match cause:
        case WorkerFailed(rank):
            return _failed(autopsies[rank], status, autopsies)
        case StopRequested(signum):
            lines = [f"launch: ended by {_request(signum)} (exit status {status})"]
            return [*_places(autopsies), *lines]
        case Stalled(waiting_rank, ranks):
            return [
                *_failed(autopsies[waiting_rank], status, autopsies)[:-1],
                *stacks({rank: autopsies[rank].dump for rank in ranks}),
                f"launch: {ranks_in_words(ranks)} did not come to the call in which "
                f"rank {waiting_rank} waited (exit status {status})",
            ]
        case NeverJoined(ranks, waited_s):
            dumps = {rank: autopsies[rank].dump for rank in ranks if rank in autopsies}
            return [
                *stacks(dumps),
                _never_joined(ranks, waited_s, status, autopsies),
            ]
        case LeftWithoutJoining(rank, waiting_ranks):
            return [
                f"launch: rank {rank} ended with status 0 and never joined, while "
                f"{ranks_in_words(waiting_ranks)} waited for it. Every rank must come "
                "to the same `dist.init()`, or make the same strategy.",
                "launch: the others were stopped because "
                f"rank {rank} did not join (exit status {status})",
            ]
        case HostFailed(node, why):
            return [f"launch: host {node} failed: {why} (exit status {status})"]
        case CoordinatorEnded() | OutputClosed():
            return []


def stacks(dumps: Mapping[int, str]) -> list[str]:
    """Where workers were when they were asked; nothing of those that did not answer."""
    lines = []
    for rank, dump in dumps.items():
        if dump:
            lines += [f"launch: rank {rank} was at:", dump.rstrip("\n")]
    return lines


def in_short(cause: Cause, autopsies: Mapping[int, Autopsy]) -> str:
    """The cause alone, as other hosts are told."""
    if isinstance(cause, StopRequested):
        return f"ended by {_request(cause.signum)}"
    return stopping(cause, autopsies).partition("; ")[0]


def waiting_for_hosts(address: str, waited_s: float) -> str:
    """While the launcher of host 0 does not answer."""
    return (
        f"waiting for host 0 at {address.removeprefix('tcp://')} since {waited_s:.0f} s"
    )


def no_first_host(address: str, waited_s: float, status: int) -> str:
    """When the launcher of host 0 did not answer in time."""
    return (
        f"launch: host 0 did not answer at {address.removeprefix('tcp://')} within "
        f"{waited_s:.0f} s. `launch --node-rank 0` must run there, with the same "
        f"`--key-file`. If it only starts later, raise `--start-timeout` "
        f"(exit status {status})"
    )


def waiting_for_verdict() -> str:
    """When this host is done and others are not."""
    return "the workers of this host have ended; waiting for the other hosts"


def restarting(cause: Cause, number: int, limit: int) -> str:
    """Between two attempts."""
    match cause:
        case WorkerFailed(rank):
            what = f"rank {rank} failed"
        case HostFailed(node):
            what = f"host {node} failed"
        case _:
            what = "it failed"
    return f"{what}: starting all workers again (restart {number} of {limit})"


def ranks_in_words(ranks: Sequence[int]) -> str:
    """`rank 2`, or `ranks 0,2-5`."""
    return f"{'rank' if len(ranks) == 1 else 'ranks'} {rank_ranges(ranks)}"


def counted(number: int, noun: str) -> str:
    """`1 worker`, `4 workers`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _failed(
    autopsy: Autopsy, status: int, autopsies: Mapping[int, Autopsy]
) -> list[str]:  # fmt: skip
    rank = autopsy.state.rank
    who = f"rank {rank}{role_of(autopsy)}, process {autopsy.pid},"
    if not autopsy.role:
        who = f"rank {rank} (process {autopsy.pid})"
    records = autopsy.records
    fatal = records.get("exception") or records.get("interrupt")
    lines = []
    if fatal is not None:
        lines += [
            f"launch: {who} failed after {autopsy.lived_s:.1f} s:",
            fatal.traceback.rstrip("\n"),
        ]
    else:
        in_thread = records.get("thread")
        if in_thread is not None:
            lines += [
                f"launch: before it ended, a thread of rank {rank} raised:",
                in_thread.traceback.rstrip("\n"),
            ]
        if autopsy.dump:
            lines += [
                f"launch: where rank {rank} was when it crashed:",
                autopsy.dump.rstrip("\n"),
            ]
        if autopsy.last_errors:
            lines += [f"launch: the last errors of rank {rank}:", *autopsy.last_errors]
        lines.append(f"launch: {who} {end_of(autopsy)} after {autopsy.lived_s:.1f} s")
    lines.append(_what_became_of_the_others(autopsy, status, autopsies))
    return lines


def _what_became_of_the_others(
    first: Autopsy, status: int, autopsies: Mapping[int, Autopsy]
) -> str:
    rank = first.state.rank
    others = [a for r, a in autopsies.items() if r != rank]
    if not others:
        return f"launch: rank {rank} failed (exit status {status})"
    alike = [a.state.rank for a in others if _is_alike(a, first)]
    if len(alike) == len(others):
        return (
            f"launch: {ranks_in_words(alike)} failed in the same way "
            f"(exit status {status})"
        )
    if all(a.state.exit_code == 0 for a in others):
        return f"launch: the others had ended well (exit status {status})"
    return (
        f"launch: the others were stopped because rank {rank} failed "
        f"(exit status {status})"
    )


def _is_alike(one: Autopsy, other: Autopsy) -> bool:
    mine, theirs = one.records.get("exception"), other.records.get("exception")
    if mine is None or theirs is None:
        return False
    return (mine.summary, mine.place) == (theirs.summary, theirs.place)


def _never_joined(
    ranks: Sequence[int], waited_s: float, status: int, autopsies: Mapping[int, Autopsy]
) -> str:
    pids = ", ".join(str(autopsies[rank].pid) for rank in ranks if rank in autopsies)
    where = f"{'process' if len(ranks) == 1 else 'processes'} {pids}"
    if not pids:
        where = "on another host"
    joined = [rank for rank in autopsies if rank not in ranks]
    return (
        f"launch: {ranks_in_words(ranks)} ({where}) never joined: "
        f"{ranks_in_words(joined)} waited {waited_s:.0f} s. It may be busy before "
        "`dist.init()` or the making of its strategy, or never get there. If it only "
        f"needs longer, raise `--start-timeout` (exit status {status})"
    )


def _request(signum: int) -> str:
    return "Ctrl-C" if signum == signal.SIGINT else signal_name(signum)


def _places(autopsies: Mapping[int, Autopsy]) -> list[str]:
    """Where Ctrl-C reached the workers, equal places together, and what went wrong."""
    by_place: dict[str, list[int]] = {}
    for rank, autopsy in autopsies.items():
        record = autopsy.records.get("interrupt")
        if record is not None and record.place:
            by_place.setdefault(record.place, []).append(rank)
    stopped = [
        f"launch: {ranks_in_words(ranks)} stopped at {place}"
        for place, ranks in by_place.items()
    ]
    failed = [
        f"launch: rank {rank} failed while it was stopped: {record.summary} at "
        f"{record.place}"
        for rank, autopsy in autopsies.items()
        if (record := autopsy.records.get("exception")) is not None
    ]
    return stopped + failed
