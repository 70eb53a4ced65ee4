"""SidecarEvaluatorModelExport: saves the best of the models that are evaluated."""

from __future__ import annotations

import re
from typing import Any

from tensor.keras.callbacks.model_checkpoint import ModelCheckpoint


class SidecarEvaluatorModelExport(ModelCheckpoint):
    """Saves the best of the models that a `SidecarEvaluator` evaluates."""

    def __init__(
        self, export_filepath: Any, checkpoint_filepath: Any, **kwargs: Any
    ) -> None:
        """Take where to save, and where the training process does.

        Args:
            export_filepath: The path to save at; `{epoch}` stands for the training's.
            checkpoint_filepath: The path that its checkpoints have, with `{epoch}`.
            **kwargs: The other arguments of `ModelCheckpoint`.
        """
        super().__init__(export_filepath, save_best_only=True, **kwargs)
        self._checkpoint_filepath = checkpoint_filepath
        self.export_index = 0

    def on_test_begin(self, logs: Any = None) -> None:
        latest = self._get_most_recently_modified_file_matching_pattern(
            self._checkpoint_filepath
        )
        number = re.match(r".*ckpt-(\d+)", latest or "")
        self.export_index = int(number[1]) - 1 if number else 0

    def on_test_end(self, logs: Any = None) -> None:
        self._save(self.export_index, None, logs)
