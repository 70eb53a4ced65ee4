"""What the user sees: who writes it, and how a terminal shows an unfinished line.

Writing happens on one thread, so a slow terminal or a stopped pager never keeps the
launcher from watching its workers. The queue in front of it is bounded by whoever
fills it: see `Screen.is_behind`.
"""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable, Sequence

STDOUT, STDERR = 0, 1
# Their file descriptors.
DESCRIPTORS = (1, 2)
# Beyond this the launcher reads no more from the workers, until half is written.
BACKLOG_BYTES = 4 << 20
CLEAR_LINE = b"\r\x1b[K"

Write = Callable[[bytes], None]


def descriptor_write(descriptor: int) -> Write:
    """A function that writes all of its argument to a file descriptor."""

    def write(data: bytes) -> None:
        while data:
            try:
                data = data[os.write(descriptor, data) :]
            except BlockingIOError:  # whoever shares it with us made it non-blocking
                select.select([], [descriptor], [])

    return write


class Writer:
    """A thread that writes queued bytes in order; a failed target is written no more.

    Args:
        targets: how to write to standard output and standard error.
    """

    def __init__(self, targets: Sequence[Write]) -> None:
        self._targets = targets
        self._queue: list[tuple[int, bytes]] = []
        self._changed = threading.Condition()
        self._is_closing = False
        self._is_idle = True
        self.backlog = 0
        self.failed_targets: set[int] = set()
        self._thread = threading.Thread(
            target=self._serve, name="launch-writer", daemon=True
        )
        self._thread.start()

    def write(self, target: int, data: bytes) -> None:
        """Queue bytes; returns at once."""
        with self._changed:
            self._queue.append((target, data))
            self.backlog += len(data)
            self._changed.notify_all()

    def wait_idle(self, timeout_s: float) -> bool:
        """Wait until everything is written; False if that took too long."""
        with self._changed:
            return self._changed.wait_for(
                lambda: self._is_idle and not self._queue, timeout_s
            )

    def close(self) -> None:
        """Stop after what is queued; a target that is stuck is given up."""
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()
        self._thread.join(timeout=1.0)

    def _serve(self) -> None:
        while True:
            with self._changed:
                self._is_idle = not self._queue
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._queue or self._is_closing)
                batch, self._queue = self._queue, []
                self._is_idle = False
            if not batch:
                return
            for target, data in _joined(batch):
                self._deliver(target, data)

    def _deliver(self, target: int, data: bytes) -> None:
        try:
            if target not in self.failed_targets:
                self._targets[target](data)
        except (OSError, ValueError):  # nobody reads any more, or the stream is closed
            self.failed_targets.add(target)
        with self._changed:
            self.backlog -= len(data)


def _joined(batch: list[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """Neighbours for the same target as one write."""
    joined: list[tuple[int, list[bytes]]] = []
    for target, data in batch:
        if not joined or joined[-1][0] != target:
            joined.append((target, []))
        joined[-1][1].append(data)
    return [(target, b"".join(parts)) for target, parts in joined]


class Screen:
    """Two streams, of which any may be a terminal that keeps one unfinished line.

    Args:
        writer: what carries the bytes away.
        is_terminal: for standard output and standard error, whether it is a terminal.
        columns: gives the width of the terminal.
    """

    def __init__(
        self,
        writer: Writer,
        is_terminal: Sequence[bool] = (False, False),
        columns: Callable[[], int] = lambda: 80,
    ) -> None:
        self._writer = writer
        self.is_terminal = tuple(is_terminal)
        self._columns = columns
        self._unfinished = b""
        self._unfinished_stream = STDOUT
        self._is_within_line = False  # by bytes that were passed through

    @property
    def is_behind(self) -> bool:
        """Whether so much waits to be written that no more should be read."""
        return self._writer.backlog > BACKLOG_BYTES

    @property
    def is_closed(self) -> bool:
        """Whether the reader of standard output is gone."""
        return STDOUT in self._writer.failed_targets

    def show_lines(self, stream: int, lines: Sequence[bytes]) -> None:
        """Write whole lines, above the unfinished one if there is one."""
        text = b"\n".join(lines) + b"\n"
        if self.is_terminal[stream] and self._is_within_line:
            self._is_within_line = False
            self._writer.write(stream, b"\n")
        if not self.is_terminal[stream] or not self._unfinished:
            self._writer.write(stream, text)
            return
        self._writer.write(stream, CLEAR_LINE + text + self._fitted(self._unfinished))

    def show_text(self, stream: int, text: str) -> None:
        """Write lines of our own; what cannot be encoded appears as Python shows it."""
        self.show_lines(stream, [text.encode(errors="backslashreplace")])

    def show_unfinished(self, stream: int, text: bytes) -> None:
        """Draw the unfinished line anew; empty text removes it."""
        if not self.is_terminal[stream] or text == self._unfinished:
            return
        self._unfinished, self._unfinished_stream = text, stream
        self._writer.write(stream, CLEAR_LINE + self._fitted(text))

    def pass_through(self, stream: int, data: bytes) -> None:
        """Write bytes as they are."""
        if self.is_terminal[stream]:
            self._is_within_line = not data.endswith(b"\n")
        self._writer.write(stream, data)

    def wait_written(self, timeout_s: float) -> bool:
        """Wait until the user has seen everything; False if that took too long."""
        return self._writer.wait_idle(timeout_s)

    def close(self) -> None:
        """Remove the unfinished line and stop writing."""
        self.show_unfinished(self._unfinished_stream, b"")
        self._writer.close()

    def _fitted(self, text: bytes) -> bytes:
        """Cut to the terminal's width: a line that wraps could not be redrawn."""
        if b"\x1b" in text:  # colours have no width; trust the program that drew them
            return text
        width = max(1, self._columns() - 1)
        return text.decode(errors="replace")[:width].encode()


def own_terminals() -> tuple[int | None, int | None]:
    """Of standard output and standard error, those that are terminals."""
    output, errors = (fd if os.isatty(fd) else None for fd in DESCRIPTORS)
    return output, errors


def own_screen() -> Screen:
    """The screen of this process: its standard output and standard error."""
    return Screen(
        Writer([descriptor_write(descriptor) for descriptor in DESCRIPTORS]),
        [os.isatty(descriptor) for descriptor in DESCRIPTORS],
        _columns,
    )


def _columns() -> int:
    try:
        # A terminal that was never told its size says 0.
        return os.get_terminal_size(DESCRIPTORS[STDOUT]).columns or 80
    except OSError:
        return 80
