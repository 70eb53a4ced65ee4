"""Writing to parts of a variable: scatter updates and slices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core.context import context
from tensor.core.convert import convert
from tensor.core.errors import InvalidArgumentError, because
from tensor.core.indexed_slices import IndexedSlices
from tensor.core.registry import get_op
from tensor.core.shapes import Dims, to_brackets
from tensor.core.tensor import wrap

if TYPE_CHECKING:
    import threading

    from tensor.core.dtypes import DType


class SlicedUpdates:
    """The methods of a variable that change some of its elements, in place.

    The variable gives its array for writing by `_own_array`, which copies it first if
    somebody else holds it.
    """

    _array: Any
    _name: str
    _dtype: DType
    _lock: threading.Lock

    def _own_array(self) -> np.ndarray:
        raise NotImplementedError(f"{type(self).__name__} must define `_own_array`.")

    def scatter_sub(
        self, sparse_delta: Any, use_locking: bool = False, name: Any = None
    ) -> Any:
        """Subtract IndexedSlices; equal indices accumulate."""
        return self._scatter(np.subtract, sparse_delta)

    def scatter_add(
        self, sparse_delta: Any, use_locking: bool = False, name: Any = None
    ) -> Any:
        """Add IndexedSlices; equal indices accumulate."""
        return self._scatter(np.add, sparse_delta)

    def scatter_max(
        self, sparse_delta: Any, use_locking: bool = False, name: Any = None
    ) -> Any:
        """Take the maximum with IndexedSlices, row by row."""
        return self._scatter(np.maximum, sparse_delta)

    def scatter_min(
        self, sparse_delta: Any, use_locking: bool = False, name: Any = None
    ) -> Any:
        """Take the minimum with IndexedSlices, row by row."""
        return self._scatter(np.minimum, sparse_delta)

    def scatter_mul(
        self, sparse_delta: Any, use_locking: bool = False, name: Any = None
    ) -> Any:
        """Multiply by IndexedSlices; equal indices accumulate."""
        return self._scatter(np.multiply, sparse_delta)

    def scatter_div(
        self, sparse_delta: Any, use_locking: bool = False, name: Any = None
    ) -> Any:
        """Divide by IndexedSlices; equal indices accumulate."""
        return self._scatter(np.divide, sparse_delta)

    def scatter_update(
        self, sparse_delta: Any, use_locking: bool = False, name: Any = None
    ) -> Any:
        """Replace rows by IndexedSlices."""
        return self._scatter(None, sparse_delta)

    def _scatter(self, combine: Any, slices: Any) -> Any:
        if not isinstance(slices, IndexedSlices):
            raise TypeError(
                "Argument `sparse_delta` must be a `tf.IndexedSlices`. Received arg: "
                f"{slices!r}"
            )
        indices, values = convert(slices.indices), convert(slices.values, self._dtype)
        return self._scatter_at(combine, (indices,), values)

    def scatter_nd_add(self, indices: Any, updates: Any, name: Any = None) -> Any:
        """Add `updates` at `indices`; equal indices accumulate."""
        return self._scatter_nd(np.add, indices, updates)

    def scatter_nd_sub(self, indices: Any, updates: Any, name: Any = None) -> Any:
        """Subtract `updates` at `indices`; equal indices accumulate."""
        return self._scatter_nd(np.subtract, indices, updates)

    def scatter_nd_update(self, indices: Any, updates: Any, name: Any = None) -> Any:
        """Replace what is at `indices` by `updates`."""
        return self._scatter_nd(None, indices, updates)

    def scatter_nd_max(self, indices: Any, updates: Any, name: Any = None) -> Any:
        """Take the maximum with `updates` at `indices`."""
        return self._scatter_nd(np.maximum, indices, updates)

    def scatter_nd_min(self, indices: Any, updates: Any, name: Any = None) -> Any:
        """Take the minimum with `updates` at `indices`."""
        return self._scatter_nd(np.minimum, indices, updates)

    def _scatter_nd(self, combine: Any, indices: Any, updates: Any) -> Any:
        indices, updates = convert(indices), convert(updates, self._dtype)
        _check_elements(self._array.shape, indices.static_shape, updates.static_shape)
        parts = tuple(indices[..., i] for i in range(indices.shape[-1]))
        if context.graph is None:
            self._check_inside(tuple(np.asarray(p._array) for p in parts), "elements")
        return self._scatter_at(combine, parts, updates)

    def batch_scatter_update(
        self, sparse_delta: Any, use_locking: bool = False, name: Any = None
    ) -> Any:
        """Replace slices, where the leading dimensions of the indices are a batch."""
        indices = convert(sparse_delta.indices)
        values = convert(sparse_delta.values, self._dtype)
        shape = indices.static_shape
        grids = np.indices(shape)[:-1]
        parts = (*[wrap(g) for g in grids], indices)
        return self._scatter_at(None, parts, values)

    def _scatter_at(self, combine: Any, indices: tuple[Any, ...], values: Any) -> Any:
        if context.graph is not None:
            return context.graph.scatter_variable(self, combine, indices, values)
        key = tuple([np.asarray(i._array) for i in indices])
        self.write_rows(combine, key, values._array)
        return self._assigned()

    def _assigned(self) -> Any:
        """Return what an eager assignment returns; see `unread_variable`."""
        return self

    def write_rows(self, combine: Any, key: tuple[Any, ...], rows: Any) -> None:
        """Write `rows` where the index arrays in `key` point.

        Args:
            combine: A ufunc of the present rows and the new ones; None replaces.
            key: One array of indices for each of the leading axes.
            rows: What to write.

        Raises:
            InvalidArgumentError: An index is out of range, or `rows` do not fit.
        """
        self._check_inside(key)
        places = np.broadcast_shapes(*[k.shape for k in key])
        wanted = places + self._array.shape[len(key) :]
        if np.shape(rows) not in ((), wanted):
            raise because(
                InvalidArgumentError,
                "Must have updates.shape = indices.shape + params.shape[1:] or "
                f"updates.shape = [], got updates.shape {to_brackets(np.shape(rows))}, "
                f"indices.shape {to_brackets(places)}, params.shape "
                f"{to_brackets(self._array.shape)}",
            )
        with self._lock:
            array = self._own_array()
            if combine is None:
                array[key] = rows
            else:
                with np.errstate(all="ignore"):
                    combine.at(array, key, rows)

    def _check_inside(self, key: tuple[Any, ...], of: str = "rows") -> None:
        shape = self._array.shape
        for axis, index in enumerate(key):
            outside = (index < 0) | (index >= shape[axis])
            if not outside.any():
                continue
            at = tuple(np.argwhere(outside)[0])
            entry = [int(k[at]) for k in np.broadcast_arrays(*key)]
            where = f"indices[{','.join(map(str, at))}]"
            if len(key) == 1 and of == "rows":
                text = f"{where} = {entry[0]} is not in [0, {shape[0]})"
            else:
                text = f"{where} = {entry} does not index into shape "
                text += to_brackets(shape)
            raise because(
                InvalidArgumentError, f"{text}, in a scatter into {self._name!r}"
            )

    def gather_nd(self, indices: Any, name: str | None = None) -> Any:
        """Return the slices at `indices`."""
        return get_op("GatherNd")(self, convert(indices), batch_dims=0)

    def assign_slice(self, index: Any, how: str, value: Any) -> Any:
        """Write to `self[index]`: what `v[index].assign(value)` does.

        Args:
            index: NumPy-style index without arrays.
            how: "assign", "assign_add" or "assign_sub".
            value: A tensor of the slice's shape, or one that broadcasts to it.
        """
        value = convert(value, self._dtype)
        if context.graph is not None:
            return context.graph.update_variable_slice(self, index, how, value)
        self.write_slice(index, how, value._array)
        return self._assigned()

    def write_slice(self, index: Any, how: str, array: Any) -> None:
        """Write an array to `self[index]`, in the way named by `how`."""
        with self._lock:
            own = self._own_array()
            wanted = own[index].shape
            if array.shape != wanted and not _broadcasts(array.shape, wanted):
                raise because(
                    InvalidArgumentError,
                    f"Cannot broadcast input shape {to_brackets(array.shape)} into "
                    f"final shape {to_brackets(wanted)}, in an assignment to a slice "
                    f"of {self._name!r}",
                )
            if how == "assign":
                own[index] = array
            elif how == "assign_add":
                own[index] += array
            else:
                own[index] -= array


def _check_elements(
    shape: tuple[int, ...], indices: Dims | None, updates: Dims | None
) -> None:
    """Check that `updates` hold one slice for each index into a variable.

    Raises:
        InvalidArgumentError: The variable is a scalar, or they do not.
    """
    if not shape:
        raise because(
            InvalidArgumentError, "Output must be at least 1-D, got shape: []"
        )
    if not indices or updates is None or None in (*indices, *updates):
        return
    batch, depth = len(indices) - 1, indices[-1] or 0
    if updates[:batch] != indices[:-1]:
        raise because(
            InvalidArgumentError,
            f"Dimensions [0,{batch}) of indices[shape={to_brackets(indices)}] must "
            f"match dimensions [0,{batch}) of updates[shape={to_brackets(updates)}]",
        )
    if updates[batch:] != shape[depth:]:
        raise because(
            InvalidArgumentError,
            f"Dimensions [{depth},{len(shape)}) of input[shape={to_brackets(shape)}] "
            f"must match dimensions [{batch},{len(updates)}) of updates[shape="
            f"{to_brackets(updates)}]",
        )


def _broadcasts(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    """Return whether an array of `shape` can be repeated to the shape `to`."""
    pairs = zip(shape[::-1], to[::-1], strict=False)
    return len(shape) <= len(to) and all(a in (1, b) for a, b in pairs)
