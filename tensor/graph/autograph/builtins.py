"""Python's built-in functions on tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors, nest
from tensor.core.context import context
from tensor.core.convert import convert
from tensor.core.registry import get_op
from tensor.core.tensor import EagerTensor, Tensor
from tensor.core.tensor_spec import TensorSpec
from tensor.graph.autograph.options import Feature, is_asked_for
from tensor.graph.control.tensor_array import TensorArray

if TYPE_CHECKING:
    from collections.abc import Callable


def _is_symbolic(value: Any) -> bool:
    return isinstance(value, Tensor) and type(value) is not EagerTensor


def _is_staged(value: Any) -> bool:
    """Return whether a value is a tensor, and a graph is being traced."""
    return isinstance(value, Tensor) and context.graph is not None


def _is_dataset(value: Any) -> bool:
    return context.graph is not None and hasattr(value, "element_spec")


def _public(name: str) -> Any:
    from tensor.core.public_api import names_in

    namespace, _, last = name.rpartition(".")
    return names_in(namespace)[last]


def range_(*args: Any) -> Any:
    """`range`; of symbolic bounds, a tensor."""
    if not any(_is_symbolic(a) for a in args):
        return range(*args)
    if len(args) < 3:
        # Python's is empty where the bounds are in the wrong order.
        start, limit = (0, *args)[-2:]
        args = start, _public("maximum")(start, limit)
    return _public("range")(*args)


def len_(value: Any) -> Any:
    """`len`; of a symbolic tensor whose length is not known, a tensor."""
    if isinstance(value, Together):
        return value.length()
    if isinstance(value, TensorArray):
        return value.size()
    if _is_dataset(value) and hasattr(value, "cardinality"):
        return _count_of(value)
    if isinstance(getattr(value, "row_splits", None), Tensor) and context.graph:
        return len_(value.row_splits) - 1
    if not _is_staged(value):
        return len(value)
    dims = value.static_shape
    if dims == ():
        raise ValueError(f"len requires a non-scalar tensor, got one of shape {dims}.")
    if dims is not None and dims[0] is not None:
        return dims[0]
    return _public("shape")(value)[0]


def _count_of(dataset: Any) -> Any:
    """Return the number of elements of a dataset.

    Raises:
        InvalidArgumentError: It is not known.
    """
    count = dataset.cardinality()
    wanted = "len requires dataset with definitive cardinality"
    meaning = "-1 means infinite, -2 unknown. `take(n)` ends a dataset."
    if _is_symbolic(count):
        assert_non_negative = _public("debugging.assert_non_negative")
        assert_non_negative(count, message=f"{wanted}; {meaning}")
    elif int(count) < 0:
        raise errors.because(
            errors.InvalidArgumentError, f"{wanted}, got {int(count)}: {meaning}"
        )
    return count


def int_(value: Any = 0, *base: Any) -> Any:
    """`int`; of a symbolic tensor, an int32 tensor.

    Raises:
        NotImplementedError: A tensor is read to another base than 10.
    """
    if not _is_symbolic(value):
        return int(value, *base)
    if base not in ((), (10,)):
        raise NotImplementedError(
            f"base {base[0]!r} not supported for int of a tensor: only 10 is."
        )
    if value.dtype.name == "string":
        return _number(value, "int32")
    return _public("cast")(value, _dtype("int32"))


def float_(value: Any = 0) -> Any:
    """`float`; of a symbolic tensor, a float32 tensor."""
    if not _is_symbolic(value):
        return float(value)
    if value.dtype.name == "string":
        return _number(value, "float32")
    return _public("cast")(value, _dtype("float32"))


def _number(text: Any, dtype: str) -> Any:
    from tensor.ops.strings.conversion import to_number

    return to_number(text, _dtype(dtype))


def _dtype(name: str) -> Any:
    from tensor.core import dtypes

    return dtypes.as_dtype(name)


def _extreme(python: Callable[..., Any], pair: str, reduction: str) -> Any:
    def extreme(*values: Any, **options: Any) -> Any:
        if not options and any(_is_staged(v) for v in values):
            if len(values) == 1:
                return get_op(reduction)(values[0], axis=None, keepdims=False)
            result = values[0]
            for v in values[1:]:
                result = _public(pair)(result, v)
            return result
        return python(*values, **options)

    return extreme


def sum_(values: Any, start: Any = 0) -> Any:
    """`sum`; of a symbolic tensor, the sum along its first axis."""
    if not _is_staged(values):
        return sum(values, start)
    return get_op("Sum")(values, axis=(0,), keepdims=False) + start


def any_(values: Any) -> Any:
    """`any`; of a symbolic tensor or a dataset of bools, a bool tensor.

    Raises:
        ValueError: The dataset holds something else.
    """
    if _is_staged(values):
        return _public("reduce_any")(values)
    if _is_dataset(values):
        _check_bools("any", values)
        return values.reduce(convert(False), _public("logical_or"))
    return any(values)


def all_(values: Any) -> Any:
    """`all`; of a symbolic tensor or a dataset of bools, a bool tensor.

    Raises:
        ValueError: The dataset holds something else.
    """
    if _is_staged(values):
        return _public("reduce_all")(values)
    if _is_dataset(values):
        _check_bools("all", values)
        return values.reduce(convert(True), _public("logical_and"))
    return all(values)


def _check_bools(name: str, dataset: Any) -> None:
    spec = dataset.element_spec
    if not isinstance(spec, TensorSpec) or spec.dims != () or not spec.dtype.is_bool:
        raise ValueError(
            f'in graph mode, the "{name}" builtin only supports datasets that return '
            f"bool scalars; got: {spec}"
        )


def abs_(value: Any) -> Any:
    """`abs`; of a dataset, a dataset."""
    if not _is_dataset(value):
        return abs(value)
    return value.map(lambda *leaves: nest.map_structure(_public("abs"), _one(leaves)))


def map_(function: Any, *values: Any, **options: Any) -> Any:
    """`map`; of datasets, a dataset."""
    if not values or not all(_is_dataset(v) for v in values):
        return map(function, *values, **options)
    if len(values) == 1:
        return values[0].map(function)
    return type(values[0]).zip(values).map(function)


def _one(values: tuple[Any, ...]) -> Any:
    return values[0] if len(values) == 1 else values


def enumerate_(values: Any, start: int = 0) -> Any:
    """`enumerate`; of a dataset, a dataset; of symbolic tensors, pairs."""
    if _is_dataset(values):
        return values.enumerate(start)
    if _is_staged(values) or isinstance(values, Together):
        return Together(range_(start, len_(values) + start), values)
    return enumerate(values, start)


def zip_(*values: Any, strict: bool = False) -> Any:
    """`zip`; of datasets, a dataset; of symbolic tensors, tuples to loop over."""
    if values and all(_is_dataset(v) for v in values):
        return type(values[0]).zip(tuple(values))
    if any(_is_staged(v) for v in values):
        return Together(*values)
    return zip(*values, strict=strict)


def filter_(function: Any, values: Any) -> Any:
    """`filter`; of a dataset, a dataset."""
    if _is_dataset(values):
        return values.filter(function)
    return filter(function, values)


def sorted_(values: Any, /, *, key: Any = None, reverse: bool = False) -> Any:
    """`sorted`; of a symbolic vector, a tensor.

    Raises:
        ValueError: The tensor has more dimensions than one.
    """
    if not _is_staged(values):
        return sorted(values, key=key, reverse=reverse)
    keys = values if key is None else _public("map_fn")(key, values)
    if len(keys.static_shape or (None,)) != 1:
        raise ValueError(
            "sort only supports only 1D tensors, got one of shape "
            f"{keys.static_shape}. A `key` may make a number of each row."
        )
    direction = "DESCENDING" if reverse else "ASCENDING"
    if key is None:
        return _public("sort")(values, 0, direction)
    return _public("gather")(values, _public("argsort")(keys, 0, direction))


def print_(*values: Any, **options: Any) -> None:
    """`print`; of symbolic tensors, their values, if that feature was asked for."""
    leaves = nest.flatten(values) if is_asked_for(Feature.BUILTIN_FUNCTIONS) else []
    tensors = [v for v in leaves if _is_symbolic(v)]
    if not tensors:
        print(*values, **options)  # noqa: T201  # what it is for
        return

    def show(*arrays: Any) -> None:
        known = iter(arrays)
        shown = [_printed(next(known)) if _is_symbolic(v) else v for v in leaves]
        print(*nest.pack_sequence_as(values, shown), **options)  # noqa: T201

    _public("numpy_function")(show, tensors, [])


def _printed(array: Any) -> Any:
    """Return a value as Python prints it: texts and numbers without array around."""
    value = array[()] if isinstance(array, np.ndarray) else array
    return value.decode() if isinstance(value, bytes) else value


class Together:
    """Several symbolic tensors to loop over at once, up to the end of the shortest."""

    def __init__(self, *values: Any) -> None:
        self._values = [v if isinstance(v, Together) else convert(v) for v in values]

    def __iter__(self) -> Any:
        """Refuse Python's own iteration, as the symbolic tensors do."""
        return iter(self._values[-1])

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
    max: _extreme(max, "maximum", "Max"),
    min: _extreme(min, "minimum", "Min"),
    sum: sum_,
    any: any_,
    all: all_,
    enumerate: enumerate_,
    zip: zip_,
    filter: filter_,
    map: map_,
    abs: abs_,
    print: print_,
    sorted: sorted_,
}


def replacement_for(function: Any) -> Callable[..., Any] | None:
    """Return what converted code calls instead of a builtin, or None."""
    try:
        return _REPLACEMENTS.get(function)
    except TypeError:
        return None
