"""tf.keras.mixed_precision: layers that compute in half precision.

`policy.py` says which dtype computations and weights have; `loss_scale.py` keeps small
gradients from vanishing, and loads when it is first used.
"""

from __future__ import annotations

import importlib
from typing import Any

from tensor.keras.mixed_precision.policy import (
    Policy as Policy,
    as_policy as as_policy,
    global_policy as global_policy,
    serialize as serialize,
    set_global_policy as set_global_policy,
)


def __getattr__(name: str) -> Any:
    if name == "LossScaleOptimizer":
        return importlib.import_module(f"{__name__}.loss_scale").LossScaleOptimizer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), "LossScaleOptimizer"})
