"""tf.train: checkpoints, and the examples that data files hold.

From the ground up::

    sstable bundle              TensorFlow's checkpoint files
    object_graph                which objects are saved, and under which names
    restoration                 values find their objects
    state_file                  which checkpoints a folder holds
    checkpoint manager          what users call
    views                       what a checkpoint, or a program, is made of
"""

import importlib
from typing import Any

from tensor.core.public_api import publish as _publish
from tensor.io import example as _example
from tensor.train import (
    checkpoint as _checkpoint,
    experimental as experimental,
    manager as _manager,
    moving_average as _moving_average,
    state_file as _state_file,
    views as _views,
)

_publish(globals(), "train")
_missing = globals()["__getattr__"]


def __getattr__(name: str) -> Any:
    if name != "ClusterSpec":
        return _missing(name)
    # Clusters are described where the strategies are, which load late.
    distribute = importlib.import_module("tensor.distribute")
    found = globals()[name] = distribute._resolvers.ClusterSpec
    return found
