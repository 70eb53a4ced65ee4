"""What the workers print, on its way to the user and to the log files.

Each stream is shown in one of two styles. *Merged*: every line carries the ranks that
printed it, `[2]` or `[0-3]`, and lines that several ranks print alike within half a
second are shown once. *Plain*: whole lines as they were printed, for programs that read
them. A job of one worker has nothing to tell apart: its bytes go through untouched.

Lines are never torn: each stream of each worker has a pipe of its own and is cut at
newlines here. On a terminal the chief's unfinished line (its progress bar) is shown
while it grows; anything else that is printed goes above it.
"""

from __future__ import annotations

from collections import deque
from itertools import groupby
from typing import TYPE_CHECKING, BinaryIO, TextIO

from launcher.lines import LineAssembler, is_redrawn, visible
from launcher.merge import LineMerger, MergedLine, rank_ranges
from launcher.screen import STDERR, STDOUT, Screen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

CHIEF = 0
# How many lines of its errors are kept of a worker whose output is not shown.
KEPT_ERROR_LINES = 40


class Output:
    """Takes in what the workers of one attempt print.

    Args:
        screen: where lines go.
        ranks: the workers of this attempt.
        is_merged: the style of standard output and of standard error.
        shown: the ranks whose output is shown; None for all.
        logs: a file for each rank that takes everything it prints, unchanged; closed
            with this object.
    """

    def __init__(
        self,
        screen: Screen,
        ranks: Sequence[int],
        is_merged: tuple[bool, bool] = (True, True),
        shown: frozenset[int] | None = None,
        logs: Mapping[int, BinaryIO] | None = None,
    ) -> None:
        self._screen = screen
        self._is_alone = len(ranks) == 1
        self._is_merged = is_merged
        self._shown = set(ranks) if shown is None else set(shown)
        self._merger = LineMerger(self._shown)
        self._streams = {
            (rank, stream): LineAssembler()
            for rank in ranks
            for stream in (STDOUT, STDERR)
        }
        self._errors: dict[int, deque[bytes]] = {
            rank: deque(maxlen=KEPT_ERROR_LINES) for rank in ranks
        }
        self._logs = logs or {}

    @property
    def deadline(self) -> float | None:
        """When `tick` is next due."""
        return self._merger.deadline

    @property
    def is_behind(self) -> bool:
        """Whether the user's side is so slow that no more should be read."""
        return self._screen.is_behind

    def received(self, rank: int, stream: int, data: bytes, now: float) -> None:
        """Take in bytes that a worker wrote."""
        if rank in self._logs:
            self._logs[rank].write(data)
        assembler = self._streams[rank, stream]
        lines = assembler.feed(data)
        if stream == STDERR:
            self._errors[rank].extend(lines)
        if rank not in self._shown:
            return
        if self._is_alone:
            self._screen.pass_through(stream, data)
            return
        if rank == CHIEF and self._screen.is_terminal[stream] and lines:
            self._screen.show_unfinished(stream, b"")
        if lines:
            self._take(rank, stream, lines, now)
        if rank == CHIEF:
            self._show_unfinished(stream, assembler.unfinished)

    def log(self, rank: int, text: str) -> None:
        """Add to a worker's log file what it reported by other ways than printing."""
        if rank in self._logs:
            self._logs[rank].write(text.encode(errors="backslashreplace"))

    def tick(self, now: float) -> None:
        """Show the lines that have waited long enough for their like."""
        self._show(self._merger.due(now))

    def ended(self, rank: int, now: float) -> None:
        """A worker has ended and everything it wrote has been taken in."""
        for stream in (STDOUT, STDERR):
            last = self._streams[rank, stream].finish()
            if last and stream == STDERR:
                self._errors[rank].extend(last)
            if last and rank in self._shown and not self._is_alone:
                if rank == CHIEF:
                    self._screen.show_unfinished(stream, b"")
                self._take(rank, stream, last, now)
        self._show(self._merger.leave(rank, now))

    def last_errors(self, rank: int) -> list[str]:
        """The last lines a worker wrote to standard error, if they were not shown."""
        if rank in self._shown:
            return []
        return [visible(line).decode(errors="replace") for line in self._errors[rank]]

    def close(self) -> None:
        """Show what still waits, and close the files."""
        self._show(self._merger.flush())
        for log in self._logs.values():
            log.close()

    def _take(self, rank: int, stream: int, lines: Sequence[bytes], now: float) -> None:
        """Take in whole lines, of which some may have to wait for their like."""
        lines = [line.removesuffix(b"\r") for line in lines]
        if not self._is_merged[stream]:
            self._screen.show_lines(stream, lines)
            return
        merged: list[MergedLine] = []
        for line in lines:
            if is_redrawn(line):
                # A progress bar is on the screen already: it must not go and come back.
                merged += self._merger.flush(rank)
                merged.append(MergedLine((rank,), stream, visible(line)))
            else:
                merged += self._merger.add(rank, stream, line, now)
        self._show(merged)

    def _show(self, lines: Sequence[MergedLine]) -> None:
        """Show merged lines, neighbours of one stream in one write."""
        for stream, group in groupby(lines, key=lambda line: line.stream):
            self._screen.show_lines(
                stream,
                [b"[%b] %b" % (rank_ranges(line.ranks).encode(), line.text)
                 for line in group],
            )  # fmt: skip

    def _show_unfinished(self, stream: int, text: bytes) -> None:
        shown = visible(text)
        if shown and self._screen.is_terminal[stream]:
            # What the chief printed before it must not appear after it.
            self._show(self._merger.flush(CHIEF))
        if shown and self._is_merged[stream]:
            shown = f"[{CHIEF}] ".encode() + shown
        if shown or not text:
            self._screen.show_unfinished(stream, shown)


def open_logs(
    folder: Path, ranks: Iterable[int], restarts: int = 0
) -> dict[int, BinaryIO]:
    """Open one file for each rank; those of a restart get names of their own."""
    folder.mkdir(parents=True, exist_ok=True)
    suffix = f".restart{restarts}" if restarts else ""
    paths = {rank: folder / f"rank{rank}{suffix}.log" for rank in ranks}
    # Not buffered: whoever follows a file sees all there is.
    return {rank: path.open("wb", buffering=0) for rank, path in paths.items()}


def open_journal(folder: Path) -> TextIO:
    """Open the file that holds what `launch` itself says."""
    folder.mkdir(parents=True, exist_ok=True)
    return (folder / "launch.log").open("w", buffering=1, errors="backslashreplace")
