"""Connectionist temporal classification: the loss of unaligned labels.

A network says for each frame how likely each class is, among them a blank. A labelling
fits all paths that become it when repeats are merged and blanks dropped (Graves et al.,
"Connectionist temporal classification"). Paths are counted by dynamic programming over
the labelling with blanks between, in logarithms.

Dense and sparse labels differ, as in TensorFlow, where a labelling does not fit into
its frames: with sparse ones the loss is infinite; with dense ones a path may also begin
or end in a wrong state, by a probability of 1e-307.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, get_op, register
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import cast, reshape
from tensor.ops.array_functions import array_function
from tensor.ops.nn.softmax import log_softmax_array

if TYPE_CHECKING:
    from collections.abc import Iterator

# The logarithm of what it costs to begin or end in a wrong state.
_HARDLY = math.log(1e-307)


def _shift(x: np.ndarray, by: int) -> np.ndarray:
    """Return x moved by some places along its last axis, -inf coming in."""
    result = np.full_like(x, -np.inf)
    if by > 0:
        result[:, by:] = x[:, :-by]
    else:
        result[:, :by] = x[:, -by:]
    return result


class CTC:
    """The dynamic programming of one batch.

    States are a blank, the first label, a blank, the second label, and so on.
    """

    def __init__(
        self,
        logits: np.ndarray,
        labels: np.ndarray,
        label_length: np.ndarray,
        logit_length: np.ndarray,
        outside: float,
    ) -> None:
        """Prepare the probabilities of all states.

        Args:
            logits: [frames, batch, classes]; class 0 is the blank.
            labels: [batch, labels]; one that is no class is as likely as can be.
            label_length: How many labels each row has.
            logit_length: How many frames each row has.
            outside: Log probability of beginning or ending in a wrong state.
        """
        self._outside = outside
        self.logs = log_softmax_array(logits.astype(np.float64), -1)
        batch, width = labels.shape
        self.states = np.zeros((batch, 2 * width + 1), np.int64)
        self.states[:, 1::2] = labels
        self._is_class = (self.states >= 0) & (self.states < logits.shape[2])
        index = np.where(self._is_class, self.states, 0)
        whole = np.broadcast_to(index, (len(logits), *index.shape))
        emitted = np.take_along_axis(self.logs, whole, axis=2)
        self._emitted = np.where(self._is_class, emitted, 0.0)
        self._skips = np.zeros(self.states.shape, np.bool_)
        self._skips[:, 3::2] = labels[:, 1:] != labels[:, :-1]
        place, last = np.arange(2 * width + 1), 2 * label_length[:, None]
        is_end = (place == last) | (place == last - 1)
        self._ends = np.where(is_end, 0.0, outside)
        self._lengths = logit_length
        self._beta, self._likelihood = self._backward()

    def _backward(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the log probability of all path ends, and of all paths.

        The first are those from each state after each frame, [frames, batch, states].
        """
        beta = np.empty_like(self._emitted)
        after = self._ends
        entry = np.where(self._ends[:, 0] == 0, 0.0, self._outside)
        total = entry  # where there are no frames
        for t in range(len(beta) - 1, -1, -1):
            beta[t] = after
            leaving = after + self._emitted[t]
            stay = np.logaddexp(leaving, _shift(leaving, -1))
            jump = _shift(np.where(self._skips, leaving, -np.inf), -2)
            is_used = (t < self._lengths)[:, None]
            after = np.where(is_used, np.logaddexp(stay, jump), self._ends)
            first = np.logaddexp.reduce(leaving[:, :2], axis=1)
            total = np.where(is_used[:, 0], first, entry)
        return beta, total

    def _forward(self) -> np.ndarray:
        """Return the log probability of all path beginnings, by frame and state."""
        alpha = np.empty_like(self._emitted)
        before = np.full(self.states.shape, self._outside)
        for t in range(len(alpha)):
            stay = np.logaddexp(before, _shift(before, 1))
            jump = np.where(self._skips, _shift(before, 2), -np.inf)
            before = np.logaddexp(stay, jump)
            if t == 0:
                before[:, :2] = np.logaddexp(before[:, :2], 0.0)
            before = before + self._emitted[t]
            alpha[t] = before
        return alpha

    def losses(self) -> np.ndarray:
        """Return minus the log probability of each labelling."""
        return -self._likelihood

    def slopes(self) -> np.ndarray:
        """Return the gradient of the losses with respect to the logits."""
        share = self._forward() + self._beta
        total = np.logaddexp.reduce(share, axis=2, keepdims=True)
        share = np.exp(share - np.where(np.isfinite(total), total, 0.0))
        # A label that is the blank's class, or none, takes nothing.
        counts = self._is_class & (self.states > 0)
        counts[:, ::2] = True
        used = np.zeros_like(self.logs)
        rows = np.arange(len(self.states))[:, None]
        index = np.where(counts, self.states, 0)
        for t in range(len(used)):
            np.add.at(used[t], (rows, index), np.where(counts, share[t], 0.0))
        frames = np.arange(len(used))[:, None, None] < self._lengths[:, None]
        return np.where(frames, np.exp(self.logs) - used, 0.0)


