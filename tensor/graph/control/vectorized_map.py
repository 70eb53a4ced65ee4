"""tf.vectorized_map: a function over the slices of tensors, whatever it returns.

Slices are taken one by one, outside graphs and where they are few; otherwise in a loop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import nest
from tensor.core.context import context
from tensor.core.convert import convert
from tensor.core.indexed_slices import CompositeTensor
from tensor.core.public_api import export, names_in
from tensor.core.registry import get_op
from tensor.core.tensor import wrap
from tensor.core.tensor_spec import TensorSpec
from tensor.graph.control.collecting import as_elements, length_of, slice_at
from tensor.graph.control.map_fn import map_fn
from tensor.graph.function import Function

if TYPE_CHECKING:
    from collections.abc import Callable

# Beyond them a loop runs half as fast, and is traced in the time of a few slices.
_FEW_SLICES = 32


@export("vectorized_map")
def vectorized_map(
    fn: Callable[..., Any],
    elems: Any,
    fallback_to_while_loop: bool = True,
    warn: bool = True,
) -> Any:
    """Return `fn` applied to each slice of `elems`, stacked; dtypes may change.

    Args:
        fn: Takes one slice, in the structure of `elems`; returns tensors, numbers and
            None in any structure.
        elems: A tensor, or a nested structure of tensors of one length. The one slice
            of a tensor that has no more serves for all.
        fallback_to_while_loop: Accepted for compatibility.
        warn: Accepted for compatibility.

    Raises:
        ValueError: `elems` is empty, holds a scalar, or tensors of different lengths.
    """
    flat = [as_elements(e) for e in nest.flatten(elems)]
    _check(elems, flat)
    lengths = [length_of(t) for t in flat]
    count = _common(lengths)

    def result_at(i: Any) -> Any:
        slices = [
            slice_at(t, _index(i, length))
            for t, length in zip(flat, lengths, strict=True)
        ]
        return fn(nest.pack_sequence_as(elems, slices))

    is_known = isinstance(count, int)
    if is_known and not count:
        return _of_no_slices(fn, elems, flat)
    if context.graph is None or (is_known and count <= _FEW_SLICES):
        return _stacked([result_at(i) for i in range(int(count))])
    return _in_loop(result_at, count)


def _check(elems: Any, flat: list[Any]) -> None:
    if not flat:
        raise ValueError(
            "elems must be a Tensor or (possibly nested) sequence of Tensors. Got "
            f"{elems!r}, which does not contain any Tensors."
        )
    for tensor in flat:
        if not isinstance(tensor, CompositeTensor) and tensor.shape.rank == 0:
            raise ValueError(
                "Elements in elems must be 1+ dimensional Tensors, not scalars: got "
                f"{tensor!r}. The function is applied to slices along the first axis."
            )


def _common(lengths: list[Any]) -> Any:
    """Return the number of slices: that of those which have not just one."""
    known = {n for n in lengths if isinstance(n, int)}
    several = sorted(known - {1})
    if len(several) > 1:
        raise ValueError(
            f"Dimensions {several[0]} and {several[-1]} are not compatible"
        )
    if several or len(known) == len(lengths):
        return several[0] if several else 1
    unknown = [n for n in lengths if not isinstance(n, int)]
    longest = unknown[0]
    for n in unknown[1:]:
        longest = names_in("")["maximum"](longest, n)
    return longest


def _index(i: Any, length: Any) -> Any:
    """Return the number of the slice of a tensor of this length in round `i`."""
    if isinstance(length, int):
        return 0 if length == 1 else i
    return names_in("")["where"](convert(length) > 1, i, 0)


def _stacked(results: list[Any]) -> Any:
    """Return the results of all slices together."""
    leaves = zip(*[nest.flatten(r) for r in results], strict=True)
    return nest.pack_sequence_as(results[0], [_together(leaf) for leaf in leaves])


def _together(parts: tuple[Any, ...]) -> Any:
    first = parts[0]
    if first is None:
        return None
    if isinstance(first, CompositeTensor):
        spec: Any = first._type_spec  # type: ignore[attr-defined]
        return spec.stacked(list(parts))
    return get_op("Pack")(*[convert(p) for p in parts], axis=0)


def _in_loop(result_at: Callable[[Any], Any], count: Any) -> Any:
    # One slice more, of which nothing runs, tells what there will be.
    first = result_at(names_in("")["constant"](0))
    leaves = nest.flatten(first)
    kept = [leaf for leaf in leaves if leaf is not None]
    stacked = iter(
        map_fn(
            lambda i: [leaf for leaf in nest.flatten(result_at(i)) if leaf is not None],
            names_in("")["range"](count),
            fn_output_signature=[_spec_of(leaf) for leaf in kept],
        )
        if kept
        else ()
    )
    together = [None if leaf is None else next(stacked) for leaf in leaves]
    return nest.pack_sequence_as(first, together)


def _spec_of(leaf: Any) -> Any:
    if isinstance(leaf, CompositeTensor):
        return leaf._type_spec  # type: ignore[attr-defined]
    return convert(leaf).dtype


def _of_no_slices(fn: Callable[..., Any], elems: Any, flat: list[Any]) -> Any:
    """Return what there is of no slices: `fn` is traced, and does not run."""
    specs = [TensorSpec.of((t.static_shape or ())[1:], t.dtype) for t in flat]
    traced = Function(
        lambda *slices: fn(nest.pack_sequence_as(elems, list(slices))), autograph=False
    ).get_concrete_function(*specs)

    def nothing(leaf: Any) -> Any:
        if leaf is None:
            return None
        dims = [d or 0 for d in leaf.static_shape or ()]
        return wrap(np.zeros((0, *dims), leaf.dtype.numpy_dtype))

    return nest.map_structure(nothing, traced.structured_outputs)
