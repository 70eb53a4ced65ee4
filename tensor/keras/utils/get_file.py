"""get_file: a file from somewhere else, kept in the cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
import tempfile
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from typing import Any

_TIMEOUT_S = 60.0
_CHUNK = 1 << 16


def get_file(
    fname: Any = None,
    origin: str | None = None,
    untar: bool = False,
    md5_hash: str | None = None,
    file_hash: str | None = None,
    cache_subdir: str = "datasets",
    hash_algorithm: str = "auto",
    extract: bool = False,
    archive_format: str = "auto",
    cache_dir: Any = None,
) -> str:
    """Return the path of a file in the cache, fetched if it is not there yet.

    Args:
        fname: The file's name in the cache, or an absolute path; by default the last
            part of `origin`.
        origin: Its address: http, https, ftp or file.
        untar: Whether to unpack it; the path returned then is without ending.
        md5_hash: Old name of `file_hash`, for MD5.
        file_hash: The checksum that the file must have.
        cache_subdir: The folder in the cache.
        hash_algorithm: "md5", "sha256", or "auto": told by the length of `file_hash`.
        extract: Whether to unpack it beside itself, if it is an archive.
        archive_format: "tar", "zip", a list of them, "auto" for either, None for none.
        cache_dir: The cache, by default ~/.keras.

    Raises:
        ValueError: There is no origin or no name, or the checksum differs.
        Exception: It could not be fetched; the message says from where and why.
    """
    if origin is None:
        raise ValueError(
            'Please specify the "origin" argument (URL of the file to download).'
        )
    folder = os.path.join(_writable(cache_dir), cache_subdir)
    os.makedirs(folder, exist_ok=True)
    name = os.fspath(fname) if fname is not None else _name_in(origin)
    target = os.path.join(folder, name)
    path = f"{target}.tar.gz" if untar else target
    checksum, algorithm = file_hash, hash_algorithm
    if md5_hash is not None and file_hash is None:
        checksum, algorithm = md5_hash, "md5"
    if not os.path.exists(path) or not _has_checksum(path, checksum, algorithm):
        _fetch(origin, path, checksum, algorithm)
    if untar:
        if not os.path.exists(target):
            unpack(path, folder, "tar")
        return target
    if extract:
        unpack(path, folder, archive_format)
    return path


def _writable(cache_dir: Any) -> str:
    """Return the cache, or a folder for the moment where it cannot be written."""
    path = os.path.expanduser(
        os.path.join("~", ".keras") if cache_dir is None else os.fspath(cache_dir)
    )
    try:
        os.makedirs(path, exist_ok=True)
    except OSError:
        return os.path.join(tempfile.gettempdir(), ".keras")
    return (
        path
        if os.access(path, os.W_OK)
        else os.path.join(tempfile.gettempdir(), ".keras")
    )


def _name_in(origin: str) -> str:
    name = os.path.basename(urllib.parse.urlsplit(origin).path)
    if not name:
        raise ValueError(
            "Can't parse the file name from the origin provided: "
            f"'{origin}'. Please specify the `fname` as the input param."
        )
    return name


def _has_checksum(path: str, expected: str | None, algorithm: str) -> bool:
    return expected is None or validate_file(path, expected, algorithm)


def validate_file(path: str, file_hash: str, algorithm: str = "auto") -> bool:
    """Return whether a file has a checksum."""
    is_sha = algorithm == "sha256" or (algorithm == "auto" and len(file_hash) == 64)
    digest = hashlib.sha256() if is_sha else hashlib.md5(usedforsecurity=False)
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest() == file_hash


def _fetch(origin: str, path: str, checksum: str | None, algorithm: str) -> None:
    """Fetch a file; it takes its name only once it is whole."""
    print(f"Downloading data from {origin}")  # noqa: T201  # Keras says so too
    # Beside the target, so that the last step only renames.
    part = f"{path}.{os.getpid()}.part"
    try:
        try:
            with (
                urllib.request.urlopen(origin, timeout=_TIMEOUT_S) as source,
                open(part, "wb") as file,
            ):
                shutil.copyfileobj(source, file)
        except urllib.error.HTTPError as error:
            text = f"URL fetch failure on {origin}: {error.code} -- {error.msg}"
            raise Exception(text) from error  # the type that Keras raises
        except urllib.error.URLError as error:
            raise Exception(
                f"URL fetch failure on {origin}: {error.errno} -- {error.reason}. "
                f"Without a network, put the file there yourself: {path}"
            ) from error
        if not _has_checksum(part, checksum, algorithm):
            raise ValueError(
                "Incomplete or corrupted file detected. The "
                f"{'md5' if algorithm == 'md5' else algorithm} file hash does not "
                f"match the provided value of {checksum}."
            )
        os.replace(part, path)
    finally:
        if os.path.exists(part):
            os.remove(part)


def unpack(path: str, folder: str, archive_format: Any = "auto") -> bool:
    """Unpack an archive into a folder; return whether the file was one.

    Members that would end up outside the folder are refused.
    """
    if archive_format is None:
        return False
    formats = [archive_format] if isinstance(archive_format, str) else archive_format
    if "auto" in formats:
        formats = ["tar", "zip"]
    for name in formats:
        if name == "tar" and tarfile.is_tarfile(path):
            with tarfile.open(path) as archive:
                archive.extractall(folder, filter="data")
            return True
        if name == "zip" and zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as zipped:
                zipped.extractall(folder)
            return True
    return False
