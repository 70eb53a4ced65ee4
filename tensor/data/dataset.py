"""Dataset: a recipe for a sequence of elements.

A dataset is a node that knows its inputs, the spec of its elements, how many there are,
and how to open a `Stream` of them. Each transformation stands in a file of its own with
the method users call (`@method`), so this module holds only what all of them share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from tensor.core.context import context
from tensor.core.dtypes import int64, variant
from tensor.core.nest import assert_same_structure
from tensor.core.public_api import export
from tensor.core.tensor import EagerTensor, wrap
from tensor.core.tensor_spec import CompositeSpec, TensorSpec, no_common_spec
from tensor.core.variants import held, hold
from tensor.data import structure as nest
from tensor.data.elements import spec_of_both
from tensor.data.graph_nodes import TracedIterator, make_dataset, run_in_graph
from tensor.data.options import Options, merge
from tensor.data.table import Table, TableStream
from tensor.data.unknown import unknown_in
from tensor.graph.control.stream import begin

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tensor.data.stream import Stream

F = TypeVar("F", bound="Callable[..., Any]")

INFINITE = -1
UNKNOWN = -2


class DatasetType(type):
    """Makes datasets, in a traced function as nodes where their arguments are unknown.

    What a kind of dataset takes is all that it is made of: a node makes it from the
    same arguments, with values in them.
    """

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        dataset = super().__call__(*args, **kwargs)
        if context.graph is not None and dataset.symbolic is None:
            arguments = args, kwargs
            if unknown_in(arguments):
                (dataset.symbolic,) = run_in_graph(
                    lambda args, kwargs: (cls(*args, **kwargs),),
                    arguments,
                    dataset.leaf_spec,
                    make_dataset,
                )
        return dataset


@export("data.Dataset", "data.DatasetV2")
class Dataset(metaclass=DatasetType):
    """A sequence of elements, made anew on each iteration.

    To functions, branches and loops it is a composite value made of one tensor, of type
    variant, that holds the dataset.

    Attributes:
        inputs: The datasets that this one reads.
        printed_as: What TensorFlow calls this kind of dataset.
        element_spec: The structure of the elements, with a TypeSpec at each leaf.
        symbolic: The tensor that it will be the value of, if it is made when a graph
            runs. Until then it serves to learn the spec of its elements.
    """

    inputs: tuple[Dataset, ...] = ()
    printed_as: str
    element_spec: Any
    symbolic: Any = None

    def __init_subclass__(cls, printed_as: str | None = None) -> None:
        cls.__name__ = cls.printed_as = printed_as or f"_{cls.__name__}Dataset"

    def __init__(
        self, element_spec: Any = None, inputs: tuple[Dataset, ...] = ()
    ) -> None:
        self.element_spec = element_spec
        self.inputs = inputs

    # ---- what each kind of dataset defines

    def open(self) -> Stream:
        """Start a pass over the elements."""
        table = self.table
        if table is None:
            raise NotImplementedError(f"{type(self).__name__} must define `open`.")
        return TableStream(table)

    def count(self) -> int:
        """Return the number of elements, or INFINITE or UNKNOWN."""
        return UNKNOWN if self.table is None else self.table.size

    @property
    def table(self) -> Table | None:
        """The elements as rows that can be read by number, if they are that."""
        return None

    def with_inputs(self, inputs: tuple[Dataset, ...]) -> Dataset:
        """Return the same transformation of other inputs.

        Strategies rebuild a pipeline around a sharded or rebatched source with it.

        Raises:
            ValueError: It is made when a graph runs.
        """
        if not inputs:
            return self
        if self.symbolic is not None:
            raise ValueError(
                f"{self!r} is made of tensors that a traced function computes, and "
                "cannot be distributed there. Make the dataset outside the tf.function."
            )
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__)
        copy.inputs = inputs
        return copy

    # ---- what users ask of every dataset

    def cardinality(self) -> Any:
        """Return the number of elements as an int64 tensor: -1 infinite, -2 unknown."""
        if self.symbolic is None:
            return wrap(np.int64(self.count()))
        spec = TensorSpec.of((), int64)
        return run_in_graph(lambda d: [np.int64(d.count())], [self], spec)[0]

    def __len__(self) -> int:
        """Return the number of elements.

        Raises:
            TypeError: It is infinite or not known before the elements are read.
        """
        size = UNKNOWN if self.symbolic is not None else self.count()
        if size == INFINITE:
            raise TypeError(
                "The dataset is infinite. Its `cardinality()` is "
                "tf.data.INFINITE_CARDINALITY; `take(n)` ends it."
            )
        if size == UNKNOWN:
            raise TypeError(
                "The dataset length is unknown. Count the elements, or tell it by "
                "tf.data.experimental.assert_cardinality."
            )
        return size

    def __bool__(self) -> bool:
        return True  # not by length: that may be infinite

    def __iter__(self) -> Any:
        """Start a pass over the elements."""
        from tensor.data.iterator import OwnedIterator

        if context.graph is not None:
            return TracedIterator(self.element_spec, begin(self))
        return OwnedIterator(self)

    def as_numpy_iterator(self) -> Any:
        """Return an iterator over the elements as NumPy values.

        Raises:
            RuntimeError: Inside a function that is being traced.
            TypeError: A component is not a tensor.
        """
        from tensor.data.iterator import NumpyIterator

        if context.graph is not None:
            raise RuntimeError(
                "`tf.data.Dataset.as_numpy_iterator()` is only supported in eager "
                "mode. Call it outside of tf.function."
            )
        return NumpyIterator(self)

    def options(self) -> Options:
        """Return the options in force: those of the inputs, then this one's."""
        result = Options()
        for source in self.inputs:
            result = merge(result, source.options())
        return result.read_only()

    def apply(self, transformation_func: Callable[[Dataset], Any]) -> Any:
        """Return `transformation_func(self)`, which must be a dataset.

        Raises:
            TypeError: It returned something else.
        """
        result = transformation_func(self)
        if not isinstance(result, Dataset):
            raise TypeError(
                f"`transformation_func` must return a `tf.data.Dataset` object. Got "
                f"{type(result)}."
            )
        return result

    @property
    def leaf_spec(self) -> DatasetSpec:
        """What describes this dataset where it is itself an element."""
        return DatasetSpec(self.element_spec)

    _type_spec = leaf_spec

    @property
    def _variant_tensor(self) -> Any:
        """The tensor that holds this dataset, under TensorFlow's name for it."""
        return wrap(hold(self)) if self.symbolic is None else self.symbolic

    def composite_components(self) -> list[Any]:
        """Return the tensor that holds this dataset."""
        return [self._variant_tensor]

    def composite_from(self, parts: Sequence[Any]) -> Dataset:
        """Return the dataset, of the same spec, that another tensor holds."""
        return self.leaf_spec.composite_from(parts)

    def __repr__(self) -> str:
        return f"<{self.printed_as} element_spec={self.element_spec!r}>"

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Tell type checkers that transformations are attached by `method`."""


def method(function: F) -> F:
    """Attach a transformation to `Dataset`, as the method of the function's name."""
    setattr(Dataset, _named(function), function)
    return function


