"""tf.data.experimental.SqlDataset: the rows that a database gives for a query."""

from __future__ import annotations

import contextlib
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors
from tensor.core.convert import convert
from tensor.core.dtypes import DType, string
from tensor.core.public_api import export
from tensor.core.tensor_spec import TensorSpec
from tensor.data import structure as nest
from tensor.data.dataset import Dataset
from tensor.data.elements import as_given_leaf
from tensor.data.stream import State, Stream
from tensor.data.unknown import unknown_in

if TYPE_CHECKING:
    import sqlite3

    from tensor.data.elements import Components


@export("data.experimental.SqlDataset")
class SqlDataset(Dataset, printed_as="SqlDatasetV2"):
    """The rows that an SQLite database gives for a query, as tuples of scalars."""

    def __init__(
        self, driver_name: Any, data_source_name: Any, query: Any, output_types: Any
    ) -> None:
        """Say what to ask whom.

        Args:
            driver_name: The kind of database: "sqlite".
            data_source_name: The file.
            query: The query.
            output_types: The dtype of each column.
        """
        spec = nest.map_structure(lambda d: TensorSpec([], d), output_types)
        super().__init__(spec)
        given = [as_given_leaf(x) for x in (driver_name, data_source_name, query)]
        if not unknown_in(given):
            texts = [convert(x, string).numpy().decode() for x in given]
            driver, self.file, self.query = texts
            _check_driver(driver)
        self.dtypes = [s.dtype for s in nest.flatten(spec)]
        if any(d.is_complex for d in self.dtypes):
            raise errors.invalid(
                "SqlDataset",
                "Each element of `output_types_` must be one of: string, bool, a type "
                f"of real numbers. Got {self.dtypes}.",
            )

    def open(self) -> Stream:
        return QueryStream(self)


def _check_driver(name: str) -> None:
    if name != "sqlite":
        raise errors.invalid(
            "SqlDataset",
            f"The database type, {name}, is not supported by SqlDataset. The set of "
            "supported databases is: {'sqlite'}.",
        )


class QueryStream(Stream):
    """One run of a query, begun with the first row."""

    def __init__(self, dataset: SqlDataset) -> None:
        self.dataset = dataset
        self.connection: sqlite3.Connection | None = None
        self.rows: Any = None
        self.position = 0

    def _begin(self) -> None:
        import sqlite3  # on demand: Python can be built without it

        try:
            self.connection = sqlite3.connect(self.dataset.file)
            self.connection.text_factory = bytes
            self.rows = self.connection.execute(self.dataset.query)
        except sqlite3.Error as error:
            raise errors.because(
                errors.UnknownError, f"Prepare() failed: {error}: {self.dataset.query}"
            ) from error
        found, wanted = len(self.rows.description or ()), len(self.dataset.dtypes)
        if found != wanted:
            raise errors.because(
                errors.InvalidArgumentError,
                f"The number of columns in query ({found}) must match the number of "
                f"elements in output_types ({wanted}).",
            )

    def __next__(self) -> Components:
        if self.rows is None:
            self._begin()
        row = next(self.rows)
        self.position += 1
        pairs = zip(row, self.dataset.dtypes, strict=True)
        return tuple([_as_dtype(value, dtype) for value, dtype in pairs])

    def save(self) -> State:
        return {"position": self.position}

    def restore(self, state: State) -> None:
        self.close()
        self._begin()
        self.position = state["position"]
        for _ in islice(self.rows, self.position):
            pass

    def close(self) -> None:
        if self.connection is not None:
            with contextlib.closing(self.connection):
                self.connection = self.rows = None


def _as_dtype(value: Any, dtype: DType) -> Any:
    """Return what a column holds in a row as an array, as SQLite converts it."""
    if dtype is string:
        text = b"" if value is None else value
        return np.array(text if isinstance(text, bytes) else str(text).encode(), object)
    try:
        number = float(value or 0) if isinstance(value, bytes) else value or 0
    except ValueError:
        number = 0  # a text that is no number
    if dtype.is_bool or dtype.is_floating:
        return dtype.numpy_dtype.type(number)
    return np.int64(number).astype(dtype.numpy_dtype)
