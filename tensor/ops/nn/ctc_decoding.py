"""Decoding of unaligned labels: the labellings that a network finds most likely.

A path names a class for each frame; it becomes a labelling when repeats are merged and
blanks dropped. See `tensor/ops/nn/ctc.py` for the loss.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array_functions import array_function
from tensor.ops.nn.softmax import log_softmax_array

Path = tuple[np.ndarray, np.ndarray, np.ndarray]


def _arguments(inputs: Any, lengths: Any) -> tuple[Any, Any]:
    """Return logits and lengths as tensors.

    Raises:
        InvalidArgumentError: They have other ranks.
    """
    logits = convert(inputs)
    sizes = convert(lengths, hint=dtypes.int32)
    if logits.ndim not in (3, None) or sizes.ndim not in (1, None):
        raise errors.because(
            errors.InvalidArgumentError,
            "inputs is not a 3-Tensor or sequence_length is not a vector: expected "
            "[frames, batch, classes] and one number for each row, got shapes "
            f"{logits.shape} and {sizes.shape}.",
        )
    return logits, sizes


def _check_lengths(logits: np.ndarray, sizes: np.ndarray) -> None:
    """Check that each row has a length within the frames.

    Raises:
        FailedPreconditionError: It has not.
    """
    problem = None
    if len(sizes) != logits.shape[1]:
        problem = (
            "len(sequence_length) != batch_size.  len(sequence_length):  "
            f"{len(sizes)} batch_size: {logits.shape[1]}"
        )
    elif (sizes > len(logits)).any():
        row = int(np.argmax(sizes > len(logits)))
        problem = f"sequence_length({row}) <= {len(logits)} must hold, got {sizes[row]}"
    if problem:
        raise errors.because(errors.FailedPreconditionError, problem)


def _sparse(rows: list[list[int]]) -> Path:
    """Return sequences as the indices, values and shape of a sparse matrix."""
    indices = [(i, k) for i, row in enumerate(rows) for k in range(len(row))]
    values = [v for row in rows for v in row]
    width = max((len(row) for row in rows), default=0)
    return (
        np.array(indices, np.int64).reshape(-1, 2),
        np.array(values, np.int64),
        np.array([len(rows), width], np.int64),
    )


def _paths(parts: Any) -> list[Any]:
    """Return SparseTensors made of indices, values and shapes, one after another."""
    from tensor.ops.sparse.sparse_tensor import SparseTensor  # that family needs ours

    return [SparseTensor(*parts[i : i + 3]) for i in range(0, len(parts), 3)]


def _decoded(x: TensorSpec, lengths: TensorSpec, paths: int) -> Any:
    """Return the specs of `paths` labellings and their scores."""
    path = (
        TensorSpec.of((None, 2), dtypes.int64),
        TensorSpec.of((None,), dtypes.int64),
        TensorSpec.of((2,), dtypes.int64),
    )
    batch = None if x.dims is None else x.dims[1]
    return *path * paths, TensorSpec.of((batch, paths), x.dtype)


@array_function(
    "CTCGreedyDecoder",
    lambda x, lengths, **_: _decoded(x, lengths, 1),
    np.eye(4, 3)[:, None].repeat(2, axis=1),
    [4, 3],
    blank=2,
    merge=True,
)
def _decode_greedily(logits: Any, lengths: Any, blank: int, merge: bool) -> Any:
    """The labelling along the best class of each frame."""
    _check_lengths(logits, lengths)
    blank = blank % logits.shape[2]
    best = logits.argmax(axis=2)
    rows, scores = [], []
    for i, length in enumerate(lengths):
        path = best[:length, i]
        previous = np.concatenate([[-1], path[:-1]]) if merge else -1
        rows.append(path[(path != blank) & (path != previous)].tolist())
        scores.append(-logits[np.arange(length), i, path].sum())
    return *_sparse(rows), np.array(scores, logits.dtype).reshape(-1, 1)


@array_function(
    "CTCBeamSearchDecoder",
    lambda x, lengths, width, top: _decoded(x, lengths, top),  # noqa: ARG005
    np.eye(4, 3)[:, None].repeat(2, axis=1),
    [4, 3],
    width=5,
    top=2,
)
def _decode_by_search(logits: Any, lengths: Any, width: int, top: int) -> Any:
    """The most likely labellings, by a search that keeps the best beginnings."""
    _check_lengths(logits, lengths)
    logs = log_softmax_array(logits.astype(np.float64), -1)
    found = [
        _beam_search(logs[:length, i], width, top) for i, length in enumerate(lengths)
    ]
    paths = [part for k in range(top) for part in _sparse([row[k][0] for row in found])]
    scores = [[score for _, score in row] for row in found]
    return *paths, np.array(scores, logits.dtype).reshape(-1, top)


def _beam_search(
    logs: np.ndarray, width: int, top: int
) -> list[tuple[list[int], float]]:
    """Return the best labellings of one sequence and their log probabilities."""
    blank = logs.shape[1] - 1
    # For each labelling: log probability of paths that end in a blank, and that do not.
    beams: dict[tuple[int, ...], tuple[float, float]] = {(): (0.0, -np.inf)}
    for frame in logs:
        grown: dict[tuple[int, ...], list[float]] = {}
        for labels, (with_blank, without) in beams.items():
            total = float(np.logaddexp(with_blank, without))
            _add(grown, labels, 0, total + frame[blank])
            for c in range(blank):
                repeats = bool(labels) and labels[-1] == c
                if repeats:
                    _add(grown, labels, 1, without + frame[c])
                start = with_blank if repeats else total
                _add(grown, (*labels, c), 1, start + frame[c])
        best = sorted(grown.items(), key=_unlikeliness)[:width]
        beams = {labels: (pair[0], pair[1]) for labels, pair in best}
    ranked = [(list(k), float(np.logaddexp(*v))) for k, v in beams.items()]
    ranked.sort(key=lambda pair: -pair[1])
    return ranked[:top] + [([], -np.inf)] * (top - len(ranked))


def _unlikeliness(entry: tuple[tuple[int, ...], list[float]]) -> float:
    with_blank, without = entry[1]
    return -float(np.logaddexp(with_blank, without))


def _add(
    beams: dict[tuple[int, ...], list[float]],
    labels: tuple[int, ...],
    which: int,
    value: float,
) -> None:
    pair = beams.setdefault(labels, [-np.inf, -np.inf])
    pair[which] = float(np.logaddexp(pair[which], value))


@export("nn.ctc_greedy_decoder")
def ctc_greedy_decoder(
    inputs: Any,
    sequence_length: Any,
    merge_repeated: bool = True,
    blank_index: int | None = None,
) -> tuple[list[Any], Any]:
    """Return the labelling along the best class of each frame.

    Args:
        inputs: Logits, [frames, batch, classes].
        sequence_length: How many frames each row has.
        merge_repeated: Whether repeats without a blank between count once.
        blank_index: The class that stands for no label; the last by default.

    Returns:
        A list of one SparseTensor of labels, and minus the sum of the best logits,
        [batch, 1].

    Raises:
        InvalidArgumentError: The ranks are others.
        FailedPreconditionError: Another number of lengths than rows, or one is longer
            than there are frames.
    """
    logits, lengths = _arguments(inputs, sequence_length)
    blank = -1 if blank_index is None else blank_index
    *path, scores = _decode_greedily(logits, lengths, blank=blank, merge=merge_repeated)
    return _paths(path), scores


@export("nn.ctc_beam_search_decoder")
def ctc_beam_search_decoder(
    inputs: Any, sequence_length: Any, beam_width: int = 100, top_paths: int = 1
) -> tuple[list[Any], Any]:
    """Return the most likely labellings, by a search that keeps the best beginnings.

    Args:
        inputs: Logits, [frames, batch, classes]; the last class is the blank.
        sequence_length: How many frames each row has.
        beam_width: How many beginnings are kept after each frame.
        top_paths: How many labellings to return.

    Returns:
        A list of `top_paths` SparseTensors of labels, and their log probabilities,
        [batch, top_paths].

    Raises:
        InvalidArgumentError: The ranks are others, or more paths are asked for than
            are kept.
        FailedPreconditionError: Another number of lengths than rows, or one is longer
            than there are frames.
    """
    logits, lengths = _arguments(inputs, sequence_length)
    if top_paths > beam_width:
        raise errors.because(
            errors.InvalidArgumentError,
            "requested more paths than the beam width. Raise beam_width from "
            f"{beam_width} to {top_paths}. [Op:CTCBeamSearchDecoder]",
        )
    *paths, scores = _decode_by_search(logits, lengths, width=beam_width, top=top_paths)
    return _paths(paths), scores


@array_function(
    "CollapseRepeated",
    lambda labels, lengths: (
        TensorSpec.of(
            (None if labels.dims is None else labels.dims[0], None), labels.dtype
        ),
        lengths,
    ),
    [[1, 1, 2], [3, 3, 3]],
    [3, 2],
)
def _merged(labels: Any, lengths: Any) -> Any:
    """Rows of labels without repeats, filled up with zeros, and their lengths."""
    kept = []
    for row, length in zip(labels, lengths, strict=True):
        part = row[:length]
        kept.append(part[np.concatenate([[True], part[1:] != part[:-1]])[: len(part)]])
    width = max((len(k) for k in kept), default=0)
    result = np.zeros((len(labels), width), labels.dtype)
    for i, k in enumerate(kept):
        result[i, : len(k)] = k
    return result, np.array([len(k) for k in kept], lengths.dtype)


@export("nn.collapse_repeated")
def collapse_repeated(
    labels: Any, seq_length: Any, name: str | None = None
) -> tuple[Any, Any]:
    """Return rows of labels with repeats merged, filled up with zeros, and lengths."""
    return _merged(convert(labels), convert(seq_length))
