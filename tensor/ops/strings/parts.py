"""One string made several: split, bytes_split, ngrams."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes
from tensor.core.convert import constant_tensor, convert
from tensor.core.public_api import export
from tensor.core.tensor import EagerTensor
from tensor.ops.ragged.ragged_tensor import RaggedTensor

if TYPE_CHECKING:
    from collections.abc import Callable


def split_each(x: Any, parts: Callable[[bytes], list[Any]], dtype: Any) -> Any:
    """Return the parts of each string: a vector for a scalar, else a ragged tensor.

    Raises:
        NotImplementedError: Inside a traced function, where lengths are not known.
    """
    if isinstance(x, RaggedTensor):
        return x.with_flat_values(split_each(x.flat_values, parts, dtype))
    x = convert(x, dtypes.string)
    if type(x) is not EagerTensor:
        raise NotImplementedError(
            "Splitting strings inside a traced function: use tf.py_function, or split "
            "before."
        )
    array = np.asarray(x)
    rows = [parts(v) for v in array.reshape(-1)]
    flat = np.empty(sum(map(len, rows)), dtype)
    flat[:] = list(itertools.chain.from_iterable(rows))
    values = constant_tensor(flat)
    if array.ndim == 0:
        return values
    lengths = np.array([len(r) for r in rows], np.int64)
    result = RaggedTensor.from_row_lengths(values, lengths)
    for size in reversed(array.shape[1:]):
        result = RaggedTensor.from_row_lengths(
            result, np.full(len(result) // size if size else 0, size, np.int64)
        )
    return result


@export("strings.split")
def split(input: Any, sep: Any = None, maxsplit: int = -1, name: Any = None) -> Any:
    """Return the parts of each string between separators.

    Args:
        input: Strings.
        sep: The separator; white space of any length by default.
        maxsplit: How often to split at most; -1 is always.
        name: A name for the node, in a graph.

    Returns:
        A vector for a scalar, else a ragged tensor.
    """
    separator = None if not sep else np.asarray(convert(sep)).item()

    def parts(value: bytes) -> list[bytes]:
        return value.split(separator, maxsplit)

    return split_each(input, parts, object)


@export("strings.bytes_split")
def bytes_split(input: Any, name: Any = None) -> Any:
    """Return the bytes of each string, as strings of one byte."""
    return split_each(input, lambda v: [v[i : i + 1] for i in range(len(v))], object)


@export("strings.ngrams")
def ngrams(
    data: Any,
    ngram_width: Any,
    separator: str = " ",
    pad_values: Any = None,
    padding_width: int | None = None,
    preserve_short_sequences: bool = False,
    name: Any = None,
) -> Any:
    """Return all sequences of so many neighbours along the last axis, joined.

    Args:
        data: Strings.
        ngram_width: How many, or a list of numbers.
        separator: What goes between them.
        pad_values: A string, or a pair: what to put before and after each row.
        padding_width: How much of it at most; one less than the width by default.
        preserve_short_sequences: Rows shorter than the width give themselves.
        name: Accepted for compatibility.

    Raises:
        TypeError: A width is no integer.
        ValueError: A width is smaller than 1.
    """
    widths = (
        list(ngram_width) if isinstance(ngram_width, list | tuple) else [ngram_width]
    )
    if not all(isinstance(w, int) for w in widths):
        raise TypeError(f"ngram_width must be integers, got {ngram_width!r}.")
    if min(widths) < 1:
        raise ValueError(f"All ngram_widths must be greater than 0. Got {ngram_width}")
    pads = pad_values if isinstance(pad_values, tuple) else (pad_values, pad_values)

    def row_ngrams(row: list[bytes]) -> list[bytes]:
        found: list[bytes] = []
        for width in widths:
            size = width - 1 if padding_width is None else min(padding_width, width - 1)
            before, after = (
                [] if p is None else [p.encode() if isinstance(p, str) else p] * size
                for p in pads
            )
            whole = [*before, *row, *after]
            grams = [whole[i : i + width] for i in range(len(whole) - width + 1)]
            found += [separator.encode().join(g) for g in grams]
        if not found and preserve_short_sequences and row:
            found = [separator.encode().join(row)]
        return found

    if isinstance(data, RaggedTensor):
        if isinstance(data.values, RaggedTensor):
            inner = ngrams(
                data.values,
                ngram_width,
                separator,
                pad_values,
                padding_width,
                preserve_short_sequences,
            )
            return data.with_values(inner)
        rows = [np.asarray(r).tolist() for r in data]
        return _ragged_rows([row_ngrams(r) for r in rows])
    x = np.asarray(convert(data, dtypes.string))
    if x.ndim == 1:
        return constant_tensor(np.array(row_ngrams(x.tolist()), object))
    rows = [row_ngrams(r) for r in x.reshape((-1, x.shape[-1])).tolist()]
    width = len(rows[0]) if rows else 0
    flat = np.array(rows, object).reshape((*x.shape[:-1], width))
    return constant_tensor(flat)


def _ragged_rows(rows: list[list[bytes]]) -> Any:
    flat = np.empty(sum(map(len, rows)), object)
    flat[:] = list(itertools.chain.from_iterable(rows))
    lengths = np.array([len(r) for r in rows], np.int64)
    return RaggedTensor.from_row_lengths(constant_tensor(flat), lengths)
