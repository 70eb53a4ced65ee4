"""DataAdapter: whatever `fit` is given, as batches of tensors, epoch by epoch.

Arrays are sliced here; datasets, generators, sequences and other iterables bring
batches themselves. With several replicas a batch is the global one: the replication in
force distributes datasets, and splits other batches into contiguous parts, which may be
empty.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np

import tensor as tf
from tensor.core import nest, replica
from tensor.core.tensor import EagerTensor, wrap
from tensor.keras import settings
from tensor.keras.training.arrays import is_array_like
from tensor.keras.training.batches import pack, unpack, with_class_weights

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Batch = Any


class DataAdapter:
    """Gives the batches of each epoch: x, (x, y) or (x, y, weight)."""

    def __init__(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        batch_size: int | None = None,
        steps_per_epoch: int | None = None,
        initial_epoch: int = 0,
        epochs: int = 1,
        shuffle: Any = False,
        class_weight: Any = None,
        model: Any = None,
    ) -> None:
        """Take what `fit`, `evaluate` or `predict` was given.

        Raises:
            ValueError: Arguments contradict each other, or lengths differ.
        """
        self._initial_epoch = initial_epoch
        self._epochs = epochs
        self._class_weight = class_weight
        self._model = model
        self._steps_asked = steps_per_epoch
        self._ran_out = False
        self._batches_done = 0
        self.first_step = 0
        replication = replica.current()
        self._is_distributed = replication.num_replicas_in_sync > 1
        source = _source_for(x, y, sample_weight, batch_size, shuffle)
        if self._is_distributed and hasattr(x, "element_spec"):
            source.distribute(replication)
            self._is_distributed = False
        self._source = source
        self.steps: int | None = steps_per_epoch
        if self.steps is None:
            if getattr(x, "element_spec", None) is not None:
                _check_finite(x)
            self.steps = source.batch_count()
        if self.steps == 0:
            raise ValueError(
                "Expected input data to be non-empty. There is not one batch in it."
            )

    def check_callbacks(self, callbacks: Any) -> None:
        """Say whether callbacks can follow: where steps run here, all can."""

    def resume_after(self, epoch: int, batch: int) -> None:
        """Leave out the epochs, and the batches of the next one, that are done."""
        done = max(0, epoch + 1 - self._initial_epoch)
        self._initial_epoch += done
        self._batches_done = batch + 1
        if self._goes_on():
            self._batches_done += done * (self._steps_asked or 0)
        else:
            self._source.pass_over(done)
        self.first_step = batch + 1

    def epochs(self) -> Iterator[tuple[int, Iterator[Batch]]]:
        """Yield (epoch, iterator of its batches)."""
        whole: Iterator[Batch] | None = None
        for epoch in range(self._initial_epoch, self._epochs):
            if self._ran_out:
                return
            if self._goes_on():
                # One pass over the data lasts several epochs.
                whole = whole or self._from_where_we_were(epoch)
                yield epoch, self._batches(whole)
            else:
                yield epoch, self._batches(self._from_where_we_were(epoch))
            self._source.on_epoch_end()
            self.first_step = 0

    def _from_where_we_were(self, epoch: int) -> Iterator[Batch]:
        """Return an epoch's batches without those that are done already."""
        done, self._batches_done = self._batches_done, 0
        batches = self._source.batches(epoch)
        return itertools.islice(batches, done, None) if done else batches

    def _goes_on(self) -> bool:
        """Return whether an epoch goes on where the previous one ended."""
        return self._steps_asked is not None and (
            self._source.batch_count() != self._steps_asked
        )

    def _batches(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        limit = self._steps_asked
        count = self.first_step
        if limit is not None:
            limit -= count
        taken = itertools.islice(batches, limit) if limit is not None else batches
        for batch in taken:
            count += 1
            yield self._prepared(batch)
        asked = self._steps_asked
        if asked is not None and count < asked:
            self._ran_out = True
            self._warn_ran_out(asked)
        if self.steps is None:
            self.steps = count

    def _warn_ran_out(self, limit: int) -> None:
        from tensor.core.log import get_logger

        get_logger().warning(
            "Your input ran out of data; interrupting training. Make sure that your "
            "dataset or generator can generate at least `steps_per_epoch * epochs` "
            f"batches (in this case, {limit * self._epochs} batches). You may need to "
            "use the repeat() function when building your dataset."
        )

    def _prepared(self, batch: Batch) -> Batch:
        replication = replica.current()
        if self._is_distributed:
            batch = replication.split(batch)
        weights = self._class_weight
        if weights is not None:
            batch = replication.map(lambda b: with_class_weights(b, weights), batch)
        return batch


class _Arrays:
    """Arrays or tensors with one row an example."""

    def __init__(self, data: Any, batch_size: int | None, shuffle: Any) -> None:
        self._data = nest.map_structure(_as_rows, data)
        rows = [len(a) for a in nest.flatten(self._data) if a is not None]
        if not rows:
            raise ValueError(f"Expected arrays to train on, got {data!r}.")
        if len(set(rows)) > 1:
            raise ValueError(
                f"Data cardinality is ambiguous:\n{_sizes(self._data)}Make sure all "
                "arrays contain the same number of samples."
            )
        self._rows = rows[0]
        if not self._rows:
            raise ValueError(f"Expected input data to be non-empty. Got {data!r}.")
        self._batch_size = batch_size or 32
        self._shuffle = shuffle
        self._seed: int | None = None

    def batch_count(self) -> int:
        return math.ceil(self._rows / self._batch_size)

    def on_epoch_end(self) -> None:
        """Nothing: each epoch draws an order of its own."""

    def pass_over(self, epochs: int) -> None:
        """Nothing: an epoch's order depends on its number."""

    def batches(self, epoch: int) -> Iterator[Batch]:
        order = self._order(epoch)
        size = self._batch_size
        for start in range(0, self._rows, size):
            if order is None:
                chosen: Any = slice(start, start + size)
            else:
                chosen = order[start : start + size]
            yield nest.map_structure(
                lambda a, at=chosen: None if a is None else wrap(a[at]), self._data
            )

    def _order(self, epoch: int) -> Any:
        """Return the rows' order in an epoch, the same on every replica.

        It depends on one seed, drawn at the beginning, and the epoch's number: a
        training that is taken up again sees the same batches.
        """
        if not self._shuffle:
            return None
        if self._seed is None:
            drawn = tf.random.uniform([], maxval=2**31 - 1, dtype="int32").numpy()
            self._seed = int(replica.current().from_chief(np.asarray(drawn)))
        rng = np.random.default_rng((self._seed, epoch))
        if self._shuffle == "batch":
            rows, size = np.arange(self._rows), self._batch_size
            starts = rng.permutation(self.batch_count()) * size
            return np.concatenate([rows[s : s + size] for s in starts])
        return rng.permutation(self._rows)


class _Iterable:
    """A dataset, generator, sequence or other iterable of batches."""

    def __init__(self, data: Any, count: Callable[[], int | None]) -> None:
        self._data = data
        self._count = count
        self._is_dataset = hasattr(data, "element_spec")

    def batch_count(self) -> int | None:
        return self._count()

    def distribute(self, replication: replica.Replication) -> None:
        """Let the replicas share the batches of a dataset."""
        self._data = replication.distribute(self._data)

    def batches(self, epoch: int) -> Iterator[Batch]:
        if self._is_dataset:
            # Elements of datasets reach the step as they are.
            yield from self._data
        else:
            for batch in self._data:
                yield _batch_of_tensors(batch)

    def pass_over(self, epochs: int) -> None:
        """Let passes over a dataset begin, so that the next one shuffles as it would.

        The order of a pass comes from a sequence that goes on from pass to pass; a
        first batch is asked for because passes inside may begin no sooner.
        """
        for _ in range(epochs if self._is_dataset else 0):
            next(iter(self._data), None)

    def on_epoch_end(self) -> None:
        """Tell a `Sequence` that its epoch is over."""
        if hasattr(self._data, "on_epoch_end"):
            self._data.on_epoch_end()


class _Sequence(_Iterable):
    """A `tf.keras.utils.Sequence`, whose batches are asked for by index."""

    def __init__(self, data: Any, shuffle: Any) -> None:
        super().__init__(data, lambda: len(data))
        self._shuffle = shuffle

    def batches(self, epoch: int) -> Iterator[Batch]:
        order = np.arange(len(self._data))
        if self._shuffle:
            order = tf.random.shuffle(order).numpy()
        for i in order:
            yield _batch_of_tensors(self._data[int(i)])


def _source_for(
    x: Any, y: Any, sample_weight: Any, batch_size: Any, shuffle: Any
) -> Any:
    """Return the kind of source that fits what was given.

    Raises:
        ValueError: `x` is no data, or brings targets or batches that are also given.
    """
    if is_array_like(x):
        x, y, sample_weight = (_with_tuples(v) for v in (x, y, sample_weight))
        return _Arrays(pack(x, y, sample_weight), batch_size, shuffle)
    _check_alone(x, y, sample_weight)
    if hasattr(x, "cardinality"):
        return _Iterable(x, lambda: _known(int(x.cardinality())))
    if hasattr(x, "__getitem__") and hasattr(x, "__len__"):
        return _Sequence(x, shuffle)
    if callable(x) and not hasattr(x, "__iter__"):
        return _source_for(x(), y, sample_weight, batch_size, shuffle)
    if not hasattr(x, "__iter__"):
        raise ValueError(
            f"Failed to find data adapter that can handle input: {type(x)}. Pass "
            "arrays, tensors, a dataset, a generator or a `Sequence`."
        )
    return _Iterable(x, lambda: len(x) if hasattr(x, "__len__") else None)


def _check_alone(x: Any, y: Any, sample_weight: Any) -> None:
    """Check that data which brings targets and batches is given no other targets.

    Raises:
        ValueError: It is.
    """
    kind = _kind_of(x)
    for name, value in (("y", y), ("sample_weight", sample_weight)):
        if value is not None:
            raise ValueError(
                f"`{name}` argument is not supported when using {kind} as input: it "
                "has to bring targets and weights itself, as tuples. Received: "
                f"{type(x)}"
            )


def _kind_of(x: Any) -> str:
    if hasattr(x, "element_spec"):
        return "dataset"
    if hasattr(x, "__getitem__") and hasattr(x, "__len__"):
        return "`keras.utils.Sequence`"
    return "python generator"


def _sizes(data: Batch) -> str:
    """Return a line for inputs, targets and weights with the numbers of their rows."""
    text = ""
    for name, part in zip(("x", "y", "sample_weight"), unpack(data), strict=True):
        rows = [str(len(a)) for a in nest.flatten(part) if a is not None]
        if rows:
            text += f"  {name} sizes: {', '.join(rows)}\n"
    return text


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


def _known(cardinality: int) -> int | None:
    return cardinality if cardinality >= 0 else None


def _as_rows(value: Any) -> Any:
    """Return an array, tensor or list as an array of a dtype to compute with."""
    if value is None:
        return None
    if isinstance(value, EagerTensor):
        return value._array
    array = np.asarray(value)
    if array.dtype.kind == "f" and array.dtype != np.dtype(settings.floatx()):
        array = array.astype(settings.floatx())
    elif array.dtype.kind in "SU":
        array = np.asarray(tf.constant(array))
    if array.ndim == 0:
        raise ValueError(f"Expected arrays with one row an example, got {value!r}.")
    return array


def _as_tensor(value: Any) -> Any:
    """Return one part of a batch as a tensor; floating arrays become floatx."""
    if value is None or isinstance(value, tf.Tensor):
        return value
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        value = value.astype(settings.floatx(), copy=False)
    return tf.convert_to_tensor(value) if not hasattr(value, "row_splits") else value


def _batch_of_tensors(batch: Any) -> Batch:
    """Return what a generator or `Sequence` brought as a batch of tensors."""
    parts = (_with_tuples(part) for part in unpack(batch))
    return nest.map_structure(_as_tensor, pack(*parts))


def _with_tuples(value: Any) -> Any:
    """Return a list of arrays as a tuple, and a list of numbers as an array."""
    if not isinstance(value, list | tuple):
        return value
    if _is_list_of_scalars(value):
        return np.asarray(value)
    return tuple(value) if type(value) is list else value


def _is_list_of_scalars(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return bool(value) and _is_list_of_scalars(value[0])
    return isinstance(value, int | float | str | bytes | np.generic)
