"""The public operations by family; importing this package registers them all."""

from tensor.ops import (
    array as array,
    compare as compare,
    linalg as linalg,
    math as math,
    operators as operators,
    reduce as reduce,
    strided_slice as strided_slice,
)
