"""The pipes, or pseudo-terminals, between a worker's output and the launcher.

Where the launcher's own output is a terminal the chief gets one as well, so that
progress bars and colours appear as they do without a launcher. All other output goes
through pipes.
"""

from __future__ import annotations

import fcntl
import os
import struct
import termios
from dataclasses import dataclass

WINDOW_SIZE = struct.Struct("HHHH")  # rows, columns, and both in pixels


@dataclass(frozen=True)
class Streams:
    """Standard output and standard error of one worker, both ends of each."""

    readable: tuple[int, int]
    writable: tuple[int, int]


def open_streams(
    like_terminals: tuple[int | None, int | None], reserved_columns: int = 0
) -> Streams:
    """Open both streams of a worker; the caller owns all descriptors.

    Args:
        reserved_columns: how much narrower a terminal is than the one it stands in for.
        like_terminals: for each stream the descriptor of the terminal to stand in for,
            or None for a pipe.
    """
    ends = [
        os.pipe() if terminal is None else _open_terminal(terminal, reserved_columns)
        for terminal in like_terminals
    ]
    (out_read, out_write), (error_read, error_write) = ends
    return Streams((out_read, error_read), (out_write, error_write))


def copy_size(source: int, target: int, reserved_columns: int = 0) -> None:
    """Give one terminal the size of another, but for some columns."""
    size = fcntl.ioctl(source, termios.TIOCGWINSZ, bytes(WINDOW_SIZE.size))
    rows, columns, *pixels = WINDOW_SIZE.unpack(size)
    columns = max(0, columns - reserved_columns)
    fcntl.ioctl(target, termios.TIOCSWINSZ, WINDOW_SIZE.pack(rows, columns, *pixels))


def read_available(descriptor: int, limit: int = 1 << 16) -> bytes | None:
    """Read what is there: b"" if nothing is, None at the end."""
    try:
        return os.read(descriptor, limit) or None
    except BlockingIOError:
        return b""
    except OSError:  # EIO: how a pseudo-terminal says that the other side is closed
        return None


def _open_terminal(like: int, reserved_columns: int) -> tuple[int, int]:
    launcher_end, worker_end = os.openpty()
    attributes = termios.tcgetattr(worker_end)
    # The real terminal turns "\n" into "\r\n"; done here too, it would happen twice.
    attributes[1] &= ~termios.OPOST
    termios.tcsetattr(worker_end, termios.TCSANOW, attributes)
    copy_size(like, launcher_end, reserved_columns)
    return launcher_end, worker_end
