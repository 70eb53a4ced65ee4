"""TensorFlow's `tf.compat`: text and bytes, and what scripts still use of TF1.

text       as_bytes, as_text, as_str …
session    graphs that are run by a session; feeds, placeholders
v1         `tf.compat.v1`
"""

import importlib
from typing import Any

from tensor.compat.text import (
    as_bytes as as_bytes,
    as_str as as_str,
    as_str_any as as_str_any,
    as_text as as_text,
    path_to_bytes as path_to_bytes,
    path_to_str as path_to_str,
)


def __getattr__(name: str) -> Any:
    if name not in ("v1", "v2"):
        raise AttributeError(f"tf.compat.{name} is not part of ringflow.")
    # `tf.compat.v2` is TF2 under another name: ours is nothing else.
    return importlib.import_module("tensor.compat.v1" if name == "v1" else "tensor")
