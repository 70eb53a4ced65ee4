"""Connectionist temporal classification: losses and decoding of unaligned labels.

A network says for each frame how likely each class is, among them a blank. A labelling
fits all paths that become it when repeats are merged and blanks dropped (Graves et al.,
"Connectionist temporal classification"). Paths are counted by dynamic programming over
the labelling with blanks between, in logarithms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, get_op, register
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import cast, reshape
from tensor.ops.nn.softmax import log_softmax_array

if TYPE_CHECKING:
    from collections.abc import Iterator


def _states(labels: np.ndarray, blank: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the labellings with blanks between, and where a blank may be skipped."""
    batch, length = labels.shape
    states = np.full((batch, 2 * length + 1), blank, np.int64)
    states[:, 1::2] = labels
    skips = np.zeros_like(states, np.bool_)
    skips[:, 3::2] = labels[:, 1:] != labels[:, :-1]
    return states, skips


def _shift(x: np.ndarray, by: int) -> np.ndarray:
    """Return x moved by some places along its last axis, -inf coming in."""
    result = np.full_like(x, -np.inf)
    if by > 0:
        result[:, by:] = x[:, :-by]
    else:
        result[:, :by] = x[:, -by:]
    return result


def _forward(emitted: np.ndarray, skips: np.ndarray) -> np.ndarray:
    """Return the log probability of all path beginnings, by frame and state."""
    alpha = np.full_like(emitted, -np.inf)
    alpha[0, :, :2] = emitted[0, :, :2]
    for t in range(1, len(emitted)):
        stay = np.logaddexp(alpha[t - 1], _shift(alpha[t - 1], 1))
        jump = np.where(skips, _shift(alpha[t - 1], 2), -np.inf)
        alpha[t] = np.logaddexp(stay, jump) + emitted[t]
    return alpha


def _backward(
    emitted: np.ndarray, skips: np.ndarray, ends: np.ndarray, lengths: np.ndarray
) -> np.ndarray:
    """Return the log probability of all path ends after each frame and state."""
    beta = np.full_like(emitted, -np.inf)
    for t in range(len(emitted) - 1, -1, -1):
        is_last = (lengths == t + 1)[:, None]
        if t + 1 < len(emitted):
            after = beta[t + 1] + emitted[t + 1]
            move = np.logaddexp(after, _shift(after, -1))
            jump = _shift(np.where(skips, after, -np.inf), -2)
            beta[t] = np.logaddexp(move, jump)
        beta[t] = np.where(is_last, np.where(ends, 0.0, -np.inf), beta[t])
    return beta


class CTC:
    """The dynamic programming of one batch; logits are [frames, batch, classes]."""

    def __init__(
        self, logits: Any, labels: Any, label_length: Any, logit_length: Any, blank: int
    ) -> None:
        self.logs = log_softmax_array(np.asarray(logits, np.float64), -1)
        self.states, skips = _states(np.asarray(labels), blank)
        self.lengths = np.asarray(logit_length)
        index = np.broadcast_to(self.states, (len(self.logs), *self.states.shape))
        self.emitted = np.take_along_axis(self.logs, index, axis=2)
        place = np.arange(self.states.shape[1])
        size = 2 * np.asarray(label_length)[:, None]
        self.emitted = np.where(place <= size, self.emitted, -np.inf)
        self.ends = (place == size) | (place == size - 1)
        self.skips = skips
        self.alpha = _forward(self.emitted, skips)

    def losses(self) -> np.ndarray:
        """Return minus the log probability of each labelling."""
        rows = np.arange(len(self.lengths))
        last = self.alpha[np.maximum(self.lengths - 1, 0), rows]
        return -np.logaddexp.reduce(np.where(self.ends, last, -np.inf), axis=1)

    def slopes(self) -> np.ndarray:
        """Return the gradient of the losses with respect to the logits."""
        beta = _backward(self.emitted, self.skips, self.ends, self.lengths)
        share = np.exp(self.alpha + beta + self.losses()[:, None])
        share = np.nan_to_num(share, posinf=0.0)
        used = np.zeros_like(self.logs)
        rows = np.arange(len(self.lengths))[:, None]
        for t in range(len(used)):
            np.add.at(used[t], (rows, self.states), share[t])
        frames = np.arange(len(used))[:, None, None] < self.lengths[:, None]
        possible = np.isfinite(self.losses())[:, None]
        return np.where(frames & possible, np.exp(self.logs) - used, 0.0)


