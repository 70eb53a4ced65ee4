"""Sources: whatever `fit` was given, as passes over batches.

Arrays are sliced here; datasets, generators and sequences bring batches themselves. A
source knows what its batches look like, `element_spec`, as far as each batch fits it:
steps are traced once for all of them.
"""

from __future__ import annotations

import itertools
import math
import random
from typing import TYPE_CHECKING, Any

import numpy as np

import tensor as tf
from tensor.core import nest, replica
from tensor.core.log import get_logger
from tensor.core.tensor import wrap
from tensor.keras.training.arrays import (
    as_rows,
    as_tensor,
    batch_of_tensors,
    has_composites,
    is_array_like,
    with_tuples,
)
from tensor.keras.training.batches import pack, unpack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tensor.keras.training.batches import Batch


class Source:
    """Where batches come from.

    Attributes:
        element_spec: What fits every batch; None if that is not known.
        begins_anew: Whether each epoch begins a pass of its own. None if that depends
            on the steps asked for: it does where a pass has as many.
        repeats: Whether epochs that go on with a pass find as many as they are.
        is_distributed: Whether each batch comes as the parts of the replicas.
    """

    element_spec: Any = None
    begins_anew: bool | None = None
    repeats = False
    is_distributed = False

    def batch_count(self) -> int | None:
        """Return how many batches one pass has, None if that is not known."""
        return None

    def begin_unread(self) -> None:
        """Begin a pass that nobody reads; see `DataAdapter.epochs`."""

    def batches(self) -> Iterator[Batch]:
        """Return the batches of the next pass."""
        raise NotImplementedError(f"{type(self).__name__} must define `batches`.")

    def pass_over(self, epochs: int) -> None:
        """Leave out passes, so that the next one shuffles as it would."""

    def on_epoch_end(self) -> None:
        """Hear that an epoch is over."""


class _Arrays(Source):
    """Arrays or tensors with one row an example."""

    repeats = True

    def __init__(self, data: Any, batch_size: int, shuffle: Any) -> None:
        self._data = data
        self._rows = len(nest.flatten(data)[0])
        self._batch_size = batch_size
        self._shuffle = shuffle.lower() if isinstance(shuffle, str) else shuffle
        self._orders: Any = None
        # TensorFlow's pipelines do not know the size of what may be a smaller batch.
        size = None if self._rows % batch_size else batch_size
        self.element_spec = nest.map_structure(
            lambda a: tf.TensorSpec([size, *a.shape[1:]], a.dtype), data
        )

    def batch_count(self) -> int:
        return math.ceil(self._rows / self._batch_size)

    def pass_over(self, epochs: int) -> None:
        for _ in range(epochs):
            self._order()

    def batches(self) -> Iterator[Batch]:
        order = self._order()
        starts = range(0, self._rows, self._batch_size)
        return (self._batch(order, start) for start in starts)

    def _batch(self, order: Any, start: int) -> Batch:
        rows: Any = slice(start, start + self._batch_size)
        if order is not None:
            rows = order[rows]
        return nest.map_structure(lambda a: wrap(a[rows]), self._data)

    def _order(self) -> Any:
        """Return the order of the rows in the next epoch, the same on every replica.

        It is TensorFlow's, for a seed that `tf.random.set_seed` sets: that of a dataset
        made for this training. Taken up again, the training sees the same batches.
        """
        if not self._shuffle:
            return None
        if self._orders is None:
            in_batches = self._shuffle == "batch"
            count = self.batch_count() if in_batches else self._rows
            epochs = tf.data.Dataset.range(1).repeat()
            self._orders = iter(
                epochs.map(lambda _: tf.random.shuffle(tf.range(count, dtype="int64")))
            )
        order = replica.current().from_chief(next(self._orders).numpy())
        if self._shuffle == "batch":
            rows, size = np.arange(self._rows), self._batch_size
            return np.concatenate([rows[i * size : (i + 1) * size] for i in order])
        return order


