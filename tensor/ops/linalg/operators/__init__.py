"""`tf.linalg.LinearOperator`s: matrices that are known by more than their elements."""

from tensor.ops.linalg.operators import (
    circulant as circulant,
    composed as composed,
    conjugate_gradient as conjugate_gradient,
    dense as dense,
    derived as derived,
    diagonal as diagonal,
    structured as structured,
    zeros as zeros,
)
from tensor.ops.linalg.operators.operator import LinearOperator as LinearOperator
