"""Jacobians: the gradient of every element of a target, one backward pass each.

Eagerly, and in a graph where the target has few elements, the passes are made one by
one. A graph whose target is large, or of a size that is not known yet, gets a loop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import nest
from tensor.core.backprop import densify
from tensor.core.context import context
from tensor.core.convert import convert
from tensor.core.gradients import gradients_on
from tensor.core.public_api import names_in
from tensor.core.registry import get_op
from tensor.core.shape_algebra import merge, num_elements
from tensor.core.tape import wants_zeros
from tensor.core.tensor import Tensor, wrap

if TYPE_CHECKING:
    from collections.abc import Callable

    from tensor.core.shapes import Dims
    from tensor.core.tape import Tape

# Beyond them a loop runs half as fast, and is traced in the time of a few passes.
_FEW_PASSES = 32


def jacobian(tape: Any, target: Any, sources: Any, unconnected: Any) -> Any:
    """Return d target / d source for each source; see `GradientTape.jacobian`.

    Raises:
        TypeError: `target` is a structure of tensors.
        RuntimeError: The tape was used up, or never entered.
    """
    _check_target(target)
    zero = wants_zeros(unconnected)
    record = tape.take_record()
    flat_sources = nest.flatten(sources)
    results = jacobians_on(record, target, flat_sources)
    if zero:
        results = [
            _zeros(target, s) if j is None else j
            for s, j in zip(flat_sources, results, strict=True)
        ]
    return nest.pack_sequence_as(sources, results)


def jacobians_on(record: Tape, target: Any, sources: list[Any]) -> list[Any]:
    """Return d target / d source for each source, None where there is no path."""
    shape = _shape(target)

    def row(i: Any) -> list[Any]:
        seed = _reshape(_unit(i, _size(target), target.dtype), shape)
        return gradients_on(record, [target], sources, [seed])

    results = []
    for source, rows in zip(sources, _passes(row, _size(target)), strict=True):
        if rows is not None:
            rows = _reshape(rows, _joined(shape, _shape(source)))
            rows.set_shape(_added(target.static_shape, source.static_shape))
        results.append(rows)
    return results


def batch_jacobian(tape: Any, target: Any, source: Any, unconnected: Any) -> Any:
    """Return the Jacobian of each example; see `GradientTape.batch_jacobian`.

    Raises:
        TypeError: `target` is a structure of tensors.
        ValueError: `target` and `source` have different first dimensions, or no second.
        RuntimeError: The tape was used up, or never entered.
    """
    _check_target(target)
    _check_batches(target, source)
    wants_zeros(unconnected)  # checks it: here a missing gradient is zeros anyway
    record = tape.take_record()
    shape, source_shape = _shape(target), _shape(source)
    batch, dims = shape[0], target.static_shape[1:]
    per_example = num_elements(dims)
    if per_example is None:
        per_example = get_op("Prod")(shape[1:], axis=(0,), keepdims=False)

    def row(i: Any) -> list[Any]:
        # Examples do not mix: one pass gives element i of every example.
        unit = _unit(i, per_example, target.dtype)
        rows = names_in("")["broadcast_to"](unit, _joined([batch], [per_example]))
        return gradients_on(record, [target], [source], [_reshape(rows, shape)])

    (rows,) = _passes(row, per_example)
    result_dims = _added(target.static_shape, source.static_shape[1:])
    result_shape = _joined(shape, source_shape[1:])
    if rows is None:
        result = names_in("")["zeros"](result_shape, source.dtype)
    else:
        rank = len(source.static_shape)
        swapped = names_in("")["transpose"](rows, [1, 0, *range(2, rank + 1)])
        result = _reshape(swapped, result_shape)
    result.set_shape(result_dims)
    return result


def _check_target(target: Any) -> None:
    if not (isinstance(target, Tensor) or hasattr(target, "read_for_op")):
        raise TypeError(
            f"A Jacobian's target is one tensor or variable, got {target!r} of type "
            f"{type(target).__name__}. Take the Jacobian of each, with a persistent "
            "tape, or of their tf.concat."
        )


def _check_batches(target: Any, source: Any) -> None:
    shape, source_shape = target.static_shape, source.static_shape
    for what, dims in (("target", shape), ("source", source_shape)):
        if dims is None:
            raise ValueError(
                f"batch_jacobian: the rank of the {what} is unknown. Give it one by "
                "tf.ensure_shape."
            )
        if len(dims) < 2:
            raise ValueError(
                f"Shape {dims} must have rank at least 2: the {what}'s first dimension "
                "is that of the batch."
            )
    try:
        merge(shape[:1], source_shape[:1])
    except ValueError:
        raise ValueError(
            f"Need first dimension of target shape ({target.shape}) and source shape "
            f"({source.shape}) to match."
        ) from None


def _passes(row: Callable[[Any], list[Any]], count: Any) -> list[Any]:
    """Return for each source its gradients in all passes, stacked, or None."""
    if context.graph is not None and not (
        isinstance(count, int) and count <= _FEW_PASSES
    ):
        return _passes_in_loop(row, count)
    if not count:
        rows = [None if g is None else _dense(g) for g in row(0)]
        return [None if g is None else get_op("Pack")(g, axis=0)[:0] for g in rows]
    stacked: list[Any] = []
    for found in zip(*[row(i) for i in range(count)], strict=True):
        known = [g for g in found if g is not None]
        if not known:
            stacked.append(None)
            continue
        zeros = None if len(known) == count else get_op("ZerosLike")(_dense(known[0]))
        parts = [zeros if g is None else _dense(g) for g in found]
        stacked.append(get_op("Pack")(*parts, axis=0))
    return stacked


def _passes_in_loop(row: Callable[[Any], list[Any]], count: Any) -> list[Any]:
    ops = names_in("")
    # One pass more, of which nothing runs, tells what there will be.
    first = row(ops["constant"](0))
    signature = [_dense(g).dtype for g in first if g is not None]
    if not signature:
        return list(first)
    stacked = ops["map_fn"](
        lambda i: [_dense(g) for g in row(i) if g is not None],
        # Even of no elements there is one pass: it tells the shape of the others.
        ops["range"](ops["maximum"](count, 1)),
        fn_output_signature=signature,
    )
    known = iter(stacked)
    return [None if g is None else next(known)[:count] for g in first]


def _dense(gradient: Any) -> Any:
    return convert(densify(gradient))


def _zeros(target: Any, source: Any) -> Any:
    shape = _joined(_shape(target), _shape(source))
    return names_in("")["zeros"](shape, source.dtype)


def _unit(i: Any, size: Any, dtype: Any) -> Any:
    """Return the i-th unit vector; of no elements if there is no i-th."""
    if not isinstance(i, int):
        return names_in("")["one_hot"](i, size, dtype=dtype)
    vector = np.zeros(size, dtype.numpy_dtype)
    vector[i : i + 1] = 1
    return wrap(vector)


def _shape(value: Any) -> Any:
    """Return the shape as a tuple if it is known, else as a symbolic vector."""
    dims = value.static_shape
    return names_in("")["shape"](value) if dims is None or None in dims else dims


def _size(value: Any) -> Any:
    count = num_elements(value.static_shape)
    return names_in("")["size"](value) if count is None else count


def _reshape(x: Any, shape: Any) -> Any:
    return names_in("")["reshape"](x, shape)


def _joined(x: Any, y: Any) -> Any:
    if isinstance(x, Tensor) or isinstance(y, Tensor):
        return names_in("")["concat"]([x, y], 0)
    return [*x, *y]


def _added(x: Dims | None, y: Dims | None) -> Dims | None:
    return None if x is None or y is None else (*x, *y)
