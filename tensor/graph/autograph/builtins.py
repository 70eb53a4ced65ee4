"""Python's built-in functions on tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core.context import context
from tensor.core.convert import convert
from tensor.core.registry import get_op
from tensor.core.tensor import EagerTensor, Tensor
from tensor.graph.control.tensor_array import TensorArray

if TYPE_CHECKING:
    from collections.abc import Callable


def _is_symbolic(value: Any) -> bool:
    return isinstance(value, Tensor) and type(value) is not EagerTensor


def _public(name: str) -> Any:
    from tensor.core.public_api import names_in

    namespace, _, last = name.rpartition(".")
    return names_in(namespace)[last]


def range_(*args: Any) -> Any:
    """`range`; of symbolic bounds, a tensor."""
    if any(_is_symbolic(a) for a in args):
        return _public("range")(*args)
    return range(*args)


def len_(value: Any) -> Any:
    """`len`; of a symbolic tensor whose length is not known, a tensor."""
    if isinstance(value, Together):
        return value.length()
    if isinstance(value, TensorArray):
        return value.size()
    if not _is_symbolic(value):
        return len(value)
    dims = value.static_shape
    if dims == ():
        raise ValueError(f"len requires a non-scalar tensor, got one of shape {dims}.")
    if dims is not None and dims[0] is not None:
        return dims[0]
    return _public("shape")(value)[0]


def int_(value: Any = 0, *base: Any) -> Any:
    """`int`; of a symbolic tensor, an int32 tensor."""
    if not _is_symbolic(value):
        return int(value, *base)
    if value.dtype.name == "string":
        return _public("strings.to_number")(value, _dtype("int32"))
    return _public("cast")(value, _dtype("int32"))


def float_(value: Any = 0) -> Any:
    """`float`; of a symbolic tensor, a float32 tensor."""
    if not _is_symbolic(value):
        return float(value)
    if value.dtype.name == "string":
        return _public("strings.to_number")(value, _dtype("float32"))
    return _public("cast")(value, _dtype("float32"))


def bool_(value: Any = False) -> Any:
    """`bool`; of a symbolic tensor, a bool tensor."""
    if not _is_symbolic(value):
        return bool(value)
    return _public("cast")(value, _dtype("bool"))


def _dtype(name: str) -> Any:
    from tensor.core import dtypes

    return dtypes.as_dtype(name)


def _extreme(python: Callable[..., Any], pair: str, reduction: str) -> Any:
    def extreme(*values: Any, **options: Any) -> Any:
        if not options and any(_is_symbolic(v) for v in values):
            if len(values) == 1:
                return get_op(reduction)(values[0], axis=None, keepdims=False)
            result = convert(values[0]) if _is_symbolic(values[0]) else values[0]
            for v in values[1:]:
                result = _public(pair)(result, v)
            return result
        return python(*values, **options)

    return extreme


def sum_(values: Any, start: Any = 0) -> Any:
    """`sum`; of a symbolic tensor, the sum along its first axis."""
    if not _is_symbolic(values):
        return sum(values, start)
    return get_op("Sum")(values, axis=(0,), keepdims=False) + start


def any_(values: Any) -> Any:
    """`any`; of a symbolic tensor, a bool tensor."""
    if _is_symbolic(values):
        return _public("reduce_any")(values)
    return any(values)


def all_(values: Any) -> Any:
    """`all`; of a symbolic tensor, a bool tensor."""
    if _is_symbolic(values):
        return _public("reduce_all")(values)
    return all(values)


def enumerate_(values: Any, start: int = 0) -> Any:
    """`enumerate`; of a dataset, a dataset; of symbolic tensors, pairs."""
    if context.graph is not None and hasattr(values, "element_spec"):
        return values.enumerate(start)
    if _is_symbolic(values) or isinstance(values, Together):
        return Together(range_(start, len_(values) + start), values)
    return enumerate(values, start)


def zip_(*values: Any, strict: bool = False) -> Any:
    """`zip`; of datasets, a dataset; of symbolic tensors, tuples to loop over."""
    if context.graph is not None and values:
        if all(hasattr(v, "element_spec") for v in values):
            return type(values[0]).zip(tuple(values))
        if any(_is_symbolic(v) for v in values):
            return Together(*values)
    return zip(*values, strict=strict)


def filter_(function: Any, values: Any) -> Any:
    """`filter`; of a dataset, a dataset."""
    if context.graph is not None and hasattr(values, "element_spec"):
        return values.filter(function)
    return filter(function, values)


def sorted_(values: Any, /, *, key: Any = None, reverse: bool = False) -> Any:
    """`sorted`; of a symbolic vector, a tensor.

    Raises:
        ValueError: The tensor has more dimensions than one.
    """
    if not _is_symbolic(values):
        return sorted(values, key=key, reverse=reverse)
    direction = "DESCENDING" if reverse else "ASCENDING"
    if key is not None:
        order = _public("argsort")(_public("map_fn")(key, values), 0, direction)
        return _public("gather")(values, order)
    if len(values.static_shape or (None,)) != 1:
        raise ValueError(
            "sort only supports tensors with one dimension. Got shape "
            f"{values.shape}; tf.sort takes an axis."
        )
    return _public("sort")(values, 0, direction)


class Together:
    """Several symbolic tensors to loop over at once, up to the end of the shortest."""

    def __init__(self, *values: Any) -> None:
        self._values = [v if isinstance(v, Together) else convert(v) for v in values]

    def length(self) -> Any:
        """Return the number of elements."""
        lengths = [len_(v) for v in self._values]
        result = lengths[0]
        for n in lengths[1:]:
            known = isinstance(n, int) and isinstance(result, int)
            result = min(n, result) if known else _public("minimum")(result, n)
        return result

    def at(self, number: Any) -> tuple[Any, ...]:
        """Return the elements of this number."""
        return tuple(
            [
                v.at(number) if isinstance(v, Together) else v[number]
                for v in self._values
            ]
        )


_REPLACEMENTS: dict[Any, Callable[..., Any]] = {
    range: range_,
    len: len_,
    int: int_,
    float: float_,
    bool: bool_,
    max: _extreme(max, "maximum", "Max"),
    min: _extreme(min, "minimum", "Min"),
    sum: sum_,
    any: any_,
    all: all_,
    enumerate: enumerate_,
    zip: zip_,
    filter: filter_,
    sorted: sorted_,
}


def replacement_for(function: Any) -> Callable[..., Any] | None:
    """Return what converted code calls instead of a builtin, or None."""
    try:
        return _REPLACEMENTS.get(function)
    except TypeError:
        return None
