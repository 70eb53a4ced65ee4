"""Python's operators on tensors and variables, attached to their classes.

The fast path of each takes two eager tensors of one dtype, or a tensor and a Python
float, without further questions; everything else goes through `operands`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

import tensor.core.unread_variable  # noqa: F401  # what assignments return
from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.tensor import EagerTensor, Tensor
from tensor.core.variable import Variable
from tensor.ops import compare, linalg, math, strided_slice
from tensor.ops.array import cast_
from tensor.ops.dtype_kinds import characters
from tensor.ops.families import dtype_kind, operands

if TYPE_CHECKING:
    from tensor.core.registry import Op

Method = Callable[[Any, Any], Any]


def _pair(op: Any, general: Method | None = None) -> tuple[Method, Method]:
    """Return the methods for `tensor op other` and `other op tensor`.

    Args:
        op: The op of the fast path.
        general: Takes any two operands; by default `op` on converted ones.
    """

    def on_operands(x: Any, y: Any) -> Any:
        return op(*operands(op, x, y))

    apply = general or on_operands
    return _forward(op, apply), _reflected(op, apply)


def _forward(op: Any, apply: Method) -> Method:
    """Return the method for `tensor op other`."""
    allowed = characters(op.allows)

    def forward(self: Any, other: Any) -> Any:
        if type(self) is EagerTensor:
            dtype = self._array.dtype
            if type(other) is EagerTensor:
                if other._array.dtype is dtype and dtype.char in allowed:
                    return op(self, other)
            elif type(other) is float and dtype.char in "fd":
                return op(self, other)
        try:
            return apply(self, other)
        except (TypeError, ValueError):
            if _may_know_better(other):
                return NotImplemented
            raise

    return forward


def _reflected(op: Any, apply: Method) -> Method:
    """Return the method for `other op tensor`."""

    def reflected(self: Any, other: Any) -> Any:
        is_quick = type(other) is float and type(self) is EagerTensor
        if is_quick and self._array.dtype.char in "fd":
            return op(other, self)
        return apply(convert(other, self.dtype), self)

    return reflected


def _may_know_better(other: Any) -> bool:
    """Return whether a right operand is of a foreign class with its own operators."""
    if isinstance(other, Tensor | Variable | np.ndarray | np.generic):
        return False
    return type(other).__module__ != "builtins"


def _times(x: Any, y: Any) -> Any:
    """Return x * y; of booleans, whether both are true."""
    if dtype_kind(x) == "b":
        return math.logical_and(x, cast_(y, dtypes.bool_))
    return math.multiply(*operands(math.multiply, x, y))


def _equality(op: Op, differs: bool) -> Method:
    """Return the method for `==` or `!=`: by element; False for what cannot compare."""

    def compare_elements(self: Any, other: Any) -> Any:
        if other is None:
            return differs
        try:
            return op(*operands(op, self, other))
        except errors.InvalidArgumentError as error:
            if "ncompatible shapes" in error.message:
                return convert(differs)
            raise

    return compare_elements


def _logic(on_bool: Any, on_integers: Any) -> tuple[Method, Method]:
    def forward(self: Any, other: Any) -> Any:
        op = on_bool if self.dtype.is_bool else on_integers
        return op(*operands(op, self, other))

    def reflected(self: Any, other: Any) -> Any:
        return forward(convert(other, self.dtype), self)

    return forward, reflected


def attach(cls: type) -> None:
    """Give `cls` Python's operators."""
    methods: dict[str, Any] = {}
    for name, pair in {
        "add": _pair(math.add),
        "sub": _pair(math.subtract),
        "mul": _pair(math.multiply, _times),
        "truediv": _pair(math.divide, math.true_divide),
        "floordiv": _pair(math.floor_divide),
        "mod": _pair(math.floor_mod),
        "pow": _pair(math.power),
        "matmul": (linalg.matmul_operator, linalg.reflected_matmul_operator),
        "and": _logic(math.logical_and, math.bitwise_and),
        "or": _logic(math.logical_or, math.bitwise_or),
        "xor": _logic(math.logical_xor, math.bitwise_xor),
    }.items():
        methods[f"__{name}__"], methods[f"__r{name}__"] = pair
    for name, op in {
        "lt": compare.less,
        "le": compare.less_equal,
        "gt": compare.greater,
        "ge": compare.greater_equal,
    }.items():
        methods[f"__{name}__"] = _pair(op)[0]
    methods["__eq__"] = _equality(compare.equal, differs=False)
    methods["__ne__"] = _equality(compare.not_equal, differs=True)
    methods["__neg__"] = lambda self: math.negative(self)
    methods["__abs__"] = lambda self: math.absolute(self)
    methods["__invert__"] = math.invert
    methods["__getitem__"] = strided_slice.get_item
    for name, method in methods.items():
        setattr(cls, name, method)


for _cls in (Tensor, Variable):
    attach(_cls)
