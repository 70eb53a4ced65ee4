"""get_file: a file from an address, kept in a cache folder."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tarfile
import tempfile
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from typing import Any

from tensor.core.log import get_logger


def cache_folder(cache_dir: Any = None) -> str:
    """Return the folder that holds downloads: `~/.keras`, or a temporary one."""
    folder = os.fspath(cache_dir) if cache_dir else os.path.expanduser("~/.keras")
    os.makedirs(folder, exist_ok=True)
    if os.access(folder, os.W_OK):
        return folder
    return os.path.join(tempfile.gettempdir(), ".keras")


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
    """Return the path of a file, fetched from an address unless it is in the cache.

    Args:
        fname: The file's name in the cache; the address's last part by default.
        origin: The address: `https://…` or `file://…`.
        untar: Whether to unpack a tar archive, and return the folder.
        md5_hash: The file's MD5 sum; the old name of `file_hash`.
        file_hash: The file's checksum: a file in the cache with another is fetched
            again.
        cache_subdir: The folder inside the cache.
        hash_algorithm: "md5", "sha256" or "auto".
        extract: Whether to unpack an archive beside the file.
        archive_format: "tar", "zip", a list of them, "auto" for either, or None.
        cache_dir: The cache, `~/.keras` by default.

    Raises:
        ValueError: There is no address, or the file has another checksum.
        OSError: The file cannot be fetched.
    """
    if origin is None:
        raise ValueError(
            'Please specify the "origin" argument (URL of the file to download).'
        )
    name = (
        os.fspath(fname)
        if fname
        else os.path.basename(urllib.parse.urlsplit(origin).path)
    )
    if not name:
        raise ValueError(
            "Can't parse the file name from the origin provided: "
            f"'{origin}'. Please specify the `fname` as the input param."
        )
    folder = os.path.join(cache_folder(cache_dir), cache_subdir)
    os.makedirs(folder, exist_ok=True)
    target = os.path.join(folder, name)
    path = f"{target}.tar.gz" if untar else target
    checksum = file_hash or md5_hash
    algorithm = "md5" if file_hash is None and md5_hash else hash_algorithm
    if not os.path.exists(path) or not _has_checksum(path, checksum, algorithm):
        _fetch(origin, path)
        if not _has_checksum(path, checksum, algorithm):
            raise ValueError(
                f"Incomplete or corrupted file detected. The {algorithm} file hash of "
                f"{path} does not match the provided value of {checksum}. Delete it, "
                "and check the address."
            )
    if untar:
        if not os.path.exists(target):
            extract_archive(path, folder, "tar")
        return target
    if extract:
        extract_archive(path, folder, archive_format)
    return path


def _fetch(origin: str, path: str) -> None:
    """Copy what is at an address to a path; it appears complete or not at all."""
    # Ranks on one machine may fetch the same file at once: each into its own.
    temporary = f"{path}.{os.getpid()}.partial"
    sys.stdout.write(f"Downloading data from {origin}\n")
    try:
        with (
            urllib.request.urlopen(origin, timeout=30) as source,
            open(temporary, "wb") as file,
        ):
            shutil.copyfileobj(source, file)
    except (urllib.error.URLError, OSError) as error:
        if os.path.exists(temporary):
            os.remove(temporary)
        raise OSError(
            f"URL fetch failure on {origin}: {error}. If there is no network here, put "
            f"the file at {path} yourself; it is then taken from there."
        ) from error
    os.replace(temporary, path)


def _has_checksum(path: str, checksum: str | None, algorithm: str) -> bool:
    if checksum is None:
        return True
    if validate_file(path, checksum, algorithm):
        return True
    get_logger().warning(f"The file {path} has another checksum than {checksum}.")
    return False


def validate_file(
    fpath: Any, file_hash: str, algorithm: str = "auto", chunk_size: int = 65535
) -> bool:
    """Return whether a file has a checksum."""
    is_sha = algorithm == "sha256" or (algorithm == "auto" and len(file_hash) == 64)
    digest = hashlib.sha256() if is_sha else hashlib.md5(usedforsecurity=False)
    with open(fpath, "rb") as file:
        while chunk := file.read(chunk_size):
            digest.update(chunk)
    return digest.hexdigest() == str(file_hash)


def extract_archive(
    file_path: Any, path: Any = ".", archive_format: Any = "auto"
) -> bool:
    """Unpack an archive into a folder; return whether it was one."""
    if archive_format is None:
        return False
    kinds = [archive_format] if isinstance(archive_format, str) else archive_format
    if "auto" in kinds:
        kinds = ["tar", "zip"]
    if "zip" in kinds and zipfile.is_zipfile(file_path):
        with zipfile.ZipFile(file_path) as archive:
            archive.extractall(path)
        return True
    if "tar" in kinds and tarfile.is_tarfile(file_path):
        with tarfile.open(file_path) as archive:
            # The filter refuses members that would land outside of the folder.
            archive.extractall(path, filter="data")
        return True
    return False
