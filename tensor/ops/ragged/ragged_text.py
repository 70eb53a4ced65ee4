"""What tf.print shows of a ragged tensor: rows as Python lists, shortened."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.ragged.ragged_tensor import RaggedTensor

if TYPE_CHECKING:
    from collections.abc import Iterator


class RaggedText(Op):
    """The rows of a ragged tensor, written as lists."""

    gradient: Any = NON_DIFFERENTIABLE

    def kernel(self, values: Any, *row_splits: Any, summarize: int) -> Any:
        rows: Any = values
        for splits in reversed(row_splits):
            bounds = np.asarray(splits).tolist()
            rows = [rows[a:b] for a, b in itertools.pairwise(bounds)]
        return np.array(_text(rows, summarize).encode(), object)

    def infer(self, *values: TensorSpec, **attrs: Any) -> TensorSpec:
        return TensorSpec.of((), dtypes.string)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(np.arange(4), np.array([0, 3, 4]), summarize=1)


ragged_text = register(RaggedText)


def _text(x: Any, summarize: int) -> str:
    """Return rows as lists, of long ones the first and last items only."""
    if not isinstance(x, list | np.ndarray):
        return _scalar_text(x)
    items = list(x)
    if summarize < 0 or len(items) <= 2 * summarize:
        return f"[{', '.join(_text(item, summarize) for item in items)}]"
    head = [_text(item, summarize) for item in items[:summarize]]
    tail = [_text(item, summarize) for item in items[len(items) - summarize :]]
    return f"[{', '.join([*head, '...', *tail])}]"


def _scalar_text(x: Any) -> str:
    if isinstance(x, bytes):
        return f"'{x.decode(errors='replace')}'"
    if isinstance(x, bool | np.bool_):
        return "true" if x else "false"
    return str(x) if isinstance(x, int | np.integer) else f"{float(x):f}"


def printed(ragged: RaggedTensor, summarize: int) -> Any:
    """Return what tf.print shows, a string tensor."""
    splits = ragged.nested_row_splits
    return ragged_text(ragged.flat_values, *splits, summarize=summarize)


RaggedTensor.printed = printed  # type: ignore[attr-defined]  # tf.print asks for it
