"""Event files: what TensorBoard reads.

A file is a TFRecord file of `Event` messages; the first one names the version.
"""

from __future__ import annotations

import itertools
import os
import socket
import threading
import time
import weakref
from typing import Any

from tensor.io.field import Field
from tensor.io.message import Message
from tensor.io.records import framed
from tensor.io.tensor_proto import TensorProto

_BUFFER_BYTES = 1 << 20
_numbers = itertools.count()


class PluginData(Message):
    """Which part of TensorBoard shows a value, and what it wants to know."""

    fields = (Field(1, "plugin_name", "string"), Field(2, "content", "bytes"))


class SummaryMetadata(Message):
    """How a value is to be shown."""

    fields = (
        Field(1, "plugin_data", PluginData),
        Field(2, "display_name", "string"),
        Field(3, "summary_description", "string"),
        Field(4, "data_class", "enum"),
    )


class Value(Message):
    """One value under its tag."""

    fields = (
        Field(1, "tag", "string"),
        # TF1's scalars; what is written here holds tensors.
        Field(2, "simple_value", "float", oneof="value"),
        Field(8, "tensor", TensorProto, oneof="value"),
        Field(9, "metadata", SummaryMetadata),
    )


class Summary(Message):
    """The values of one event."""

    fields = (Field(1, "value", Value, repeated=True),)


class SourceMetadata(Message):
    """Who wrote the file."""

    fields = (Field(1, "writer", "string"),)


class Event(Message):
    """Something that happened at a step."""

    fields = (
        Field(1, "wall_time", "double"),
        Field(2, "step", "int64"),
        Field(3, "file_version", "string", oneof="what"),
        Field(5, "summary", Summary, oneof="what"),
        Field(10, "source_metadata", SourceMetadata),
    )


class EventFile:
    """Appends events to a new file in a folder; safe to use from several threads.

    Events are handed to the operating system when `max_queue` of them wait, when the
    oldest has waited `flush_s` seconds and another one comes, and at `flush`.
    """

    def __init__(
        self, folder: str, max_queue: int, flush_s: float, suffix: str
    ) -> None:
        os.makedirs(folder, exist_ok=True)
        name = (
            f"events.out.tfevents.{int(_wall_time())}.{socket.gethostname()}."
            f"{os.getpid()}.{next(_numbers)}{suffix}"
        )
        self.path = os.path.join(folder, name)
        self._file = open(self.path, "wb", buffering=_BUFFER_BYTES)  # noqa: SIM115  # `close` closes it
        self._closer = weakref.finalize(self, self._file.close)
        self._lock = threading.Lock()
        self._max_queue = max_queue
        self._flush_s = flush_s
        self._waiting = 0
        self._waiting_since = 0.0
        self.write(
            Event(
                file_version="brain.Event:2",
                source_metadata=SourceMetadata(writer="ringflow.summary"),
            )
        )
        self.flush()

    def write(self, event: Event) -> None:
        """Append an event, stamped with the time of day."""
        event.wall_time = _wall_time()
        record = framed(event.SerializeToString())
        with self._lock:
            self._file.write(record)
            now = time.monotonic()
            if not self._waiting:
                self._waiting_since = now
            self._waiting += 1
            if (
                self._waiting > self._max_queue
                or now - self._waiting_since > self._flush_s
            ):
                self._flush()

    def flush(self) -> None:
        """Hand what was written to the operating system."""
        with self._lock:
            self._flush()

    def _flush(self) -> None:
        if not self._file.closed:
            self._file.flush()
        self._waiting = 0

    def close(self) -> None:
        """Complete and close the file."""
        with self._lock:
            self._closer()


def _wall_time() -> float:
    """Return the time of day, which TensorBoard shows."""
    return time.time()  # noqa: TID251  # a date, not a duration


def value_event(tag: str, step: int, tensor: Any, metadata: Any) -> Event:
    """Return the event of one value."""
    value = Value(tag=tag, tensor=tensor, metadata=metadata)
    return Event(step=step, summary=Summary(value=[value]))
