"""Lists of tensors as values of a graph: what a TensorArray is inside a tf.function.

A list is never changed: writing gives a new one. Its entries are arrays, or None where
nothing was written. The gradient of a list is a list.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core import errors
from tensor.core.context import context
from tensor.core.dtypes import DType, int32, variant
from tensor.core.registry import NON_DIFFERENTIABLE, Op, get_op
from tensor.core.shapes import to_brackets
from tensor.core.tensor import EagerTensor, wrap
from tensor.core.tensor_spec import TensorSpec

LIST = TensorSpec.of((), variant)


class ListOp(Op):
    """An op on lists."""

    def reapply(self, inputs: list[Any], attrs: dict[str, Any], name: str) -> Any:
        """Apply again: as a node of the graph being traced, or now."""
        if context.graph is not None:
            return context.graph.call_op(self, inputs, attrs, name)
        return self.apply_now(*inputs, **attrs)

    def apply_now(self, *inputs: Any, **attrs: Any) -> Any:
        """Apply the op to lists of eager tensors, so that tapes see their ops.

        Most kernels move entries only, and do not mind what these are.
        """
        return self.kernel(*inputs, **attrs)


def written(items: list[Any], index: Any, value: Any) -> list[Any]:
    """Return a list with one entry replaced; it grows if need be."""
    index = int(index)
    result = list(items)
    if index >= len(result):
        result.extend([None] * (index + 1 - len(result)))
    result[index] = value
    return result


def zeros_like(value: Any) -> Any:
    """Return zeros like an array, or a list of empty entries like a list."""
    if isinstance(value, list):
        return [None] * len(value)
    return np.zeros(value.shape, value.dtype)[()]


def sum_of(x: Any, y: Any) -> Any:
    """Return the sum of two entries, of which lists may be some."""
    if x is None or y is None:
        return y if x is None else x
    return list_add.kernel(x, y) if isinstance(x, list) else x + y


class ListNew(ListOp):
    """A list of empty entries."""

    type_name = "TensorListReserve"
    gradient: Any = NON_DIFFERENTIABLE

    def kernel(self, size: Any) -> Any:
        return [None] * int(size)

    def infer(self, size: TensorSpec) -> TensorSpec:
        return LIST


class ListWrite(ListOp):
    """A list with one entry replaced."""

    type_name = "TensorListSetItem"

    def kernel(self, items: Any, index: Any, value: Any, dynamic: bool) -> Any:
        if not 0 <= index < len(items) and not (dynamic and index >= 0):
            raise errors.because(
                errors.InvalidArgumentError,
                f"Trying to modify element {int(index)} in a list with {len(items)} "
                "elements. TensorArray(dynamic_size=True) grows.",
            )
        return written(items, index, value)

    def infer(
        self, items: TensorSpec, index: TensorSpec, value: TensorSpec, dynamic: bool
    ) -> TensorSpec:
        return LIST

    def gradient(self, call: Any, dz: Any) -> Any:
        _, index, value = call.inputs
        return list_clear(dz, index), None, list_read_or_zeros(dz, index, value)


class ListClear(ListOp):
    """A list with one entry emptied, or several."""

    def kernel(self, items: Any, index: Any) -> Any:
        for i in np.ravel(index):
            items = written(items, i, None)
        return items

    def infer(self, items: TensorSpec, index: TensorSpec) -> TensorSpec:
        return LIST

    def gradient(self, call: Any, dz: Any) -> Any:
        return list_clear(dz, call.inputs[1]), None


class ListReadOrZeros(ListOp):
    """An entry of a list; zeros like `value` if it is empty."""

    def kernel(self, items: Any, index: Any, value: Any) -> Any:
        found = items[index] if index < len(items) else None
        return zeros_like(value) if found is None else found

    def apply_now(self, *inputs: Any, **attrs: Any) -> Any:
        items, index, value = inputs
        found = items[int(index)] if int(index) < len(items) else None
        return get_op("ZerosLike")(value) if found is None else found

    def infer(
        self, items: TensorSpec, index: TensorSpec, value: TensorSpec
    ) -> TensorSpec:
        return value

    def gradient(self, call: Any, dz: Any) -> Any:
        items, index, _ = call.inputs
        zeros = list_zeros(items)
        return list_write(zeros, index, dz, dynamic=True), None, None


class ListRead(ListOp):
    """An entry of a list."""

    type_name = "TensorListGetItem"

    def kernel(self, items: Any, index: Any, spec: TensorSpec) -> Any:
        if not 0 <= index < len(items):
            raise errors.because(
                errors.InvalidArgumentError,
                f"Trying to access element {int(index)} in a list with {len(items)} "
                "elements.",
            )
        found = items[index]
        return empty_entry(items, spec) if found is None else found

    def apply_now(self, *inputs: Any, **attrs: Any) -> Any:
        items, index = inputs
        return filled(items, attrs["spec"])[int(index)]

    def infer(
        self, items: TensorSpec, index: TensorSpec, spec: TensorSpec
    ) -> TensorSpec:
        return spec

    def gradient(self, call: Any, dz: Any) -> Any:
        items, index = call.inputs
        return list_write(list_zeros(items), index, dz, dynamic=True), None


class ListEntry(ListOp):
    """What a list holds at a place, whatever that is."""

    gradient: Any = NON_DIFFERENTIABLE

    def kernel(self, items: Any, index: Any, spec: TensorSpec) -> Any:
        return items[int(index)]

    def infer(
        self, items: TensorSpec, index: TensorSpec, spec: TensorSpec
    ) -> TensorSpec:
        return spec


def empty_entry(items: list[Any], spec: TensorSpec) -> Any:
    """Return zeros for an entry that was never written."""
    if spec.dtype is variant:
        return []
    like = next((v for v in items if v is not None), None)
    dims = spec.dims if like is None else like.shape
    if dims is None or None in dims:
        raise errors.because(
            errors.InvalidArgumentError,
            "Trying to read an uninitialized tensor but element_shape is not fully "
            f"defined: {to_brackets(dims)} and no list element is set. Give "
            "TensorArray(element_shape=…).",
        )
    shape: Any = dims
    return np.zeros(shape, spec.dtype.numpy_dtype)[()]


def filled(items: list[Any], spec: TensorSpec) -> list[Any]:
    """Return eager tensors with zeros where nothing was written."""
    arrays = [v._array if isinstance(v, EagerTensor) else v for v in items]
    return [wrap(empty_entry(arrays, spec)) if v is None else v for v in items]


class ListSize(ListOp):
    """The number of entries of a list."""

    type_name = "TensorListLength"
    gradient: Any = NON_DIFFERENTIABLE

    def kernel(self, items: Any) -> Any:
        return np.int32(len(items))

    def apply_now(self, *inputs: Any, **attrs: Any) -> Any:
        return wrap(self.kernel(*inputs))

    def infer(self, items: TensorSpec) -> TensorSpec:
        return TensorSpec.of((), int32)


class ListZeros(ListOp):
    """A list of empty entries, as long as another."""

    gradient: Any = NON_DIFFERENTIABLE

    def kernel(self, items: Any) -> Any:
        return [None] * len(items)

    def infer(self, items: TensorSpec) -> TensorSpec:
        return LIST


class ListAdd(ListOp):
    """The sums of the entries of two lists; empty ones count as zeros."""

    def kernel(self, x: Any, y: Any) -> Any:
        longer, shorter = (x, y) if len(x) >= len(y) else (y, x)
        return [*map(sum_of, longer, shorter), *longer[len(shorter) :]]

    def infer(self, x: TensorSpec, y: TensorSpec) -> TensorSpec:
        return LIST

    def gradient(self, call: Any, dz: Any) -> Any:
        return dz, dz


list_new = ListNew()
list_write = ListWrite()
list_clear = ListClear()
list_read = ListRead()
list_entry = ListEntry()
list_read_or_zeros = ListReadOrZeros()
list_size = ListSize()
list_zeros = ListZeros()
list_add = ListAdd()

# What ops that the backward walk applies to any value mean for lists.
FORMS = {"ZerosLike": list_zeros, "AddV2": list_add}


def carries_gradient(dtype: DType) -> bool:
    """Return whether gradients flow through values of a dtype: numbers and lists."""
    return dtype.is_differentiable or dtype is variant


def entries(flow: Any) -> list[Any]:
    """Return the entries of a list that has left its graph, as tensors."""
    return [None if v is None else wrap(v) for v in flow._array]
