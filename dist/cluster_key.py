"""The secret of a cluster of services, known to every task before it meets another.

`launch` hands out a job's key in the environment. Tasks that are started otherwise,
from nothing but TF_CONFIG, share what a user has everywhere: a file that only this user
can read, made by whichever task is first. From it and the cluster's addresses each
cluster gets a key of its own.
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from dist.errors import ConfigurationError
from dist.job_key import JobKey

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dist.contract import WorkerIdentity

FILE_NAME = "user.key"


def cluster_key(
    identity: WorkerIdentity, cluster: Mapping[str, Sequence[str]]
) -> JobKey:
    """Return the key of the cluster with these addresses by role."""
    secret = identity.job_key or _user_key(identity.rendezvous_directory)
    text = json.dumps({role: list(cluster[role]) for role in sorted(cluster)})
    return JobKey(hmac.digest(secret.secret, b"cluster " + text.encode(), "sha256"))


def _user_key(directory: str) -> JobKey:
    """Read the user's own key; make it first if there is none."""
    folder = Path(directory) if directory else Path.home() / ".cache" / "ringflow"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / FILE_NAME
    if not file.exists():
        draft = folder / f"{FILE_NAME}.{os.getpid()}.{secrets.token_hex(4)}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(JobKey.generate().text)
        try:
            os.link(draft, file)  # unlike a rename, fails if another task was first
        except FileExistsError:
            pass  # its key is as good
        finally:
            draft.unlink()
    if file.stat().st_uid != os.getuid():
        raise ConfigurationError(
            f"the key file {str(file)!r} belongs to user {file.stat().st_uid}; "
            "expected one of this user. Set RINGFLOW_RENDEZVOUS_DIR to a folder of "
            "your own."
        )
    return JobKey.from_file(file)
