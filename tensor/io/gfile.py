"""tf.io.gfile: files and folders by path, with TensorFlow's exceptions.

Paths are those of the local file system; a leading `file://` is dropped.
"""

from __future__ import annotations

import contextlib
import glob as _glob
import os
import shutil
from collections import namedtuple
from typing import TYPE_CHECKING, Any

from tensor.core import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

_BY_BUILTIN: tuple[tuple[type[OSError], type[errors.OpError]], ...] = (
    (FileNotFoundError, errors.NotFoundError),
    (FileExistsError, errors.AlreadyExistsError),
    (PermissionError, errors.PermissionDeniedError),
    (IsADirectoryError, errors.FailedPreconditionError),
    (NotADirectoryError, errors.FailedPreconditionError),
)

_MODES = ("r", "w", "a", "r+", "w+", "a+")

FileStatistics = namedtuple("FileStatistics", ["length", "mtime_nsec", "is_directory"])


@contextlib.contextmanager
def tensorflow_errors(path: Any) -> Iterator[None]:
    """Turn what the operating system says about `path` into an exception of tf.errors.

    Raises:
        OpError: The class that fits the OSError raised inside.
    """
    try:
        yield
    except OSError as error:
        kind = next(
            (ours for theirs, ours in _BY_BUILTIN if isinstance(error, theirs)),
            errors.UnknownError,
        )
        raise errors.because(kind, f"{path}; {error.strerror}") from error


def local_path(path: Any) -> str:
    """Return a path, given as text, bytes or a path object, as the system knows it."""
    text = os.fsdecode(path if isinstance(path, str | bytes) else os.fspath(path))
    return text.removeprefix("file://")


class GFile:
    """A file that opens when it is first read or written."""

    def __init__(self, name: Any, mode: str = "r") -> None:
        """Name a file and how to open it: r, w, a, with + and b as in `open`.

        Raises:
            InvalidArgumentError: There is no such mode.
        """
        if mode.replace("b", "") not in _MODES:
            raise errors.because(
                errors.InvalidArgumentError,
                f"mode is not 'r' or 'w' or 'a' or 'r+' or 'w+' or 'a+': {mode!r}",
            )
        self._name = name
        self._mode = mode
        self._file: Any = None

    @property
    def name(self) -> Any:
        """The path."""
        return self._name

    @property
    def mode(self) -> str:
        """How the file is opened."""
        return self._mode

    def _opened(self) -> Any:
        if self._file is None:
            with tensorflow_errors(self._name):
                # Places in a file are those of bytes, in text files too.
                mode = f"{self._mode.replace('b', '')}b"
                self._file = open(local_path(self._name), mode)  # noqa: SIM115  # `close` closes it
        return self._file

    def _text(self, data: bytes) -> Any:
        return data if "b" in self._mode else data.decode()

    def _for(self, what: str, modes: str) -> Any:
        if not set(modes) & set(self._mode):
            raise errors.because(
                errors.PermissionDeniedError,
                f"File isn't open for {what}: {self._name} was opened with mode "
                f"{self._mode!r}.",
            )
        return self._opened()

    def read(self, n: int = -1) -> Any:
        """Return the next `n` bytes, as text unless the mode says b; -1 for all."""
        return self._text(self._for("reading", "r+").read(n))

    def readline(self) -> Any:
        """Return the next line with its end."""
        return self._text(self._for("reading", "r+").readline())

    def readlines(self) -> list[Any]:
        """Return the remaining lines."""
        lines = self._for("reading", "r+").readlines()
        return [self._text(line) for line in lines]

    def write(self, file_content: Any) -> None:
        """Append `file_content`, bytes or text."""
        is_text = isinstance(file_content, str)
        data = file_content.encode() if is_text else file_content
        self._for("writing", "wa+").write(data)

    def seek(self, offset: int = 0, whence: int = 0) -> None:
        """Go to a place in the file.

        Raises:
            InvalidArgumentError: `whence` is not 0, 1 or 2.
        """
        if whence not in (0, 1, 2):
            raise errors.because(
                errors.InvalidArgumentError,
                f"Invalid whence argument: {whence}. Valid values are 0, 1, or 2.",
            )
        self._opened().seek(offset, whence)

    def tell(self) -> int:
        """Return the place in the file."""
        return int(self._opened().tell())

    def size(self) -> int:
        """Return the size in bytes."""
        return int(stat(self._name).length)

    def seekable(self) -> bool:
        """Return True."""
        return True

    def flush(self) -> None:
        """Hand what was written to the operating system."""
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def __enter__(self) -> GFile:
        self._opened()
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __iter__(self) -> GFile:
        return self

    def __next__(self) -> Any:
        line = self.readline()
        if not line:
            raise StopIteration
        return line


Open = GFile


def exists(path: Any) -> bool:
    """Return whether a file or folder is there."""
    return os.path.exists(local_path(path))


def isdir(path: Any) -> bool:
    """Return whether `path` is a folder."""
    return os.path.isdir(local_path(path))


def listdir(path: Any) -> list[str]:
    """Return the names in a folder."""
    if not isdir(path):
        raise errors.because(
            errors.NotFoundError, f"Could not find directory {local_path(path)}"
        )
    return os.listdir(local_path(path))


def glob(pattern: Any) -> list[str]:
    """Return the paths that fit a pattern, or a list of patterns, sorted."""
    patterns = pattern if isinstance(pattern, list | tuple) else [pattern]
    return [p for one in patterns for p in sorted(_glob.glob(local_path(one)))]


def makedirs(path: Any) -> None:
    """Create a folder and those above it; it may be there."""
    with tensorflow_errors(path):
        os.makedirs(local_path(path), exist_ok=True)


def mkdir(path: Any) -> None:
    """Create a folder; it may be there, and what is above it must be."""
    with tensorflow_errors(path), contextlib.suppress(FileExistsError):
        os.mkdir(local_path(path))


def remove(path: Any) -> None:
    """Delete a file."""
    with tensorflow_errors(path):
        os.remove(local_path(path))


def rmtree(path: Any) -> None:
    """Delete a folder with all it holds."""
    with tensorflow_errors(path):
        shutil.rmtree(local_path(path))


def rename(src: Any, dst: Any, overwrite: bool = False) -> None:
    """Move a file or folder; onto an existing file only with `overwrite`."""
    _must_be_free(dst, overwrite)
    with tensorflow_errors(src):
        os.replace(local_path(src), local_path(dst))


def copy(src: Any, dst: Any, overwrite: bool = False) -> None:
    """Copy a file; onto an existing one only with `overwrite`."""
    _must_be_free(dst, overwrite)
    with tensorflow_errors(src):
        shutil.copyfile(local_path(src), local_path(dst))


def _must_be_free(path: Any, overwrite: bool) -> None:
    if not overwrite and exists(path):
        raise errors.because(
            errors.AlreadyExistsError,
            f"file already exists: {local_path(path)}. Pass overwrite=True to replace "
            "it.",
        )


def stat(path: Any) -> Any:
    """Return length, time of change in nanoseconds, and whether it is a folder."""
    with tensorflow_errors(path):
        found = os.stat(local_path(path))
    return FileStatistics(found.st_size, found.st_mtime_ns, isdir(path))


def walk(
    top: Any, topdown: bool = True, onerror: Any = None
) -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield (folder, names of folders, names of files) for a tree of folders."""
    yield from os.walk(local_path(top), topdown, onerror)


def join(path: Any, *paths: Any) -> Any:
    """Return the parts of a path joined."""
    return os.path.join(path, *paths)


def get_registered_schemes() -> list[str]:
    """Return the kinds of paths that are understood."""
    return ["", "file"]
