"""The loop of a job: wait, ask the policy, do what it says, until the job is over."""

from __future__ import annotations

import select
import socket
import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from launcher import policy, report
from launcher.agreement import HostReport
from launcher.attempt import Attempt
from launcher.causes import (
    Cause,
    HostFailed,
    NeverJoined,
    OutputClosed,
    Stalled,
    StopRequested,
    WorkerFailed,
)
from launcher.council import open_council
from launcher.guardian import Guardian
from launcher.output import Output, open_journal, open_logs
from launcher.screen import STDERR, STDOUT
from launcher.signals import (
    FORWARDED,
    SHOW_STACKS,
    STOPPING,
    TERMINAL_RESIZED,
    SignalInbox,
)
from launcher.traces import Traces

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO

    from launcher.autopsy import Autopsy
    from launcher.council import Council
    from launcher.job import Job
    from launcher.screen import Screen

# How long the user's side may take for the last lines before each look at signals.
LAST_WRITE_S = 0.2
# Between two looks at what other hosts say.
PAUSE_S = 0.05


@dataclass(frozen=True)
class Outcome:
    """How a job ended; `cause` is None if it succeeded.

    `accounts` say what communication has cost each rank, where that is known.
    """

    status: int
    cause: Cause | None
    autopsies: Mapping[int, Autopsy]
    accounts: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)