class _Dataset(Source):
    """A `tf.data.Dataset`, or one that is distributed already."""

    def __init__(self, data: Any) -> None:
        self._data = data
        replication = replica.current()
        self.is_distributed = replication.num_replicas_in_sync > 1
        if self.is_distributed:
            self._data = replication.distribute(data)
        elif hasattr(data, "cardinality"):
            self.element_spec = data.element_spec
        self._plain = data

    def batch_count(self) -> int | None:
        if not hasattr(self._plain, "cardinality"):
            return None
        count = int(self._plain.cardinality())
        return count if count >= 0 else None

    def begin_unread(self) -> None:
        iter(self._data)

    def batches(self) -> Iterator[Batch]:
        return iter(self._data)

    def pass_over(self, epochs: int) -> None:
        """Let passes begin, so that the next one shuffles as it would.

        The order of a pass comes from a sequence that goes on from pass to pass; a
        first batch is asked for because passes inside may begin no sooner.
        """
        for _ in range(epochs):
            next(iter(self._data), None)


class _Generator(Source):
    """A generator or other iterator: one pass, over batches of whatever size."""

    begins_anew = False

    def __init__(self, data: Any, model: Any) -> None:
        first = batch_of_tensors(next(data))
        self._rest = map(batch_of_tensors, data)
        self._first = [first]
        self.element_spec = _seen_first(first, model)

    def batches(self) -> Iterator[Batch]:
        first, self._first = self._first, []
        return itertools.chain(first, self._rest)


class _Sequence(Source):
    """A `tf.keras.utils.Sequence`, whose batches are asked for by index."""

    begins_anew = True

    def __init__(self, data: Any, shuffle: Any, model: Any) -> None:
        self._data = data
        self._shuffle = shuffle
        self.element_spec = _seen_first(batch_of_tensors(data[0]), model)

    def batch_count(self) -> int:
        return len(self._data)

    def batches(self) -> Iterator[Batch]:
        order = self._order()
        return (batch_of_tensors(self._data[i]) for i in order)

    def _order(self) -> list[int]:
        """Return the order of the next pass: that of Python's own generator."""
        order = list(range(len(self._data)))
        if self._shuffle:
            random.shuffle(order)
            order = replica.current().from_chief(np.asarray(order)).tolist()
        return order

    def pass_over(self, epochs: int) -> None:
        for _ in range(epochs):
            self._order()

    def on_epoch_end(self) -> None:
        self._data.on_epoch_end()


def source_for(
    x: Any,
    y: Any,
    sample_weight: Any,
    batch_size: int | None,
    steps: int | None,
    shuffle: Any,
    model: Any,
) -> Source:
    """Return the kind of source that fits what `fit` was given.

    Raises:
        ValueError: `x` is no data, or brings targets or batches that are also given.
    """
    if hasattr(x, "element_spec") and not hasattr(x, "__next__"):
        _check_alone("dataset", y, sample_weight)
        if steps is None:
            _check_finite(x)
        return _Dataset(x)
    if is_array_like(x):
        return _of_arrays(x, y, sample_weight, batch_size, steps, shuffle)
    if hasattr(x, "__getitem__") and hasattr(x, "__len__"):
        _check_alone("`keras.utils.Sequence`", y, sample_weight)
        return _Sequence(x, shuffle, model)
    if hasattr(x, "__next__") and hasattr(x, "__iter__"):
        _check_alone("python generator", y, sample_weight)
        return _Generator(x, model)
    raise ValueError(
        f"Failed to find data adapter that can handle input: {type(x)}, {type(y)}. "
        "Pass arrays, tensors, a dataset, a generator or a `Sequence`."
    )


