"""tf.TensorArray: tensors by number, written one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core import dtypes, errors
from tensor.core.context import context
from tensor.core.convert import convert
from tensor.core.indexed_slices import CompositeTensor
from tensor.core.public_api import export, names_in
from tensor.core.shapes import TensorShape, are_compatible, merge
from tensor.core.tensor import EagerTensor
from tensor.core.tensor_spec import TensorSpec
from tensor.graph.control import list_ops, list_slices, list_tensors
from tensor.graph.control.eager_elements import EagerElements
from tensor.ops.facts import get_static_value

if TYPE_CHECKING:
    from tensor.core.shapes import Dims


@export("TensorArray")
class TensorArray(CompositeTensor):
    """A sequence of tensors of one dtype, written by number.

    Use what `write` returns: inside a tf.function the array it was called on does not
    change.
    """

    # In a graph the elements are one value, the flow; outside, tensors in a list.
    __slots__ = (
        "_cell",
        "_dtype",
        "_elements",
        "_flow",
        "_infer_shape",
        "_size",
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
            size: How many there are.
            dynamic_size: Whether writing beyond the end makes it longer.
            clear_after_read: Whether an element can be read once only (the default).
            tensor_array_name: Accepted for compatibility.
            handle: Accepted for compatibility.
            flow: Accepted for compatibility.
            infer_shape: Whether all elements have the shape of the first.
            element_shape: The shape of the elements, if it is known.
            colocate_with_first_write_call: Accepted for compatibility.
            name: Accepted for compatibility.

        Raises:
            ValueError: `size` is missing.
        """
        if size is None:
            raise ValueError(
                "Argument `size` must be provided: the size must be declared for a "
                "TensorArray. Pass `size=0, dynamic_size=True` for one that grows."
            )
        self._dtype = dtypes.as_dtype(dtype)
        # What is known of the elements' shape, shared by all that come from this array:
        # a loop's body writes to one, what follows the loop reads from another.
        self._cell = [TensorShape(element_shape)._dims]
        self._infer_shape = infer_shape
        self._flow: Any = None
        size = convert(size, hint=dtypes.int32)
        # How many elements there are, if that is known and stays so.
        known = None if dynamic_size else get_static_value(size)
        self._size = None if known is None else int(known)
        items = [] if context.graph is not None else [None] * int(size)
        clears = clear_after_read is not False
        self._elements = EagerElements(items, bool(dynamic_size), clears)
        if context.graph is not None:
            self._flow = context.graph.call_op(list_ops.list_new, (size,), {})

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
        return self._elements.is_dynamic

    @property
    def infers_shape(self) -> bool:
        """Whether all elements have the shape of the first."""
        return self._infer_shape

    @property
    def flow(self) -> Any:
        """The value that carries the elements in a graph; outside, a number."""
        return convert(0) if self._flow is None else self._flow

    @property
    def handle(self) -> Any:
        """The value that carries the elements in a graph; None outside."""
        return self._flow

    @property
    def _spec(self) -> TensorSpec:
        return TensorSpec.of(self._dims, self._dtype)

    # ---- as a value made of tensors

    def composite_components(self) -> list[Any]:
        """Return the tensors that this is made of: one list, in a graph."""
        return list(self._elements.items) if self._flow is None else [self._flow]

    def composite_from(self, parts: Any) -> TensorArray:
        """Return an array like this one made of other tensors."""
        if self._flow is None:
            return self._with_items(list(parts))
        return self.with_flow(parts[0])

    def with_flow(self, flow: Any) -> TensorArray:
        """Return an array like this one with the elements of a list."""
        if type(flow) is EagerTensor:  # it has left its graph
            return self._with_items(list_ops.entries(flow))
        copy = self._copy()
        copy._flow = flow
        return copy

    def _copy(self) -> TensorArray:
        copy = object.__new__(TensorArray)
        for name in TensorArray.__slots__:
            setattr(copy, name, getattr(self, name))
        return copy

    def _with_items(self, items: list[Any]) -> TensorArray:
        copy = self._copy()
        copy._elements, copy._flow = self._elements.replaced(items), None
        return copy

    def _in_graph(self) -> bool:
        """Move into the graph being traced, if any; return whether there is one."""
        if self._flow is not None:
            return True
        if context.graph is None:
            return False
        items = self._elements.items
        flow = context.graph.call_op(list_ops.list_new, (convert(len(items)),), {})
        for i, item in enumerate(items):
            if item is not None:
                flow = list_ops.list_write(flow, convert(i), item, dynamic=False)
        self._flow = flow
        return True

    # ---- elements, one by one

    def size(self, name: str | None = None) -> Any:
        """Return how many elements there are."""
        if not self._in_graph():
            return convert(len(self._elements.items))
        if self._size is not None:
            return convert(self._size)
        return list_ops.list_size(self._flow)

    def write(self, index: Any, value: Any, name: str | None = None) -> TensorArray:
        """Return the array with `value` as the element of this number.

        Raises:
            OutOfRangeError: There is no such element, and the array does not grow.
            InvalidArgumentError: The value has another dtype than the others.
            ValueError: It has another shape.
        """
        if not self._in_graph():
            number = self._elements.place(index)
            self._elements.write(number, self._checked(value))
            return self
        index, value = convert(index, hint=dtypes.int32), self._checked(value)
        growing = self.dynamic_size
        return self.with_flow(
            list_ops.list_write(self._flow, index, value, dynamic=growing)
        )

    def read(self, index: Any, name: str | None = None) -> Any:
        """Return the element of this number.

        Raises:
            OutOfRangeError: There is no such element.
            InvalidArgumentError: It was read before, and is cleared after reading.
        """
        if not self._in_graph():
            return self._elements.read(index, self._spec)
        index = convert(index, hint=dtypes.int32)
        return list_ops.list_read(self._flow, index, spec=self._spec)

    def _converted(self, value: Any) -> Any:
        value = convert(value, hint=self._dtype)
        if value.dtype is not self._dtype:
            theirs, ours = value.dtype.name, self._dtype.name
            raise errors.because(
                errors.InvalidArgumentError,
                f"TensorArray dtype is {ours} but Op is trying to write dtype {theirs}."
                if self._flow is None
                else f"Invalid data types; op elements {theirs} but list elements "
                f"{ours}.",
            )
        return value

    def _checked(self, value: Any) -> Any:
        value = self._converted(value)
        self._note_shape(value.static_shape)
        return value

    def _note_shape(self, dims: Dims | None) -> None:
        """Check an element's shape, and remember what it tells."""
        if not are_compatible(self._dims, dims):
            shape = TensorShape.of(dims)
            raise ValueError(
                f"Incompatible shape for value ({shape}), expected "
                f"({self.element_shape})"
                if self._flow is None
                else f"Inconsistent shapes: saw {shape} but expected "
                f"{self.element_shape}. Pass `infer_shape=False` to TensorArray if its "
                "elements differ in shape."
            )
        if self._infer_shape:
            self._cell[0] = merge(self._dims, dims)

    # ---- elements together

    def stack(self, name: str | None = None) -> Any:
        """Return the elements as one tensor."""
        if not self._in_graph():
            everything = range(len(self._elements.items))
            return self._elements.gather(everything, self._spec)
        return list_tensors.list_stack(self._flow, spec=self._spec, count=self._size)

    def gather(self, indices: Any, name: str | None = None) -> Any:
        """Return the elements of these numbers as one tensor."""
        indices = convert(indices, hint=dtypes.int32)
        if self._in_graph():
            return list_slices.list_gather(self._flow, indices, spec=self._spec)
        numbers = list_slices.numbers_in(indices.numpy())
        return self._elements.gather(numbers, self._spec)

    def concat(self, name: str | None = None) -> Any:
        """Return the elements joined along their first axis."""
        if not self._in_graph():
            return self._elements.concat(self._spec)
        return list_tensors.list_concat(self._flow, spec=self._spec)

    def unstack(self, value: Any, name: str | None = None) -> TensorArray:
        """Return the array with the slices of `value` as its elements."""
        in_graph = self._in_graph()
        value = self._converted(value)
        dims = value.static_shape
        element = None if dims is None else dims[1:]
        self._note_shape(element)
        if in_graph or type(value) is not EagerTensor:
            result = self.with_flow(list_tensors.list_unstack(value))
            result._cell = result._cell if self._infer_shape else [element]
            return result
        self._elements = self._elements.replaced(names_in("")["unstack"](value))
        return self

    def scatter(self, indices: Any, value: Any, name: str | None = None) -> TensorArray:
        """Return the array with slices of `value` as the elements of these numbers."""
        in_graph = self._in_graph()
        indices = convert(indices, hint=dtypes.int32)
        value = self._converted(value)
        dims = value.static_shape
        self._note_shape(None if dims is None else dims[1:])
        if in_graph:
            growing = self.dynamic_size
            return self.with_flow(
                list_slices.list_scatter(self._flow, indices, value, dynamic=growing)
            )
        rows = names_in("")["unstack"](value)
        for i, row in zip(list_slices.numbers_in(indices.numpy()), rows, strict=False):
            self._elements.write(self._elements.place(i), row)
        return self

    def split(self, value: Any, lengths: Any, name: str | None = None) -> TensorArray:
        """Return the array with pieces of `value` of these lengths as its elements."""
        in_graph = self._in_graph()
        value = self._converted(value)
        lengths = convert(lengths, hint=dtypes.int64)
        if not in_graph:
            self._elements.check_split(value, lengths)
            pieces = names_in("")["split"](value, lengths, axis=0)
            self._elements = self._elements.replaced(list(pieces))
            return self
        result = self.with_flow(list_slices.list_split(value, lengths))
        self._note_shape(_piece_dims(value.static_shape, lengths))
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
        self._elements = self._elements.replaced([])

    def __len__(self) -> int:
        if self._flow is not None:
            raise TypeError(
                "len() of a TensorArray in a graph is not known while tracing. Call "
                "`size()`, which gives a tensor."
            )
        return len(self._elements.items)


def _piece_dims(dims: Dims | None, lengths: Any) -> Dims | None:
    """Return the shape of pieces of a tensor of this shape, if all have one."""
    known = get_static_value(lengths)
    if dims is None or known is None or len({*known.tolist()}) != 1:
        return None
    return (int(known[0]), *dims[1:])
