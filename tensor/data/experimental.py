"""tf.data.experimental: older names of what are now methods of `Dataset`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core.nest import assert_same_structure
from tensor.core.public_api import export, publish as _publish
from tensor.data import structure as nest
from tensor.data.dataset import INFINITE, UNKNOWN, Dataset, DatasetSpec
from tensor.data.elements import as_leaf, component, spec_of_structure
from tensor.data.joined import common_spec
from tensor.data.nested import Elements
from tensor.ops.creation import zeros as zeros_

if TYPE_CHECKING:
    from collections.abc import Callable

    from tensor.data.iterator import Iterator

AUTOTUNE = -1
INFINITE_CARDINALITY = INFINITE
UNKNOWN_CARDINALITY = UNKNOWN
Transformation = Any


def _as_transformation(name: str) -> Any:
    """Return a function that gives a transformation for `Dataset.apply`."""

    def make(*args: Any, **kwargs: Any) -> Callable[[Dataset], Dataset]:
        return lambda dataset: getattr(dataset, name)(*args, **kwargs)

    make.__name__ = make.__qualname__ = name
    make.__doc__ = f"Return a transformation that applies `Dataset.{name}`."
    return make


for _name in (
    "bucket_by_sequence_length",
    "group_by_window",
    "ignore_errors",
    "rejection_resample",
    "scan",
    "snapshot",
    "take_while",
    "unbatch",
    "unique",
):
    export(f"data.experimental.{_name}")(_as_transformation(_name))

export("data.experimental.enumerate_dataset")(_as_transformation("enumerate"))
export("data.experimental.dense_to_ragged_batch")(_as_transformation("ragged_batch"))
export("data.experimental.dense_to_sparse_batch")(_as_transformation("sparse_batch"))


@export("data.experimental.to_variant")
def to_variant(dataset: Dataset) -> Any:
    """Return the tensor, of type variant, that holds a dataset."""
    (tensor,) = dataset.composite_components()
    return tensor


@export("data.experimental.from_variant")
def from_variant(variant: Any, structure: Any) -> Dataset:
    """Return the dataset that a tensor holds.

    Args:
        variant: The tensor.
        structure: The spec of the dataset's elements.
    """
    return DatasetSpec(structure).composite_from([variant])


@export("data.experimental.from_list")
def from_list(elements: list[Any], name: str | None = None) -> Dataset:
    """Create a dataset of the elements of a list.

    Raises:
        ValueError: It is no list, or empty, or the elements differ in structure.
        TypeError: They differ in dtypes.
    """
    if not isinstance(elements, list):
        raise ValueError("Invalid `elements`. `elements` must be a list.")
    if not elements:
        raise ValueError(
            "Invalid `elements`. `elements` should not be empty. If you want an empty "
            "dataset, use `tf.data.Dataset.range(0)`."
        )
    tensors = [nest.map_structure(as_leaf, element) for element in elements]
    spec = spec_of_structure(tensors[0])
    for element in tensors[1:]:
        assert_same_structure(tensors[0], element)
        spec = common_spec(spec, spec_of_structure(element))
    return Elements(spec, [tuple(map(component, nest.flatten(e))) for e in tensors])


@export("data.experimental.pad_to_cardinality")
def pad_to_cardinality(
    cardinality: int, mask_key: str = "valid"
) -> Callable[[Dataset], Dataset]:
    """Return a transformation that adds elements of zeros, marked as not valid.

    Args:
        cardinality: How many elements there will be.
        mask_key: The entry of each element, a dictionary, that says if it is valid.
    """

    def padded(dataset: Any) -> Dataset:
        size = dataset.count()
        if size < 0:
            raise ValueError(
                "The dataset passed into `pad_to_cardinality` must have a known "
                f"cardinalty, but has cardinality {size}"
            )
        if size > cardinality:
            raise ValueError(
                "The dataset passed into `pad_to_cardinality` must have a cardinalty "
                f"less than the target cardinality ({cardinality}), but has "
                f"cardinality {size}"
            )
        if not isinstance(dataset.element_spec, dict):
            raise ValueError(
                "`pad_to_cardinality` requires its input dataset to be a dictionary."
            )
        zeros = nest.map_structure(
            lambda spec: zeros_(
                [0 if d is None else d for d in spec.shape], spec.dtype
            ),
            dataset.element_spec,
        )
        filler: Any = Dataset.from_tensors({**zeros, mask_key: False})  # type: ignore[attr-defined]
        marked = dataset.map(lambda element: {**element, mask_key: True})
        return marked.concatenate(filler.repeat(cardinality - size))  # type: ignore[no-any-return]

    return padded


@export("data.experimental.sample_from_datasets")
def sample_from_datasets(
    datasets: Any,
    weights: Any = None,
    seed: Any = None,
    stop_on_empty_dataset: bool = False,
) -> Dataset:
    """Return `Dataset.sample_from_datasets` of the same arguments."""
    return Dataset.sample_from_datasets(datasets, weights, seed, stop_on_empty_dataset)  # type: ignore[attr-defined, no-any-return]


@export("data.experimental.choose_from_datasets")
def choose_from_datasets(
    datasets: Any, choice_dataset: Dataset, stop_on_empty_dataset: bool = False
) -> Dataset:
    """Return `Dataset.choose_from_datasets` of the same arguments."""
    return Dataset.choose_from_datasets(datasets, choice_dataset, stop_on_empty_dataset)  # type: ignore[attr-defined, no-any-return]


@export("data.experimental.Counter")
def counter(start: Any = 0, step: Any = 1, dtype: Any = "int64") -> Dataset:
    """Return `Dataset.counter` of the same arguments."""
    return Dataset.counter(start, step, dtype)  # type: ignore[attr-defined, no-any-return]


@export("data.experimental.RandomDataset")
def random_dataset(seed: Any = None) -> Dataset:
    """Return `Dataset.random` of the same arguments."""
    dataset: Dataset = Dataset.random(seed)  # type: ignore[attr-defined]  # a `method`
    dataset.printed_as = "RandomDatasetV2"
    return dataset


@export("data.experimental.save")
def save(
    dataset: Dataset, path: Any, compression: Any = None, shard_func: Any = None
) -> None:
    """Write a dataset to a folder; see `Dataset.save`."""
    dataset.save(path, compression, shard_func)


@export("data.experimental.load")
def load(
    path: Any,
    element_spec: Any = None,
    compression: Any = None,
    reader_func: Any = None,
) -> Dataset:
    """Read a dataset from a folder; see `Dataset.load`."""
    return Dataset.load(path, element_spec, compression, reader_func)  # type: ignore[attr-defined, no-any-return]


@export("data.experimental.get_single_element")
def get_single_element(dataset: Dataset) -> Any:
    """Return the only element of a dataset."""
    return dataset.get_single_element()


@export("data.experimental.get_next_as_optional")
def get_next_as_optional(iterator: Iterator) -> Any:
    """Return an iterator's next element as an Optional."""
    return iterator.get_next_as_optional()


