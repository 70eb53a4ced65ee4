"""TFOpLambda: an op applied to Keras tensors, as a layer."""

from __future__ import annotations

from typing import Any

from tensor.core.registry import get_op
from tensor.keras import settings
from tensor.keras.engine.layer import Layer

# The operators of Python have names of their own in Keras.
_OPERATORS = {
    "AddV2": "tf.__operators__.add",
    "StridedSlice": "tf.__operators__.getitem",
    "SelectV2": "tf.where",
    "ConcatV2": "tf.concat",
    "Pack": "tf.stack",
    "Shape": "tf.shape",
    "Cast": "tf.cast",
    "Sub": "tf.math.subtract",
    "RealDiv": "tf.math.truediv",
    "MatMul": "tf.linalg.matmul",
    "OnesLike": "tf.ones_like",
    "ZerosLike": "tf.zeros_like",
}


def _name_of(op: Any) -> str:
    if op.type_name in _OPERATORS:
        return _OPERATORS[op.type_name]
    names = sorted(op.names, key=lambda n: ("math." not in n, -n.count("."), n))
    return f"tf.{names[0]}" if names else f"tf.raw_ops.{op.type_name}"


class TFOpLambda(Layer):
    """Applies one op; made when an op meets a Keras tensor."""

    def __init__(self, function: Any, name: str | None = None, **kwargs: Any) -> None:
        """Take the op, or its type name."""
        op = get_op(function) if isinstance(function, str) else function
        name = name if name and not name.isidentifier() else None
        super().__init__(
            name=name or settings.unique_name(_name_of(op), avoid_given_names=True),
            autocast=False,
            **kwargs,
        )
        self._op = op
        self.built = True
        self._must_restore_from_config = True

    def call(self, *args: Any, **kwargs: Any) -> Any:
        return self._op(*args, **kwargs)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config["function"] = self._op.type_name
        return config