def _of_arrays(
    x: Any, y: Any, weight: Any, batch_size: int | None, steps: int | None, shuffle: Any
) -> Source:
    x, y, weight = (with_tuples(v) for v in (x, y, weight))
    if has_composites((x, y, weight)):
        return _of_composites(pack(x, y, weight), batch_size or 32, shuffle)
    x, y, weight = nest.map_structure(as_rows, (x, y, weight))
    data = pack(x, y, _completed(weight, y))
    check_rows(data)
    rows = len(next((a for a in nest.flatten(data) if a is not None), ()))
    if not rows:
        raise ValueError(f"Expected input data to be non-empty. Got {data!r}.")
    if not batch_size:
        batch_size = max(1, math.ceil(rows / steps)) if steps else 32
    return _Arrays(data, batch_size, shuffle)


def _of_composites(data: Batch, batch_size: int, shuffle: Any) -> Source:
    """Return sparse or ragged tensors, among others, as a dataset of batches."""
    tensors = nest.map_structure(as_tensor, data)
    rows = nest.flatten(tensors)[0].shape[0]
    dataset = tf.data.Dataset.from_tensor_slices(tensors)
    if shuffle:
        dataset = dataset.shuffle(rows)
    return _Dataset(dataset.batch(batch_size))


def _completed(weight: Any, y: Any) -> Any:
    """Return weights with ones for the outputs that are given none."""
    flat = nest.flatten(weight)
    if weight is None or all(w is not None for w in flat):
        return weight
    rows = len(nest.flatten(y)[0])
    ones = np.ones([rows], "float32")
    return nest.pack_sequence_as(weight, [ones if w is None else w for w in flat])


def check_rows(data: Batch) -> None:
    """Check that all parts of a batch have as many rows.

    Raises:
        ValueError: They have not.
    """
    parts = [[len(a) for a in nest.flatten(p) if a is not None] for p in unpack(data)]
    if len(set(itertools.chain(*parts))) < 2:
        return
    names = ("x", "y", "sample_weight")
    sizes = "".join(
        f"  {name} sizes: {', '.join(map(str, rows))}\n"
        for name, rows in zip(names, parts, strict=True)
        if rows
    )
    raise ValueError(
        f"Data cardinality is ambiguous:\n{sizes}Make sure all arrays contain the same "
        "number of samples."
    )


def _check_alone(kind: str, y: Any, sample_weight: Any) -> None:
    """Check that data which brings targets and batches is given no other targets.

    Raises:
        ValueError: It is.
    """
    for name, value in (("y", y), ("sample_weight", sample_weight)):
        if value is not None and nest.flatten(value):
            raise ValueError(
                f"`{name}` argument is not supported when using {kind} as input. It "
                "has to bring targets and weights itself, as tuples."
            )


def _check_finite(dataset: Any) -> None:
    """Check that a dataset ends by itself.

    Raises:
        ValueError: It does not.
    """
    if not hasattr(dataset, "cardinality"):
        return
    if int(dataset.cardinality()) == tf.data.INFINITE_CARDINALITY:
        raise ValueError(
            "When providing an infinite dataset, you must specify the number of steps "
            "to run (if you did not intend to create an infinite dataset, make sure to "
            f"not call `repeat()` on the dataset). Received: {dataset}"
        )


def _seen_first(batch: Batch, model: Any) -> Any:
    """Return specs that fit the batches after a first one: their ranks are known.

    A model that is not built yet is built for the first batch, whose sizes are known.
    """
    if model is not None and not model.built:
        x, _, _ = unpack(batch)
        try:
            replica.current().run(lambda inputs: model(inputs, training=False), x)
        except NotImplementedError:
            # A model whose steps do not call it, such as a pair of adversaries.
            get_logger().debug("%s is not built: it has no `call`.", model.name)
    return nest.map_structure(_of_any_size, batch)


def _of_any_size(value: Any) -> Any:
    """Return the spec of a value with nothing but the number of dimensions."""
    spec = tf.type_spec_from_value(value)
    dims = [None] * spec.shape.rank
    if isinstance(spec, tf.RaggedTensorSpec):
        return tf.RaggedTensorSpec(
            dims, spec.dtype, spec.ragged_rank, spec.row_splits_dtype
        )
    return type(spec)(dims, spec.dtype)
