"""What ops do with sparse arguments: those that map 0 to 0 work on the values."""

from __future__ import annotations

from typing import Any

from tensor.core import composites, dtypes, nest
from tensor.core.convert import constant_tensor
from tensor.core.registry import get_op
from tensor.ops.array import cast_
from tensor.ops.sparse.sparse_tensor import SparseTensor

# The functions that TensorFlow applies to the values of sparse tensors.
_ON_VALUES = frozenset(
    (
        "abs",
        "asin",
        "cast",
        "cast_",
        "erf",
        "negative",
        "sign",
        "sin",
        "sqrt",
        "square",
        "tanh",
    )
)


def dispatched(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Apply a public function that was given a sparse tensor.

    Raises:
        CompositeArgument: It takes none.
    """
    name = function.__name__
    if name in _ON_VALUES:
        values = list(args)
        sp = values[0] if values else kwargs.pop("x")
        rest = values[1:]
        if isinstance(sp, SparseTensor):
            return sp.with_values(function(sp.values, *rest, **kwargs))
    handler = _HANDLERS.get(name)
    if handler is not None:
        return handler(*args, **kwargs)
    leaves = nest.flatten((args, list(kwargs.values())))
    found = next(v for v in leaves if isinstance(v, SparseTensor))
    raise composites.CompositeArgument(found)


def _shape(input: Any, out_type: Any = None, name: Any = None) -> Any:
    return cast_(input.dense_shape, out_type or dtypes.int32)


def _size(input: Any, out_type: Any = None, name: Any = None) -> Any:
    from tensor.ops.reduce import reduce_prod

    return cast_(reduce_prod.public(input.dense_shape), out_type or dtypes.int32)


def _rank(input: Any, name: Any = None) -> Any:
    rank = input.shape.rank
    if rank is not None:
        return constant_tensor(dtypes.int32.numpy_dtype.type(rank))
    return get_op("Shape")(input.dense_shape, out_type=dtypes.int32)[0]


def _bincount(
    arr: Any,
    weights: Any = None,
    minlength: Any = None,
    maxlength: Any = None,
    dtype: Any = dtypes.int32,
    name: Any = None,
    axis: Any = None,
    binary_output: bool = False,
) -> Any:
    from tensor.ops.sparse.counting import bincount
    from tensor.ops.sparse.sparse_ops import to_dense

    counts = bincount(arr, weights, axis or 0, minlength, maxlength, binary_output)
    whole = to_dense(counts)
    return whole if weights is not None else cast_(whole, dtype)


def _same(input: Any, name: Any = None) -> Any:
    return input


_HANDLERS: dict[str, Any] = {
    "shape": _shape,
    "size": _size,
    "rank": _rank,
    "identity": _same,
    "bincount": _bincount,
}

composites.handlers.append((SparseTensor, dispatched))
