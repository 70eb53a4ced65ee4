"""ShardedVariable: one variable cut along its first axis into parts on several servers.

It converts to a tensor wherever one is expected; looking up rows asks only the servers
that have them. A checkpoint holds it whole, so it may be restored into any number of
shards, or into a variable that is not cut at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import tensor as tf
from tensor.core.convert import convert
from tensor.core.indexed_slices import IndexedSlices
from tensor.core.module import Module
from tensor.core.shapes import TensorShape, to_text
from tensor.train.object_graph import VARIABLE_VALUE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tensor.core.dtypes import DType


class Shards:
    """Parts that checkpoints hold as one; an optimizer's slots come one by one."""

    def __init__(self, starts: list[int]) -> None:
        self._starts = starts
        self._parts: list[Any] = []
        self._restored: np.ndarray | None = None

    def add(self, part: Any) -> None:
        """Append a part; it gets its rows of what was restored before."""
        self._parts.append(part)
        if self._restored is not None:
            self._give(len(self._parts) - 1, self._restored)

    def _checkpoint_children(self) -> dict[str, Any]:
        """Return nothing: the parts are not saved one by one."""
        return {}

    def _checkpoint_values(self) -> dict[str, Any]:
        """Return the whole value."""
        return {VARIABLE_VALUE: np.concatenate([p.numpy() for p in self._parts])}

    def _restore_checkpoint_value(self, name: str, array: np.ndarray) -> None:
        """Give each part its rows.

        Raises:
            ValueError: The saved value has another shape.
        """
        first = self._parts[0]
        last = self._starts[-1]
        expected = first.shape.as_list()[1:]
        rows = array.shape[0] if array.ndim else 0
        if list(array.shape[1:]) != expected or (
            len(self._parts) == len(self._starts)
            and rows != last + self._parts[-1].shape.as_list()[0]
        ):
            raise ValueError(
                f"Received incompatible tensor with shape {array.shape} when "
                f"attempting to restore the sharded variable {first.name}, "
                f"whose rows have shape {tuple(expected)}. Does the checkpoint "
                "belong to this model?"
            )
        self._restored = array if len(self._parts) < len(self._starts) else None
        for i in range(len(self._parts)):
            self._give(i, array)

    def _give(self, index: int, array: np.ndarray) -> None:
        part, start = self._parts[index], self._starts[index]
        part.assign(array[start : start + part.shape.as_list()[0]])


