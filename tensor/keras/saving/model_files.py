"""ModelFiles: the methods of a model that write and read files."""

from __future__ import annotations


class ModelFiles:
    """`save`, `save_weights`, `load_weights` and `to_json` of models."""
