"""Tensors that behave like NumPy's arrays: promotion, indexing and methods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import tensor as tf
from tensor.core.public_api import export
from tensor.core.tensor import EagerTensor
from tensor.experimental.numpy import (
    elementwise,
    products,
    reductions,
    selection,
    shaping,
)
from tensor.experimental.numpy.promotion import promote, settings

if TYPE_CHECKING:
    from collections.abc import Callable

_OPERATORS = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow")
_COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")


@export("experimental.numpy.experimental_enable_numpy_behavior")
def enable_numpy_behavior(
    prefer_float32: bool = False, dtype_conversion_mode: str = "legacy"
) -> None:
    """Let tensors' operators promote dtypes and index as NumPy's arrays do.

    Tensors also get methods of arrays, such as `T`, `reshape` and `astype`. It is for
    the whole program and cannot be undone.

    Args:
        prefer_float32: Python's floats count as float32, not as float64.
        dtype_conversion_mode: "legacy", NumPy's promotion, or "off".

    Raises:
        NotImplementedError: The mode is "safe" or "all".
        ValueError: The mode is none of TensorFlow's.
    """
    if dtype_conversion_mode in ("safe", "all"):
        raise NotImplementedError(
            f"dtype_conversion_mode={dtype_conversion_mode!r}, weak tensors, is not "
            "part of ringflow. Use 'legacy', NumPy's promotion."
        )
    if dtype_conversion_mode not in ("legacy", "off"):
        raise ValueError(
            "dtype_conversion_mode must be 'off', 'legacy', 'safe' or 'all', got "
            f"{dtype_conversion_mode!r}."
        )
    settings.prefer_float32 = prefer_float32
    if hasattr(tf.Tensor, "_basic_getitem"):
        return
    for name, member in _members().items():
        for kind in (tf.Tensor, EagerTensor):
            if kind is tf.Tensor or name in vars(kind):
                setattr(kind, name, member)
    if dtype_conversion_mode == "legacy":
        for name in (*_OPERATORS, *[f"r{name}" for name in _OPERATORS], *_COMPARISONS):
            full_name = f"__{name}__"
            for owner in (tf.Tensor, tf.Variable):
                setattr(owner, full_name, _promoting(getattr(owner, full_name)))


def _promoting(operator: Callable[..., Any]) -> Callable[..., Any]:
    """Return an operator that first gives both sides the dtype of a result of both."""

    def promoting(self: Any, other: Any) -> Any:
        if other is None or isinstance(other, str | bytes):
            return operator(self, other)
        return operator(*promote(self, other))

    return promoting


def _members() -> dict[str, Any]:
    return {
        "_basic_getitem": vars(tf.Tensor)["__getitem__"],
        "__getitem__": selection.get_item,
        "__matmul__": products.matmul,
        "__pos__": lambda self: self,
        "__round__": elementwise.around,
        "T": property(shaping.transpose),
        "data": property(lambda self: self),
        "size": property(_size),
        "astype": tf.cast,
        "clip": elementwise.clip,
        "flatten": shaping.flatten,
        "max": reductions.amax,
        "mean": reductions.mean,
        "min": reductions.amin,
        "ravel": shaping.ravel,
        "reshape": _reshape,
        "tolist": _tolist,
        "transpose": shaping.transpose,
    }


def _size(self: Any) -> Any:
    """Return the number of elements as NumPy's number, None if it is not known."""
    count = self.shape.num_elements()
    return None if count is None else np.int64(count)


def _reshape(self: Any, *newshape: Any, order: str = "C") -> Any:
    """Return the elements in another shape, given as one argument or several."""
    is_whole = len(newshape) == 1 and not isinstance(newshape[0], int)
    return shaping.reshape(self, newshape[0] if is_whole else newshape, order)


def _tolist(self: Any) -> Any:
    """Return the values in Python's lists.

    Raises:
        ValueError: The tensor is symbolic: it has none yet.
    """
    if not hasattr(self, "numpy"):
        raise ValueError(
            f"Symbolic Tensors do not support the tolist API: {self!r} has no value "
            "while its function is being traced."
        )
    return self.numpy().tolist()
