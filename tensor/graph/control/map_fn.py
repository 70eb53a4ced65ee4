"""tf.map_fn, tf.scan, tf.foldl, tf.foldr: functions over the elements of tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core import nest
from tensor.core.convert import convert
from tensor.core.indexed_slices import CompositeTensor
from tensor.core.name_scope import name_scope
from tensor.core.public_api import export
from tensor.graph.control.collecting import (
    as_elements,
    collector_for,
    length_of,
    slice_at,
    spec_of_slices,
)
from tensor.graph.control.tensor_array import TensorArray
from tensor.graph.control.while_loop import while_loop

if TYPE_CHECKING:
    from collections.abc import Callable


def _elements(elems: Any) -> tuple[list[Any], Any]:
    """Return tensors to iterate over, and how many slices they have.

    Raises:
        ValueError: There is nothing, a scalar, or tensors of different lengths.
    """
    flat = [as_elements(e) for e in nest.flatten(elems)]
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
    lengths = [length_of(t) for t in flat]
    known = [n for n in lengths if isinstance(n, int)]
    if any(n != known[0] for n in known):
        raise ValueError(f"Dimensions {known[0]} and {known[-1]} are not compatible")
    return flat, lengths[0]


def _new_array(dtype: Any, size: Any) -> TensorArray:
    return TensorArray(dtype, size=size, dynamic_size=False)


@export("map_fn")
def map_fn(
    fn: Callable[..., Any],
    elems: Any,
    dtype: Any = None,
    parallel_iterations: int | None = None,
    back_prop: bool = True,
    swap_memory: bool = False,
    infer_shape: bool = True,
    name: str | None = None,
    fn_output_signature: Any = None,
) -> Any:
    """Return `fn` applied to each slice of `elems` along the first axis, stacked.

    Args:
        fn: Takes one slice, in the structure of `elems`.
        elems: A tensor, or a nested structure of tensors of one length.
        dtype: The former name of `fn_output_signature`.
        parallel_iterations: Accepted for compatibility.
        back_prop: Whether gradients flow.
        swap_memory: Accepted for compatibility.
        infer_shape: Accepted for compatibility.
        name: A name for the nodes.
        fn_output_signature: The dtypes (or specs) of what `fn` returns, in its
            structure; by default those of `elems`.

    Raises:
        TypeError: `fn` is not callable, or returns another structure.
        ValueError: `elems` is empty or holds a scalar.
    """
    from tensor.graph.autograph import autographed

    if not callable(fn):
        raise TypeError(f"The provided function {fn!r} is not callable.")
    fn = autographed(fn)
    signature = fn_output_signature if fn_output_signature is not None else dtype
    flat, count = _elements(elems)
    if signature is None:
        signature = nest.pack_sequence_as(elems, [spec_of_slices(t) for t in flat])
    collectors = [collector_for(s, count) for s in nest.flatten(signature)]
    arrays = [c.arrays() for c in collectors]

    def body(i: Any, results: Any) -> Any:
        value = fn(nest.pack_sequence_as(elems, [slice_at(t, i) for t in flat]))
        nest.assert_same_structure(signature, value)
        written = zip(collectors, results, nest.flatten(value), strict=True)
        return i + 1, [c.write(a, i, v) for c, a, v in written]

    with name_scope(name or "map"):
        _, arrays = while_loop(
            lambda i, _: i < count, body, (convert(0), arrays), back_prop=back_prop
        )
    stacked = [
        _with_length(c.result(a), flat[0])
        for c, a in zip(collectors, arrays, strict=True)
    ]
    return nest.pack_sequence_as(signature, stacked)


def _with_length(result: Any, like: Any) -> Any:
    """Tell a stacked result the number of slices that went in."""
    if isinstance(result, CompositeTensor) or isinstance(like, CompositeTensor):
        return result
    dims = like.static_shape
    if dims is not None and result.static_shape is not None:
        result.set_shape([dims[0], *result.static_shape[1:]])
    return result


@export("foldl")
def foldl(
    fn: Callable[..., Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
) -> Any:
    """Return `fn(…fn(fn(initializer, e0), e1)…, en)` over the slices of `elems`.

    Raises:
        TypeError: `fn` is not callable.
    """
    with name_scope(name or "foldl"):
        return _fold(fn, elems, initializer, back_prop, reverse=False)


@export("foldr")
def foldr(
    fn: Callable[..., Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
) -> Any:
    """Return `fn(…fn(fn(initializer, en), en-1)…, e0)` over the slices of `elems`.

    Raises:
        TypeError: `fn` is not callable.
    """
    with name_scope(name or "foldr"):
        return _fold(fn, elems, initializer, back_prop, reverse=True)


def _fold(
    fn: Callable[..., Any], elems: Any, initializer: Any, back_prop: bool, reverse: bool
) -> Any:
    if not callable(fn):
        raise TypeError(f"{fn!r} is not callable.")
    flat, count = _elements(elems)

    def element(i: Any) -> Any:
        at = count - 1 - i if reverse else i
        return nest.pack_sequence_as(elems, [slice_at(t, at) for t in flat])

    start = 0
    if initializer is None:
        initializer, start = element(convert(0)), 1
    first = nest.map_structure(convert, initializer)
    _, result = while_loop(
        lambda i, _: i < count,
        lambda i, a: (i + 1, fn(a, element(i))),
        (convert(start), first),
        back_prop=back_prop,
    )
    return result


@export("scan")
def scan(
    fn: Callable[..., Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    infer_shape: bool = True,
    reverse: bool = False,
    name: str | None = None,
) -> Any:
    """Return every intermediate result of `foldl`, stacked.

    Args:
        fn: `fn(accumulated, element)` returns the next accumulated value.
        elems: A tensor, or a nested structure of tensors of one length.
        initializer: The first accumulated value; the first element by default.
        parallel_iterations: Accepted for compatibility.
        back_prop: Whether gradients flow.
        swap_memory: Accepted for compatibility.
        infer_shape: Accepted for compatibility.
        reverse: Whether to begin at the last element.
        name: A name for the nodes.

    Raises:
        TypeError: `fn` is not callable.
    """
    if not callable(fn):
        raise TypeError(f"{fn!r} is not callable.")
    flat, count = _elements(elems)

    def place(i: Any) -> Any:
        return count - 1 - i if reverse else i

    def element(i: Any) -> Any:
        return nest.pack_sequence_as(elems, [slice_at(t, place(i)) for t in flat])

    start = 0
    if initializer is None:
        structure, start = element(convert(0)), 1
    else:
        structure = initializer
    first = [convert(v) for v in nest.flatten(structure)]
    arrays = [_new_array(t.dtype, count) for t in first]
    if start:
        at = place(convert(0))
        arrays = [a.write(at, t) for a, t in zip(arrays, first, strict=True)]

    def body(i: Any, state: Any, results: Any) -> Any:
        value = fn(nest.pack_sequence_as(structure, state), element(i))
        nest.assert_same_structure(structure, value)
        values = [convert(v) for v in nest.flatten(value)]
        at = place(i)
        written = [a.write(at, v) for a, v in zip(results, values, strict=True)]
        return i + 1, values, written

    with name_scope(name or "scan"):
        _, _, arrays = while_loop(
            lambda i, _, __: i < count,
            body,
            (convert(start), first, arrays),
            back_prop=back_prop,
        )
    stacked = [_with_length(a.stack(), flat[0]) for a in arrays]
    return nest.pack_sequence_as(structure, stacked)
