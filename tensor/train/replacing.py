"""Files that appear complete or not at all, whoever is killed in between.

The new content goes to a draft beside the file, is flushed to the disk, and then takes
the file's name in one step. What a killed process left of a draft is cleared away by
the next one to write the same file.
"""

from __future__ import annotations

import contextlib
import glob
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def replacing(path: str) -> Iterator[str]:
    """Return the name of a draft, which becomes the file `path` at the end.

    If the block raises, the file stays as it was.
    """
    _clear_abandoned(path)
    draft = f"{path}.draft-{os.getpid()}"
    try:
        yield draft
        with open(draft, "rb") as file:
            os.fsync(file.fileno())
        os.replace(draft, path)
    finally:
        if os.path.exists(draft):
            os.remove(draft)
    _flush_folder(os.path.dirname(path) or ".")


def _clear_abandoned(path: str) -> None:
    """Remove the drafts of processes that are gone.

    Those of other hosts cannot be told from abandoned ones by their process, but of
    one job only the chief writes.
    """
    for draft in glob.glob(f"{glob.escape(path)}.draft-*"):
        number = draft.rpartition("-")[2]
        if number.isdigit() and not _is_running(int(number)):
            with contextlib.suppress(FileNotFoundError):
                os.remove(draft)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # somebody else's
        return True
    return True


def _flush_folder(folder: str) -> None:
    """Make renames in a folder outlast a crash of the machine."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
