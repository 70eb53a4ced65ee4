"""Two operands of one dtype, by TensorFlow's rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core import errors
from tensor.core.context import context
from tensor.core.convert import convert
from tensor.core.dtypes import short_name
from tensor.core.tensor import EagerTensor, Tensor
from tensor.ops.broadcasting import bracketed, shape_of
from tensor.ops.dtype_kinds import ANY, check_kind, dtype_kind, unexpected_dtype

if TYPE_CHECKING:
    from tensor.core.dtypes import DType
    from tensor.core.registry import Op


def operands(op: Op, x: Any, y: Any) -> tuple[Any, Any]:
    """Return two operands as tensors of one dtype; Python numbers may stay as they are.

    Python numbers and NumPy values take the dtype of the tensor beside them.

    Raises:
        InvalidArgumentError: Two tensors have different dtypes, or one that `op` does
            not take; while a graph is traced, a TypeError.
        TypeError: A Python number does not fit the tensor's dtype.
    """
    a, b = _tensor_or_none(x), _tensor_or_none(y)
    if a is None:
        a = convert(x) if b is None else convert(x, b.dtype)
    dtype = a.dtype
    if b is None:
        try:
            b = _adopt(y, dtype)
        except TypeError:
            b = convert(y)
            if op.type_name != "AddV2":  # as TensorFlow has it
                raise
            raise _different_dtypes(op, a, b) from None
    elif b.dtype is not dtype:
        raise _different_dtypes(op, a, b)
    allows = getattr(op, "allows", ANY)
    if allows is not ANY and dtype_kind(a) not in allows:
        check_kind(op, a, allows, getattr(op, "parameters", "x")[0])
    return a, b


def _tensor_or_none(x: Any) -> Any:
    """Return a tensor, or a variable's value; None for anything else."""
    if type(x) is EagerTensor:
        return x
    if hasattr(x, "read_for_op"):
        return x.read_for_op()
    return x if isinstance(x, Tensor) else None


def _adopt(value: Any, dtype: DType) -> Any:
    """Return a value that is no tensor in the dtype of the tensor beside it."""
    kind = type(value)
    if (
        (kind is float and (dtype.name == "float32" or dtype.name == "float64"))
        or (kind is int and dtype.name in _PLAIN_INTEGER)
    ) and (kind is float or -128 <= value <= 127):
        return value  # NumPy's own rule for Python numbers does the same, faster
    return convert(value, dtype)


_PLAIN_INTEGER = frozenset(("float32", "float64", "int32", "int64"))


def _different_dtypes(op: Op, x: Any, y: Any) -> Exception:
    advice = (
        f"Nothing is converted implicitly: write tf.cast(y, {x.dtype!r}), or "
        f"tf.cast(x, {y.dtype!r}). [Op:{op.type_name}]"
    )
    if context.graph is not None:
        first, second = getattr(op, "parameters", ("x", "y"))
        return TypeError(
            f"Input {second!r} of {op.type_name!r} Op has type {y.dtype.name} that "
            f"does not match type {x.dtype.name} of argument {first!r}. {advice}"
        )
    return errors.because(
        errors.InvalidArgumentError,
        f"cannot compute {op.type_name} as input #1(zero-based) was expected to be a "
        f"{short_name(x.dtype)} tensor but is a {short_name(y.dtype)} tensor. {advice}",
    )


def operand(
    op_type: str,
    value: Any,
    dtype: DType,
    parameter: str = "input",
    position: int = 0,
) -> Any:
    """Return an argument as a tensor of the one dtype that an op takes there.

    Raises:
        InvalidArgumentError: It is a tensor of another dtype; while a graph is traced,
            a TypeError.
        TypeError: It is a Python value that does not fit.
    """
    tensor = _tensor_or_none(value)
    if tensor is None:
        return convert(value, dtype)
    if tensor.dtype is not dtype:
        raise unexpected_dtype(op_type, tensor, dtype, parameter, position)
    return tensor


def incompatible(op: Op, x: Any, y: Any) -> errors.OpError:
    """Return the error for two shapes that do not broadcast."""
    return errors.because(
        errors.InvalidArgumentError,
        f"Incompatible shapes: {bracketed(shape_of(x))} vs. {bracketed(shape_of(y))} "
        f"[Op:{op.type_name}]",
    )
