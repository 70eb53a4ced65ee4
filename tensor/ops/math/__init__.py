"""Elementwise mathematics; the ops by their short names, for gradients elsewhere."""

from tensor.ops.math.arithmetic import (
    absolute as absolute,
    add as add,
    add_n as add_n,
    maximum as maximum,
    minimum as minimum,
    multiply as multiply,
    negative as negative,
    sign as sign,
    squared_difference as squared_difference,
    subtract as subtract,
)
from tensor.ops.math.complex_numbers import (
    complex_op as complex_op,
    conj as conj,
    conj_for_gradient as conj_for_gradient,
    dtype_of as dtype_of,
    imag_op as imag_op,
    real_op as real_op,
)
from tensor.ops.math.division import (
    divide as divide,
    divide_no_nan as divide_no_nan,
    floor_divide as floor_divide,
    floor_mod as floor_mod,
    multiply_no_nan as multiply_no_nan,
    reciprocal as reciprocal,
    true_divide as true_divide,
    truncate_divide as truncate_divide,
    truncate_mod as truncate_mod,
)
from tensor.ops.math.exponential import (
    exp as exp,
    expm1 as expm1,
    log as log,
    log1p as log1p,
    sigmoid as sigmoid,
    xdivy as xdivy,
    xlog1py as xlog1py,
    xlogy as xlogy,
)
from tensor.ops.math.logic import (
    bitwise_and as bitwise_and,
    bitwise_invert as bitwise_invert,
    bitwise_or as bitwise_or,
    bitwise_xor as bitwise_xor,
    invert as invert,
    left_shift as left_shift,
    logical_and as logical_and,
    logical_not as logical_not,
    logical_or as logical_or,
    logical_xor as logical_xor,
    right_shift as right_shift,
)
from tensor.ops.math.powers import (
    power as power,
    rsqrt as rsqrt,
    sqrt as sqrt,
    square as square,
)
from tensor.ops.math.rounding import (
    ceil as ceil,
    floor as floor,
    is_finite as is_finite,
    is_inf as is_inf,
    is_nan as is_nan,
    rint as rint,
    round_op as round_op,
)
from tensor.ops.math.trigonometric import (
    acos as acos,
    acosh as acosh,
    asin as asin,
    asinh as asinh,
    atan as atan,
    atan2 as atan2,
    atanh as atanh,
    cos as cos,
    cosh as cosh,
    sin as sin,
    sinh as sinh,
    tan as tan,
    tanh as tanh,
)
