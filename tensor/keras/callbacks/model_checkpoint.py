"""ModelCheckpoint: saves the model, or its weights, as training goes on."""

from __future__ import annotations

import os
import re
from typing import Any

import tensor as tf
from tensor.keras.callbacks.callback import Callback, as_numbers, say
from tensor.keras.callbacks.monitor import (
    comparison,
    direction_of,
    monitored,
    worst,
)


class ModelCheckpoint(Callback):
    """Saves at the end of epochs, or after a number of batches.

    The path may hold `{epoch}` and the names of metrics, as in
    `weights-{epoch:02d}-{val_loss:.2f}.keras`.
    """

    def __init__(
        self,
        filepath: Any,
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: Any = "epoch",
        options: Any = None,
        initial_value_threshold: float | None = None,
        **kwargs: Any,
    ) -> None:
        """Take where and how often to save, and what counts as better.

        Raises:
            ValueError: `save_freq` is neither "epoch" nor an integer.
            TypeError: A keyword is unknown.
        """
        super().__init__()
        self.monitor = monitor
        self.verbose = verbose
        self.filepath = os.fspath(filepath)
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.save_freq = save_freq
        self.best = initial_value_threshold
        self.epochs_since_last_save = 0
        self._batches_seen = 0
        self._last_batch_seen = 0
        self._current_epoch = 0
        self.period = kwargs.pop("period", 1)
        self.load_weights_on_restart = kwargs.pop("load_weights_on_restart", False)
        if kwargs:
            raise TypeError(f"Invalid keyword arguments: {sorted(kwargs)}")
        self._check_options(options)
        direction = direction_of(mode, monitor)
        self.monitor_op = comparison(direction)
        if self.best is None:
            self.best = worst(direction)
        if save_freq != "epoch" and not isinstance(save_freq, int):
            raise ValueError(
                f'Unrecognized save_freq: {save_freq}. Expected save_freq are "epoch" '
                "or integer values"
            )

    def on_train_begin(self, logs: Any = None) -> None:
        if self.load_weights_on_restart:
            latest = self._get_most_recently_modified_file_matching_pattern(
                self.filepath
            )
            if latest is not None:
                self.model.load_weights(latest)

    def _check_options(self, options: Any) -> None:
        """Check that options are for what is saved.

        Raises:
            TypeError: They are for something else.
            ValueError: The format knows none.
        """
        if options is None:
            return
        if not self.save_weights_only and self.filepath.endswith(".keras"):
            raise ValueError(
                "The native TF-Keras format does not support the `options` argument. "
                "Please remove the `options` argument, or use the SavedModel format by "
                "removing the `.keras` extension from the model filepath. Received: "
                f"filepath={self.filepath}"
            )
        name, kind = (
            ("tf.train.CheckpointOptions", tf.train.CheckpointOptions)
            if self.save_weights_only
            else ("tf.saved_model.SaveOptions", tf.saved_model.SaveOptions)
        )
        if not isinstance(options, kind):
            raise TypeError(
                f"If save_weights_only is {self.save_weights_only}, then `options` "
                f"must be either None or a {name}. Got {options}."
            )

    def _get_most_recently_modified_file_matching_pattern(
        self, pattern: str
    ) -> str | None:
        """Return the newest file whose name the pattern may have given."""
        folder, name = os.path.split(pattern)
        regex = re.compile(re.sub(r"\\{.*?\\}", ".*", re.escape(name)) + "$")
        latest = tf.train.latest_checkpoint(folder)
        if latest is not None and regex.match(os.path.basename(latest)):
            return str(latest)
        found = [
            os.path.join(folder, n)
            for n in (os.listdir(folder) if os.path.isdir(folder) else ())
            if regex.match(n)
        ]
        return max(found, key=lambda path: (os.path.getmtime(path), path), default=None)

    def _implements_train_batch_hooks(self) -> bool:
        return isinstance(self.save_freq, int)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if not isinstance(self.save_freq, int):
            return
        # Batches count on from epoch to epoch.
        passed = (
            batch + 1
            if batch <= self._last_batch_seen
            else batch - self._last_batch_seen
        )
        self._batches_seen += passed
        self._last_batch_seen = batch
        if self._batches_seen >= self.save_freq:
            self._batches_seen = 0
            self._save(self._current_epoch, batch, logs)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._current_epoch = epoch

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.epochs_since_last_save += 1
        if self.save_freq == "epoch" and self.epochs_since_last_save >= self.period:
            self._save(epoch, None, logs)

    def _save(self, epoch: int, batch: int | None, logs: Any) -> None:
        logs = as_numbers(logs or {})
        self.epochs_since_last_save = 0
        path = self._path(epoch, batch, logs)
        if self.save_best_only and not self._is_best(epoch, logs, path):
            return
        if not self.save_best_only and self.verbose > 0:
            say(f"\nEpoch {epoch + 1}: saving model to {path}")
        if os.path.isdir(path) and path.endswith((".h5", ".keras")):
            raise OSError(
                "Please specify a non-directory filepath for ModelCheckpoint. Filepath "
                f"used is an existing directory: {path}"
            )
        folder = os.path.dirname(path)
        if folder:
            os.makedirs(folder, exist_ok=True)
        if self.save_weights_only:
            self.model.save_weights(path, overwrite=True)
        else:
            self.model.save(path, overwrite=True)

    def _is_best(self, epoch: int, logs: Any, path: str) -> bool:
        current = monitored(self, self.monitor, logs, "Can save best model only")
        if current is None:
            return False
        if self.monitor_op(current, self.best):
            if self.verbose > 0:
                say(
                    f"\nEpoch {epoch + 1}: {self.monitor} improved from "
                    f"{self.best:.5f} to {current:.5f}, saving model to {path}"
                )
            self.best = current
            return True
        if self.verbose > 0:
            say(
                f"\nEpoch {epoch + 1}: {self.monitor} did not improve from "
                f"{self.best:.5f}"
            )
        return False

    def _path(self, epoch: int, batch: int | None, logs: Any) -> str:
        """Return the path with epoch, batch and metrics filled in.

        Raises:
            KeyError: It names something that is not among the metrics.
        """
        values = {"epoch": epoch + 1, **logs}
        if batch is not None:
            values["batch"] = batch + 1
        try:
            return self.filepath.format(**values)
        except KeyError as error:
            raise KeyError(
                f'Failed to format this callback filepath: "{self.filepath}". Reason: '
                f"{error}. Known here are {sorted(values)}."
            ) from error
