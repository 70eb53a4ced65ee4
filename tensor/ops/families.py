"""What families of ops share: their shape rule, public form, samples and checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors
from tensor.core.call import PLAIN_TYPES, ArraySpec, record
from tensor.core.composites import CompositeArgument, hand_over
from tensor.core.context import context
from tensor.core.convert import convert
from tensor.core.dtypes import DType, bool_ as tf_bool, int32 as tf_int32
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, get_op
from tensor.core.shapes import Dims, broadcast
from tensor.core.tensor import EagerTensor, Tensor, wrap
from tensor.core.tensor_spec import TensorSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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


def shape_of(x: Any) -> Dims | None:
    """Return the static shape of a tensor, array, spec or Python number."""
    if type(x) is np.ndarray:
        return x.shape
    if isinstance(x, Tensor):
        return x.static_shape
    if isinstance(x, _WITH_SHAPE):
        return x.shape
    if isinstance(x, TensorSpec):
        return x.dims
    return getattr(x, "static_shape", ())


_WITH_SHAPE = (np.ndarray, np.generic, ArraySpec)
_SCALARS = frozenset((np.float16, np.float32, np.float64))


def sum_to(dz: Any, like: Any) -> Any:
    """Undo broadcasting: sum `dz` to the shape of `like`."""
    kind = type(dz)
    if kind is type(like) and (
        kind in _SCALARS or (kind is np.ndarray and dz.shape == like.shape)
    ):
        return dz  # the usual case, at the least cost
    shape, have = shape_of(like), shape_of(dz)
    if shape is None or have is None or None in shape or None in have:
        return get_op("SumTo")(dz, shape=get_op("Shape")(like, out_type=tf_int32))
    if have == shape:
        return dz
    lead = len(have) - len(shape)
    axis = (
        *range(lead),
        *(i + lead for i, d in enumerate(shape) if d == 1 and have[i + lead] != 1),
    )
    total = get_op("Sum")(dz, axis=axis, keepdims=False)
    return total if shape_of(total) == shape else get_op("Reshape")(total, shape=shape)


def draw(
    rng: np.random.Generator,
    domain: tuple[float, float],
    shape: tuple[int, ...],
    allows: str,
) -> Any:
    """Return a sample array of a dtype that the op takes: float64 if it can be."""
    if "f" in allows:
        return np.asarray(rng.uniform(*domain, size=shape))
    if "i" in allows:
        return np.asarray(rng.integers(1, 9, size=shape), np.int32)
    return np.asarray(rng.integers(0, 2, size=shape), np.bool_)


class UnaryElementwise(Op):
    """One array in, one of the same shape out, each element by itself.

    Attributes:
        ufunc: The NumPy function; without it a subclass defines `kernel(x, out=None)`.
        operator: A faster form of `ufunc` without `out`, such as `operator.neg`: on
            NumPy scalars an operator takes a tenth of a ufunc's time.
        allows: The kinds of dtypes that are taken.
        domain: The interval that samples are drawn from.
    """

    kind = "elementwise"
    accepts_out = True
    ufunc: Callable[..., Any]
    operator: Callable[..., Any] | None = None
    allows = INEXACT
    domain: tuple[float, float] = (-2.0, 2.0)

    def __init__(self) -> None:
        super().__init__()
        self._compute = type(self).operator or self.kernel

    def __call__(self, x: Any, name: str | None = None, **attrs: Any) -> Any:
        """Apply the op; `Op.__call__` spelt out for one input, a hot path."""
        if type(x) is not EagerTensor or context.graph is not None:
            return super().__call__(x, name=name, **attrs)
        try:
            out = wrap(context.run(self._compute, x._array, **attrs))
        except Exception as error:
            out = wrap(self.recover(error, [x._array], attrs))
        if context.tapes and self.is_differentiable:
            record(self, (x,), (x._array,), out, attrs)
        return out

    def kernel(self, x: Any, out: Any = None) -> Any:
        return self.ufunc(x) if out is None else self.ufunc(x, out=out)

    def infer(self, x: TensorSpec) -> TensorSpec:
        return TensorSpec.of(x.dims, x.dtype)

    def public(self, x: Any, name: str | None = None) -> Any:
        x = convert(x)
        check_kind(self, x, self.allows)
        return self(x, name=name)

    def public_form(self) -> Callable[..., Any]:
        op, allows = self, self.allows

        def function(x: Any, name: str | None = None) -> Any:
            if type(x) is EagerTensor and x._array.dtype.kind in allows:
                return op(x, name=name)
            try:
                return op.public(x, name=name)
            except CompositeArgument as error:
                return hand_over(error, function, (x,), {})

        plain = type(op).public is UnaryElementwise.public
        return function if plain else super().public_form()

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for shape in ((2, 3), (), (0, 2)):
            yield Sample(draw(rng, self.domain, shape, self.allows))


class UnaryPredicate(UnaryElementwise):
    """One array in, booleans out."""

    accepts_out = False
    gradient = NON_DIFFERENTIABLE

    def infer(self, x: TensorSpec) -> TensorSpec:
        return TensorSpec.of(x.dims, tf_bool)


class BinaryElementwise(Op):
    """Two arrays that broadcast, each pair of elements by itself.

    Attributes:
        ufunc: The NumPy function.
        operator: A faster form of `ufunc` without `out`, such as `operator.mul`: on
            NumPy scalars an operator takes a tenth of a ufunc's time.
        allows: The kinds of dtypes that are taken.
        domain, domain_y: The intervals that samples are drawn from.
    """

    kind = "elementwise"
    accepts_out = True
    ufunc: Callable[..., Any]
    operator: Callable[..., Any] | None = None
    allows = NUMERIC
    domain: tuple[float, float] = (-2.0, 2.0)
    domain_y: tuple[float, float] | None = None

    def __init__(self) -> None:
        super().__init__()
        self._compute = type(self).operator or self.kernel

    def __call__(self, x: Any, y: Any, name: str | None = None, **attrs: Any) -> Any:
        """Apply the op; `Op.__call__` spelt out for two inputs, the hottest path."""
        if type(x) is EagerTensor:
            a = x._array
            if type(y) is EagerTensor:
                b = y._array
            elif type(y) in PLAIN_TYPES:
                b = y
            else:
                return self.dispatch((x, y), attrs, name)
        elif type(y) is EagerTensor and type(x) in PLAIN_TYPES:
            a, b = x, y._array
        else:
            return super().__call__(x, y, name=name, **attrs)
        if context.graph is not None:
            return context.graph.call_op(self, (x, y), attrs, name)
        try:
            out = wrap(context.run(self._compute, a, b, **attrs))
        except Exception as error:
            out = wrap(self.recover(error, [a, b], attrs))
        if context.tapes and self.is_differentiable:
            record(self, (x, y), (a, b), out, attrs)
        return out

    def kernel(self, x: Any, y: Any, out: Any = None) -> Any:
        return self.ufunc(x, y) if out is None else self.ufunc(x, y, out=out)

    def infer(self, x: TensorSpec, y: TensorSpec) -> TensorSpec:
        return TensorSpec.of(broadcast(x.dims, y.dims), x.dtype)

    def recover(self, error: Exception, arrays: list[Any], attrs: Any) -> Any:
        if isinstance(error, ValueError) and "broadcast" in str(error):
            raise incompatible(self, *arrays) from error
        return super().recover(error, arrays, attrs)

    def public(self, x: Any, y: Any, name: str | None = None) -> Any:
        x, y = operands(self, x, y)
        return self(x, y, name=name)

    def public_form(self) -> Callable[..., Any]:
        op, allows = self, self.allows

        def function(x: Any, y: Any, name: str | None = None) -> Any:
            if type(x) is EagerTensor and type(y) is EagerTensor:
                dtype = x._array.dtype
                if y._array.dtype is dtype and dtype.kind in allows:
                    return op(x, y, name=name)
            try:
                return op.public(x, y, name=name)
            except CompositeArgument as error:
                return hand_over(error, function, (x, y), {})

        plain = type(op).public is BinaryElementwise.public
        return function if plain else super().public_form()

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for shape_x, shape_y in (
            ((2, 3), (2, 3)),
            ((2, 1, 3), (4, 1)),
            ((3,), ()),
            ((), (2,)),
            ((0, 3), (1, 3)),
        ):
            yield Sample(
                draw(rng, self.domain, shape_x, self.allows),
                draw(rng, self.domain_y or self.domain, shape_y, self.allows),
            )


class BinaryPredicate(BinaryElementwise):
    """Two arrays that broadcast, booleans out."""

    accepts_out = False
    gradient = NON_DIFFERENTIABLE

    def infer(self, x: TensorSpec, y: TensorSpec) -> TensorSpec:
        return TensorSpec.of(broadcast(x.dims, y.dims), tf_bool)


def operands(op: Op, x: Any, y: Any) -> tuple[Any, Any]:
    """Return two operands as tensors of one dtype; Python numbers may stay as they are.

    Python numbers and NumPy values take the dtype of the tensor beside them.

    Raises:
        InvalidArgumentError: Two tensors have different dtypes, or one that `op` does
            not take.
        TypeError: A Python number does not fit the tensor's dtype.
    """
    a, b = _tensor_or_none(x), _tensor_or_none(y)
    if a is None:
        a = convert(x) if b is None else convert(x, b.dtype)
    dtype = a.dtype
    if b is None:
        try:
            b = _adopt(y, dtype)
        except TypeError:
            b = convert(y)
            if a is x and op.type_name != "AddV2":  # as TensorFlow has it
                raise
            raise _different_dtypes(op, a, b) from None
    elif b.dtype is not dtype:
        raise _different_dtypes(op, a, b)
    allows = getattr(op, "allows", ANY)
    if allows is not ANY and dtype.numpy_dtype.kind not in allows:
        check_kind(op, a, allows)
    return a, b


def _tensor_or_none(x: Any) -> Any:
    """Return a tensor, or a variable's value; None for anything else."""
    if type(x) is EagerTensor:
        return x
    if hasattr(x, "read_for_op"):
        return x.read_for_op()
    return x if isinstance(x, Tensor) else None


