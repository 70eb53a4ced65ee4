"""tf.io.parse_example and its kind: from serialized examples to tensors by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register
from tensor.core.shapes import to_brackets
from tensor.io.example import Example, Feature, Features, Int64List
from tensor.io.example_bytes import (
    DTYPE_OF_KIND,
    KIND_OF_DTYPE,
    RawFeature,
    features_of_example,
    parts_of_sequence_example,
    values_of,
)
from tensor.io.features import (
    FixedLenFeature,
    FixedLenSequenceFeature,
    RaggedFeature,
    SparseFeature,
    VarLenFeature,
)
from tensor.io.parsed_columns import (
    Column,
    DenseColumn,
    PaddedColumn,
    RaggedColumn,
    where,
)
from tensor.io.partitioned_columns import PartitionedColumn
from tensor.io.sparse_columns import IndexedColumn, SparseColumn
from tensor.io.wire import DecodeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tensor.core.tensor_spec import TensorSpec


class ParseExample(Op):
    """The features of serialized examples as tensors, one or several for each."""

    type_name = "ParseExampleV2"
    shape_depends_on_values = True
    gradient: Any = NON_DIFFERENTIABLE
    kind = "other"

    def kernel(self, serialized: Any, *, columns: tuple[Column, ...]) -> Any:
        if np.ndim(serialized):
            records = [self._features(r) for r in serialized]
        else:
            records = [self._features(np.asarray(serialized).item())]
        is_batch = np.ndim(serialized) == 1
        return tuple(
            [
                output
                for column in columns
                for output in column.parse(
                    [self.find(r, column, i, is_batch) for i, r in enumerate(records)],
                    is_batch,
                )
            ]
        )

    def _features(self, data: bytes) -> dict[str, RawFeature]:
        try:
            return features_of_example(data)
        except DecodeError as error:
            raise errors.because(
                errors.InvalidArgumentError,
                f"Could not parse example input, value: {data[:40]!r}. {error} "
                "[Op:ParseExampleV2]",
            ) from error

    def find(
        self, record: dict[str, RawFeature], column: Column, index: int, is_batch: bool
    ) -> Any:
        """Return the values of a column in one record, None if it has none."""

        def find_one(key: str, dtype: dtypes.DType) -> Any:
            raw = record.get(key)
            if raw is None or raw[0] == 0:
                return None
            if raw[0] != KIND_OF_DTYPE[dtype]:
                found = dtypes.short_name(DTYPE_OF_KIND[raw[0]])
                raise errors.because(
                    errors.InvalidArgumentError,
                    f"{where(key, index, is_batch)}  Data types don't match. Data "
                    f"type: {found} but expected type: {dtypes.short_name(dtype)} "
                    "[Op:ParseExampleV2]",
                )
            return values_of(raw)

        return column.find(find_one)

    def infer(self, serialized: TensorSpec, *, columns: tuple[Column, ...]) -> Any:
        if serialized.dims is None:
            batch: Any = (None,)
        else:
            batch = serialized.dims
        return tuple([spec for column in columns for spec in column.specs(batch)])

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        example = Example(
            features=Features(
                feature={"a": Feature(int64_list=Int64List(value=[1, 2]))}
            )
        ).SerializeToString()
        columns = tuple(
            make_column("a", spec)
            for spec in (FixedLenFeature([2], "int64"), VarLenFeature("int64"))
        )
        yield Sample(np.array(example, object), columns=columns)
        yield Sample(np.array([example] * 3, object), columns=columns)


parse_example_op = register(ParseExample)


_COLUMNS: dict[type, type[Column]] = {
    FixedLenFeature: DenseColumn,
    FixedLenSequenceFeature: PaddedColumn,
    VarLenFeature: SparseColumn,
    SparseFeature: IndexedColumn,
    RaggedFeature: RaggedColumn,
}


def make_column(key: str, spec: Any) -> Column:
    """Return the reader of one feature.

    Raises:
        ValueError: `spec` is not a feature's spec.
        InvalidArgumentError: Its dtype is none that examples hold.
    """
    if isinstance(spec, RaggedFeature) and spec.partitions:
        return PartitionedColumn(key, spec)
    column = next((c for kind, c in _COLUMNS.items() if isinstance(spec, kind)), None)
    if column is None:
        raise ValueError(
            f"Unsupported {type(spec).__name__} {spec!r} for key {key!r}. Expected "
            "FixedLenFeature, VarLenFeature, FixedLenSequenceFeature, RaggedFeature or "
            "SparseFeature."
        )
    if spec.dtype not in KIND_OF_DTYPE:
        raise errors.because(
            errors.InvalidArgumentError,
            f"Value for attr 'Tdense' of {spec.dtype.name} is not in the list of "
            f"allowed values: float, int64, string. Feature {key!r}: parse int64 and "
            "use tf.cast.",
        )
    return column(key, spec)


def _columns(features: dict[str, Any]) -> dict[str, Column]:
    """Return the readers of features, by name."""
    if not features:
        raise ValueError(
            f"Argument `features` cannot be None or falsy. Got {features!r}; name at "
            "least one."
        )
    result = {}
    for name in sorted(features):
        spec = features[name]
        if isinstance(spec, FixedLenSequenceFeature) and not spec.allow_missing:
            raise ValueError(
                "Unsupported: FixedLenSequenceFeature requires allow_missing to be "
                f"True. Feature {name!r} has {spec.allow_missing}."
            )
        key = spec.value_key if isinstance(spec, RaggedFeature) else None
        result[name] = make_column(key or name, spec)
    return result


def _parse(serialized: Any, features: dict[str, Any]) -> dict[str, Any]:
    columns = _columns(features)
    outputs = iter(parse_example_op(serialized, columns=tuple(columns.values())))
    is_batch = serialized.ndim == 1
    return {n: column.assemble(outputs, is_batch) for n, column in columns.items()}


@export("io.parse_example")
def parse_example(
    serialized: Any,
    features: dict[str, Any],
    example_names: Any = None,
    name: str | None = None,
) -> dict[str, Any]:
    """Parse a vector of serialized `Example`s into tensors by name.

    Args:
        serialized: A vector of strings.
        features: What to look for, by name: `FixedLenFeature`, `VarLenFeature` …
        example_names: Accepted for compatibility.
        name: Accepted for compatibility.

    Raises:
        InvalidArgumentError: A feature is missing, or has another dtype or shape; or
            `serialized` is no vector.
    """
    examples = convert(serialized, dtypes.string)
    if examples.ndim is not None and examples.ndim > 1:
        raise errors.invalid(
            "ParseExampleV2",
            "Expected serialized to be a scalar or vector, got shape: "
            f"{to_brackets(tuple(examples.shape))}",
        )
    return _parse(examples, features)


@export("io.parse_single_example")
def parse_single_example(
    serialized: Any,
    features: dict[str, Any],
    example_names: Any = None,
    name: str | None = None,
) -> dict[str, Any]:
    """Parse one serialized `Example` into tensors by name; see `parse_example`.

    Raises:
        ValueError: It is no scalar.
    """
    example = convert(serialized, dtypes.string)
    if example.ndim:
        raise ValueError(
            f"Input serialized must be a scalar, got shape {example.shape}. "
            "Use tf.io.parse_example for a vector."
        )
    return _parse(example, features)


class ParseSequenceExample(Op):
    """The context and the steps of serialized sequence examples as tensors."""

    type_name = "ParseSequenceExampleV2"
    shape_depends_on_values = True
    gradient: Any = NON_DIFFERENTIABLE

    def kernel(
        self,
        serialized: Any,
        *,
        context: tuple[Column, ...],
        sequence: tuple[Column, ...],
    ) -> Any:
        is_batch = np.ndim(serialized) == 1
        flat = np.atleast_1d(np.asarray(serialized, object))
        records = [parts_of_sequence_example(r) for r in flat]
        outputs: list[Any] = []
        for column in context:
            found = [
                parse_example_op.find(r[0], column, i, is_batch)
                for i, r in enumerate(records)
            ]
            outputs.extend(column.parse(found, is_batch))
        for column in sequence:
            steps = [self._steps(r[1], column) for r in records]
            outputs.extend(column.parse_steps(steps, is_batch))
        return tuple(outputs)

    def _steps(self, lists: dict[str, list[RawFeature]], column: Column) -> Any:
        found = lists.get(column.key)
        if found is None:
            return None
        return [
            parse_example_op.find({column.key: raw}, column, i, False)
            for i, raw in enumerate(found)
        ]

    def infer(
        self,
        serialized: TensorSpec,
        *,
        context: tuple[Column, ...],
        sequence: tuple[Column, ...],
    ) -> Any:
        batch = (None,) if serialized.dims is None else serialized.dims
        specs = [spec for column in context for spec in column.specs(batch)]
        return tuple(specs + [s for c in sequence for s in c.step_specs(batch)])

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        column = make_column("x", FixedLenSequenceFeature([], "int64", True))
        yield Sample(np.array(b"", object), context=(), sequence=(column,))
        yield Sample(np.array([b"", b""], object), context=(), sequence=(column,))


parse_sequence_example_op = register(ParseSequenceExample)


def _parse_sequence(
    serialized: Any, context_features: Any, sequence_features: Any
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    context_features, sequence_features = (
        context_features or {},
        sequence_features or {},
    )
    if not context_features and not sequence_features:
        raise ValueError(
            "Both context_features and sequence_features are None, but at least one "
            "should have values."
        )
    context = _columns(context_features) if context_features else {}
    sequence = {n: make_column(n, s) for n, s in sorted(sequence_features.items())}
    for column in sequence.values():
        column.check_takes_steps()
    outputs = iter(
        parse_sequence_example_op(
            serialized,
            context=tuple(context.values()),
            sequence=tuple(sequence.values()),
        )
    )
    is_batch = serialized.ndim == 1
    parsed_context = {
        name: column.assemble(outputs, is_batch) for name, column in context.items()
    }
    parsed, lengths = {}, {}
    for name, column in sequence.items():
        parsed[name] = column.assemble_steps(outputs, is_batch)
        if isinstance(sequence_features[name], FixedLenSequenceFeature):
            lengths[name] = next(outputs)
    return parsed_context, parsed, lengths


@export("io.parse_single_sequence_example")
def parse_single_sequence_example(
    serialized: Any,
    context_features: dict[str, Any] | None = None,
    sequence_features: dict[str, Any] | None = None,
    example_name: Any = None,
    name: str | None = None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Parse one serialized `SequenceExample`: context tensors, and tensors of steps."""
    context, sequence, _ = _parse_sequence(
        convert(serialized, dtypes.string), context_features, sequence_features
    )
    return context, sequence


@export("io.parse_sequence_example")
def parse_sequence_example(
    serialized: Any,
    context_features: dict[str, Any] | None = None,
    sequence_features: dict[str, Any] | None = None,
    example_names: Any = None,
    name: str | None = None,
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Parse a vector of `SequenceExample`s: context, steps, and numbers of steps."""
    return _parse_sequence(
        convert(serialized, dtypes.string), context_features, sequence_features
    )
