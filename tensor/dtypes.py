"""TensorFlow's `tf.dtypes`: element types and conversion between them."""

from types import ModuleType as _ModuleType

from tensor.core.dtypes import (
    ALL as _ALL,
    NARROW as _NARROW,
    DType as DType,
    as_dtype as as_dtype,
    double as double,
    half as half,
)
from tensor.core.public_api import publish as _publish

for _dtype in _ALL:
    globals()[_dtype.name] = _dtype

QUANTIZED_DTYPES = frozenset(_dtype for _dtype in _ALL if _dtype.is_quantized)

experimental = _ModuleType("tensor.dtypes.experimental", "Types of a few bits.")
vars(experimental).update({_dtype.name: _dtype for _dtype in _NARROW})

_publish(globals(), "dtypes")
