"""TFOpLambda: an op or a public function applied to Keras tensors, as a layer."""

from __future__ import annotations

import functools
from typing import Any

import tensor as tf
from tensor.core.public_api import names_in, namespaces
from tensor.core.registry import Op, get_op
from tensor.keras import settings
from tensor.keras.engine.layer import Layer
from tensor.keras.engine.op_names import OP_NAMES

# Public functions that ragged and sparse Keras tensors are given to.
_OPERATOR_FUNCTIONS = {"tf.math.add": "tf.__operators__.add"}


def _name_of(function: Any) -> str:
    """Return the layer's name for an op or a public function."""
    if not isinstance(function, Op):
        name = public_name(function)
        return _OPERATOR_FUNCTIONS.get(name, name)
    if function.type_name in OP_NAMES:
        return OP_NAMES[function.type_name]
    names = sorted(function.names, key=_preference)
    return f"tf.{names[0]}" if names else f"tf.raw_ops.{function.type_name}"


def _preference(name: str) -> tuple[bool, int, str]:
    return "math." not in name, -name.count("."), name


def public_name(function: Any) -> str:
    """Return the name of a public function: `tf.math.reduce_sum`."""
    names = [
        f"{namespace}.{name}" if namespace else name
        for namespace in namespaces()
        for name, thing in names_in(namespace).items()
        if thing is function
    ]
    return f"tf.{min(names, key=_preference)}"


def _found(name: str) -> Any:
    """Return the op of a type name, or the public function of a name with dots.

    Keras writes the latter without `tf.`.
    """
    written = name.removeprefix("tf.")
    if written == "__operators__.getitem":
        return _item
    if name == written and "." not in name and not hasattr(tf, name):
        return get_op(name)
    written = written.replace("__operators__.", "math.")
    return functools.reduce(getattr, written.split("."), tf)


def _item(x: Any, slice_spec: Any) -> Any:
    """Return `x[slice_spec]`, the slices as Keras writes them."""
    many = isinstance(slice_spec, list | tuple)
    index = tuple(_index(part) for part in slice_spec) if many else _index(slice_spec)
    return x[index]


def _index(part: Any) -> Any:
    if isinstance(part, dict):
        return slice(part["start"], part["stop"], part["step"])
    return part


class TFOpLambda(Layer):
    """Applies one op or function; made when it meets a Keras tensor."""

    def __init__(self, function: Any, name: str | None = None, **kwargs: Any) -> None:
        """Take the op or function, or its name."""
        self._written = function if isinstance(function, str) else None
        function = _found(function) if isinstance(function, str) else function
        name = name if name and not name.isidentifier() else None
        kwargs["autocast"] = False
        super().__init__(
            name=name
            or settings.unique_name(_name_of(function), avoid_given_names=True),
            **kwargs,
        )
        self._op = function
        self.built = True
        self._must_restore_from_config = True

    def call(self, *args: Any, **kwargs: Any) -> Any:
        return self._op(*args, **kwargs)

    def get_config(self) -> dict[str, Any]:
        op = self._op
        if self._written is not None:
            function = self._written
        else:
            function = op.type_name if isinstance(op, Op) else public_name(op)
        return {**super().get_config(), "function": function}


class SlicingOpLambda(TFOpLambda):
    """Takes a slice of a Keras tensor."""