def _blank_first(classes: int, blank: int) -> np.ndarray:
    """Return the order of classes in which the blank is the first."""
    blank %= max(classes, 1)
    return np.array([blank, *(c for c in range(classes) if c != blank)], np.int64)


def _prepared(
    logits: Any,
    labels: Any,
    label_length: Any,
    logit_length: Any,
    *,
    blank: int,
    outside: float,
) -> tuple[CTC, np.ndarray]:
    order = _blank_first(logits.shape[2], blank)
    # Labels below the blank move up; the blank's own number then means its neighbour.
    labels = np.where(labels < order[0], labels + 1, labels)
    lengths = np.asarray(label_length), np.asarray(logit_length)
    return CTC(logits[:, :, order], labels, *lengths, outside), order


class CTCLoss(Op):
    """Minus the log probability of labellings; logits are [frames, batch, classes]."""

    def kernel(self, logits: Any, *rest: Any, blank: int, outside: float) -> Any:
        ctc, _ = _prepared(logits, *rest, blank=blank, outside=outside)
        return ctc.losses().astype(logits.dtype)

    def infer(
        self, logits: TensorSpec, labels: TensorSpec, *_: Any, **attrs: Any
    ) -> Any:
        batch = None if labels.dims is None else labels.dims[0]
        if batch is None and logits.dims is not None:
            batch = logits.dims[1]
        return TensorSpec.of((batch,), logits.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        slopes = ctc_slopes(*call.inputs, **call.attrs)
        return slopes * reshape(dz, shape=(1, -1, 1)), None, None, None

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        # In single precision: the slopes' own slopes are not there.
        logits = rng.normal(size=(5, 2, 4)).astype(np.float32)
        labels = np.array([[1, 1], [2, 0]])
        lengths = np.array([2, 1]), np.array([5, 4])
        for outside in (_HARDLY, -math.inf):
            yield Sample(logits, labels, *lengths, blank=3, outside=outside)


class CTCSlopes(Op):
    """The gradient of CTC losses with respect to the logits."""

    gradient = NON_DIFFERENTIABLE

    def kernel(self, logits: Any, *rest: Any, blank: int, outside: float) -> Any:
        ctc, order = _prepared(logits, *rest, blank=blank, outside=outside)
        result = np.empty_like(logits)
        result[:, :, order] = ctc.slopes()
        return result

    def infer(self, logits: TensorSpec, *rest: Any, **attrs: Any) -> TensorSpec:
        return TensorSpec.of(logits.dims, logits.dtype)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        logits = rng.normal(size=(5, 1, 4))
        lengths = np.array([2]), np.array([5])
        yield Sample(logits, np.array([[1, 2]]), *lengths, blank=0, outside=_HARDLY)


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
        logit_length: How many frames each row has.
        logits_time_major: False if logits are [batch, frames, classes].
        unique: Has no effect here.
        blank_index: The class that stands for no label; 0 by default, below 0 counted
            from the end.
        name: A name for the node, in a graph.

    Raises:
        ValueError: Sparse labels without a blank's index, or lengths that are None.
        InvalidArgumentError: Sparse labels that do not fit the logits.
    """
    x = convert(logits)
    if not logits_time_major:
        x = get_op("Transpose")(x, perm=(1, 0, 2))
    if x.ndim not in (3, None):
        raise errors.invalid("CTCLoss", f"inputs is not a 3-Tensor, got {x.shape}")
    frames = cast(convert(logit_length), dtype=dtypes.int64)
    outside = _HARDLY
    if hasattr(labels, "dense_shape"):
        if blank_index is None:
            raise ValueError(
                "Argument `blank_index` must be provided when `labels` is a "
                "`SparseTensor`."
            )
        outside = -math.inf
        parts = labels.indices, labels.values, labels.dense_shape
        labels, label_length = _dense(*parts, x, frames, blank=blank_index)
    blank = blank_index or 0
    return ctc_loss_op(
        x,
        cast(convert(labels), dtype=dtypes.int64),
        cast(convert(label_length), dtype=dtypes.int64),
        frames,
        blank=blank,
        outside=outside,
        name=name,
    )


def _dense_specs(
    _: Any, values: TensorSpec, shape: Any, x: TensorSpec, *rest: Any, **attrs: Any
) -> Any:
    batch = None if x.dims is None else x.dims[1]
    return (
        TensorSpec.of((batch, None), dtypes.int64),
        TensorSpec.of((batch,), dtypes.int64),
    )


@array_function(
    "CTCDenseLabels",
    _dense_specs,
    [[0, 0], [0, 1], [1, 0]],
    [1, 2, 1],
    [2, 2],
    np.zeros((4, 2, 3)),
    [4, 3],
    blank=0,
)
def _dense(
    indices: Any, values: Any, shape: Any, logits: Any, lengths: Any, blank: int
) -> Any:
    """Sparse labels as rows filled up with zeros, and how many each has."""
    frames, batch, classes = logits.shape
    _check_frames(lengths, frames, batch)
    blank %= classes
    # As TensorFlow counts them: without the blank, whose number means its neighbour.
    numbers = np.where(values < blank, values, values - 1)
    rows = [_row(numbers[indices[:, 0] == b], b, classes) for b in range(batch)]
    for row, available in zip(rows, lengths, strict=True):
        if len(row) > available:
            raise errors.invalid(
                "CTCLoss",
                "Not enough time for target transition sequence (required: "
                f"{len(row)}, available: {available})",
            )
    counts = np.array([len(row) for row in rows], np.int64)
    result = np.zeros((batch, int(counts.max(initial=0))), np.int64)
    for i, row in enumerate(rows):
        result[i, : len(row)] = np.where(row < blank, row, row + 1)
    return result, counts


def _check_frames(lengths: np.ndarray, frames: int, batch: int) -> None:
    """Check that each row has a length within the frames.

    Raises:
        InvalidArgumentError: It has not.
    """
    if len(lengths) != batch:
        raise errors.invalid(
            "CTCLoss",
            f"len(sequence_length) != batch_size. len(sequence_length): {len(lengths)} "
            f"batch_size: {batch}",
        )
    if (lengths > frames).any():
        row = int(np.argmax(lengths > frames))
        raise errors.invalid(
            "CTCLoss", f"sequence_length({row}) <= {frames}, got {lengths[row]}"
        )


def _row(labels: np.ndarray, row: int, classes: int) -> np.ndarray:
    """Return the labels of a row up to the first that stands for nothing.

    Raises:
        InvalidArgumentError: There are none, or labels that are no classes.
    """
    is_null = labels >= classes - 1
    count = int(np.argmax(is_null)) if is_null.any() else len(labels)
    problem = None
    if not is_null[count:].all():
        problem = (
            "Saw a non-null label (index >= num_classes - 1) following a null label, "
            f"batch: {row} num_classes: {classes} labels: "
            f"{','.join(map(str, labels))}"
        )
    elif (labels < 0).any():
        problem = f"All labels must be nonnegative integers, batch: {row}"
    elif not len(labels):
        problem = f"Labels length is zero in batch {row}"
    if problem:
        raise errors.invalid("CTCLoss", problem)
    return labels[:count]