@export("data.experimental.get_structure")
def get_structure(dataset_or_iterator: Any) -> Any:
    """Return the element spec of a dataset or an iterator."""
    return dataset_or_iterator.element_spec


@export("data.experimental.copy_to_device", "data.experimental.prefetch_to_device")
def prefetch_to_device(device: str, buffer_size: Any = None) -> Any:
    """Return a transformation that makes elements ahead: there is one device."""
    return lambda dataset: dataset.prefetch(
        AUTOTUNE if buffer_size is None else buffer_size
    )


@export("data.experimental.map_and_batch")
def map_and_batch(
    map_func: Any,
    batch_size: Any,
    num_parallel_batches: Any = None,
    drop_remainder: bool = False,
    num_parallel_calls: Any = None,
) -> Any:
    """Return a transformation that applies `map`, then `batch`."""
    return lambda dataset: dataset.map(map_func, num_parallel_calls).batch(
        batch_size, drop_remainder
    )


@export("data.experimental.shuffle_and_repeat")
def shuffle_and_repeat(buffer_size: Any, count: Any = None, seed: Any = None) -> Any:
    """Return a transformation that applies `shuffle`, then `repeat`."""
    return lambda dataset: dataset.shuffle(buffer_size, seed=seed).repeat(count)


@export("data.experimental.parallel_interleave")
def parallel_interleave(
    map_func: Any,
    cycle_length: Any,
    block_length: Any = 1,
    sloppy: bool = False,
    buffer_output_elements: Any = None,
    prefetch_input_elements: Any = None,
) -> Any:
    """Return a transformation that applies `interleave`."""
    return lambda dataset: dataset.interleave(map_func, cycle_length, block_length)


_publish(globals(), "data.experimental")
