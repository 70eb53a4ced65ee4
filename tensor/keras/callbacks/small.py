"""Small callbacks: LambdaCallback, TerminateOnNaN, CSVLogger, RemoteMonitor."""

from __future__ import annotations

import collections
import csv
import os
from typing import Any

import numpy as np

from tensor.core import replica
from tensor.keras.callbacks.callback import Callback, say


class LambdaCallback(Callback):
    """Calls functions at the moments they are named for."""

    def __init__(
        self,
        on_epoch_begin: Any = None,
        on_epoch_end: Any = None,
        on_batch_begin: Any = None,
        on_batch_end: Any = None,
        on_train_begin: Any = None,
        on_train_end: Any = None,
        **kwargs: Any,
    ) -> None:
        """Take the functions: of epoch or batch and logs, or of logs alone."""
        super().__init__()
        given = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_batch_begin": on_batch_begin,
            "on_train_batch_end": on_batch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            **kwargs,
        }
        for name, function in given.items():
            if function is not None:
                setattr(self, name, function)


class TerminateOnNaN(Callback):
    """Ends a training whose loss is no number any more."""

    def __init__(self) -> None:
        """Create the callback."""
        super().__init__()
        self._supports_tf_logs = True

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        loss = (logs or {}).get("loss")
        if loss is None:
            return
        value = float(loss)
        if np.isnan(value) or np.isinf(value):
            say(f"Batch {batch}: Invalid loss, terminating training")
            self.model.stop_training = True


class CSVLogger(Callback):
    """Writes the logs of every epoch into a CSV file."""

    def __init__(
        self, filename: Any, separator: str = ",", append: bool = False
    ) -> None:
        """Take the file, what separates columns, and whether to go on in it."""
        super().__init__()
        self.filename = os.fspath(filename)
        self.sep = separator
        self.append = append
        self.writer: Any = None
        self.keys: list[str] | None = None
        self._needs_header = True
        self._file: Any = None

    def on_train_begin(self, logs: Any = None) -> None:
        if not replica.current().is_chief:
            return
        if self.append and os.path.exists(self.filename):
            with open(self.filename, encoding="utf-8") as file:
                self._needs_header = not file.readline().strip()
        mode = "a" if self.append else "w"
        # Kept open, and closed at the end of the training.
        self._file = open(  # noqa: SIM115
            self.filename, mode, newline="", encoding="utf-8"
        )

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self._file is None:
            return
        logs = logs or {}
        if self.keys is None:
            self.keys = sorted(logs)
            if not any(key.startswith("val_") for key in self.keys):
                # Later epochs may be validated.
                self.keys += [f"val_{key}" for key in self.keys]
        if self.writer is None:
            self.writer = csv.DictWriter(
                self._file,
                fieldnames=["epoch", *self.keys],
                delimiter=self.sep,
                lineterminator="\n",
            )
            if self._needs_header:
                self.writer.writeheader()
        row = collections.OrderedDict({"epoch": epoch})
        row.update((key, self._shown(logs.get(key, "NA"))) for key in self.keys)
        self.writer.writerow(row)
        self._file.flush()

    @staticmethod
    def _shown(value: Any) -> Any:
        if isinstance(value, np.ndarray) and value.ndim > 0:
            return f'"[{", ".join(map(str, value))}]"'
        return value

    def on_train_end(self, logs: Any = None) -> None:
        if self._file is not None:
            self._file.close()
        self._file = self.writer = None


class RemoteMonitor(Callback):
    """Sends events to a server; not supported."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Raise: nothing is sent over the network.

        Raises:
            NotImplementedError: Always.
        """
        raise NotImplementedError(
            "RemoteMonitor is not supported: ringflow sends no logs over the network. "
            "Use CSVLogger, TensorBoard, or a LambdaCallback that posts what you want."
        )
