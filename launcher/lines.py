"""Bytes from a pipe into whole lines, the way a terminal would show them."""

from __future__ import annotations

# A "line" beyond this is not text for a reader; it is cut so that memory stays bounded.
MAX_LINE_BYTES = 1 << 20
# A progress bar that never ends its line is cut back to what it shows at this size.
MAX_REDRAWN_BYTES = 1 << 14


class LineAssembler:
    """Collects the bytes of one stream and gives back its lines, without newlines."""

    def __init__(self) -> None:
        self._rest = b""

    @property
    def unfinished(self) -> bytes:
        """What has arrived since the last newline."""
        return self._rest

    def feed(self, chunk: bytes) -> list[bytes]:
        """Take in bytes; return the lines that they complete."""
        *lines, rest = (self._rest + chunk).split(b"\n")
        if len(rest) > MAX_REDRAWN_BYTES and is_redrawn(rest):
            rest = b"\r" + visible(rest)
        if len(rest) > MAX_LINE_BYTES:
            lines.append(rest)
            rest = b""
        self._rest = rest
        return lines

    def finish(self) -> list[bytes]:
        """The unterminated last line, if there is one."""
        rest, self._rest = self._rest, b""
        return [rest] if rest else []


def visible(line: bytes) -> bytes:
    """What a terminal still shows of a line once it is complete.

    Progress bars go back to the start of the line (carriage return) or step by step
    (backspace) and write over it; the last state is what remains.
    """
    if b"\r" not in line:
        return line
    segments = [segment.strip(b"\b") for segment in line.split(b"\r")]
    return next((segment for segment in reversed(segments) if segment), b"")


def is_redrawn(line: bytes) -> bool:
    """Whether the line was written over: a progress bar, not a message."""
    return b"\r" in line.removesuffix(b"\r")
