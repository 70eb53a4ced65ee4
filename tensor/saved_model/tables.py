"""Lookup tables that change: what they are made with, and their content."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.ops.mutable_tables import DenseHashTable, MutableHashTable

if TYPE_CHECKING:
    from tensor.saved_model.program_data import Reader, Writer

_KINDS = {"mutable": MutableHashTable, "dense": DenseHashTable}


def write_table(table: MutableHashTable, key: str, writer: Writer) -> dict[str, Any]:
    """Return a table as JSON.

    Args:
        table: The table.
        key: Where its content is among the stored arrays.
        writer: Turns what it is made with into JSON.
    """
    made_with: list[Any] = [table.key_dtype, table.value_dtype, table.default_value]
    kind = "mutable"
    if isinstance(table, DenseHashTable):
        kind = "dense"
        made_with += list(table._reserved)  # the empty key, then the deleted one
    return {
        "kind": "table",
        "table": kind,
        "made_with": writer.encode(made_with),
        "key": key,
    }


def read_table(described: Any, reader: Reader) -> MutableHashTable:
    """Return the table that JSON describes, with its content."""
    table: MutableHashTable = _KINDS[described["table"]](
        *reader.decode(described["made_with"])
    )
    parts = ("-keys", "-values")
    content = {
        part: reader.tensors.get_tensor(described["key"] + part) for part in parts
    }
    table._restore_checkpoint_value("table", content)
    return table
