"""Which kinds of dtypes an op takes, and the error for others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors
from tensor.core.dtypes import DType
from tensor.core.tensor import EagerTensor

if TYPE_CHECKING:
    from tensor.core.registry import Op

# NumPy's kinds of dtypes: b bool, i signed, u unsigned, f floating, c complex, V
# bfloat16, O string. An op's `allows` lists those that it takes.
FLOATING = "fV"
REAL = "iufV"
NUMERIC = "iufVc"
INEXACT = "fVc"
ANY = "biufVcO"


def dtype_kind(x: Any) -> str:
    """Return NumPy's kind of a tensor's or array's dtype, or of a Python number."""
    if type(x) is EagerTensor:
        return x._array.dtype.kind
    dtype = getattr(x, "dtype", None)
    if isinstance(dtype, DType):
        return dtype.numpy_dtype.kind
    return np.asarray(x).dtype.kind if dtype is None else dtype.kind


def check_kind(op: Op, x: Any, allows: str) -> None:
    """Check that a dtype is one that the op takes.

    Raises:
        InvalidArgumentError: It is not.
    """
    if dtype_kind(x) not in allows:
        kinds = ", ".join(_KIND_NAMES[k] for k in allows)
        raise errors.because(
            errors.InvalidArgumentError,
            f"{op.type_name}: Value for attr 'T' of {_dtype_text(x.dtype)} is not in "
            f"the list of allowed values: {kinds}. Convert it with tf.cast. "
            f"[Op:{op.type_name}]",
        )


def _dtype_text(dtype: Any) -> str:
    """Return the name of a dtype as TensorFlow's kernels write it."""
    return {"float16": "half", "float32": "float", "float64": "double"}.get(
        dtype.name, dtype.name
    )


_KIND_NAMES = {
    "b": "bool",
    "i": "int8, int16, int32, int64",
    "u": "uint8, uint16, uint32, uint64",
    "f": "half, float, double",
    "V": "bfloat16",
    "c": "complex64, complex128",
    "O": "string",
}
