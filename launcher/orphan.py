"""A worker's second guard against outliving the launcher (the first: guardian.py).

On Linux the kernel itself can be asked to kill a process when its parent ends, which
holds even if the launcher and its guardian are killed in the same instant.
"""

from __future__ import annotations

import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """Ask the kernel to kill this process when `parent` ends; no effect but on Linux.

    Programs that this process starts do not inherit the request.
    """
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        return  # a sandbox forbids it; the guardian is still there
    if os.getppid() != parent:  # it ended before we asked
        os.kill(os.getpid(), signal.SIGKILL)
