"""tf.debugging: assertions on values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.composites import takes_composites
from tensor.core.context import context
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, get_op, register
from tensor.core.tensor import EagerTensor
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import Identity
from tensor.ops.gather import check_index_dtype

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


class Assert(Op):
    """Raises an error with the data unless the condition holds, each time it runs."""

    kind = "stateful"
    gradient = NON_DIFFERENTIABLE

    def kernel(self, condition: Any, *data: Any, summarize: int) -> tuple[()]:
        if not np.all(condition):
            text = "\n".join(_summary(np.asarray(v), summarize) for v in data)
            raise errors.invalid("Assert", f"assertion failed: {text}")
        return ()

    def infer(self, condition: TensorSpec, *data: Any, summarize: int) -> tuple[()]:
        return ()

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(np.bool_(True), rng.normal(size=(2,)), summarize=3)


class CheckNumerics(Identity):
    """x, after a check that it holds neither NaN nor infinity."""

    names = ()
    kind = "stateful"
    takes_slices = False

    def kernel(self, x: Any, message: str) -> Any:
        array = np.asarray(x)
        found = []
        if np.isinf(array).any():
            found.append("Inf")
        if np.isnan(array).any():
            found.append("NaN")
        if found:
            raise errors.invalid(
                "CheckNumerics", f"{message} : Tensor had {' and '.join(found)} values"
            )
        return x

    def infer(self, x: TensorSpec, message: str) -> TensorSpec:
        return TensorSpec.of(x.dims, x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        return dz

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2,)), message="x")


assert_op = register(Assert)
check_numerics_op = register(CheckNumerics)


def _summary(array: np.ndarray, summarize: int) -> str:
    """Write the first elements of an array as TensorFlow's assertions do."""
    limit = array.size if summarize < 0 else summarize
    texts = [str(v) for v in array.reshape(-1)[:limit]]
    if array.size > limit:
        texts.append("...")
    return ", ".join(texts)


@export("debugging.Assert", "Assert")
def assert_(
    condition: Any, data: Any, summarize: int | None = None, name: str | None = None
) -> Any:
    """Check that `condition` holds.

    Args:
        condition: A boolean or a bool tensor.
        data: What to show if it does not hold.
        summarize: How many elements of each tensor to show, 3 by default.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: It does not hold. In a traced function, when that runs.
    """
    limit = 3 if summarize is None else summarize
    if context.graph is not None:
        tensor = convert(condition, dtypes.bool_)
        values = (tensor, *[convert(d) for d in data])
        return (
            context.graph.call_op(assert_op, values, {"summarize": limit}, name) or None
        )
    if isinstance(condition, list | tuple):
        condition = bool(condition)
    if not condition:
        shown = [_summary(np.asarray(convert(d)), limit) for d in data]
        text = "\n".join(shown)
        raise errors.because(
            errors.InvalidArgumentError,
            f"Expected '{condition!s}' to be true. Summarized data: {text}",
        )
    return None


def _compared(
    sign: str, op_type: str, x: Any, y: Any, message: str | None, summarize: int | None
) -> Any:
    x, y = convert(x), convert(y)
    holds = get_op(op_type).public(x, y)
    limit = 3 if summarize is None else summarize
    if type(holds) is not EagerTensor:
        data = [message or "", f"Condition x {sign} y did not hold element-wise:"]
        data += [f"x ({x.name}) = ", x, f"y ({y.name}) = ", y]
        return assert_(get_op("All")(holds, axis=None, keepdims=False), data, limit)
    if np.all(holds._array):
        return None
    lines = [message] if message else []
    lines.append(f"Condition x {sign} y did not hold.")
    a, b = np.asarray(x), np.asarray(y)
    if a.shape == b.shape and a.ndim:
        wrong = np.argwhere(~np.asarray(holds))[: limit if limit >= 0 else None]
        at = tuple(wrong.T)
        lines.append(f"Indices of first {len(wrong)} different values:\n{wrong}")
        lines.append(f"Corresponding x values:\n{a[at]}")
        lines.append(f"Corresponding y values:\n{b[at]}")
    for name, array in (("x", a), ("y", b)):
        count = array.size if limit < 0 else min(limit, array.size)
        first = array.reshape(-1)[:count]
        lines.append(f"First {count} elements of {name}:\n{first}")
    raise errors.because(errors.InvalidArgumentError, "\n".join(lines))


def _comparison(name: str, sign: str, op_type: str) -> Callable[..., Any]:
    """Make and publish one of the assertions that compare two tensors."""

    @takes_composites
    def check(
        x: Any,
        y: Any,
        message: str | None = None,
        summarize: int | None = None,
        name: str | None = None,
    ) -> Any:
        return _compared(sign, op_type, x, y, message, summarize)

    check.__name__ = check.__qualname__ = name
    check.__doc__ = f"""Check that x {sign} y holds element by element.

    Args:
        x: A tensor.
        y: One that broadcasts to it.
        message: What to say first if it does not hold.
        summarize: How many elements to show.
        name: Accepted for compatibility.

    Raises:
        InvalidArgumentError: It does not hold.
    """
    short = (name,) if name in _SHORT else ()
    return export(f"debugging.{name}", *short)(check)


