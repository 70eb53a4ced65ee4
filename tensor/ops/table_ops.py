"""The ops of lookup tables: nodes with effects in a graph, since some tables change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core.dtypes import int64
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register
from tensor.core.tensor_spec import TensorSpec

if TYPE_CHECKING:
    from collections.abc import Iterator


class TableOp(Op):
    """An op on the table that its parameter `table` is."""

    kind = "stateful"
    gradient: Any = NON_DIFFERENTIABLE


def _some_table() -> Any:
    from tensor.ops.mutable_tables import MutableHashTable

    table = MutableHashTable("string", "int64", -1)
    table.insert(["a", "b"], [3, 5])
    return table


class LookupTableFind(TableOp):
    """The values that a table has for keys; others may stand in for its default."""

    type_name = "LookupTableFindV2"

    def kernel(self, keys: Any, *defaults: Any, table: Any) -> Any:
        return table.found(np.asarray(keys), *defaults)

    def infer(self, keys: TensorSpec, *defaults: TensorSpec, table: Any) -> TensorSpec:
        dims = keys.dims
        if dims is not None:
            dims = (*dims[: len(dims) - len(table.key_shape)], *table.value_shape)
        return TensorSpec.of(dims, table.value_dtype)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for keys in ([[b"a", b"x"]], []):
            yield Sample(np.array(keys, object), table=_some_table())


class LookupTableInsert(TableOp):
    """Put values under keys."""

    type_name = "LookupTableInsertV2"

    def kernel(self, keys: Any, values: Any, table: Any) -> tuple[()]:
        table.put(np.asarray(keys), np.asarray(values))
        return ()

    def infer(self, keys: TensorSpec, values: TensorSpec, table: Any) -> tuple[()]:
        return ()

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(np.array([b"a"], object), np.array([3]), table=_some_table())


class LookupTableRemove(TableOp):
    """Take keys out of a table."""

    type_name = "LookupTableRemoveV2"

    def kernel(self, keys: Any, table: Any) -> tuple[()]:
        table.take_out(np.asarray(keys))
        return ()

    def infer(self, keys: TensorSpec, table: Any) -> tuple[()]:
        return ()

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(np.array([b"x"], object), table=_some_table())


class LookupTableSize(TableOp):
    """How many keys a table has."""

    type_name = "LookupTableSizeV2"

    def kernel(self, table: Any) -> Any:
        return np.int64(table.count())

    def infer(self, table: Any) -> TensorSpec:
        return TensorSpec.of((), int64)


class LookupTableExport(TableOp):
    """All keys of a table, and all values."""

    type_name = "LookupTableExportV2"
    shape_depends_on_values = True

    def kernel(self, table: Any) -> Any:
        return table.content()

    def infer(self, table: Any) -> tuple[TensorSpec, TensorSpec]:
        return (
            TensorSpec.of((None, *table.key_shape), table.key_dtype),
            TensorSpec.of((None, *table.value_shape), table.value_dtype),
        )


lookup_table_find = register(LookupTableFind)
lookup_table_insert = register(LookupTableInsert)
lookup_table_remove = register(LookupTableRemove)
# Without inputs there is nothing that generated tests could vary.
lookup_table_size = LookupTableSize()
lookup_table_export = LookupTableExport()