class ShardedVariable(Shards, Module):
    """A variable in several parts.

    Attributes:
        variables: The parts, in order.
    """

    def __init__(self, variables: Any, name: str = "ShardedVariable") -> None:
        """Join variables that differ in their first dimension only.

        Raises:
            TypeError: `variables` is not a list of variables.
            ValueError: Their dtypes differ, or their shapes after the first axis.
        """
        variables = list(variables) if isinstance(variables, list | tuple) else []
        if not variables or not all(hasattr(v, "read_for_op") for v in variables):
            raise TypeError(
                "Argument `variables` should be a non-empty list of "
                f"`variables.Variable`s. Received {variables}"
            )
        if len({v.dtype for v in variables}) > 1:
            raise ValueError(
                "All elements in argument `variables` must have the same dtype. "
                f"Received dtypes: {[v.dtype for v in variables]}"
            )
        if len({tuple(v.shape.as_list()[1:]) for v in variables}) > 1:
            raise ValueError(
                "All elements in argument `variables` must have the same shapes except "
                f"for the first axis. Received shapes: {[v.shape for v in variables]}"
            )
        Module.__init__(self, name="sharded_variable")
        rows = [v.shape.as_list()[0] for v in variables]
        Shards.__init__(self, [sum(rows[:i]) for i in range(len(rows))])
        self._whole_name = name
        for variable in variables:
            self.add(variable)
            variable.whole = self
        self._dims = (sum(rows), *variables[0].shape.as_list()[1:])

    # ---- what it is

    @property
    def variables(self) -> list[Any]:  # type: ignore[override]  # TF's: a list
        """The parts, in order."""
        return list(self._parts)

    @property
    def name(self) -> str:
        """The name without the parts' numbers."""
        return self._whole_name

    @property
    def dtype(self) -> DType:
        """The type of the elements."""
        return self._parts[0].dtype  # type: ignore[no-any-return]

    @property
    def shape(self) -> TensorShape:
        """The shape of the whole."""
        return TensorShape(self._dims)

    @property
    def static_shape(self) -> Any:
        """The shape as a tuple."""
        return self._dims

    @property
    def trainable(self) -> bool:
        """Whether tapes watch the parts by themselves."""
        return bool(self._parts[0].trainable)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._parts)

    def __len__(self) -> int:
        return int(self._dims[0])

    def __getitem__(self, spec: Any) -> Any:
        """Return an index or slice of the whole; one row asks one server.

        Raises:
            IndexError: The row is out of range.
        """
        if isinstance(spec, int):
            row = spec + self._dims[0] if spec < 0 else spec
            if not 0 <= row < self._dims[0]:
                raise IndexError(
                    f"ShardedVariable: slice index {spec} of dimension 0 out of bounds."
                )
            part = int(np.searchsorted(self._starts, row, side="right")) - 1
            return self._parts[part].sparse_read([row - self._starts[part]])[0]
        return self.read_for_op()[spec]

    def __repr__(self) -> str:
        return (
            f"ShardedVariable(name={self.name!r}, shape={to_text(self._dims)}, "
            f"dtype={self.dtype.name}, parts={len(self._parts)})"
        )

    # ---- reading

    def read_for_op(self) -> Any:
        """Return the whole as an op's input."""
        return tf.concat([convert(part) for part in self._parts], 0)

    value = read_value = read_for_op

    def numpy(self) -> np.ndarray:
        """Return the whole as NumPy."""
        return np.concatenate([part.numpy() for part in self._parts])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.numpy(), dtype=dtype)

    def sparse_read(self, indices: Any, name: str | None = None) -> Any:
        """Return the rows at `indices`; the gradient is IndexedSlices of the parts."""
        indices = convert(indices)
        flat = tf.reshape(indices, [-1])
        owners, inside = self._locate(flat)
        count = len(self._parts)
        places = tf.dynamic_partition(tf.range(tf.size(flat)), owners, count)
        wanted = tf.dynamic_partition(inside, owners, count)
        rows = [p.sparse_read(w) for p, w in zip(self._parts, wanted, strict=True)]
        found = tf.dynamic_stitch(places, rows)
        if indices.static_shape is not None and None not in indices.static_shape:
            return tf.reshape(found, [*indices.static_shape, *self._dims[1:]])
        shape = tf.concat([tf.shape(indices), np.array(self._dims[1:], np.int32)], 0)
        result = tf.reshape(found, shape)
        if indices.static_shape is not None:
            result.set_shape([*indices.static_shape, *self._dims[1:]])
        return result

    def _locate(self, flat: Any) -> tuple[Any, Any]:
        """Return for each row the part that has it, and its number there."""
        starts = convert(np.array(self._starts), flat.dtype)
        owners = tf.searchsorted(starts, flat, side="right") - 1
        return owners, flat - tf.gather(starts, owners)

    # ---- writing

    def assign(
        self,
        value: Any,
        use_locking: Any = None,
        name: Any = None,
        read_value: bool = True,
    ) -> ShardedVariable:
        """Replace the whole value."""
        return self._each("assign", value)

    def assign_add(
        self,
        delta: Any,
        use_locking: bool = False,
        name: Any = None,
        read_value: bool = True,
    ) -> ShardedVariable:
        """Add a tensor of the whole shape."""
        return self._each("assign_add", delta)

    def assign_sub(
        self,
        delta: Any,
        use_locking: bool = False,
        name: Any = None,
        read_value: bool = True,
    ) -> ShardedVariable:
        """Subtract a tensor of the whole shape."""
        return self._each("assign_sub", delta)

    def _each(self, how: str, value: Any) -> ShardedVariable:
        value = convert(value, self.dtype)
        if not self.shape.is_compatible_with(value.shape):
            raise ValueError(
                f"Cannot {how.replace('_', ' ')} value of shape {value.shape} to the "
                f"sharded variable {self.name!r} of shape {self.shape}."
            )
        for start, part in zip(self._starts, self._parts, strict=True):
            getattr(part, how)(value[start : start + part.shape.as_list()[0]])
        return self

    def _scatter(self, how: str, slices: Any) -> ShardedVariable:
        if not isinstance(slices, IndexedSlices):
            raise TypeError(
                "Argument `sparse_delta` must be a `tf.IndexedSlices`. Received arg: "
                f"{slices!r}"
            )
        owners, inside = self._locate(convert(slices.indices))
        count = len(self._parts)
        values = tf.dynamic_partition(convert(slices.values, self.dtype), owners, count)
        rows = tf.dynamic_partition(inside, owners, count)
        for part, value, row in zip(self._parts, values, rows, strict=True):
            getattr(part, how)(IndexedSlices(value, row))
        return self

    def scatter_add(self, sparse_delta: Any, *_: Any, **__: Any) -> ShardedVariable:
        """Add IndexedSlices; equal indices accumulate."""
        return self._scatter("scatter_add", sparse_delta)

    def scatter_sub(self, sparse_delta: Any, *_: Any, **__: Any) -> ShardedVariable:
        """Subtract IndexedSlices; equal indices accumulate."""
        return self._scatter("scatter_sub", sparse_delta)

    def scatter_max(self, sparse_delta: Any, *_: Any, **__: Any) -> ShardedVariable:
        """Take the maximum with IndexedSlices."""
        return self._scatter("scatter_max", sparse_delta)

    def scatter_min(self, sparse_delta: Any, *_: Any, **__: Any) -> ShardedVariable:
        """Take the minimum with IndexedSlices."""
        return self._scatter("scatter_min", sparse_delta)

    def scatter_mul(self, sparse_delta: Any, *_: Any, **__: Any) -> ShardedVariable:
        """Multiply by IndexedSlices."""
        return self._scatter("scatter_mul", sparse_delta)

    def scatter_div(self, sparse_delta: Any, *_: Any, **__: Any) -> ShardedVariable:
        """Divide by IndexedSlices."""
        return self._scatter("scatter_div", sparse_delta)

    def scatter_update(self, sparse_delta: Any, *_: Any, **__: Any) -> ShardedVariable:
        """Replace rows by IndexedSlices."""
        return self._scatter("scatter_update", sparse_delta)


def _on_whole(name: str) -> Any:
    """Return an operator that takes the whole as a tensor."""

    def operator(self: ShardedVariable, *others: Any) -> Any:
        return getattr(convert(self), name)(*others)

    operator.__name__ = name
    return operator


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"):
    for _form in (f"__{_name}__", f"__r{_name}__"):
        setattr(ShardedVariable, _form, _on_whole(_form))
for _name in ("neg", "abs", "lt", "le", "gt", "ge"):
    setattr(ShardedVariable, f"__{_name}__", _on_whole(f"__{_name}__"))
