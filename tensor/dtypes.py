"""TensorFlow's `tf.dtypes`: element types and conversion between them."""

from tensor.core.dtypes import (
    ALL as _ALL,
    DType as DType,
    as_dtype as as_dtype,
    double as double,
    half as half,
)
from tensor.core.public_api import publish as _publish

for _dtype in _ALL:
    globals()[_dtype.name] = _dtype

QUANTIZED_DTYPES = frozenset(_dtype for _dtype in _ALL if _dtype.is_quantized)

_publish(globals(), "dtypes")
