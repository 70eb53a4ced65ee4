"""`--timeline FILE`: one trace of all ranks, put together when the job is over.

Every worker leaves its own part in a private folder when it ends; one that is killed
leaves none. The parts of a job that was restarted share the launcher's clock, so its
attempts follow each other in one picture.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from typing import TYPE_CHECKING

from launcher.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


class Traces:
    """The parts of a job's timeline until they are one file; a context manager.

    Attributes:
        folder: where the parts are kept meanwhile.
    """

    def __init__(self, file: Path) -> None:
        """Make sure before the job starts that the file can be written at its end.

        Raises:
            UsageError: there is no such folder, or it may not be written to.
        """
        folder = file.parent
        if file.is_dir() or not os.access(folder, os.W_OK):
            reason = "is a folder" if file.is_dir() else f"cannot be made in {folder}"
            raise UsageError(
                f"`--timeline` needs a file to write to, and {str(file)!r} {reason}. "
                "Pass for example `--timeline trace.json`."
            )
        self._file = file
        self.folder = tempfile.mkdtemp(prefix="launch-timeline-")

    def __enter__(self) -> Traces:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def part(self, attempt: int) -> str:
        """The folder in which the workers of an attempt leave their parts."""
        return os.path.join(self.folder, f"attempt{attempt}")

    def write(self) -> int:
        """Write the file; return how many ranks it shows."""
        from dist.timeline import merge_all

        return merge_all(self.folder, self._file)
