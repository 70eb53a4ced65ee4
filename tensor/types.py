"""TensorFlow's `tf.types`: what annotations name."""

from __future__ import annotations

from collections.abc import Callable as _Callable
from types import ModuleType as _ModuleType
from typing import Any

import numpy as _np

from tensor.core.distributed_values import (
    Mirrored as _Mirrored,
    PerReplica as _PerReplica,
)
from tensor.core.tensor import Tensor as _Tensor

distributed = _ModuleType(
    "tensor.types.experimental.distributed", "What strategies return."
)
vars(distributed).update(PerReplica=_PerReplica, Mirrored=_Mirrored)

experimental = _ModuleType("tensor.types.experimental", "Not settled in TensorFlow.")
vars(experimental).update(
    TensorLike=(
        _Tensor
        | int
        | float
        | bool
        | str
        | bytes
        | complex
        | tuple
        | list
        | _np.ndarray
        | _np.generic
    ),
    Callable=_Callable,
    distributed=distributed,
)


def __getattr__(name: str) -> Any:
    raise AttributeError(
        f"tf.types.{name} is not part of ringflow. docs/api.md lists the TensorFlow "
        "names that are."
    )
