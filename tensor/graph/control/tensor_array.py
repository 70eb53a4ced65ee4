"""tf.TensorArray: tensors by number, written one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core import dtypes, errors
from tensor.core.context import context
from tensor.core.convert import convert
from tensor.core.indexed_slices import CompositeTensor
from tensor.core.public_api import export, names_in
from tensor.core.registry import get_op
from tensor.core.shapes import TensorShape, are_compatible, merge
from tensor.core.tensor import EagerTensor, Tensor
from tensor.core.tensor_spec import TensorSpec
from tensor.graph.control import list_ops

if TYPE_CHECKING:
    from tensor.core.shapes import Dims


@export("TensorArray")
class TensorArray(CompositeTensor):
    """A sequence of tensors of one dtype, written by number.

    Use what `write` returns: inside a tf.function the array it was called on does not
    change.
    """

    __slots__ = (
        "_cell",
        "_clear_after_read",
        "_dtype",
        "_dynamic",
        "_flow",
        "_infer_shape",
        "_items",
        "_read",
    )

    def __init__(
        self,
        dtype: Any,
        size: Any = None,
        dynamic_size: bool | None = None,
        clear_after_read: bool | None = None,
        tensor_array_name: str | None = None,
        handle: Any = None,
        flow: Any = None,
        infer_shape: bool = True,
        element_shape: Any = None,
        colocate_with_first_write_call: bool = True,
        name: str | None = None,
    ) -> None:
        """Create an array.

        Args:
            dtype: The dtype of the elements.
            size: How many there are, 0 by default.
            dynamic_size: Whether writing beyond the end makes it longer.
            clear_after_read: Whether an element can be read once only (the default).
            tensor_array_name: Accepted for compatibility.
            handle: Accepted for compatibility.
            flow: Accepted for compatibility.
            infer_shape: Whether all elements have the shape of the first.
            element_shape: The shape of the elements, if it is known.
            colocate_with_first_write_call: Accepted for compatibility.
            name: Accepted for compatibility.
        """
        self._dtype = dtypes.as_dtype(dtype)
        # What is known of the elements' shape, shared by all that come from this array:
        # a loop's body writes to one, what follows the loop reads from another.
        self._cell = [TensorShape(element_shape)._dims]
        self._dynamic = bool(dynamic_size)
        self._clear_after_read = clear_after_read is not False
        self._infer_shape = infer_shape
        self._items: list[Any] | None = None
        self._flow: Any = None
        self._read: set[int] = set()
        size = 0 if size is None else size
        if context.graph is None:
            self._items = [None] * int(size)
        else:
            self._flow = context.graph.call_op(list_ops.list_new, (convert(size),), {})

    # ---- facts

    @property
    def dtype(self) -> Any:
        """The dtype of the elements."""
        return self._dtype

    @property
    def _dims(self) -> Dims | None:
        return self._cell[0]

    @property
    def element_shape(self) -> TensorShape:
        """What is known of the elements' shape."""
        return TensorShape.of(self._dims)

    @property
    def dynamic_size(self) -> bool:
        """Whether the array grows."""
        return self._dynamic

    @property
    def flow(self) -> Any:
        """The value that carries the elements in a graph; None outside."""
        return self._flow

    @property
    def handle(self) -> Any:
        """The same as `flow`."""
        return self._flow

    @property
    def _spec(self) -> TensorSpec:
        return TensorSpec.of(self._dims, self._dtype)

    # ---- as a value made of tensors

    def composite_components(self) -> list[Any]:
        """Return the tensors that this is made of: one list, in a graph."""
        return list(self._items or ()) if self._flow is None else [self._flow]

    def composite_from(self, parts: Any) -> TensorArray:
        """Return an array like this one made of other tensors."""
        if self._flow is None:
            return self._with_items(list(parts))
        if type(parts[0]) is EagerTensor:
            return self._with_items(list_ops.entries(parts[0]))
        return self._with_flow(parts[0])

    def _copy(self) -> TensorArray:
        copy = object.__new__(TensorArray)
        for name in TensorArray.__slots__:
            setattr(copy, name, getattr(self, name))
        return copy

    def _with_items(self, items: list[Any]) -> TensorArray:
        copy = self._copy()
        copy._items, copy._flow, copy._read = items, None, set()
        return copy

    def _with_flow(self, flow: Any) -> TensorArray:
        copy = self._copy()
        copy._items, copy._flow = None, flow
        return copy

    def _in_graph(self) -> bool:
        """Move into the graph being traced, if any; return whether there is one."""
        if self._flow is not None:
            return True
        if context.graph is None:
            return False
        assert self._items is not None, "an array has items or a flow"  # noqa: S101
        flow = context.graph.call_op(
            list_ops.list_new, (convert(len(self._items)),), {}
        )
        for i, item in enumerate(self._items):
            if item is not None:
                flow = list_ops.list_write(flow, convert(i), item, dynamic=False)
        self._items, self._flow = None, flow
        return True

    # ---- elements

    def size(self, name: str | None = None) -> Any:
        """Return how many elements there are."""
        if self._in_graph():
            return list_ops.list_size(self._flow)
        return convert(len(self._items or ()))

    def write(self, index: Any, value: Any, name: str | None = None) -> TensorArray:
        """Return the array with `value` as the element of this number.

        Raises:
            OutOfRangeError: There is no such element, and the array does not grow.
            InvalidArgumentError: The value has another dtype or shape than the others.
        """
        value = self._checked(value)
        if self._in_graph():
            index = convert(index)
            flow = list_ops.list_write(self._flow, index, value, dynamic=self._dynamic)
            return self._with_flow(flow)
        number = int(index)
        items = self._items or []
        if number < 0 or (number >= len(items) and not self._dynamic):
            raise errors.because(
                errors.OutOfRangeError,
                f"Tried to write to index {number} but array is not resizeable and "
                f"size is: {len(items)}",
            )
        self._items = list_ops.written(items, number, value)
        self._read.discard(number)
        return self

    def _checked(self, value: Any) -> Any:
        value = value if isinstance(value, Tensor) else convert(value, self._dtype)
        if value.dtype is not self._dtype:
            raise errors.because(
                errors.InvalidArgumentError,
                f"TensorArray dtype is {self._dtype.name} but Op is trying to write "
                f"dtype {value.dtype.name}.",
            )
        if not are_compatible(self._dims, value.static_shape):
            raise ValueError(
                f"Incompatible shape for value ({value.shape}), expected "
                f"({self.element_shape})"
            )
        if self._infer_shape:
            self._cell[0] = merge(self._dims, value.static_shape)
        return value

    def read(self, index: Any, name: str | None = None) -> Any:
        """Return the element of this number.

        Raises:
            OutOfRangeError: There is no such element.
            InvalidArgumentError: It was read before, and is cleared after reading.
        """
        if self._in_graph():
            return list_ops.list_read(self._flow, convert(index), spec=self._spec)
        number = int(index)
        items = self._items or []
        if not 0 <= number < len(items):
            raise errors.because(
                errors.OutOfRangeError,
                f"Tried to read from index {number} but array size is: {len(items)}",
            )
        if number in self._read:
            raise errors.because(
                errors.InvalidArgumentError,
                f"Could not read index {number} twice because it was cleared after a "
                "previous read (perhaps try setting clear_after_read = false?)",
            )
        if self._clear_after_read:
            self._read.add(number)
        return self._item(number)

    def _item(self, number: int) -> Any:
        items = self._items or []
        item = items[number]
        if item is not None:
            return item
        if self._dims is None or None in self._dims:
            raise errors.because(
                errors.InvalidArgumentError,
                f"Could not read from TensorArray index {number}: it was not written, "
                "and element_shape is not fully defined.",
            )
        return names_in("")["zeros"](self._dims, self._dtype)

    def stack(self, name: str | None = None) -> Any:
        """Return the elements as one tensor."""
        if self._in_graph():
            return list_ops.list_stack(self._flow, spec=self._spec)
        items = self._items or []
        if not items:
            dims = [d or 0 for d in self._dims or ()]
            return names_in("")["zeros"]([0, *dims], self._dtype)
        return get_op("Pack")(*[self._item(i) for i in range(len(items))], axis=0)

    def gather(self, indices: Any, name: str | None = None) -> Any:
        """Return the elements of these numbers as one tensor."""
        return names_in("")["gather"](self.stack(), indices)

    def concat(self, name: str | None = None) -> Any:
        """Return the elements joined along their first axis."""
        if not self._in_graph():
            items = self._items or []
            parts = [self._item(i) for i in range(len(items))]
            return names_in("")["concat"](parts, axis=0)
        return list_ops.list_concat(self._flow, spec=self._spec)

    def unstack(self, value: Any, name: str | None = None) -> TensorArray:
        """Return the array with the slices of `value` as its elements."""
        value = convert(value, None if isinstance(value, Tensor) else self._dtype)
        dims = value.static_shape
        if dims is not None and self._infer_shape:
            self._cell[0] = merge(self._dims, dims[1:])
        if self._in_graph() or type(value) is not EagerTensor:
            return self._with_flow(list_ops.list_unstack(value))
        self._items = names_in("")["unstack"](value)
        return self

    def scatter(self, indices: Any, value: Any, name: str | None = None) -> TensorArray:
        """Return the array with slices of `value` as the elements of these numbers."""
        indices = convert(indices)
        value = convert(value, None if isinstance(value, Tensor) else self._dtype)
        count = (value.static_shape or (None,))[0]
        if count is None:
            return self._scatter_unknown(indices, value)
        result = self
        for i in range(count):
            result = result.write(indices[i], value[i])
        return result

    def _scatter_unknown(self, indices: Any, value: Any) -> TensorArray:
        """Return the array with as many slices as there turn out to be."""
        count = names_in("")["shape"](value)[0]
        _, result = names_in("")["while_loop"](
            lambda i, _: i < count,
            lambda i, result: (i + 1, result.write(indices[i], value[i])),
            (0, self),
        )
        return result  # type: ignore[no-any-return]  # the loop knows no types

    def split(self, value: Any, lengths: Any, name: str | None = None) -> TensorArray:
        """Return the array with pieces of `value` of these lengths as its elements."""
        value = convert(value, None if isinstance(value, Tensor) else self._dtype)
        pieces = names_in("")["split"](value, lengths, axis=0)
        result = self._copy()
        result._infer_shape = False  # pieces may differ in length
        for i, piece in enumerate(pieces):
            result = result.write(i, piece)
        return result

    def identity(self) -> TensorArray:
        """Return the same array."""
        return self._copy()

    def grad(self, source: Any, flow: Any = None, name: Any = None) -> TensorArray:
        """Return an array for gradients; GradientTape needs none.

        Raises:
            NotImplementedError: Always.
        """
        raise NotImplementedError(
            "TensorArray.grad is not supported in TF2. Use tf.GradientTape."
        )

    def close(self, name: str | None = None) -> None:
        """Let go of the elements."""
        if self._items is not None:
            self._items = []

    def __len__(self) -> int:
        if self._items is None:
            raise TypeError(
                "len() of a TensorArray in a graph is not known while tracing. Call "
                "`size()`, which gives a tensor."
            )
        return len(self._items)
