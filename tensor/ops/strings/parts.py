"""One string made several: split, bytes_split, ngrams."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from tensor.core import dtypes
from tensor.core.composites import takes_composites
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register
from tensor.core.shapes import num_elements
from tensor.ops.array_functions import array_function, vector
from tensor.ops.operands import operand
from tensor.ops.ragged.factories import size_along
from tensor.ops.ragged.partitions import lengths_to_splits
from tensor.ops.ragged.ragged_tensor import RaggedTensor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tensor.core.tensor_spec import TensorSpec


class StringParts(Op):
    """The parts of each string, one after the other, and where those of each end.

    Attributes:
        result: The dtype of the parts.
    """

    gradient = NON_DIFFERENTIABLE
    shape_depends_on_values = True
    result: dtypes.DType = dtypes.string

    def parts(self, value: bytes, **attrs: Any) -> list[Any]:
        """Return the parts of one string."""
        raise NotImplementedError(f"{type(self).__name__} must define `parts`.")

    def kernel(self, x: Any, **attrs: Any) -> Any:
        rows = [self.parts(v, **attrs) for v in np.ravel(np.asarray(x))]
        flat = np.empty(sum(map(len, rows)), self.result.numpy_dtype)
        flat[:] = list(itertools.chain.from_iterable(rows))
        return flat, lengths_to_splits(np.array([len(r) for r in rows], np.int64))

    def infer(self, x: TensorSpec, **attrs: Any) -> Any:
        count = num_elements(x.dims)
        return vector(self.result), vector(
            dtypes.int64, None if count is None else count + 1
        )

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(np.array([b"a b", b""], object), **self.sample_attrs)

    sample_attrs: ClassVar[dict[str, Any]] = {}


class StringSplitV2(StringParts):
    """The parts of each string between separators; between white space for b""."""

    sample_attrs: ClassVar[dict[str, Any]] = {"separator": b"", "maxsplit": -1}

    def parts(self, value: bytes, separator: bytes, maxsplit: int) -> list[bytes]:
        limit = maxsplit if maxsplit > 0 else -1
        found = value.split(separator or None, limit)
        # Between white space, the last of so many splits leaves a rest, if only "".
        return [*found, b""] if not separator and len(found) == limit else found


class StringBytes(StringParts):
    """The bytes of each string, as strings of one byte."""

    def parts(self, value: bytes) -> list[bytes]:
        return [value[i : i + 1] for i in range(len(value))]


split_op = register(StringSplitV2)
bytes_op = register(StringBytes)


def split_each(x: Any, op: Op, **attrs: Any) -> Any:
    """Return the parts of each string: a vector for a scalar, else a ragged tensor.

    Raises:
        ValueError: The rank of the strings is not known.
    """
    if isinstance(x, RaggedTensor):
        return x.with_flat_values(split_each(x.flat_values, op, **attrs))
    if op in (split_op, bytes_op):  # TensorFlow converts before it calls these
        x = convert(x, dtypes.string)
    else:
        x = operand(op.type_name, x, dtypes.string)
    if x.static_shape is None:
        raise ValueError(f"{op.type_name} requires strings of known rank, got {x}.")
    values, splits = op(x, **attrs)
    if x.static_shape == ():
        return values
    result = RaggedTensor(values, splits)
    if len(x.static_shape) > 1:
        sizes = [size_along(x, axis, dtypes.int64) for axis in range(x.ndim)]
        for axis in range(x.ndim - 1, 0, -1):
            rows = math.prod(sizes[:axis])
            result = RaggedTensor.from_uniform_row_length(result, sizes[axis], rows)
    return result


@export("strings.split")
@takes_composites
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
    separator = b"" if sep is None else np.asarray(convert(sep, dtypes.string)).item()
    return split_each(input, split_op, separator=separator, maxsplit=int(maxsplit))


@export("strings.bytes_split")
@takes_composites
def bytes_split(input: Any, name: Any = None) -> Any:
    """Return the bytes of each string, as strings of one byte."""
    return split_each(input, bytes_op)


@export("strings.ngrams")
@takes_composites
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
        TypeError: A width is no integer, or padding no string.
        ValueError: A width is smaller than 1, or the strings have no axis.
    """
    widths = (
        list(ngram_width) if isinstance(ngram_width, list | tuple) else [ngram_width]
    )
    if not all(isinstance(w, int) for w in widths):
        raise TypeError(f"ngram_width must be integers, got {ngram_width!r}.")
    if any(w < 1 for w in widths):
        raise ValueError(f"All ngram_widths must be greater than 0. Got {ngram_width}")
    if padding_width is not None and padding_width < 1:
        raise ValueError("padding_width must be greater than 0.")
    pads = pad_values if isinstance(pad_values, tuple) else (pad_values, pad_values)

    if not all(isinstance(p, str | bytes | None) for p in pads) or len(pads) != 2:
        raise TypeError("pad_values must be a string, tuple of strings, or None.")
    given = [
        None if p is None else p.encode() if isinstance(p, str) else p for p in pads
    ]
    attrs = {
        "widths": tuple(widths),
        "separator": np.asarray(convert(separator, dtypes.string)).item(),
        "pads": tuple(given),
        "padding_width": padding_width,
        "keep_short": bool(preserve_short_sequences),
    }
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
        return RaggedTensor(*ngrams_op(data.values, data.row_splits, **attrs))
    x = convert(data, dtypes.string)
    if x.ndim == 0:
        raise ValueError(f"Data must have rank>0, got {x!r}.")
    if x.ndim == 1:
        whole = RaggedTensor.from_uniform_row_length(
            x, size_along(x, 0, dtypes.int64), 1
        )
        return ngrams_op(whole.values, whole.row_splits, **attrs)[0]
    rows = RaggedTensor.from_tensor(x, ragged_rank=x.ndim - 1)
    return ngrams(
        rows,
        ngram_width,
        separator,
        pad_values,
        padding_width,
        preserve_short_sequences,
    ).to_tensor()


def _row_ngrams(
    row: list[bytes],
    widths: tuple[int, ...],
    separator: bytes,
    pads: tuple[bytes | None, ...],
    padding_width: int | None,
    keep_short: bool,
) -> list[bytes]:
    found: list[bytes] = []
    for width in widths:
        size = width - 1 if padding_width is None else min(padding_width, width - 1)
        before, after = ([] if p is None else [p] * size for p in pads)
        whole = [*before, *row, *after]
        grams = [whole[i : i + width] for i in range(len(whole) - width + 1)]
        found += [separator.join(g) for g in grams]
    if not found and keep_short and row:
        found = [separator.join(row)]
    return found


@array_function(
    "StringNGrams",
    lambda x, s, **attrs: (vector(x.dtype), s),  # noqa: ARG005
    np.array([b"a", b"b", b"c"], object),
    [0, 2, 3],
    widths=(2,),
    separator=b" ",
    pads=(None, None),
    padding_width=None,
    keep_short=False,
)
def ngrams_op(values: Any, splits: Any, **attrs: Any) -> Any:
    """All sequences of neighbours in each row, joined, and where the rows end."""
    rows = [
        _row_ngrams(values[a:b].tolist(), **attrs)
        for a, b in itertools.pairwise(splits.tolist())
    ]
    flat = np.empty(sum(map(len, rows)), object)
    flat[:] = list(itertools.chain.from_iterable(rows))
    return flat, lengths_to_splits(np.array([len(r) for r in rows], splits.dtype))
