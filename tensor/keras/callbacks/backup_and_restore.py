"""BackupAndRestore: a training that was interrupted goes on where it was."""

from __future__ import annotations

import os
import shutil
from typing import Any

import tensor as tf
from tensor.core import replica
from tensor.keras.callbacks.callback import Callback


class BackupAndRestore(Callback):
    """Saves the state of a training, and begins `fit` with what was saved.

    After a restart with the same script, `fit` goes on after the last epoch (or batch)
    that was saved. When the training ends, the backup is deleted.
    """

    def __init__(
        self,
        backup_dir: Any,
        save_freq: Any = "epoch",
        delete_checkpoint: bool = True,
        save_before_preemption: bool = False,
        double_checkpoint: bool = False,
    ) -> None:
        """Take the folder, and how often to save: "epoch", or every so many batches.

        Raises:
            ValueError: The folder or frequency is none.
        """
        super().__init__()
        self._supports_tf_logs = True
        self.backup_dir = os.fspath(backup_dir)
        self.save_freq = save_freq
        self.delete_checkpoint = delete_checkpoint
        if not self.backup_dir:
            raise ValueError(
                "Empty `backup_dir` argument passed: name a folder to write to."
            )
        if not save_freq and not save_before_preemption:
            raise ValueError(
                "Either `save_freq` or `save_before_preemption` must be set. Received: "
                f"save_freq={save_freq}"
            )
        if save_freq and save_freq != "epoch" and not isinstance(save_freq, int):
            raise ValueError(
                "Either `save_freq` is 'epoch' or an integer. Received: "
                f"save_freq={save_freq}"
            )
        self._folder = os.path.join(self.backup_dir, "chief")
        self._epoch: Any = None
        self._batch: Any = None
        self._manager: Any = None

    def _implements_train_batch_hooks(self) -> bool:
        return isinstance(self.save_freq, int) and not isinstance(self.save_freq, bool)

    def on_train_begin(self, logs: Any = None) -> None:
        # Epochs and batches done: what `fit` starts after.
        self._epoch = tf.Variable(-1, dtype="int64", trainable=False)
        self._batch = tf.Variable(-1, dtype="int64", trainable=False)
        optimizer = self.model.optimizer
        if self.model.built and hasattr(optimizer, "build"):
            optimizer.build(self.model.trainable_variables)
        checkpoint = tf.train.Checkpoint(
            model=self.model, epoch=self._epoch, batch=self._batch
        )
        self._manager = tf.train.CheckpointManager(
            checkpoint, self._folder, max_to_keep=1
        )
        latest = self._manager.latest_checkpoint
        if latest is not None:
            checkpoint.restore(latest).expect_partial()
        self.model._resume_after = (int(self._epoch), int(self._batch))

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if not self._implements_train_batch_hooks():
            return
        self._batch.assign(batch)
        if (batch + 1) % self.save_freq == 0:
            self._save()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._epoch.assign(epoch)
        self._batch.assign(-1)
        self._save()

    def _save(self) -> None:
        self._manager.save()

    def on_train_end(self, logs: Any = None) -> None:
        self.model._resume_after = (-1, -1)
        if self.delete_checkpoint and replica.current().is_chief:
            shutil.rmtree(self._folder, ignore_errors=True)
