"""The file `checkpoint` in a folder: its checkpoints, and which is the latest.

Also the functions that look into checkpoints without the objects they were saved from.
"""

from __future__ import annotations

import os
import re
import time
from typing import TYPE_CHECKING, Any

from tensor.core.public_api import export
from tensor.io.field import Field
from tensor.io.message import Message
from tensor.train.bundle import BundleReader, bundle_exists
from tensor.train.replacing import replacing

if TYPE_CHECKING:
    from collections.abc import Iterator

_STATE_FILE = "checkpoint"
_POLL_S = 0.2


class CheckpointState(Message):
    """What the file holds."""

    fields = (
        Field(1, "model_checkpoint_path", "string"),
        Field(2, "all_model_checkpoint_paths", "string", repeated=True),
        Field(3, "all_model_checkpoint_timestamps", "double", repeated=True),
        Field(4, "last_preserved_timestamp", "double"),
    )


def update_checkpoint_state(
    save_dir: str,
    model_checkpoint_path: str,
    all_model_checkpoint_paths: Any = None,
    all_model_checkpoint_timestamps: Any = None,
    last_preserved_timestamp: float | None = None,
    latest_filename: str | None = None,
) -> None:
    """Write the file that names the checkpoints in a folder, atomically.

    Paths inside the folder are written relative to it, so that it can be moved.
    """
    paths = list(all_model_checkpoint_paths or [])
    if model_checkpoint_path not in paths:
        paths.append(model_checkpoint_path)
    state = CheckpointState(
        model_checkpoint_path=_relative(model_checkpoint_path, save_dir),
        all_model_checkpoint_paths=[_relative(p, save_dir) for p in paths],
        all_model_checkpoint_timestamps=all_model_checkpoint_timestamps,
        last_preserved_timestamp=last_preserved_timestamp,
    )
    os.makedirs(save_dir, exist_ok=True)
    path = os.path.join(save_dir, latest_filename or _STATE_FILE)
    with replacing(path) as draft, open(draft, "w", encoding="utf-8") as file:
        file.write(str(state))


def _relative(path: str, folder: str) -> str:
    inside = os.path.dirname(os.path.abspath(path)) == os.path.abspath(folder)
    return os.path.basename(path) if inside else path


@export("train.get_checkpoint_state")
def get_checkpoint_state(
    checkpoint_dir: Any, latest_filename: str | None = None
) -> CheckpointState | None:
    """Return what the file `checkpoint` in a folder says, None if there is none."""
    folder = os.fspath(checkpoint_dir)
    path = os.path.join(folder, latest_filename or _STATE_FILE)
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except OSError:
        return None
    state = CheckpointState()
    for name, value in re.findall(r'^(\w+): "?(.*?)"?$', text, re.MULTILINE):
        if name == "model_checkpoint_path":
            state.model_checkpoint_path = os.path.join(folder, value)
        elif name == "all_model_checkpoint_paths":
            state.all_model_checkpoint_paths.append(os.path.join(folder, value))
        elif name == "all_model_checkpoint_timestamps":
            state.all_model_checkpoint_timestamps.append(float(value))
        elif name == "last_preserved_timestamp":
            state.last_preserved_timestamp = float(value)
    return state


@export("train.latest_checkpoint")
def latest_checkpoint(
    checkpoint_dir: Any, latest_filename: str | None = None
) -> str | None:
    """Return the path of the latest checkpoint in a folder, None if there is none.

    One that was deleted or not completed does not count.
    """
    state = get_checkpoint_state(checkpoint_dir, latest_filename)
    if state is None or not state.model_checkpoint_path:
        return None
    path: str = state.model_checkpoint_path
    return path if bundle_exists(path) else None


@export("train.load_checkpoint")
def load_checkpoint(ckpt_dir_or_file: Any) -> BundleReader:
    """Return a reader of a checkpoint, or of the latest one in a folder.

    Raises:
        ValueError: The folder has none.
        NotFoundError: There is no such checkpoint.
    """
    path = os.fspath(ckpt_dir_or_file)
    if os.path.isdir(path):
        latest = latest_checkpoint(path)
        if latest is None:
            raise ValueError(
                f"Couldn't find 'checkpoint' file or checkpoints in given directory "
                f"{path}"
            )
        path = latest
    return BundleReader(path)


@export("train.list_variables")
def list_variables(ckpt_dir_or_file: Any) -> list[tuple[str, list[int]]]:
    """Return names and shapes of the tensors in a checkpoint, sorted by name."""
    reader = load_checkpoint(ckpt_dir_or_file)
    return sorted(reader.get_variable_to_shape_map().items())


@export("train.load_variable")
def load_variable(ckpt_dir_or_file: Any, name: str) -> Any:
    """Return a tensor of a checkpoint as a NumPy value.

    Raises:
        NotFoundError: There is none of this name.
    """
    return load_checkpoint(ckpt_dir_or_file).get_tensor(name.removesuffix(":0"))


@export("train.checkpoints_iterator")
def checkpoints_iterator(
    checkpoint_dir: Any,
    min_interval_secs: float = 0,
    timeout: float | None = None,
    timeout_fn: Any = None,
) -> Iterator[str]:
    """Yield the path of each new checkpoint in a folder, as it comes.

    Args:
        checkpoint_dir: The folder.
        min_interval_secs: The shortest time between two of them.
        timeout: How long to wait for one; without end by default.
        timeout_fn: Called when the time is over; the iterator ends if it returns true.
    """
    seen: str | None = None
    while True:
        path = _wait_for_new(checkpoint_dir, seen, timeout)
        if path is None:
            if timeout_fn is None or timeout_fn():
                return
            continue
        start = time.monotonic()
        seen = path
        yield path
        time.sleep(max(0.0, start + min_interval_secs - time.monotonic()))


def _wait_for_new(folder: Any, seen: str | None, timeout: float | None) -> str | None:
    deadline = None if timeout is None else time.monotonic() + timeout
    while True:
        path = latest_checkpoint(folder)
        if path is not None and path != seen:
            return path
        if deadline is not None and time.monotonic() + _POLL_S > deadline:
            return None
        time.sleep(_POLL_S)
