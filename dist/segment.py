"""Memory that the processes of one host share, and of which nothing is ever left.

A segment is made by one rank and opened by the others. Where the system has it, it is
an anonymous file (`memfd_create`) that the others open through the maker's /proc entry:
it has no name, so it ends with the last process that maps it even after `kill -9`, and
it is not limited by the 64 MB that containers give /dev/shm. Otherwise it is a file in
/dev/shm with mode 0600, and its maker removes the name as soon as all have mapped it.

`multiprocessing.shared_memory` would do neither: before Python 3.13 the resource
tracker of a reader removes a segment that others still use (python/cpython#82300).
"""

from __future__ import annotations

import contextlib
import mmap
import os
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from dist.reductions import Array

KINDS = ("anonymous", "named")
SHARED_FOLDER = Path("/dev/shm")


class SegmentError(OSError):
    """The segment cannot be had on this rank; another kind or transport may do."""


class Segment:
    """One mapping of `nbytes` of shared memory, zero at first."""

    def __init__(self, descriptor: int, nbytes: int) -> None:
        self.memory = mmap.mmap(descriptor, nbytes, mmap.MAP_SHARED)
        self.nbytes = nbytes

    def close(self) -> None:
        """Unmap the memory, if no array looks at it; else it ends with the last one."""
        with contextlib.suppress(BufferError):
            self.memory.close()

    def array(self, offset: int, count: int, dtype: np.dtype[Any]) -> Array:
        """A view of the memory; it keeps the mapping alive."""
        return np.frombuffer(self.memory, dtype, count, offset)


class SharedMemory:
    """Memory that this process makes, and tells another one the name of.

    Attributes:
        name: where a process of the same user and host finds it, until `close`.
        segment: this process's mapping.

    Raises:
        SegmentError: no kind of memory can be had.
    """

    def __init__(self, nbytes: int, kinds: Sequence[str] = KINDS) -> None:
        reasons = []
        for self._kind in kinds:
            try:
                self._descriptor, self.name = _create(self._kind, nbytes)
            except OSError as error:
                reasons.append(f"{self._kind}: {error}")
                continue
            self.segment = Segment(self._descriptor, nbytes)
            self._is_closed = False
            return
        raise SegmentError("; ".join(reasons))

    def close(self) -> None:
        """Remove the name; the memory ends with its last mapping."""
        if not self._is_closed:
            self._is_closed = True
            self.segment.close()
            _remove(self._kind, self.name, self._descriptor)
            if self._kind == "named":
                os.close(self._descriptor)

    def __del__(self) -> None:
        if not getattr(self, "_is_closed", True):
            self.close()


def map_shared(name: str, nbytes: int) -> Segment:
    """Map memory that another process of this host made as `SharedMemory`."""
    return _open(-1, name, nbytes)


def share(
    nbytes: int,
    is_maker: bool,
    exchange: Callable[[str, bytes], list[bytes]],
    kinds: Sequence[str] = KINDS,
) -> Segment:
    """Make a segment on one rank and map it on all; all succeed or all raise.

    Args:
        nbytes: its size.
        is_maker: true on exactly one rank.
        exchange: collects bytes from all ranks under a key.
        kinds: which kinds to try, in order.

    Raises:
        SegmentError: no kind works on all ranks; the text has a reason of each.
    """
    reasons = []
    for kind in kinds:
        descriptor, opened, reason = -1, None, ""
        try:
            if is_maker:
                descriptor, name = _create(kind, nbytes)
            else:
                name = ""
        except OSError as error:
            name, reason = "", f"{kind}: {error}"
        names = exchange(f"segment/{kind}/name", name.encode())
        name = next((told.decode() for told in names if told), "")
        try:
            if name:
                opened = _open(descriptor, name, nbytes)
        except OSError as error:
            reason = f"{kind}: {error}"
        finally:
            if descriptor >= 0 and kind == "named":
                os.close(descriptor)
        told_reasons = exchange(f"segment/{kind}/mapped", reason.encode())
        if is_maker and descriptor >= 0:
            _remove(kind, name, descriptor)
        reasons += [told.decode() for told in told_reasons if told]
        if opened is not None and not any(told_reasons):
            return opened
    raise SegmentError("; ".join(dict.fromkeys(reasons)))


def _create(kind: str, nbytes: int) -> tuple[int, str]:
    """Make and reserve the memory; return a descriptor and how others open it."""
    if kind == "anonymous":
        if sys.platform != "linux":
            raise SegmentError("this system has no memfd_create")
        descriptor = os.memfd_create("ringflow", os.MFD_CLOEXEC)
        name = f"/proc/{os.getpid()}/fd/{descriptor}"
    else:
        path = SHARED_FOLDER / f"ringflow-{secrets.token_hex(8)}"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        name = str(path)
    try:
        os.fchmod(descriptor, 0o600)
        # Reserve every page now: later, a full /dev/shm would be a SIGBUS.
        os.posix_fallocate(descriptor, 0, nbytes)
    except OSError:
        _remove(kind, name, descriptor)
        if kind == "named":
            os.close(descriptor)
        raise
    return descriptor, name


def _open(descriptor: int, name: str, nbytes: int) -> Segment:
    if descriptor >= 0:
        return Segment(descriptor, nbytes)
    opened = os.open(name, os.O_RDWR | os.O_CLOEXEC)
    try:
        if os.fstat(opened).st_size != nbytes:
            raise SegmentError(f"{name} is not the segment that was announced")
        return Segment(opened, nbytes)
    finally:
        os.close(opened)


def _remove(kind: str, name: str, descriptor: int) -> None:
    """Take away the name, so that the memory ends with its last mapping."""
    if kind == "named":
        Path(name).unlink(missing_ok=True)
    else:
        os.close(descriptor)