def source(function: F) -> F:
    """Attach a function that makes a dataset from other things to `Dataset`."""
    setattr(Dataset, _named(function), staticmethod(function))
    return function


def _named(function: Any) -> str:
    name = function.__name__.rstrip("_")  # `zip_`, where `zip` would hide the builtin
    function.__name__, function.__qualname__ = name, f"Dataset.{name}"
    return name  # type: ignore[no-any-return]


class Variant(Dataset):
    """What a tensor will hold when a graph runs."""

    def __init__(self, tensor: Any, element_spec: Any) -> None:
        super().__init__(element_spec)
        self.symbolic = tensor


@export("data.DatasetSpec")
class DatasetSpec(CompositeSpec):
    """Describes datasets by the spec of their elements."""

    __slots__ = ("_dataset_shape", "_element_spec")

    def __init__(self, element_spec: Any, dataset_shape: Any = ()) -> None:
        self._element_spec = element_spec
        self._dataset_shape = dataset_shape

    @property
    def element_spec(self) -> Any:
        """The spec of the elements."""
        return self._element_spec

    @property
    def value_type(self) -> type:
        """The class of the values described."""
        return Dataset

    def composite_components(self) -> list[TensorSpec]:
        """Return the spec of the tensor that holds a dataset."""
        return [TensorSpec.of((), variant)]

    def composite_from(self, parts: Sequence[Any]) -> Dataset:
        """Return the dataset that a tensor holds, now or when the graph runs."""
        (tensor,) = parts
        if not isinstance(tensor, EagerTensor):
            return Variant(tensor, self._element_spec)
        dataset: Dataset = held(tensor._array)
        if dataset.element_spec == self._element_spec:
            return dataset
        return Described(dataset, self._element_spec)

    def _parameters(self) -> tuple[Any, ...]:
        return self._element_spec, self._dataset_shape

    @classmethod
    def from_value(cls, value: Dataset) -> DatasetSpec:
        """Describe `value`."""
        return cls(value.element_spec)

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Return whether a dataset, or every one of a spec, has such elements."""
        if isinstance(spec_or_value, Dataset):
            spec_or_value = spec_or_value.leaf_spec
        return isinstance(spec_or_value, DatasetSpec) and self._pairs_with(
            spec_or_value, lambda mine, other: bool(mine.is_compatible_with(other))
        )

    def is_subtype_of(self, other: Any) -> bool:
        """Return whether every dataset described here fits `other`, too."""
        return isinstance(other, DatasetSpec) and self._pairs_with(
            other, lambda mine, wider: bool(mine.is_subtype_of(wider))
        )

    def _pairs_with(self, other: DatasetSpec, fits: Callable[[Any, Any], bool]) -> bool:
        """Return whether elements have one structure, and what is in it fits."""
        try:
            assert_same_structure(self._element_spec, other._element_spec)
        except (TypeError, ValueError):
            return False
        mine, others = map(nest.flatten, (self._element_spec, other._element_spec))
        return all(fits(a, b) for a, b in zip(mine, others, strict=True))

    def most_specific_compatible_type(self, other: Any) -> DatasetSpec:
        """Return the narrowest spec that fits the datasets of both.

        Raises:
            ValueError: There is none.
        """
        if not isinstance(other, DatasetSpec):
            raise no_common_spec(self, other)
        return DatasetSpec(spec_of_both(self._element_spec, other._element_spec))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DatasetSpec) and bool(
            self._element_spec == other._element_spec
        )

    def __hash__(self) -> int:
        return hash(DatasetSpec)

    def __repr__(self) -> str:
        return f"DatasetSpec({self._element_spec!r}, TensorShape([]))"


class Derived(Dataset):
    """A dataset that transforms one other, whose spec it keeps unless it says so."""

    def __init__(self, source: Dataset, element_spec: Any = None) -> None:
        spec = source.element_spec if element_spec is None else element_spec
        super().__init__(spec, (source,))

    @property
    def source(self) -> Dataset:
        """The dataset that this one transforms."""
        return self.inputs[0]

    def count(self) -> int:
        return self.source.count()


class Described(Derived, printed_as="_VariantDataset"):
    """The same elements, described in another way."""

    @property
    def table(self) -> Table | None:
        return self.source.table

    def open(self) -> Stream:
        return self.source.open()
