"""What travels between data sockets: a fixed header, a sentence, raw array bytes.

Never pickle. The header says who sends, which call it belongs to (sequence number and
fingerprint), which piece of it this is, and who was the last to arrive as far as the
sender knows. The first frame of a call also carries the sender's sentence for it, so
that the receiver can show both calls if they differ.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

_HEADER = struct.Struct("<4sHHIIQQdH")
_MAGIC = b"RFL1"
LONGEST_TEXT = 1000


@dataclass(frozen=True, slots=True)
class Header:
    """The facts in front of every piece of an array.

    Attributes:
        source: the sender's rank in the group.
        piece: position of this message within the call, counted per connection.
        last_rank, last_s: the latest arrival that the sender knows of, and when (on
            the rendezvous server's clock).
        is_letter: whether it is of `send` rather than of a collective.
    """

    source: int
    sequence: int
    fingerprint: int
    piece: int
    last_rank: int
    last_s: float
    is_letter: bool = False
    text: str = ""

    def encode(self) -> bytes:
        """The header as bytes; what follows them is payload."""
        text = self.text.encode()[:LONGEST_TEXT]
        return (
            _HEADER.pack(
                _MAGIC,
                self.is_letter,
                self.last_rank,
                self.source,
                self.piece,
                self.sequence,
                self.fingerprint,
                self.last_s,
                len(text),
            )
            + text
        )


def decode(frame: bytes) -> tuple[Header, memoryview] | None:
    """Split a message into header and payload; None if it is not one of ours."""
    if len(frame) < _HEADER.size or frame[:4] != _MAGIC:
        return None
    (
        _,
        is_letter,
        last_rank,
        source,
        piece,
        sequence,
        fingerprint,
        last_s,
        text_size,
    ) = _HEADER.unpack_from(frame)
    end = _HEADER.size + text_size
    if text_size > LONGEST_TEXT or len(frame) < end:
        return None
    text = frame[_HEADER.size : end].decode(errors="replace")
    header = Header(
        source, sequence, fingerprint, piece, last_rank, last_s, bool(is_letter), text
    )
    return header, memoryview(frame)[end:]
