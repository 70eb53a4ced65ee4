"""One collective call on one rank: what was asked for, where, and since when.

All ranks must make the same calls in the same order. A call is therefore boiled down to
a fingerprint of 64 bits that travels with the first frame, and to a sentence that the
error shows when two fingerprints differ.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import math
import os
import sys
import time
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import CodeType

    import numpy as np

LETTER = "send"
_ROOMS = tuple(
    str(Path(__file__).parent.parent / room) + os.sep
    for room in ("dist", "strategies", "tensor", "launcher")
)
_GENERATED = "<ringflow "  # the code that graphs become
_BETWEEN = (contextlib.__file__, functools.__file__)  # what ours may be called through


@dataclass(frozen=True, slots=True)
class Request:
    """What must be equal on all ranks, and how it reads."""

    name: str
    text: str
    fingerprint: int
    nbytes: int

    @property
    def is_letter(self) -> bool:
        """Whether it concerns two ranks only."""
        return self.name == LETTER


@dataclass(slots=True)
class Call:
    """A request that is being carried out.

    Attributes:
        group: the group's name, for messages.
        sequence: the number of the call in its group, or of a letter among those
            between the same two ranks.
        site: the user's line, "train.py:12".
        timeout_s: how long the call may take; infinity where there is no limit.
        waited_s: time spent waiting for other ranks so far.
        arrived_s: when this rank made the call, on the job's common clock.
        last_rank, last_s: the latest arrival known here, and when it was.
        duration_s: how long it took, once it is over.
        warnings: how often `Watch` has named those who are late.
    """

    request: Request
    group: str
    sequence: int
    site: str
    timeout_s: float
    started_s: float = field(default_factory=time.perf_counter)
    waited_s: float = 0.0
    arrived_s: float = 0.0
    last_rank: int = 0
    last_s: float = 0.0
    duration_s: float = 0.0
    warnings: int = 0

    @property
    def elapsed_s(self) -> float:
        """Seconds since the call was made."""
        return time.perf_counter() - self.started_s

    @property
    def lag_s(self) -> float:
        """How much earlier than the last rank this one arrived."""
        return self.last_s - self.arrived_s

    def note_arrival(self, rank: int, at_s: float) -> None:
        """Remember the latest arrival among all that are heard of."""
        if at_s > self.last_s:
            self.last_rank, self.last_s = rank, at_s

    @property
    def title(self) -> str:
        """`all_reduce(float32[4], sum) #17 on group 'world'`."""
        return f"{self.request.text} #{self.sequence} on group {self.group!r}"

    @property
    def text(self) -> str:
        """`all_reduce(float32[4], sum) #17 on group 'world' at train.py:12`."""
        return f"{self.title} at {self.site}" if self.site else self.title


@lru_cache(maxsize=4096)
def make_request(
    name: str,
    detail: str = "",
    dtype: np.dtype[Any] | None = None,
    shape: tuple[int, ...] = (),
) -> Request:
    """Describe a call; the same description is made once."""
    array, nbytes = "", 0
    if dtype is not None:
        array = f"{dtype.name}{list(shape)}"
        nbytes = dtype.itemsize * math.prod(shape)
    text = f"{name}({', '.join(part for part in (array, detail) if part)})"
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return Request(name, text, int.from_bytes(digest, "little"), nbytes)


def user_site() -> str:
    """The innermost line outside ringflow's packages that led here: the user's."""
    frame = sys._getframe(1)
    while frame is not None:
        if not _is_ours(frame.f_code):
            return _site(frame.f_code, frame.f_lineno)
        if frame.f_back is None:
            break
        frame = frame.f_back
    return ""


@lru_cache(maxsize=4096)
def _site(code: CodeType, line: int) -> str:
    return f"{code.co_filename}:{line}"


@lru_cache(maxsize=4096)
def _is_ours(code: CodeType) -> bool:
    name = code.co_filename
    return name.startswith((*_ROOMS, _GENERATED)) or name in _BETWEEN