class CTCLoss(Op):
    """Minus the log probability of labellings; logits are [frames, batch, classes]."""

    def kernel(
        self, logits: Any, labels: Any, label_length: Any, logit_length: Any, blank: int
    ) -> Any:
        ctc = CTC(logits, labels, label_length, logit_length, blank)
        return ctc.losses().astype(logits.dtype)

    def infer(self, logits: TensorSpec, *rest: Any, blank: int) -> TensorSpec:
        batch = None if logits.dims is None else logits.dims[1]
        return TensorSpec.of((batch,), logits.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        slopes = ctc_slopes(*call.inputs, blank=call.attrs["blank"])
        return slopes * reshape(dz, shape=(1, -1, 1)), None, None, None

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        # In single precision: the slopes' own slopes are not there.
        logits = rng.normal(size=(5, 2, 4)).astype(np.float32)
        labels = np.array([[1, 1], [2, 0]])
        yield Sample(logits, labels, np.array([2, 1]), np.array([5, 4]), blank=3)


class CTCSlopes(Op):
    """The gradient of CTC losses with respect to the logits."""

    gradient = NON_DIFFERENTIABLE

    def kernel(
        self, logits: Any, labels: Any, label_length: Any, logit_length: Any, blank: int
    ) -> Any:
        ctc = CTC(logits, labels, label_length, logit_length, blank)
        return ctc.slopes().astype(logits.dtype)

    def infer(self, logits: TensorSpec, *rest: Any, blank: int) -> TensorSpec:
        return TensorSpec.of(logits.dims, logits.dtype)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        logits = rng.normal(size=(5, 1, 4))
        yield Sample(logits, np.array([[1, 2]]), np.array([2]), np.array([5]), blank=0)


ctc_loss_op = register(CTCLoss)
ctc_slopes = register(CTCSlopes)


@export("nn.ctc_loss")
def ctc_loss(
    labels: Any,
    logits: Any,
    label_length: Any,
    logit_length: Any,
    logits_time_major: bool = True,
    unique: Any = None,
    blank_index: int | None = None,
    name: str | None = None,
) -> Any:
    """Return minus the log probability of each labelling.

    Args:
        labels: [batch, labels], or a SparseTensor of that shape.
        logits: [frames, batch, classes].
        label_length: How many labels each row has; None for sparse labels.
        logit_length: How many frames each row has; None for all.
        logits_time_major: False if logits are [batch, frames, classes].
        unique: Has no effect here.
        blank_index: The class that stands for no label; 0 by default, below 0 counted
            from the end.
        name: A name for the node, in a graph.

    Raises:
        ValueError: Sparse labels without a blank's index.
    """
    if hasattr(labels, "dense_shape"):
        if blank_index is None:
            raise ValueError(
                "Argument `blank_index` must be provided when `labels` is a "
                "`SparseTensor`. Pass the class that stands for no label."
            )
        labels, label_length = _dense(labels)
    x = convert(logits)
    if not logits_time_major:
        x = get_op("Transpose")(x, perm=(1, 0, 2))
    frames, batch, classes = x.static_shape or (None, None, None)
    blank = blank_index or 0
    if blank < 0:
        blank += classes or 0
    if logit_length is None:
        logit_length = np.full(batch or 0, frames or 0)
    return ctc_loss_op(
        x,
        cast(convert(labels), dtype=dtypes.int64),
        cast(convert(label_length), dtype=dtypes.int64),
        cast(convert(logit_length), dtype=dtypes.int64),
        blank=blank,
        name=name,
    )


def _dense(labels: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return sparse labels as an array filled up with zeros, and their lengths."""
    shape = tuple(int(d) for d in np.asarray(labels.dense_shape))
    places = np.asarray(labels.indices)
    dense = np.zeros(shape, np.int64)
    dense[tuple(places.T)] = np.asarray(labels.values)
    return dense, np.bincount(places[:, 0], minlength=shape[0])


def _check_decoder(x: Any, lengths: Any) -> tuple[np.ndarray, np.ndarray]:
    logits, sizes = np.asarray(x), np.asarray(lengths)
    if logits.ndim != 3 or sizes.ndim != 1:
        raise errors.because(
            errors.InvalidArgumentError,
            "inputs is not a 3-Tensor or sequence_length is not a vector: expected "
            "[frames, batch, classes] and one number for each row, got shapes "
            f"{list(logits.shape)} and {list(sizes.shape)}.",
        )
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
    return logits, sizes


def _sparse(rows: list[list[int]]) -> Any:
    """Return sequences as a SparseTensor."""
    from tensor.ops.sparse.sparse_tensor import SparseTensor  # that family needs ours

    indices = [(i, k) for i, row in enumerate(rows) for k in range(len(row))]
    values = [v for row in rows for v in row]
    width = max((len(row) for row in rows), default=0)
    return SparseTensor(
        np.array(indices, np.int64).reshape(-1, 2),
        np.array(values, np.int64),
        np.array([len(rows), width], np.int64),
    )


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
    logits, lengths = _check_decoder(convert(inputs), convert(sequence_length))
    classes = logits.shape[2]
    blank = classes - 1 if blank_index is None else blank_index % classes
    best = logits.argmax(axis=2)
    rows, scores = [], []
    for i, length in enumerate(lengths):
        path = best[:length, i]
        previous = np.concatenate([[-1], path[:-1]]) if merge_repeated else -1
        rows.append(path[(path != blank) & (path != previous)].tolist())
        scores.append(-logits[np.arange(length), i, path].sum())
    return [_sparse(rows)], convert(np.array(scores, logits.dtype).reshape(-1, 1))


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
    logits, lengths = _check_decoder(convert(inputs), convert(sequence_length))
    if top_paths > beam_width:
        raise errors.because(
            errors.InvalidArgumentError,
            "requested more paths than the beam width. Raise beam_width from "
            f"{beam_width} to {top_paths}. [Op:CTCBeamSearchDecoder]",
        )
    logs = log_softmax_array(logits.astype(np.float64), -1)
    found = [
        _beam_search(logs[:length, i], beam_width, top_paths)
        for i, length in enumerate(lengths)
    ]
    paths = [_sparse([row[k][0] for row in found]) for k in range(top_paths)]
    scores = np.array([[score for _, score in row] for row in found], logits.dtype)
    return paths, convert(scores)


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


@export("nn.collapse_repeated")
def collapse_repeated(
    labels: Any, seq_length: Any, name: str | None = None
) -> tuple[Any, Any]:
    """Return rows of labels with repeats merged, filled up with zeros, and lengths."""
    rows, lengths = np.asarray(convert(labels)), np.asarray(convert(seq_length))
    kept = []
    for row, length in zip(rows, lengths, strict=True):
        part = row[:length]
        kept.append(part[np.concatenate([[True], part[1:] != part[:-1]])[: len(part)]])
    width = max((len(k) for k in kept), default=0)
    result = np.zeros((len(rows), width), rows.dtype)
    for i, k in enumerate(kept):
        result[i, : len(k)] = k
    return convert(result), convert(np.array([len(k) for k in kept], lengths.dtype))
