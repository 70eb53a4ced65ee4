"""Summary writers, and which one, which step and which condition are in force."""

from __future__ import annotations

import contextlib
import os
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes
from tensor.core.context import context
from tensor.core.convert import convert
from tensor.core.log import warn_once
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op
from tensor.core.replica import current
from tensor.core.tensor import wrap
from tensor.core.tensor_spec import TensorSpec
from tensor.io.tensor_proto import tensor_proto
from tensor.summary.events import EventFile, SummaryMetadata, value_event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tensor.io.tensor_proto import TensorProto


class _State(threading.local):
    """What holds in this thread: the default writer, the step, the condition."""

    writer: SummaryWriter | None = None
    step: Any = None
    condition: Any = True


_state = _State()


@export("summary.SummaryWriter")
class SummaryWriter:
    """Takes summaries; this one throws them away."""

    @contextlib.contextmanager
    def as_default(self, step: Any = None) -> Iterator[SummaryWriter]:
        """Make this the writer, and `step` the step, of summaries in a `with` block."""
        saved = _state.writer, _state.step
        _state.writer = self
        if step is not None:
            _state.step = step
        try:
            yield self
            self.flush()
        finally:
            _state.writer, _state.step = saved

    def set_as_default(self, step: Any = None) -> None:
        """Make this the writer, and `step` the step, of summaries from here on."""
        _state.writer = self
        if step is not None:
            _state.step = step

    def init(self) -> None:
        """Do nothing: the writer is ready."""

    @property
    def records(self) -> bool:
        """Whether summaries are kept."""
        return False

    def write(self, tag: str, step: int, tensor: TensorProto, metadata: Any) -> None:
        """Take one value."""

    def flush(self) -> None:
        """Hand what was written to the operating system."""

    def close(self) -> None:
        """Complete and close the file."""


class FileWriter(SummaryWriter):
    """Writes summaries to an event file; one process of a job does."""

    def __init__(
        self, folder: str, max_queue: int, flush_s: float, suffix: str
    ) -> None:
        self._is_closed = False
        self._file: EventFile | None = None
        if current().is_chief:
            self._file = EventFile(folder, max_queue, flush_s, suffix)

    @contextlib.contextmanager
    def as_default(self, step: Any = None) -> Iterator[SummaryWriter]:
        """Make this the writer; see `SummaryWriter.as_default`.

        Raises:
            RuntimeError: The writer is closed.
        """
        if self._is_closed:
            raise RuntimeError(f"SummaryWriter {self!r} is already closed")
        with super().as_default(step):
            yield self

    @property
    def records(self) -> bool:
        """Whether summaries are kept: on the first replica of the chief."""
        return self._file is not None and current().replica_id == 0

    def write(self, tag: str, step: int, tensor: TensorProto, metadata: Any) -> None:
        if self._file is not None and not self._is_closed:
            self._file.write(value_event(tag, step, tensor, metadata))

    def flush(self) -> None:
        if self._file is not None and not self._is_closed:
            self._file.flush()

    def close(self) -> None:
        self._is_closed = True
        if self._file is not None:
            self._file.close()


@export("summary.create_file_writer")
def create_file_writer(
    logdir: Any,
    max_queue: Any = None,
    flush_millis: Any = None,
    filename_suffix: Any = None,
    name: str | None = None,
    experimental_trackable: bool = False,
    experimental_mesh: Any = None,
) -> SummaryWriter:
    """Create a writer to a new event file in `logdir`.

    Under `launch` the chief writes; the writers of other processes take summaries and
    write nothing.

    Args:
        logdir: The folder.
        max_queue: How many events may wait before they are written; 10 by default.
        flush_millis: How long they may wait, in ms; two minutes by default.
        filename_suffix: The end of the file's name; `.v2` by default.
        name: Accepted for compatibility.
        experimental_trackable: Accepted for compatibility.
        experimental_mesh: Accepted for compatibility.

    Raises:
        ValueError: `logdir` is None.
    """
    if logdir is None:
        raise ValueError(
            "Argument `logdir` cannot be None. Pass the folder to write to."
        )
    folder = os.fsdecode(
        np.asarray(logdir).item() if hasattr(logdir, "numpy") else logdir
    )
    return FileWriter(
        folder,
        10 if max_queue is None else int(max_queue),
        120.0 if flush_millis is None else int(flush_millis) / 1000,
        ".v2" if filename_suffix is None else str(filename_suffix),
    )


@export("summary.create_noop_writer")
def create_noop_writer() -> SummaryWriter:
    """Create a writer that throws summaries away."""
    return SummaryWriter()


@export("summary.flush")
def flush(writer: SummaryWriter | None = None, name: str | None = None) -> None:
    """Flush `writer`, or the default one."""
    writer = writer or _state.writer
    if writer is not None:
        writer.flush()


@export("summary.experimental.get_step")
def get_step() -> Any:
    """Return the step in force, None if none was set."""
    return _state.step


