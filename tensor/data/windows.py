"""Datasets of neighbouring elements: window, group_by_window, bucketing."""

from __future__ import annotations

import collections
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.tensor_spec import TensorSpec
from tensor.data import structure as nest
from tensor.data.dataset import UNKNOWN, Dataset, DatasetSpec, Derived, method
from tensor.data.functions import ElementFunction
from tensor.data.nested import DatasetFunction, Elements
from tensor.data.stream import DerivedStream, State, Stream
from tensor.data.unknown import as_count, as_flag
from tensor.ops.array import cast_
from tensor.ops.assertions import assert_less
from tensor.ops.gather import gather_
from tensor.ops.reduce import reduce_sum

if TYPE_CHECKING:
    from collections.abc import Callable

    from tensor.data.elements import Components


@method
def window(
    self: Dataset,
    size: Any,
    shift: Any = None,
    stride: Any = 1,
    drop_remainder: bool = False,
    name: str | None = None,
) -> Dataset:
    """Make datasets of `size` neighbouring elements, one for each leaf.

    Args:
        self: The dataset.
        size: How many elements a window holds.
        shift: From window to window; `size` by default.
        stride: From element to element within a window.
        drop_remainder: Whether to leave out windows that are smaller.
        name: Accepted for compatibility.

    Raises:
        InvalidArgumentError: A number is not positive.
    """
    length = as_count(size, "size")
    return Window(
        self,
        length,
        length if shift is None else as_count(shift, "shift"),
        as_count(stride, "stride"),
        as_flag(drop_remainder),
    )


