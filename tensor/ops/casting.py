"""Changing the dtype: cast, saturate_cast, bitcast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.composites import takes_composites
from tensor.core.convert import convert, to_array
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, get_op, register
from tensor.core.shapes import to_brackets
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.families import dtype_kind

if TYPE_CHECKING:
    from collections.abc import Iterator


class Cast(Op):
    """The values in another dtype: to integers by truncation, to bool by != 0."""

    kind = "elementwise"
    keeps_inputs = False
    takes_slices = True

    def kernel(self, x: Any, dtype: dtypes.DType) -> Any:
        if not hasattr(x, "astype"):
            return to_array(x, dtype)
        if x.dtype.kind == "c" and not dtype.is_complex:
            x = x.real  # what TensorFlow keeps, for booleans too
        return x.astype(dtype.numpy_dtype)

    def infer(self, x: TensorSpec, dtype: dtypes.DType) -> TensorSpec:
        return TensorSpec.of(x.dims, dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        dtype = call.inputs[0].dtype
        if not isinstance(dtype, dtypes.DType):
            dtype = dtypes.from_numpy(dtype)
        return cast(dz, dtype=dtype)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2, 3)), dtype=dtypes.float64)


class CastToDiscrete(Cast):
    """The values as integers, booleans or strings, through which no gradient flows."""

    gradient = NON_DIFFERENTIABLE

    def kernel(self, x: Any, dtype: dtypes.DType) -> Any:
        if dtype_kind(x) in "fV" and dtype.is_integer:
            return _saturated(np.asarray(x), dtype)
        return super().kernel(x, dtype)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2, 3)) * 10, dtype=dtypes.int32)


def _saturated(x: np.ndarray, dtype: dtypes.DType) -> Any:
    """Convert floating point to integers by the processor's own rule."""
    return x.astype(dtype.numpy_dtype)[()]


cast = register(Cast)
cast_to_discrete = register(CastToDiscrete)


@export("cast", "dtypes.cast")
@takes_composites
def cast_(x: Any, dtype: Any, name: str | None = None) -> Any:
    """Convert `x` to another dtype.

    Floating point to integer truncates towards zero; complex to real drops the
    imaginary part. Gradients flow between floating point and complex dtypes.

    Raises:
        InvalidArgumentError: Strings have no numeric value; see tf.strings.to_number.
    """
    target = dtypes.as_dtype(dtype)
    x = convert(x)
    if x.dtype is target:
        return x
    _check_cast(x.dtype, target)
    op = cast if target.is_differentiable else cast_to_discrete
    return op(x, dtype=target, name=name)


def _check_cast(source: dtypes.DType, target: dtypes.DType) -> None:
    """Check that values of one dtype have a meaning in another.

    Raises:
        UnimplementedError: They have none.
    """
    advice = ""
    handles = (dtypes.variant, dtypes.resource)
    if (source is dtypes.string) != (target is dtypes.string) or target in handles:
        advice = "use tf.strings.to_number or tf.strings.as_string."
    elif (source.is_narrow or target.is_narrow) and (
        (source.is_floating, source.is_integer)
        != (target.is_floating, target.is_integer)
    ):
        advice = f"cast to tf.{'float32' if target.is_floating else 'int32'} between."
    if advice:
        raise errors.because(
            errors.UnimplementedError,
            f"Cast {dtypes.short_name(source)} to {dtypes.short_name(target)} is not "
            f"supported: {advice} [Op:Cast]",
        )


class Bitcast(Op):
    """The same bytes read as another dtype."""

    gradient = NON_DIFFERENTIABLE
    keeps_inputs = False

    def kernel(self, x: Any, dtype: dtypes.DType) -> Any:
        x = np.ascontiguousarray(x).reshape(np.shape(x))
        source, target = x.dtype.itemsize, dtype.numpy_dtype.itemsize
        if source == target:
            return x.view(dtype.numpy_dtype)[()]
        if source > target:
            parts = x.reshape((*x.shape, 1)).view(dtype.numpy_dtype)
            return parts.reshape((*x.shape, source // target))
        if not x.ndim or x.shape[-1] != target // source:
            enums = dtypes.from_numpy(x.dtype).as_datatype_enum, dtype.as_datatype_enum
            raise errors.invalid(
                "Bitcast",
                f"Cannot bitcast from {enums[0]} to {enums[1]}: shape "
                f"{to_brackets(x.shape)} does not end in {target // source}",
            )
        return x.view(dtype.numpy_dtype).reshape(x.shape[:-1])[()]

    def infer(self, x: TensorSpec, dtype: dtypes.DType) -> TensorSpec:
        if x.dims is None:
            return TensorSpec.of(None, dtype)
        source, target = x.dtype.size, dtype.size
        last = x.dims[-1] if x.dims else 0
        if source < target and last not in (None, target // source):
            raise ValueError(
                f"Cannot bitcast from {x.dtype.as_datatype_enum} to "
                f"{dtype.as_datatype_enum} due to shape. {last} does not match "
                f"{target // source}"
            )
        if source > target:
            return TensorSpec.of((*x.dims, source // target), dtype)
        return TensorSpec.of(x.dims if source == target else x.dims[:-1], dtype)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(np.array([[1.0, 2.0]], np.float32), dtype=dtypes.int32)
        yield Sample(np.array([[1.0, 2.0]], np.float32), dtype=dtypes.uint8)
        yield Sample(np.array([[1, 2]], np.int32), dtype=dtypes.float64)


bitcast_op = register(Bitcast)


@export("bitcast")
@takes_composites
def bitcast(input: Any, type: Any, name: str | None = None) -> Any:
    """Read the bytes of `input` as another dtype.

    A smaller dtype adds a last axis; for a larger one, the last axis must be as long as
    the ratio of the sizes, and goes.

    Raises:
        InvalidArgumentError: The last axis does not fit, or one of the dtypes is bool
            or string.
    """
    x, dtype = convert(input), dtypes.as_dtype(type)
    for attr, d in (("T", x.dtype), ("type", dtype)):
        if d in (dtypes.bool_, dtypes.string):
            raise errors.invalid(
                "Bitcast",
                f"Value for attr {attr!r} of {d.name} is not in the list of allowed "
                "values: bfloat16, half, float, double, the integers, complex64, "
                "complex128",
            )
    return bitcast_op(x, dtype=dtype, name=name)


@export("saturate_cast", "dtypes.saturate_cast")
@takes_composites
def saturate_cast(value: Any, dtype: Any, name: str | None = None) -> Any:
    """Convert `value` to another dtype; what is out of its range becomes its limit."""
    target = dtypes.as_dtype(dtype)
    x = convert(value)
    if x.dtype.is_complex:
        if target.is_complex:
            return cast_(x, target, name)
        x = get_op("Real")(x)
    if target.is_complex or x.dtype.is_bool or target.is_bool:
        return cast_(x, target, name)
    low, high = max(x.dtype.min, target.min), min(x.dtype.max, target.max)
    kind = x.dtype.as_numpy_dtype
    if x.dtype.is_floating and target.is_integer:
        # The largest integer may not be a float: round the limits inwards.
        low, high = kind(low), kind(high)
        if int(high) > target.max:
            high = np.nextafter(high, kind(0))
        if int(low) < target.min:
            low = np.nextafter(low, kind(0))
    limits = (convert(kind(low)), convert(kind(high)))
    return cast_(get_op("Maximum")(get_op("Minimum")(x, limits[1]), limits[0]), target)
