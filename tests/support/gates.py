"""A gate that code on the threads of an in-process cluster waits at."""

from __future__ import annotations

import threading

LIMIT_S = 10.0

_gate = threading.Event()


def close() -> None:
    _gate.clear()


def open() -> None:  # noqa: A001 - gates.open()
    _gate.set()


def passed() -> None:
    """Wait until the gate is open; by name, because events cannot be pickled."""
    assert _gate.wait(LIMIT_S), "nobody opened the gate"