class Supervisor:
    """Runs one job to its end on a screen.

    Args:
        job: what to run.
        screen: where the workers' output goes.
        is_command: whether this process is the `launch` command, which ends with the
            job and explains a failure last; otherwise it calls us and has the outcome.
    """

    def __init__(self, job: Job, screen: Screen, *, is_command: bool = True) -> None:
        self._job = job
        self._is_command = is_command
        self._config = job.config
        self._screen = screen
        # With several hosts it is for all of them to agree on a restart.
        restarts = job.config.restarts if job.config.nodes == 1 else 0
        self._limits = policy.Limits(
            job.config.start_timeout_s, job.config.grace_s, restarts
        )
        self._journal: TextIO | None = None
        self._traces: Traces | None = None
        self._council: Council | None = None

    def run(self) -> Outcome:
        """Start the workers, again after failures if asked to, and see them end."""
        started_at = time.monotonic()
        with ExitStack() as stack:
            signals = stack.enter_context(SignalInbox(is_final=self._is_command))
            guardian = Guardian()
            stack.callback(guardian.close)
            if self._config.log_dir is not None:
                journal = open_journal(self._config.log_dir)
                self._journal = stack.enter_context(journal)
                self._journal.write(report.options_in_words(self._config) + "\n")
            if self._job.folder is not None:
                guardian.remove_at_end(self._job.folder)
            if self._config.timeline is not None:
                self._traces = stack.enter_context(Traces(self._config.timeline))
                guardian.remove_at_end(self._traces.folder)
            self._council = open_council(self._job)
            if self._council is not None:
                stack.callback(self._council.close)
            outcome = self._attempts(signals, guardian)
            if self._traces is not None:
                ranks = self._traces.write()
                self._say(report.timeline_written(self._config, ranks))
            if outcome.cause is None:
                elapsed_s = time.monotonic() - started_at
                self._say(
                    report.success(
                        elapsed_s, len(self._config.local_ranks), outcome.accounts
                    )
                )
            while not self._screen.wait_written(LAST_WRITE_S):
                if any(signum in STOPPING for signum, _ in signals.take()):
                    break  # the reader is stuck and the user has seen enough
        return outcome

    def _attempts(self, signals: SignalInbox, guardian: Guardian) -> Outcome:
        """Run all workers until nobody wants another attempt."""
        if self._council is not None:
            cause = self._wait_for_first_host(self._council, signals)
            if cause is not None:
                return Outcome(policy.status_of(cause, policy.JobState(())), cause, {})
        attempt = self._council.attempt or 0 if self._council is not None else 0
        while True:
            decision, outcome = self._attempt(signals, guardian, attempt)
            if self._council is not None:
                decision, outcome = self._agree(self._council, outcome, signals)
            if not isinstance(decision, policy.Restart):
                return outcome
            attempt += 1
            limit = self._config.restarts
            self._say(report.restarting(decision.cause, attempt, limit))

    def _wait_for_first_host(
        self, council: Council, signals: SignalInbox
    ) -> Cause | None:
        """Wait until the first attempt may begin; return why it will not."""
        started_at = time.monotonic()
        notice_at, limit_s = policy.FIRST_NOTICE_S, self._config.start_timeout_s
        while not council.is_open():
            waited_s = time.monotonic() - started_at
            if waited_s >= notice_at:
                notice_at += policy.NOTICE_INTERVAL_S
                self._say(report.waiting_for_hosts(council.address, waited_s))
            if 0 < limit_s <= waited_s:
                status = policy.STATUS_TIMEOUT
                self._print(report.no_first_host(council.address, waited_s, status))
                return NeverJoined((0,), waited_s)
            if (cause := self._pause(signals)) is not None:
                return cause
        return None

    def _agree(
        self, council: Council, outcome: Outcome, signals: SignalInbox
    ) -> tuple[policy.Decision, Outcome]:
        """Tell the other hosts how it went here; hear what all do next."""
        council.report(self._host_report(council.node, outcome))
        ended_at, is_told = time.monotonic(), False
        while (verdict := council.verdict()) is None:
            waited_s = time.monotonic() - ended_at
            if waited_s >= policy.FIRST_NOTICE_S and not is_told:
                self._say(report.waiting_for_verdict())
                is_told = True
            if (wish := self._pause(signals)) is not None:
                status = policy.status_of(wish, policy.JobState(()))
                ended = replace(outcome, status=status, cause=wish)
                return policy.Finish(status, wish), ended
        why, cause = verdict.cause, outcome.cause
        if why is not None and why.node != council.node:
            is_said = isinstance(cause, HostFailed)
            cause = HostFailed(why.node, why.why, verdict.status)
            if not is_said and self._is_command:
                for line in report.ending(cause, verdict.status, {}):
                    self._print(line)
        if verdict.restarts and cause is not None:
            return policy.Restart(cause), outcome
        outcome = replace(outcome, status=outcome.status or verdict.status, cause=cause)
        return policy.Finish(outcome.status, cause), outcome

    def _host_report(self, node: int, outcome: Outcome) -> HostReport:
        cause = outcome.cause
        if cause is None:
            return HostReport(node, 0)
        blames_other = isinstance(cause, HostFailed) or (
            isinstance(cause, WorkerFailed)
            and outcome.autopsies[cause.rank].state.blames_peer
        )
        return HostReport(
            node,
            outcome.status,
            report.in_short(cause, outcome.autopsies),
            is_final=isinstance(cause, StopRequested | OutputClosed),
            is_consequence=blames_other,
        )

    def _pause(self, signals: SignalInbox) -> StopRequested | None:
        """Wait a moment; return the user's wish to stop, if there is one."""
        select.select([signals.wakeup_fd], [], [], PAUSE_S)
        for signum, _ in signals.take():
            if signum in STOPPING:
                return StopRequested(signum)
        return None

    def _attempt(
        self, signals: SignalInbox, guardian: Guardian, restarts: int
    ) -> tuple[policy.Decision, Outcome]:
        """Run all workers once."""
        output, job = self._new_output(restarts), self._job
        if self._traces is not None:
            part = self._traces.part(restarts)
            job = replace(job, settings=replace(job.settings, timeline=part))
        try:
            with Attempt(job, output, guardian, restarts, self._council) as attempt:
                attempt.listen_to(signals.wakeup_fd)
                attempt.start(self._announce if restarts == 0 else lambda _: None)
                decision = self._watch(attempt, signals)
                autopsies, accounts = attempt.autopsies(), attempt.accounts()
        finally:
            output.close()
        if self._config.is_verbose:
            for line in report.details(autopsies):
                self._say(line)
        cause = getattr(decision, "cause", None)
        status = policy.status_of(cause, attempt.state)
        if cause is not None and self._is_command:
            for line in report.ending(cause, status, autopsies):
                self._print(line)
        return decision, Outcome(status, cause, autopsies, accounts)

    def _watch(self, attempt: Attempt, signals: SignalInbox) -> policy.Decision:
        """Wait and act until the policy says that this attempt is over."""
        while True:
            attempt.wait()
            self._take_signals(attempt, signals)
            if self._config.is_verbose and attempt.joined_after_s is not None:
                self._say(report.joined(self._config.size, attempt.joined_after_s))
                attempt.joined_after_s = None
            if self._screen.is_closed:
                attempt.output_closed()
            now = time.monotonic()
            decision = policy.decide(attempt.state, self._limits, now)
            if isinstance(decision, policy.Finish | policy.Restart):
                return decision
            self._carry_out(decision, attempt, now)

    def _carry_out(
        self, decision: policy.Decision, attempt: Attempt, now: float
    ) -> None:
        match decision:
            case policy.StopAll(cause, signum):
                autopsies = attempt.autopsies()
                self._say(report.stopping(cause, autopsies))
                if self._council is not None and not isinstance(cause, HostFailed):
                    why = report.in_short(cause, autopsies)
                    status = policy.status_of(cause, attempt.state)
                    self._council.say_failing(why, status)
                if isinstance(cause, NeverJoined | Stalled):
                    attempt.ask_for_stacks(cause.ranks)
                attempt.stop_all(cause, signum, now)
            case policy.Replace(rank):
                self._say(report.replacing(attempt.autopsies()[rank]))
                attempt.replace_worker(rank)
            case policy.KillAll():
                attempt.kill_all()
            case policy.Notice(missing, waited_s):
                size = self._config.size
                self._say(report.waiting(missing, size, waited_s))
                attempt.noticed(now)
            case policy.Continue():
                pass

    def _take_signals(self, attempt: Attempt, signals: SignalInbox) -> None:
        for signum, at in signals.take():
            if signum in STOPPING:
                attempt.requested(signum, at)
            elif signum in FORWARDED:
                attempt.send(signum)
            elif signum == TERMINAL_RESIZED:
                attempt.terminal_resized()
            elif signum == SHOW_STACKS:
                dumps = attempt.ask_for_stacks(self._config.local_ranks)
                for line in report.stacks(dumps):
                    self._print(line)

    def _new_output(self, restarts: int) -> Output:
        ranks, folder = self._config.local_ranks, self._config.log_dir
        how, terminals = self._config.output, self._screen.is_terminal
        return Output(
            self._screen,
            ranks,
            is_merged=(
                how == "merged" or (how == "auto" and terminals[STDOUT]),
                how != "plain",
            ),
            shown=self._config.ranks,
            logs=open_logs(folder, ranks, restarts) if folder else None,
        )

    def _announce(self, address: str) -> None:
        """Print the first line, once it is known where the workers will meet."""
        self._say(report.opening(self._job, socket.gethostname(), address))

    def _say(self, sentence: str) -> None:
        """Print a sentence that `-q` silences."""
        self._print(f"launch: {sentence}", is_shown=not self._config.is_quiet)

    def _print(self, text: str, *, is_shown: bool = True) -> None:
        if self._journal is not None:
            self._journal.write(text + "\n")
        if is_shown:
            self._screen.show_text(STDERR, text)
