"""ConfigProto: the options of TF1's sessions and servers."""

from __future__ import annotations

import types
from typing import Any


class ConfigProto:
    """Options that programs may set; ringflow has its own (`tf.config`) for these."""

    def __init__(self, **options: Any) -> None:
        """Take options by name."""
        self.gpu_options = types.SimpleNamespace()
        self.graph_options = types.SimpleNamespace()
        vars(self).update(options)
