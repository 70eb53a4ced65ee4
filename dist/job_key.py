"""The secret of one job, and everything that is derived from it.

`launch` makes one secret per job and hands it to the workers in their environment.
From it follow a CURVE key pair for whoever listens, one for whoever connects, and a
password for sockets that are authenticated but not encrypted (loopback, or
`--encryption off`). Knowing the job's secret is what makes a process part of the job:
nothing is accepted without it. Generating a key needs the standard library only, so
that the launcher starts fast; libzmq is asked when a socket is first secured.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from dist.errors import ConfigurationError

SECRET_BYTES = 32


@dataclass(frozen=True)
class JobKey:
    """One job's shared secret; its text form is what the environment carries."""

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) != SECRET_BYTES:
            raise ConfigurationError(
                f"JobKey: the secret has {len(self.secret)} bytes; expected "
                f"{SECRET_BYTES}. Use `JobKey.generate()` or `JobKey.from_text(...)`."
            )

    @classmethod
    def generate(cls) -> JobKey:
        """Make the key of a new job from the system's random source."""
        return cls(secrets.token_bytes(SECRET_BYTES))

    @classmethod
    def from_text(cls, text: str) -> JobKey:
        """Read a key from the environment: its text form, or a long passphrase."""
        try:
            secret = base64.urlsafe_b64decode(text.encode())
        except ValueError:
            secret = b""
        if len(secret) == SECRET_BYTES:
            return cls(secret)
        if len(text) < 16:
            raise ConfigurationError(
                f"RINGFLOW_JOB_KEY has {len(text)} characters; expected at least 16, "
                "because whoever guesses it can join the job. Make one with "
                "`python -c 'import secrets; print(secrets.token_urlsafe(32))'`."
            )
        return cls(hashlib.sha256(b"ringflow passphrase " + text.encode()).digest())

    @classmethod
    def from_file(cls, path: str | Path) -> JobKey:
        """Read a key from a file that only its owner may read."""
        file = Path(path)
        mode = file.stat().st_mode & 0o077
        if mode:
            raise ConfigurationError(
                f"the job key file {str(file)!r} can be read by others (mode "
                f"{file.stat().st_mode & 0o777:o}). Run `chmod 600 {file}` first."
            )
        return cls.from_text(file.read_text().strip())

    @property
    def text(self) -> str:
        """The key as one word for an environment variable; keep it out of logs."""
        return base64.urlsafe_b64encode(self.secret).decode()

    @cached_property
    def listener(self) -> tuple[bytes, bytes]:
        """CURVE key pair (public, secret) of every socket of the job that binds."""
        return _curve_pair(self._derive(b"listener"))

    @cached_property
    def connector(self) -> tuple[bytes, bytes]:
        """CURVE key pair (public, secret) of every socket of the job that connects."""
        return _curve_pair(self._derive(b"connector"))

    @cached_property
    def password(self) -> bytes:
        """What an unencrypted socket of the job must present."""
        return base64.b85encode(self._derive(b"password"))

    def _derive(self, purpose: bytes) -> bytes:
        return hmac.digest(self.secret, b"ringflow " + purpose, "sha256")


def _curve_pair(secret: bytes) -> tuple[bytes, bytes]:
    import zmq  # only where sockets are made: see the module docstring
    from zmq.utils import z85

    encoded: bytes = z85.encode(secret)
    return zmq.curve_public(encoded), encoded
