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
from tensor.graph.concrete import ConcreteFunction as _ConcreteFunction
from tensor.graph.function import Function as _Function
from tensor.graph.function_type import FunctionType as _FunctionType
from tensor.graph.trace_types import (
    SupportsTracingProtocol as _SupportsTracingProtocol,
    TraceType as _TraceType,
)

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
    ConcreteFunction=_ConcreteFunction,
    FunctionType=_FunctionType,
    GenericFunction=_Function,
    PolymorphicFunction=_Function,
    SupportsTracingProtocol=_SupportsTracingProtocol,
    TraceType=_TraceType,
    distributed=distributed,
)


def __getattr__(name: str) -> Any:
    raise AttributeError(
        f"tf.types.{name} is not part of ringflow. docs/api.md lists the TensorFlow "
        "names that are."
    )