class Window(Derived):
    """Datasets of neighbouring elements."""

    def __init__(
        self, source: Dataset, size: int, shift: int, stride: int, drop_remainder: bool
    ) -> None:
        for what, value in (("size", size), ("shift", shift), ("stride", stride)):
            if value <= 0:
                raise errors.because(
                    errors.InvalidArgumentError,
                    f"Window {what} must be greater than zero, got {value}. "
                    "[Op:WindowDataset]",
                )
        spec = nest.map_structure(DatasetSpec, source.element_spec)
        super().__init__(source, spec)
        self.size, self.shift, self.stride = size, shift, stride
        self.drop_remainder = drop_remainder
        self.leaf_specs = nest.flatten(source.element_spec)

    def open(self) -> Stream:
        return WindowStream(self.source.open(), self)

    def count(self) -> int:
        size = self.source.count()
        if size < 0:
            return size
        if self.drop_remainder:
            span = 1 + (self.size - 1) * self.stride
            return max(0, (size - span) // self.shift + 1)
        return -(-size // self.shift)


class WindowStream(DerivedStream):
    """Windows over a stream; `buffer` holds the elements from the next one's start."""

    def __init__(self, source: Stream, window: Window) -> None:
        super().__init__(source)
        self.window = window
        self.buffer: collections.deque[Components] = collections.deque()
        self.to_skip = 0  # elements between two windows that are apart

    def __next__(self) -> Components:
        window = self.window
        for _ in islice(self.source, self.to_skip):
            pass
        self.to_skip = 0
        span = 1 + (window.size - 1) * window.stride
        self.buffer.extend(islice(self.source, max(0, span - len(self.buffer))))
        if not self.buffer or (window.drop_remainder and len(self.buffer) < span):
            raise StopIteration
        rows = list(islice(self.buffer, 0, span, window.stride))
        self.to_skip = max(0, window.shift - len(self.buffer))
        for _ in range(min(window.shift, len(self.buffer))):
            self.buffer.popleft()
        columns = zip(*rows, strict=True)
        return tuple(
            [
                Elements(spec, [(value,) for value in column])
                for spec, column in zip(window.leaf_specs, columns, strict=True)
            ]
        )

    def save(self) -> State:
        return {
            "source": self.source.save(),
            "buffer": [list(element) for element in self.buffer],
            "to_skip": self.to_skip,
        }

    def restore(self, state: State) -> None:
        super().restore(state)
        self.buffer = collections.deque(tuple(e) for e in state["buffer"])
        self.to_skip = state["to_skip"]


@method
def group_by_window(
    self: Dataset,
    key_func: Callable[..., Any],
    reduce_func: Callable[..., Dataset],
    window_size: Any = None,
    window_size_func: Callable[..., Any] | None = None,
    name: str | None = None,
) -> Dataset:
    """Group elements by key, and reduce each group that is complete.

    Args:
        self: The dataset.
        key_func: Gives an int64 for an element.
        reduce_func: Makes a dataset of a key and the dataset of a group.
        window_size: How many elements complete a group; or
        window_size_func: gives it for a key.
        name: Accepted for compatibility.

    Raises:
        ValueError: Not exactly one of the sizes is given, or a function returns
            something else than it should.
    """
    if (window_size is None) == (window_size_func is None):
        raise ValueError(
            "Either the `window_size` argument or the `window_size_func` argument "
            "must be specified, and not both."
        )
    keys = ElementFunction(key_func, self.element_spec, what="key_func")
    key_spec = TensorSpec.of((), dtypes.int64)
    if keys.output_spec != key_spec:
        raise ValueError(
            f"Invalid `key_func`. `key_func` must return a single `tf.int64` scalar "
            f"tensor, but its return type is {keys.output_spec!r}."
        )
    group = DatasetSpec(self.element_spec)
    reduce = DatasetFunction(reduce_func, key_spec, group, what="reduce_func")
    if window_size_func is None:
        sizes: Any = as_count(window_size, "window_size")
    else:
        sizes = ElementFunction(window_size_func, key_spec, what="window_size_func")
    return GroupByWindow(self, keys, reduce, sizes)


class GroupByWindow(Derived):
    """Groups of elements of one key, reduced."""

    def __init__(
        self,
        source: Dataset,
        keys: ElementFunction,
        reduce: DatasetFunction,
        sizes: ElementFunction | int,
    ) -> None:
        super().__init__(source, reduce.element_spec)
        self.keys = keys
        self.reducing = reduce
        self.sizes = sizes

    def size_of(self, key: int) -> int:
        """Return how many elements complete the group of a key."""
        if isinstance(self.sizes, int):
            return self.sizes
        return int(self.sizes((np.int64(key),))[0])

    def open(self) -> Stream:
        return GroupStream(self.source.open(), self)

    def count(self) -> int:
        return UNKNOWN


class GroupStream(DerivedStream):
    """Collects elements by key; what complete groups are reduced to comes out first."""

    def __init__(self, source: Stream, dataset: GroupByWindow) -> None:
        super().__init__(source)
        self.dataset = dataset
        self.groups: dict[int, list[Components]] = {}
        self.sizes: dict[int, int] = {}
        self.key = 0
        self.complete: list[Components] = []
        self.current: Stream | None = None

    def __next__(self) -> Components:
        while True:
            if self.current is not None:
                try:
                    return next(self.current)
                except StopIteration:
                    self.current.close()
                    self.current = None
            if not self._collect():
                raise StopIteration

    def _collect(self) -> bool:
        """Read until a group is complete; at the end take what is left, by key."""
        for element in self.source:
            key = int(self.dataset.keys(element)[0])
            group = self.groups.setdefault(key, [])
            group.append(element)
            if key not in self.sizes:
                self.sizes[key] = self._size_of(key)
            if len(group) == self.sizes[key]:
                self._start(key)
                return True
        if not self.groups:
            return False
        self._start(min(self.groups))
        return True

    def _size_of(self, key: int) -> int:
        size = self.dataset.size_of(key)
        if size <= 0:
            raise errors.because(
                errors.InvalidArgumentError,
                f"Window size must be greater than zero, but got {size}. "
                "[Op:GroupByWindowDataset]",
            )
        return size

    def _start(self, key: int) -> None:
        self.key, self.complete = key, self.groups.pop(key)
        self.current = self._reduced().open()

    def _reduced(self) -> Dataset:
        group = Elements(self.dataset.source.element_spec, self.complete)
        return self.dataset.reducing.make((np.int64(self.key), group))

    def save(self) -> State:
        return {
            "source": self.source.save(),
            "groups": [
                [key, [list(e) for e in group]] for key, group in self.groups.items()
            ],
            "key": self.key,
            "complete": [list(e) for e in self.complete],
            "current": None if self.current is None else self.current.save(),
        }

    def restore(self, state: State) -> None:
        super().restore(state)
        self.groups = {key: [tuple(e) for e in group] for key, group in state["groups"]}
        self.sizes = {key: self._size_of(key) for key in self.groups}
        self.key = state["key"]
        self.complete = [tuple(e) for e in state["complete"]]
        self.current = None
        if state["current"] is not None:
            self.current = self._reduced().open()
            self.current.restore(state["current"])


@method
def bucket_by_sequence_length(
    self: Dataset,
    element_length_func: Callable[..., Any],
    bucket_boundaries: Any,
    bucket_batch_sizes: Any,
    padded_shapes: Any = None,
    padding_values: Any = None,
    pad_to_bucket_boundary: bool = False,
    no_padding: bool = False,
    drop_remainder: bool = False,
    name: str | None = None,
) -> Dataset:
    """Batch elements of similar length, padded to the longest of the batch.

    Args:
        self: The dataset.
        element_length_func: Gives the length of an element, an int32.
        bucket_boundaries: The upper ends (exclusive) of all buckets but the last.
        bucket_batch_sizes: The batch size of each bucket.
        padded_shapes: As in `padded_batch`.
        padding_values: As in `padded_batch`.
        pad_to_bucket_boundary: Pad to the bucket's longest possible length; elements
            of the last bucket are then an error.
        no_padding: Elements of one bucket have one shape; batch without padding.
        drop_remainder: Whether to leave out last batches that are smaller.
        name: Accepted for compatibility.

    Raises:
        ValueError: There is not one batch size more than boundaries.
    """
    boundaries, sizes = list(bucket_boundaries), list(bucket_batch_sizes)
    if len(sizes) != len(boundaries) + 1:
        raise ValueError(
            "`len(bucket_batch_sizes)` must equal `len(bucket_boundaries) + 1` but "
            f"`len(bucket_batch_sizes)={len(sizes)}` and "
            f"`len(bucket_boundaries)={len(boundaries)}`."
        )

    def bucket_of(*element: Any) -> Any:
        length = convert(element_length_func(*element))
        reached = convert(boundaries, length.dtype) <= length
        return reduce_sum(cast_(reached, dtypes.int64), axis=(0,), keepdims=False)

    def batched(bucket: Any, group: Dataset) -> Dataset:
        size = gather_(convert(sizes, dtypes.int64), bucket)
        if no_padding:
            return group.batch(size, drop_remainder=drop_remainder)  # type: ignore[no-any-return]
        shapes = padded_shapes or nest.map_structure(
            lambda spec: list(spec.dims), group.element_spec
        )
        if pad_to_bucket_boundary:
            assert_less(
                bucket,
                convert(len(boundaries), dtypes.int64),
                message="When pad_to_bucket_boundary=True, elements must have length < "
                f"max(bucket_boundaries), which is {boundaries[-1]}.",
            )
            longest = gather_(convert(boundaries, dtypes.int64), bucket) - 1
            shapes = nest.pack(
                group.element_spec,
                [
                    [longest if d is None else d for d in shape]
                    for shape in nest.flatten(shapes)
                ],
            )
        return group.padded_batch(size, shapes, padding_values, drop_remainder)  # type: ignore[no-any-return]

    return self.group_by_window(  # type: ignore[no-any-return]
        bucket_of,
        batched,
        window_size_func=lambda key: convert(sizes, dtypes.int64)[key],
    )