def _adopt(value: Any, dtype: DType) -> Any:
    """Return a value that is no tensor in the dtype of the tensor beside it."""
    kind = type(value)
    if (
        (kind is float and (dtype.name == "float32" or dtype.name == "float64"))
        or (kind is int and dtype.name in _PLAIN_INTEGER)
    ) and (kind is float or -128 <= value <= 127):
        return value  # NumPy's own rule for Python numbers does the same, faster
    return convert(value, dtype)


_PLAIN_INTEGER = frozenset(("float32", "float64", "int32", "int64"))


def _different_dtypes(op: Op, x: Any, y: Any) -> errors.OpError:
    from tensor.core.dtypes import short_name

    return errors.because(
        errors.InvalidArgumentError,
        f"cannot compute {op.type_name} as input #1(zero-based) was expected to be a "
        f"{short_name(x.dtype)} tensor but is a {short_name(y.dtype)} tensor. Nothing "
        f"is converted implicitly: write tf.cast(y, {x.dtype!r}), or tf.cast(x, "
        f"{y.dtype!r}). [Op:{op.type_name}]",
    )


def incompatible(op: Op, x: Any, y: Any) -> errors.OpError:
    """Return the error for two shapes that do not broadcast."""
    return errors.because(
        errors.InvalidArgumentError,
        f"Incompatible shapes: {bracketed(shape_of(x))} vs. {bracketed(shape_of(y))} "
        f"[Op:{op.type_name}]",
    )


