"""Meeting without `launch`: rank 0 holds the rendezvous and leaves a note where.

Other launchers hand out no secret and often no usable address. Then rank 0 makes a key,
listens on a free port and writes both into a note that only this user can read: in a
private folder under the temporary directory if the job is on one host, else under the
home directory (or RINGFLOW_RENDEZVOUS_DIR), which clusters share. The note is removed
when all have joined. With RINGFLOW_JOB_KEY and an address from the launcher (TF_CONFIG,
MASTER_ADDR) no note is needed.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dist.errors import ConfigurationError, StartTimeoutError
from dist.job_key import JobKey
from dist.rendezvous_server import RendezvousServer

if TYPE_CHECKING:
    from dist.contract import WorkerIdentity

NOTE_POLL_S = 0.02


@dataclass
class Meeting:
    """Where the rendezvous is, its key, and its server if this process holds it."""

    address: str
    key: JobKey
    server: RendezvousServer | None = None
    note: Path | None = None

    def all_joined(self) -> None:
        """Remove the note: nobody needs it any more."""
        if self.note is not None:
            self.note.unlink(missing_ok=True)

    def close(self, timeout_s: float) -> None:
        """Let the others leave first, for a bounded time, then stop the server."""
        if self.server is not None:
            self.server.wait_everybody_gone(timeout_s)
            self.server.close()
        self.all_joined()


def meet(identity: WorkerIdentity) -> Meeting:
    """Find the rendezvous, or hold it if this is rank 0 of a foreign launcher's job."""
    if identity.rendezvous and identity.job_key is not None:
        if not identity.is_rendezvous_host:
            return Meeting(identity.rendezvous, identity.job_key)
        return _hold(identity, identity.job_key, note=None)
    if identity.source == "launch":
        raise ConfigurationError(
            "RINGFLOW_RANK is set but RINGFLOW_RENDEZVOUS or RINGFLOW_JOB_KEY is not; "
            "expected all of them from `launch`. Start the script through `launch`, or "
            "unset RINGFLOW_RANK."
        )
    note = _note_path(identity)
    if identity.is_rendezvous_host:
        return _hold(identity, identity.job_key or JobKey.generate(), note)
    return _read_note(identity, note)


def _hold(identity: WorkerIdentity, key: JobKey, note: Path | None) -> Meeting:
    host, port = "127.0.0.1", 0
    if identity.spans_hosts:
        host, port = "*", 0
        if note is None:
            port = int(identity.rendezvous.rpartition(":")[2])
    server = RendezvousServer(identity.size, key, host=host, port=port)
    address = server.start()
    if identity.spans_hosts:
        own_name = socket.gethostbyname(socket.gethostname())
        known = (
            identity.rendezvous.removeprefix("tcp://").rpartition(":")[0] or own_name
        )
        address = f"tcp://{known}:{address.rpartition(':')[2]}"
    if note is not None:
        _write_note(note, address, key)
    return Meeting(address, key, server, note)


def _write_note(note: Path, address: str, key: JobKey) -> None:
    content = {"address": address, "key": key.text, "pid": os.getpid()}
    draft = note.with_suffix(f".{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content | {"host": socket.gethostname()}, file)
    draft.replace(note)


def _read_note(identity: WorkerIdentity, note: Path) -> Meeting:
    deadline = time.monotonic() + identity.start_timeout_s
    while True:
        try:
            content = json.loads(note.read_text())
        except FileNotFoundError:
            content = None
        if content is not None and _writer_lives(content):
            return Meeting(content["address"], JobKey.from_text(content["key"]))
        if time.monotonic() > deadline:
            raise StartTimeoutError(
                f"rank {identity.rank} of {identity.size} (from {identity.source}) "
                f"waited {identity.start_timeout_s:g} s for rank 0 to say where the "
                f"rendezvous is, in {str(note)!r}. Rank 0 did not start, or is on "
                "another host that does not share this directory: set "
                "RINGFLOW_RENDEZVOUS_DIR to one that all hosts share, or on all "
                "ranks RINGFLOW_RENDEZVOUS=tcp://HOST:PORT and RINGFLOW_JOB_KEY.",
                missing=(0,),
            )
        time.sleep(NOTE_POLL_S)


def _writer_lives(content: dict[str, str | int]) -> bool:
    """Whether a note is of a job that runs; one left by a crash is passed over."""
    if content["host"] != socket.gethostname():
        return True
    try:
        os.kill(int(content["pid"]), 0)
    except ProcessLookupError:
        return False
    return True


def _note_path(identity: WorkerIdentity) -> Path:
    if identity.rendezvous_directory:
        folder = Path(identity.rendezvous_directory)
    elif identity.spans_hosts:
        folder = Path.home() / ".cache" / "ringflow"
    else:
        folder = Path(tempfile.gettempdir()) / f"ringflow-{os.getuid()}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = folder.stat()
    if status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise ConfigurationError(
            f"the folder {str(folder)!r} for the rendezvous note belongs to user "
            f"{status.st_uid} with mode {status.st_mode & 0o777:o}; expected one that "
            "only this user can open. Remove it, or set RINGFLOW_RENDEZVOUS_DIR."
        )
    name = f"{identity.source} {identity.run_id} {identity.size}"
    return folder / f"{hashlib.sha256(name.encode()).hexdigest()[:16]}.json"