_SHORT = frozenset(("assert_equal", "assert_greater", "assert_less"))
assert_equal = _comparison("assert_equal", "==", "Equal")
assert_none_equal = _comparison("assert_none_equal", "!=", "NotEqual")
assert_less = _comparison("assert_less", "<", "Less")
assert_less_equal = _comparison("assert_less_equal", "<=", "LessEqual")
assert_greater = _comparison("assert_greater", ">", "Greater")
assert_greater_equal = _comparison("assert_greater_equal", ">=", "GreaterEqual")


def _sign_check(name: str, sign: str, op_type: str) -> Callable[..., Any]:
    """Make and publish one of the assertions about signs."""

    def check(
        x: Any,
        message: str | None = None,
        summarize: int | None = None,
        name: str | None = None,
    ) -> Any:
        x = convert(x)
        holds = get_op(op_type).public(x, convert(0, x.dtype))
        limit = 3 if summarize is None else summarize
        if type(holds) is not EagerTensor:
            data = [
                message or "",
                f"Condition x {sign} 0 did not hold element-wise:",
                x,
            ]
            return assert_(get_op("All")(holds, axis=None, keepdims=False), data, limit)
        if np.all(holds._array):
            return None
        array = np.asarray(x).reshape(-1)
        shown = [str(v) for v in array[: limit if limit >= 0 else None]]
        if len(shown) < array.size:
            shown.append("...")
        start = f"{message}.  " if message else ""
        text = f"{start}\nCondition x {sign} 0 did not hold element-wise:\n"
        text += f"x (shape={x.shape} dtype={x.dtype.name}) = \n{shown}"
        raise errors.because(errors.InvalidArgumentError, text)

    check.__name__ = check.__qualname__ = name
    check.__doc__ = f"""Check that x {sign} 0 holds element by element.

    Raises:
        InvalidArgumentError: It does not hold.
    """
    return export(f"debugging.{name}")(check)


assert_positive = _sign_check("assert_positive", ">", "Greater")
assert_negative = _sign_check("assert_negative", "<", "Less")
assert_non_negative = _sign_check("assert_non_negative", ">=", "GreaterEqual")
assert_non_positive = _sign_check("assert_non_positive", "<=", "LessEqual")


@export("debugging.assert_near")
@takes_composites
def assert_near(
    x: Any,
    y: Any,
    rtol: Any = None,
    atol: Any = None,
    message: str | None = None,
    summarize: int | None = None,
    name: str | None = None,
) -> Any:
    """Check that |x - y| <= atol + rtol * |y| holds element by element.

    Both tolerances are ten times the dtype's precision by default.

    Raises:
        InvalidArgumentError: It does not hold.
        ValueError: The values are not floating point.
    """
    x = convert(x)
    y = convert(y, x.dtype)
    if x.dtype.is_integer:
        raise ValueError(f"data type {x.dtype.as_numpy_dtype} not inexact")
    if x.dtype.name == "bfloat16":
        precision = 0.0078125
    else:
        precision = float(np.finfo(x.dtype.real_dtype.numpy_dtype).eps)
    default = 10 * precision
    rtol = convert(default if rtol is None else rtol, x.dtype.real_dtype)
    atol = convert(default if atol is None else atol, x.dtype.real_dtype)
    near = get_op("LessEqual").public(
        get_op("Abs")(x - y), atol + rtol * get_op("Abs")(y)
    )
    data: Sequence[Any] = [
        f"{message}.  " if message else "",
        f"x and y not equal to tolerance rtol = {rtol!s}, atol = {atol!s}",
        f"x (shape={x.shape} dtype={x.dtype.name}) = ",
        x,
        f"y (shape={y.shape} dtype={y.dtype.name}) = ",
        y,
    ]
    return assert_(get_op("All")(near, axis=None, keepdims=False), data, summarize)


@export("debugging.check_numerics")
@takes_composites
def check_numerics(tensor: Any, message: str, name: str | None = None) -> Any:
    """Return `tensor` after a check that it holds neither NaN nor infinity.

    Raises:
        InvalidArgumentError: It does, or is not floating point.
    """
    x = convert(tensor)
    check_index_dtype(
        "CheckNumerics", x, "T", ("bfloat16", "float16", "float32", "float64")
    )
    return check_numerics_op(x, message=message, name=name)


@export("debugging.assert_all_finite")
def assert_all_finite(x: Any, message: str, name: str | None = None) -> Any:
    """Return `x` after a check that it holds neither NaN nor infinity.

    Raises:
        InvalidArgumentError: It does.
    """
    return check_numerics(x, message, name)