def bracketed(dims: Dims | None) -> str:
    """Write a static shape as TensorFlow's kernels do: `[2,3]`."""
    return "[" + ",".join("?" if d is None else str(d) for d in dims or ()) + "]"


def known_integers(value: Any) -> Any:
    """Return an integer argument, such as an axis, that must be known when traced.

    Raises:
        NotImplementedError: It is a symbolic tensor whose value is not known.
    """
    if type(value) is EagerTensor or not isinstance(value, Tensor):
        return value
    known = value.static_vector() if hasattr(value, "static_vector") else None
    if known is None or (type(known) is tuple and None in known):
        raise NotImplementedError(
            f"The axis {value!r} must be known while a function is traced: give a "
            "Python integer, or one that follows from static shapes."
        )
    return known


def normalize_axes(axis: Any, rank: int | None, op: Op) -> tuple[int, ...] | None:
    """Return reduction axes counted from the front; None stays None (all of them).

    Raises:
        InvalidArgumentError: An axis is out of range or named twice.
    """
    if axis is None:
        return None
    given = np.asarray(known_integers(axis))
    if given.dtype.kind not in "iu" and given.size:
        raise TypeError(
            f"{op.type_name}: axis {axis!r} must be integers. Cannot convert {axis!r} "
            "to EagerTensor of dtype int32"
        )
    axes = tuple(int(a) for a in given.reshape(-1))
    if rank is None:
        return axes
    result = []
    for a in axes:
        if not -rank <= a < rank:
            raise errors.because(
                errors.InvalidArgumentError,
                f"Invalid reduction dimension ({a} for input with {rank} "
                f"dimension(s)). Expected {-rank} <= axis < {rank}. "
                f"[Op:{op.type_name}]",
            )
        a = a + rank if a < 0 else a
        if a in result:
            raise errors.because(
                errors.InvalidArgumentError,
                f"Invalid reduction arguments: Axes contains duplicate dimension: {a} "
                f"[Op:{op.type_name}]",
            )
        result.append(a)
    return tuple(result)


