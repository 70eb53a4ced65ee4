"""TensorFlow's `tf.experimental.numpy`: NumPy's functions on tensors.

They take whatever becomes a tensor, promote dtypes by NumPy's rules, and can be
differentiated and traced, for they are made of TensorFlow's own functions::

    promotion    dtypes of results; array, asarray
    elementwise  functions of one and two elements, comparisons
    facts        infinite, real, close, equal
    creation     zeros, ranges, matrices
    reductions   sums, means, extremes
    shaping      reshape, moveaxis, flip, diag …
    joining      concatenate, stack, split, tile
    products     dot, matmul, einsum …
    selection    where, take, sort; indexing by arrays
    random       NumPy's names for random numbers
    behavior     operators and methods of arrays for tensors
"""

from __future__ import annotations

import math as _math

import numpy as _np

import tensor as _tf
from tensor.core.public_api import publish as _publish
from tensor.experimental.numpy import (  # they publish
    behavior as _behavior,
    creation as _creation,
    facts as _facts,
    joining as _joining,
    products as _products,
    random as random,
    reductions as _reductions,
    selection as _selection,
    shaping as _shaping,
)

pi, e, inf, newaxis = _math.pi, _math.e, _math.inf, None
ndarray = _tf.Tensor

bool_, object_ = _np.bool_, _np.object_
int8, int16, int32, int64, int_ = _np.int8, _np.int16, _np.int32, _np.int64, _np.int_
uint8, uint16, uint32, uint64 = _np.uint8, _np.uint16, _np.uint32, _np.uint64
float16, float32, float64, float_ = _np.float16, _np.float32, _np.float64, _np.float64
complex64, complex128, complex_ = _np.complex64, _np.complex128, _np.complex128
string_, unicode_ = _np.bytes_, _np.str_
inexact, iinfo, issubdtype = _np.inexact, _np.iinfo, _np.issubdtype

_publish(globals(), "experimental.numpy")
