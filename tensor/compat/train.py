"""`tf.compat.v1.train`: event files and checkpoints, beside TF2's names."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from tensor.io.records import read_records
from tensor.summary.events import Event
from tensor.train.bundle import (
    BundleReader as NewCheckpointReader,  # noqa: F401
    bundle_exists,
    index_path,
    remove_bundle,
)
from tensor.train.state_file import (
    CheckpointState,
    update_checkpoint_state as update_checkpoint_state,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def summary_iterator(path: Any) -> Iterator[Event]:
    """Yield the events in an event file; `event.summary.value` holds the values."""
    for record in read_records(os.fspath(path)):
        yield Event.FromString(record)


def checkpoint_exists(checkpoint_prefix: Any) -> bool:
    """Return whether there is a checkpoint of this path."""
    return bundle_exists(os.fspath(checkpoint_prefix))


def get_checkpoint_mtimes(checkpoint_prefixes: Iterable[Any]) -> list[float]:
    """Return when checkpoints were written, those that there are."""
    paths = [os.fspath(prefix) for prefix in checkpoint_prefixes]
    return [os.path.getmtime(index_path(p)) for p in paths if bundle_exists(p)]


def remove_checkpoint(
    checkpoint_prefix: Any, checkpoint_format_version: Any = None, meta_suffix: Any = ""
) -> None:
    """Delete the files of a checkpoint."""
    remove_bundle(os.fspath(checkpoint_prefix))


def generate_checkpoint_state_proto(
    save_dir: Any,
    model_checkpoint_path: Any,
    all_model_checkpoint_paths: Any = None,
    all_model_checkpoint_timestamps: Any = None,
    last_preserved_timestamp: float | None = None,
) -> CheckpointState:
    """Return what `update_checkpoint_state` writes, with paths relative to a folder."""
    latest = os.fspath(model_checkpoint_path)
    paths = list(all_model_checkpoint_paths or [])
    if latest not in paths:
        paths.append(latest)
    return CheckpointState(
        model_checkpoint_path=latest,
        all_model_checkpoint_paths=paths,
        all_model_checkpoint_timestamps=all_model_checkpoint_timestamps,
        last_preserved_timestamp=last_preserved_timestamp,
    )


def __getattr__(name: str) -> Any:
    import tensor

    return getattr(tensor.train, name)