class Reduction(Op):
    """Combines elements along axes: `axis` (None = all) and `keepdims`."""

    kind = "reduction"
    allows = NUMERIC

    def infer(
        self, x: TensorSpec, axis: tuple[int, ...] | None, keepdims: bool
    ) -> TensorSpec:
        return TensorSpec.of(reduced_shape(x.dims, axis, keepdims), x.dtype)

    def public(
        self,
        input_tensor: Any,
        axis: Any = None,
        keepdims: bool = False,
        name: str | None = None,
    ) -> Any:
        x = convert(input_tensor)
        check_kind(self, x, self.allows)
        rank = None if x.static_shape is None else len(x.static_shape)
        axes = normalize_axes(axis, rank, self)
        return self(x, axis=axes, keepdims=bool(keepdims), name=name)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        x = rng.normal(size=(2, 3, 4))
        for axis in (None, (0,), (1, 2), (-1,), ()):
            for keepdims in (False, True):
                yield Sample(x, axis=axis, keepdims=keepdims)


def reduced_shape(
    dims: Dims | None, axis: tuple[int, ...] | None, keepdims: bool
) -> Dims | None:
    """Return the static shape after reducing `axis`."""
    if dims is None:
        return () if axis is None and not keepdims else None
    rank = len(dims)
    axes = (
        set(range(rank))
        if axis is None
        else {a % rank for a in axis}
        if rank
        else set()
    )
    if keepdims:
        return tuple(1 if i in axes else d for i, d in enumerate(dims))
    return tuple(d for i, d in enumerate(dims) if i not in axes)


def expand_reduced(
    value: Any, x: Any, axis: tuple[int, ...] | None, keepdims: bool
) -> Any:
    """Return the result of a reduction with its axes back as 1, to broadcast over x."""
    if keepdims or axis == ():
        return value
    shape = reduced_shape(shape_of(x), axis, True)
    if shape is not None and None not in shape:
        return get_op("Reshape")(value, shape=shape)
    return get_op("ReshapeLikeReduced")(value, x, axis=axis)
