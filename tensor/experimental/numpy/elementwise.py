"""NumPy's functions of elements: one table a kind, the exceptions below it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

import tensor as tf
from tensor.core.public_api import export
from tensor.experimental.numpy.promotion import (
    array,
    asarray,
    default_float,
    inexact,
    is_inexact,
    is_number,
    promote,
    result_type,
)

if TYPE_CHECKING:
    from collections.abc import Callable

# Of numbers of any kind.
_ANY = {
    "abs": tf.abs,
    "absolute": tf.abs,
    "fabs": tf.abs,
    "conj": tf.math.conj,
    "conjugate": tf.math.conj,
    "negative": tf.negative,
    "positive": lambda x: x,
    "reciprocal": tf.math.reciprocal,
    "square": tf.square,
    "real": tf.math.real,
}

# Of floating point numbers: integers and booleans are converted.
_INEXACT = {
    "arccos": tf.acos,
    "arccosh": tf.acosh,
    "arcsin": tf.asin,
    "arcsinh": tf.asinh,
    "arctan": tf.atan,
    "arctanh": tf.atanh,
    "ceil": tf.math.ceil,
    "cos": tf.cos,
    "cosh": tf.cosh,
    "deg2rad": lambda x: x * (math.pi / 180.0),
    "rad2deg": lambda x: x * (180.0 / math.pi),
    "exp": tf.exp,
    "exp2": lambda x: 2**x,
    "expm1": tf.math.expm1,
    "floor": tf.floor,
    "isfinite": tf.math.is_finite,
    "isnan": tf.math.is_nan,
    "log": tf.math.log,
    "log2": lambda x: tf.math.log(x) / np.log(2),
    "log10": lambda x: tf.math.log(x) / np.log(10),
    "log1p": tf.math.log1p,
    "sin": tf.sin,
    "sinh": tf.sinh,
    "sqrt": tf.sqrt,
    "tan": tf.tan,
    "tanh": tf.tanh,
}

# Of two arrays: the function of numbers, and what is done with booleans. Either there
# is another function of them, or they are converted to this dtype; None: they are
# refused.
_PAIRS: dict[str, tuple[Callable[..., Any], Any]] = {
    "add": (tf.add, tf.logical_or),
    "arctan2": (tf.atan2, None),
    "bitwise_and": (tf.bitwise.bitwise_and, tf.logical_and),
    "bitwise_or": (tf.bitwise.bitwise_or, tf.logical_or),
    "bitwise_xor": (tf.bitwise.bitwise_xor, tf.math.logical_xor),
    "divide": (tf.truediv, float),
    "float_power": (tf.pow, None),
    "floor_divide": (tf.math.floordiv, np.int8),
    "minimum": (tf.minimum, tf.logical_and),
    "mod": (tf.math.floormod, np.int8),
    "multiply": (tf.multiply, tf.logical_and),
    "nextafter": (tf.math.nextafter, None),
    "power": (tf.pow, None),
    "remainder": (tf.math.floormod, np.int8),
    "subtract": (tf.subtract, None),
    "true_divide": (tf.truediv, float),
}

_COMPARISONS = {
    "equal": (tf.equal, tf.equal),
    "not_equal": (tf.not_equal, tf.not_equal),
    "greater": (tf.greater, np.int32),
    "greater_equal": (tf.greater_equal, np.int32),
    "less": (tf.less, np.int32),
    "less_equal": (tf.less_equal, np.int32),
}

_LOGICAL = {
    "logical_and": tf.logical_and,
    "logical_or": tf.logical_or,
    "logical_xor": tf.math.logical_xor,
}


def of_pair(function: Any, on_booleans: Any, x1: Any, x2: Any) -> Any:
    """Apply a function to two arrays of one dtype; see `_PAIRS` for booleans."""
    x1, x2 = promote(x1, x2)
    if x1.dtype != tf.bool or on_booleans is None:
        return function(x1, x2)
    if callable(on_booleans) and not isinstance(on_booleans, type):
        return on_booleans(x1, x2)
    dtype = result_type(on_booleans)
    return function(tf.cast(x1, dtype), tf.cast(x2, dtype))


def _publish(name: str, function: Any) -> Any:
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"NumPy's `{name}`, of tensors or what becomes one."
    return export(f"experimental.numpy.{name}")(function)


def _of_one(function: Any, convert: Any) -> Any:
    return lambda x: function(convert(x))


def _of_two(function: Any, on_booleans: Any) -> Any:
    return lambda x1, x2: of_pair(function, on_booleans, x1, x2)


def _of_truths(function: Any) -> Any:
    return lambda x1, x2: function(array(x1, bool), array(x2, bool))


# By name, for the rest of the package.
functions: dict[str, Any] = {}
for _name, _function in _ANY.items():
    functions[_name] = _publish(_name, _of_one(_function, asarray))
for _name, _function in _INEXACT.items():
    functions[_name] = _publish(_name, _of_one(_function, inexact))
for _name, _rule in (_PAIRS | _COMPARISONS).items():
    functions[_name] = _publish(_name, _of_two(*_rule))
for _name, _function in _LOGICAL.items():
    functions[_name] = _publish(_name, _of_truths(_function))


@export("experimental.numpy.logical_not")
def logical_not(x: Any) -> Any:
    """Return whether each element is false, or zero."""
    return tf.logical_not(array(x, bool))


@export("experimental.numpy.bitwise_not")
def bitwise_not(x: Any) -> Any:
    """Return integers with each bit turned around, or the opposites of booleans."""
    x = asarray(x)
    return tf.logical_not(x) if x.dtype == tf.bool else tf.bitwise.invert(x)


@export("experimental.numpy.divmod")
def divmod_(x1: Any, x2: Any) -> tuple[Any, Any]:
    """Return the floors of the quotients, and the remainders."""
    return functions["floor_divide"](x1, x2), functions["mod"](x1, x2)


@export("experimental.numpy.maximum")
def maximum(x1: Any, x2: Any) -> Any:
    """Return the larger of each two elements; of a tensor and 0, its `relu`."""
    is_zero = is_number(x2) and not isinstance(x2, bool) and x2 == 0
    if is_zero and isinstance(x1, tf.Tensor) and x1.dtype != tf.bool:
        return tf.nn.relu(x1)
    return of_pair(tf.maximum, tf.logical_or, x1, x2)


@export("experimental.numpy.clip")
def clip(a: Any, a_min: Any, a_max: Any) -> Any:
    """Return `a` between two limits, one of which may be None.

    Raises:
        ValueError: Both limits are None.
    """
    if a_min is None and a_max is None:
        raise ValueError("Not more than one of `a_min` and `a_max` may be `None`.")
    if a_min is None:
        return functions["minimum"](a, a_max)
    if a_max is None:
        return maximum(a, a_min)
    a, a_min, a_max = promote(a, a_min, a_max)
    return tf.minimum(tf.maximum(a, a_min), a_max)


@export("experimental.numpy.heaviside")
def heaviside(x1: Any, x2: Any) -> Any:
    """Return 0 where x1 is negative, 1 where it is positive, x2 where it is 0."""
    x1, x2 = promote(x1, x2)
    zero, one = tf.constant(0, x2.dtype), tf.constant(1, x2.dtype)
    return inexact(tf.where(x1 < 0, zero, tf.where(x1 > 0, one, x2)))


@export("experimental.numpy.hypot")
def hypot(x1: Any, x2: Any) -> Any:
    """Return the length of the hypotenuse over the legs x1 and x2."""
    x1, x2 = promote(x1, x2)
    return tf.sqrt(inexact(tf.square(x1) + tf.square(x2)))


@export("experimental.numpy.logaddexp")
def logaddexp(x1: Any, x2: Any) -> Any:
    """Return log(exp(x1) + exp(x2)), without overflow."""
    return _log_of_sum(x1, x2, tf.exp, 1.0)


@export("experimental.numpy.logaddexp2")
def logaddexp2(x1: Any, x2: Any) -> Any:
    """Return log2(2**x1 + 2**x2), without overflow."""
    return _log_of_sum(x1, x2, lambda x: 2**x, math.log(2))


def _log_of_sum(x1: Any, x2: Any, exponential: Any, scale: float) -> Any:
    x1, x2 = [inexact(x) for x in promote(x1, x2)]
    difference = x1 - x2
    larger = tf.maximum(x1, x2)
    total = larger + tf.math.log1p(exponential(-tf.abs(difference))) / scale
    # Infinities of the same sign, or NaN.
    return tf.where(tf.math.is_nan(difference), x1 + x2, total)


@export("experimental.numpy.angle")
def angle(z: Any, deg: bool = False) -> Any:
    """Return the argument of complex numbers, in radians or degrees."""
    z = inexact(z)
    # Of real numbers float32 always, as TensorFlow's.
    is_complex = z.dtype.is_complex
    radians = tf.math.angle(z) if is_complex else tf.where(z < 0, math.pi, 0.0)
    return radians * (180.0 / math.pi) if deg else radians


@export("experimental.numpy.cbrt")
def cbrt(x: Any) -> Any:
    """Return the cube root."""
    x = inexact(x)
    root = tf.abs(x) ** (1.0 / 3)
    return tf.where(x < 0, -root, root)


@export("experimental.numpy.fix")
def fix(x: Any) -> Any:
    """Return x rounded towards 0."""
    x = inexact(x)
    return tf.where(x < 0, tf.math.ceil(x), tf.floor(x))


@export("experimental.numpy.sinc")
def sinc(x: Any) -> Any:
    """Return sin(pi x) / (pi x), which is 1 at 0."""
    x = inexact(x)
    # Nowhere divide by 0: its gradient would be NaN even where it is not chosen.
    angle_ = tf.where(x == 0, tf.ones_like(x), x) * math.pi
    return tf.where(x == 0, tf.ones_like(x), tf.sin(angle_) / angle_)


@export("experimental.numpy.signbit")
def signbit(x: Any) -> Any:
    """Return whether x is negative."""
    x = asarray(x)
    return tf.zeros_like(x) if x.dtype == tf.bool else x < 0


@export("experimental.numpy.sign")
def sign(x: Any, out: Any = None, where: Any = None, **kwargs: Any) -> Any:
    """Return -1, 0 or 1; of complex numbers x / abs(x).

    Raises:
        ValueError: An argument is set that tensors, which never change, do not have.
    """
    refuse("sign", out=out, where=where, **kwargs)
    return tf.sign(asarray(x))


def refuse(function: str, **arguments: Any) -> None:
    """Raise for NumPy's arguments that tensors do not have.

    Raises:
        ValueError: One of them is set.
    """
    given = [name for name, value in arguments.items() if value is not None]
    if given:
        raise ValueError(
            f"tf.experimental.numpy.{function}: Setting {', '.join(given)} is not "
            "supported. Leave it out."
        )


@export("experimental.numpy.around", "experimental.numpy.round")
def around(a: Any, decimals: int = 0) -> Any:
    """Return `a` rounded, halves to the even digit; to tens if `decimals` is -1."""
    a = asarray(a)
    dtype = a.dtype if is_inexact(a.dtype) else default_float()
    factor = tf.cast(math.pow(10, decimals), dtype)
    return tf.cast(tf.round(tf.cast(a, dtype) * factor) / factor, a.dtype)


@export("experimental.numpy.imag")
def imag(val: Any) -> Any:
    """Return the imaginary part; of real numbers, zeros of their dtype."""
    val = asarray(val)
    return tf.math.imag(val) if val.dtype.is_complex else tf.zeros_like(val)


@export("experimental.numpy.gcd")
def gcd(x1: Any, x2: Any) -> Any:
    """Return the greatest common divisors, by Euclid's algorithm.

    Raises:
        ValueError: The numbers are not integers.
    """
    x1, x2 = promote(x1, x2)
    if not x1.dtype.is_integer:
        raise ValueError(f"Arguments to gcd must be integers, got {x1.dtype.name}.")
    shape = tf.broadcast_dynamic_shape(tf.shape(x1), tf.shape(x2))
    zero, one = tf.constant(0, x1.dtype), tf.constant(1, x1.dtype)

    def has_rest(a: Any, b: Any) -> Any:
        return tf.reduce_any(tf.not_equal(b, zero))

    def divide(a: Any, b: Any) -> tuple[Any, Any]:
        is_over = tf.equal(b, zero)
        rest = tf.math.floormod(a, tf.where(is_over, one, b))
        return tf.where(is_over, a, b), tf.where(is_over, zero, rest)

    start = [tf.abs(tf.broadcast_to(x, shape)) for x in (x1, x2)]
    return tf.while_loop(has_rest, divide, start)[0]


@export("experimental.numpy.lcm")
def lcm(x1: Any, x2: Any) -> Any:
    """Return the least common multiples.

    Raises:
        ValueError: The numbers are not integers.
    """
    x1, x2 = promote(x1, x2)
    divisor = gcd(x1, x2)
    one = tf.constant(1, divisor.dtype)
    parts = tf.abs(x2) // tf.where(tf.equal(divisor, 0), one, divisor)
    return tf.abs(x1) * parts
