"""The loop of a job: wait, ask the policy, do what it says, until the job is over."""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from launcher import policy, report
from launcher.attempt import Attempt
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

    from launcher.job import Job
    from launcher.report import Autopsy
    from launcher.screen import Screen

# How long the user's side may take for the last lines before each look at signals.
LAST_WRITE_S = 0.2


@dataclass(frozen=True)
class Outcome:
    """How a job ended; `cause` is None if it succeeded."""

    status: int
    cause: policy.Cause | None
    autopsies: Mapping[int, Autopsy]


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
        self._limits = policy.Limits(
            job.config.start_timeout_s, job.config.grace_s, job.config.restarts
        )
        self._journal: TextIO | None = None
        self._traces: Traces | None = None

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
            restarts = 0
            while True:
                decision, outcome = self._attempt(signals, guardian, restarts)
                if not isinstance(decision, policy.Restart):
                    break
                restarts += 1
                self._say(
                    report.restarting(decision.cause, restarts, self._limits.restarts)
                )
            if self._traces is not None:
                ranks = self._traces.write()
                self._say(report.timeline_written(self._config, ranks))
            if outcome.cause is None:
                elapsed_s = time.monotonic() - started_at
                self._say(report.success(elapsed_s, len(self._config.local_ranks)))
            while not self._screen.wait_written(LAST_WRITE_S):
                if any(signum in STOPPING for signum, _ in signals.take()):
                    break  # the reader is stuck and the user has seen enough
        return outcome

    def _attempt(
        self, signals: SignalInbox, guardian: Guardian, restarts: int
    ) -> tuple[policy.Decision, Outcome]:
        """Run all workers once."""
        output, job = self._new_output(restarts), self._job
        if self._traces is not None:
            part = self._traces.part(restarts)
            job = replace(job, settings=replace(job.settings, timeline=part))
        try:
            with Attempt(job, output, guardian, restarts) as attempt:
                attempt.listen_to(signals.wakeup_fd)
                attempt.start(self._announce if restarts == 0 else lambda _: None)
                decision = self._watch(attempt, signals)
                autopsies = attempt.autopsies()
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
        return decision, Outcome(status, cause, autopsies)

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
                self._say(report.stopping(cause, attempt.autopsies()))
                if isinstance(cause, policy.NeverJoined | policy.Stalled):
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
