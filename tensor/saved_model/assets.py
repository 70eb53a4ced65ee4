"""Files that a saved model takes with it, and finds again where it is loaded."""

from __future__ import annotations

import os
from typing import Any

from tensor.core.module import Module
from tensor.core.public_api import export
from tensor.core.variable import Variable


@export("saved_model.Asset")
class Asset(Module):
    """A file that a saved object's functions read.

    `save` copies the file into the model's folder; in the loaded model `asset_path` is
    the path of that copy::

        self.vocabulary = tf.saved_model.Asset("vocabulary.txt")
        …
        tf.io.read_file(self.vocabulary.asset_path)
    """

    def __init__(self, path: Any) -> None:
        """Name the file."""
        super().__init__(name="asset")
        # A variable, so that traced functions read the path that is right for them.
        self.path_variable = Variable(os.fspath(path), trainable=False, name="path")

    @property
    def asset_path(self) -> Any:
        """The path, a string tensor."""
        return self.path_variable.read_value()

    @property
    def local_path(self) -> str:
        """The path, as text."""
        return os.fsdecode(self.path_variable.numpy())