@export("summary.experimental.set_step")
def set_step(step: Any) -> None:
    """Set the step of summaries that name none: a number, tensor or variable."""
    _state.step = step


@export("summary.record_if")
@contextlib.contextmanager
def record_if(condition: Any) -> Iterator[None]:
    """Write summaries inside the `with` block only if `condition` (or its value) holds.

    Args:
        condition: A boolean, a boolean tensor, or a function that returns one.
    """
    saved = _state.condition
    _state.condition = condition
    try:
        yield
    finally:
        _state.condition = saved


def _condition() -> Any:
    return _state.condition() if callable(_state.condition) else _state.condition


@export("summary.should_record_summaries")
def should_record_summaries() -> Any:
    """Return whether summaries are written now, as a boolean tensor."""
    if _state.writer is None:
        return wrap(np.bool_(False))
    return convert(_condition(), dtypes.bool_)


class WriteSummary(Op):
    """Write one value to an event file; returns whether that was done."""

    kind = "stateful"
    gradient: Any = NON_DIFFERENTIABLE

    def kernel(
        self,
        value: Any,
        step: Any,
        condition: Any,
        *,
        writer: SummaryWriter,
        tag: str,
        metadata: Any,
        encode: Callable[[Any], TensorProto],
    ) -> Any:
        if not condition or not writer.records:
            return np.bool_(False)
        writer.write(tag, int(step), encode(value), metadata)
        return np.bool_(True)

    def infer(self, *inputs: TensorSpec, **attrs: Any) -> TensorSpec:
        return TensorSpec.of((), dtypes.bool_)


_write_summary = WriteSummary()


def record_value(
    tag: str,
    value: Any,
    step: Any,
    metadata: SummaryMetadata | None,
    encode: Callable[[Any], TensorProto],
) -> Any:
    """Write a value with the writer and the step in force; return whether it was.

    Args:
        tag: The name, inside the open name scopes.
        value: A tensor.
        step: The step, or None for the one in force.
        metadata: How TensorBoard shows it.
        encode: Makes a TensorProto of the value's array.

    Raises:
        ValueError: There is no step.
    """
    writer = _state.writer
    if writer is None:
        return wrap(np.bool_(False))
    step = _state.step if step is None else step
    if step is None:
        raise ValueError(
            "No step set. Please specify one either through the `step` argument or "
            "through tf.summary.experimental.set_step()"
        )
    return _write_summary.produce(
        convert(value),
        convert(step),
        convert(_condition(), dtypes.bool_),
        writer=writer,
        tag=tag,
        metadata=metadata,
        encode=encode,
    )


@export("summary.write")
def write(
    tag: str, tensor: Any, step: Any = None, metadata: Any = None, name: Any = None
) -> Any:
    """Write any tensor under `tag`; the other functions write what TensorBoard shows.

    Raises:
        ValueError: There is no step.
    """
    if metadata is not None and not isinstance(metadata, SummaryMetadata):
        metadata = SummaryMetadata.FromString(metadata.SerializeToString())
    value = tensor() if callable(tensor) else tensor
    return record_value(tag, value, step, metadata, tensor_proto)


@export("summary.experimental.write_raw_pb")
def write_raw_pb(tensor: Any, step: Any = None, name: str | None = None) -> Any:
    """Write the values of a serialized `Summary` message."""
    from tensor.summary.events import Summary

    for value in Summary.FromString(np.asarray(tensor).item()).value:
        record_value(value.tag, 0, step, value.metadata, _constantly(value.tensor))
    return wrap(np.bool_(_state.writer is not None))


def _constantly(proto: TensorProto) -> Callable[[Any], TensorProto]:
    return lambda _: proto


@export("summary.experimental.summary_scope")
@contextlib.contextmanager
def summary_scope(
    name: str | None, default_name: str = "summary", values: Any = None
) -> Iterator[tuple[str, str]]:
    """Enter a name scope; yield the tag of a summary in it, and the scope."""
    name = name or default_name
    scope = "/".join([*context.name_scopes, name])
    yield scope, scope


def in_scope(name: str) -> str:
    """Return a summary's tag: its name inside the open name scopes."""
    return "/".join([*context.name_scopes, name])


@export("summary.trace_on")
def trace_on(
    graph: bool = True, profiler: bool = False, profiler_outdir: Any = None
) -> None:
    """Say that traces are not recorded: TensorBoard's graph view needs TF's graphs."""
    warn_once(
        "tf.summary.trace_on records nothing in ringflow. A concrete function's "
        "`explain()` shows its graph, `launch --timeline` what a job does when."
    )


@export("summary.trace_export")
def trace_export(name: str, step: Any = None, profiler_outdir: Any = None) -> None:
    """Say that traces are not recorded."""
    trace_on()


@export("summary.trace_off")
def trace_off() -> None:
    """Do nothing: no trace is being recorded."""


@export("summary.graph")
def graph(graph_data: Any) -> Any:
    """Say that graphs are not written: return False."""
    trace_on()
    return wrap(np.bool_(False))
