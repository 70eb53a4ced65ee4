"""What a serialized example should hold: the specs that `parse_example` takes."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

from tensor.core import dtypes
from tensor.core.public_api import export
from tensor.core.shapes import TensorShape
from tensor.io.row_features import (
    PARTITIONS,
    RowLengths,
    RowLimits,
    RowSplits,
    RowStarts,
    UniformRowLength,
    ValueRowIds,
)


@export("io.FixedLenFeature")
class FixedLenFeature(namedtuple("FixedLenFeature", "shape dtype default_value")):
    """A feature with the same number of values in every example: a dense tensor."""

    __slots__ = ()

    def __new__(cls, shape: Any, dtype: Any, default_value: Any = None) -> Any:
        return super().__new__(cls, shape, dtypes.as_dtype(dtype), default_value)


@export("io.FixedLenSequenceFeature")
class FixedLenSequenceFeature(
    namedtuple("FixedLenSequenceFeature", "shape dtype allow_missing default_value")
):
    """A feature of any number of steps of one shape: dense, padded in a batch."""

    __slots__ = ()

    def __new__(
        cls,
        shape: Any,
        dtype: Any,
        allow_missing: bool = False,
        default_value: Any = None,
    ) -> Any:
        return super().__new__(
            cls, shape, dtypes.as_dtype(dtype), allow_missing, default_value
        )


@export("io.VarLenFeature")
class VarLenFeature(namedtuple("VarLenFeature", "dtype")):
    """A feature with any number of values: a sparse tensor."""

    __slots__ = ()

    def __new__(cls, dtype: Any) -> Any:
        return super().__new__(cls, dtypes.as_dtype(dtype))


@export("io.SparseFeature")
class SparseFeature(
    namedtuple("SparseFeature", "index_key value_key dtype size already_sorted")
):
    """A sparse tensor whose indices and values are two features."""

    __slots__ = ()

    def __new__(
        cls,
        index_key: Any,
        value_key: str,
        dtype: Any,
        size: Any,
        already_sorted: bool = False,
    ) -> Any:
        return super().__new__(
            cls, index_key, value_key, dtypes.as_dtype(dtype), size, already_sorted
        )


@export("io.RaggedFeature")
class RaggedFeature(
    namedtuple("RaggedFeature", "dtype value_key partitions row_splits_dtype validate")
):
    """A feature with any number of values: a ragged tensor.

    Partitions say, from the outermost to the innermost, how the values split into rows.
    """

    __slots__ = ()
    RowSplits = RowSplits
    RowLengths = RowLengths
    RowStarts = RowStarts
    RowLimits = RowLimits
    ValueRowIds = ValueRowIds
    UniformRowLength = UniformRowLength

    def __new__(
        cls,
        dtype: Any,
        value_key: str | None = None,
        partitions: Any = (),
        row_splits_dtype: Any = dtypes.int32,
        validate: bool = False,
    ) -> Any:
        if not isinstance(partitions, list | tuple):
            raise TypeError(f"Argument `partitions` must be a list, got {partitions!r}")
        for partition in partitions:
            if not isinstance(partition, PARTITIONS):
                raise TypeError(
                    "Argument `partitions` cannot be cast to any of the partition "
                    f"types in {PARTITIONS}: got {partition!r}."
                )
        return super().__new__(
            cls,
            dtypes.as_dtype(dtype),
            value_key,
            tuple(partitions),
            dtypes.as_dtype(row_splits_dtype),
            validate,
        )


def static_dims(spec: Any) -> tuple[int, ...]:
    """Return the shape of one example's (or step's) values.

    Raises:
        ValueError: It is not fully known.
    """
    shape = TensorShape(spec.shape)
    if not shape.is_fully_defined():
        raise ValueError(
            f"First dimension of shape for feature unknown: {spec!r} needs a shape "
            "without unknown dimensions. Use FixedLenSequenceFeature or VarLenFeature."
        )
    return tuple(shape.as_list())  # type: ignore[arg-type]
