"""tf.train.CheckpointManager: numbered checkpoints in a folder, the oldest deleted."""

from __future__ import annotations

import collections
import os
import time
from typing import TYPE_CHECKING, Any

from tensor.core.public_api import export
from tensor.train.bundle import bundle_exists, remove_bundle
from tensor.train.state_file import get_checkpoint_state, update_checkpoint_state

if TYPE_CHECKING:
    from collections.abc import Callable

    from tensor.train.checkpoint import Checkpoint


@export("train.CheckpointManager")
class CheckpointManager:
    """Keeps the latest checkpoints of a `tf.train.Checkpoint` in a folder."""

    def __init__(
        self,
        checkpoint: Checkpoint,
        directory: Any,
        max_to_keep: int | None,
        keep_checkpoint_every_n_hours: float | None = None,
        checkpoint_name: str = "ckpt",
        step_counter: Any = None,
        checkpoint_interval: int | None = None,
        init_fn: Callable[[], Any] | None = None,
        last_checkpoint_step: int | None = None,
    ) -> None:
        """Look for checkpoints that are in the folder already.

        Args:
            checkpoint: What to save.
            directory: The folder.
            max_to_keep: How many checkpoints to keep, None for all.
            keep_checkpoint_every_n_hours: One of so many hours is kept for good.
            checkpoint_name: The start of the files' names.
            step_counter: A variable; with
            checkpoint_interval: save only after so many steps.
            init_fn: Called by `restore_or_initialize` when there is no checkpoint.
            last_checkpoint_step: The step of the last checkpoint.

        Raises:
            ValueError: `max_to_keep` is not positive, or an interval is given without
                a counter.
        """
        if max_to_keep is not None and max_to_keep <= 0:
            raise ValueError(
                f"Expected a positive integer or `None` for `max_to_keep`, got "
                f"{max_to_keep}."
            )
        if checkpoint_interval is not None and step_counter is None:
            raise ValueError(
                "`step_counter` should be passed if `checkpoint_interval` is not "
                "None. Pass a variable or function that gives the step."
            )
        self._checkpoint = checkpoint
        self._directory: str = os.fspath(directory)
        self._max_to_keep = max_to_keep
        self._keep_every_s = (keep_checkpoint_every_n_hours or 0) * 3600
        self._name = checkpoint_name
        self._step_counter = step_counter
        self._interval = checkpoint_interval
        self._init_fn = init_fn
        self._last_step = last_checkpoint_step
        self._latest: str | None = None
        # path -> when it was written, oldest first; those that may be deleted
        self._kept: collections.OrderedDict[str, float] = collections.OrderedDict()
        self._preserved = _wall_time()
        self._find()

    def _find(self) -> None:
        """Take over the checkpoints that the folder's state file names."""
        state = get_checkpoint_state(self._directory)
        if state is None:
            return
        paths = state.all_model_checkpoint_paths
        times = state.all_model_checkpoint_timestamps
        if len(times) != len(paths):
            times = [_wall_time()] * len(paths)
        for path, when in zip(paths, times, strict=True):
            if bundle_exists(path):
                self._kept[path] = when
        if state.last_preserved_timestamp:
            self._preserved = state.last_preserved_timestamp
        self._latest = next(reversed(self._kept), None)

    @property
    def directory(self) -> str:
        """The folder."""
        return self._directory

    @property
    def checkpoint(self) -> Checkpoint:
        """What is saved."""
        return self._checkpoint

    @property
    def checkpoint_interval(self) -> int | None:
        """After how many steps to save."""
        return self._interval

    @property
    def latest_checkpoint(self) -> str | None:
        """The path of the latest checkpoint, None if there is none."""
        return self._latest

    @property
    def checkpoints(self) -> list[str]:
        """The paths of the checkpoints that are kept, oldest first."""
        return list(self._kept)

    def save(
        self,
        checkpoint_number: Any = None,
        check_interval: bool = True,
        options: Any = None,
    ) -> str | None:
        """Save, and delete what is too old.

        Args:
            checkpoint_number: The number; one more than the last by default.
            check_interval: Whether to do nothing if too few steps have passed.
            options: Accepted for compatibility.

        Returns:
            The path, or None if nothing was saved.
        """
        if self._interval is not None:
            step = int(self._step_counter)
            if (
                check_interval
                and self._last_step is not None
                and (step < self._last_step + self._interval)
            ):
                return None
            self._last_step = step
        counter = self._checkpoint.save_counter
        counter.assign_add(1)
        number = int(counter if checkpoint_number is None else checkpoint_number)
        path = os.path.join(self._directory, f"{self._name}-{number}")
        is_writer = self._checkpoint._write(path)
        self._latest = path
        self._kept.pop(path, None)
        self._kept[path] = _wall_time()
        # The new state is on disk before old files go, so it never names what is gone.
        expired = self._expired()
        if is_writer:
            update_checkpoint_state(
                self._directory,
                path,
                list(self._kept),
                list(self._kept.values()),
                self._preserved,
            )
            for old in expired:
                remove_bundle(old)
        return path

    def _expired(self) -> list[str]:
        """Forget the oldest checkpoints; return those whose files are to be deleted."""
        expired = []
        while self._max_to_keep is not None and len(self._kept) > self._max_to_keep:
            path, when = self._kept.popitem(last=False)
            if self._keep_every_s and when - self._preserved > self._keep_every_s:
                self._preserved = when
            else:
                expired.append(path)
        return expired

    def restore_or_initialize(self) -> str | None:
        """Restore the latest checkpoint; without one call `init_fn`.

        Returns:
            The path that was restored, None if there was none.
        """
        if self._latest is not None:
            self._checkpoint.restore(self._latest)
            if self._interval is not None:
                self._last_step = int(self._step_counter)
            return self._latest
        if self._init_fn is not None:
            self._init_fn()
        return None

    def sync(self) -> None:
        """Do nothing: saving has ended when `save` returns."""


def _wall_time() -> float:
    """Return the time of day, which outlasts the process."""
    return time.time()  # noqa: TID251  # a date, not a duration
