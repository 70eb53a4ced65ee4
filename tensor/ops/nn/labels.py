"""Labels: sampled ones that are true, different ones, and the best of many."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import get_op
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array_functions import array_function, vector
from tensor.ops.top_k import top_k


class ComputeAccidentalHits(NamedTuple):
    """Which sampled candidates are true classes of which example."""

    indices: Any
    ids: Any
    weights: Any


@array_function(
    "ComputeAccidentalHits",
    lambda true, sampled: (  # noqa: ARG005
        vector(dtypes.int32),
        vector(dtypes.int64),
        vector(dtypes.float32),
    ),
    [[0, 1], [2, 3]],
    [1, 3, 0],
)
def accidental_hits(true_classes: Any, sampled: Any) -> Any:
    """Examples, the numbers of the candidates that are true for them, and -max."""
    number_of = {c: number for number, c in enumerate(sampled.tolist())}
    hits = [
        (example, number_of[c])
        for example, classes in enumerate(true_classes.tolist())
        for c in classes
        if c in number_of
    ]
    pairs = np.array(hits, np.int64).reshape(-1, 2)
    weights = np.full(len(pairs), np.finfo(np.float32).min, np.float32)
    return pairs[:, 0].astype(np.int32), pairs[:, 1].copy(), weights


@export("nn.compute_accidental_hits")
def compute_accidental_hits(
    true_classes: Any,
    sampled_candidates: Any,
    num_true: int,
    seed: int | None = None,
    name: str | None = None,
) -> ComputeAccidentalHits:
    """Return which sampled candidates are true classes, to take them out of a loss.

    Args:
        true_classes: [batch, num_true] of int64.
        sampled_candidates: A vector of int64.
        num_true: How many true classes each example has.
        seed: Accepted for compatibility.
        name: A name for the nodes, in a graph.

    Raises:
        InvalidArgumentError: There is another number of true classes.
    """
    true = convert(true_classes, dtypes.int64)
    sampled = convert(sampled_candidates, dtypes.int64)
    if true.ndim not in (None, 2) or true.shape[-1] not in (None, num_true):
        raise errors.invalid(
            "ComputeAccidentalHits",
            f"true_candidates must be a batch_size * num_true matrix, got {true.shape}",
        )
    return ComputeAccidentalHits(*accidental_hits(true, sampled, name=name))


@array_function(
    "CTCUniqueLabels",
    lambda x: (
        TensorSpec.of(x.dims, dtypes.int64),
        TensorSpec.of(x.dims, dtypes.int32),
    ),
    np.array([[1, 2, 2], [3, 3, 1]], np.int32),
)
def unique_labels(labels: Any) -> Any:
    """The different labels of each row, filled up by 0, and which of them each is."""
    found = np.zeros(labels.shape, np.int64)
    places = np.zeros(labels.shape, np.int32)
    for row, own, where in zip(labels.tolist(), found, places, strict=True):
        order = {label: number for number, label in enumerate(dict.fromkeys(row))}
        own[: len(order)] = list(order)
        where[:] = [order[label] for label in row]
    return found, places


@export("nn.ctc_unique_labels")
def ctc_unique_labels(labels: Any, name: str | None = None) -> list[Any]:
    """Return the different labels of each row, and where each label is among them."""
    return list(unique_labels(convert(labels), name=name))


def _best(operand: Any, k: int, axis: int) -> list[Any]:
    x = convert(operand)
    rank = x.ndim or 1
    at = axis % rank
    perm = list(range(rank))
    perm[at], perm[-1] = perm[-1], perm[at]
    moved = get_op("Transpose")(x, perm=tuple(perm))
    values, indices = top_k(moved, k)
    return [get_op("Transpose")(v, perm=tuple(perm)) for v in (values, indices)]


@export("nn.approx_max_k")
def approx_max_k(
    operand: Any,
    k: int,
    reduction_dimension: int = -1,
    recall_target: float = 0.95,
    reduction_input_size_override: int = -1,
    aggregate_to_topk: bool = True,
    name: str | None = None,
) -> list[Any]:
    """Return the k largest values along an axis, and where they are: exactly, here."""
    return _best(operand, k, reduction_dimension)


@export("nn.approx_min_k")
def approx_min_k(
    operand: Any,
    k: int,
    reduction_dimension: int = -1,
    recall_target: float = 0.95,
    reduction_input_size_override: int = -1,
    aggregate_to_topk: bool = True,
    name: str | None = None,
) -> list[Any]:
    """Return the k smallest values along an axis, and where they are: exactly, here."""
    values, indices = _best(-convert(operand), k, reduction_dimension)
    return [-values, indices]
