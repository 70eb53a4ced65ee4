"""Losses that look at a sample of the classes instead of all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import get_op
from tensor.ops.array import (
    as_static_shape,
    cast,
    concat,
    ones_like,
    reshape,
    shape_op,
    stop_gradient,
)
from tensor.ops.families import shape_of
from tensor.ops.layout import expand_dims_
from tensor.ops.math import log
from tensor.ops.nn.candidates import log_uniform_candidate_sampler
from tensor.ops.nn.cross_entropy import sigmoid_cross_entropy, softmax_cross_entropy
from tensor.ops.nn.embedding import embedding_lookup
from tensor.ops.reduce import reduce_sum

if TYPE_CHECKING:
    from collections.abc import Callable


def _sampled_logits(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    sampled: Any,
    num_true: int,
    remove_accidental_hits: bool,
) -> tuple[Any, Any]:
    """Return logits and labels of the true classes, followed by the sampled ones."""
    classes, true_expected, sampled_expected = (
        stop_gradient(convert(v)) for v in sampled
    )
    classes = cast(classes, dtype=dtypes.int64)
    labels = reshape(cast(labels, dtype=dtypes.int64), shape=(-1,))
    every = concat(labels, classes, axis=0)
    rows = embedding_lookup(weights, every)
    offsets = reshape(embedding_lookup(biases, every), shape=(-1,))
    count, width = _size(labels, 0), _size(rows, 1)
    true_rows = reshape(rows[:count], shape=as_static_shape([-1, num_true, width]))
    spread = expand_dims_(inputs, 1)
    true_logits = reduce_sum(spread * true_rows, axis=(2,), keepdims=False)
    true_logits = true_logits + reshape(offsets[:count], shape=(-1, num_true))
    matmul = get_op("MatMul")
    others = matmul(inputs, rows[count:], transpose_a=False, transpose_b=True)
    others = others + offsets[count:]
    if remove_accidental_hits:
        hits = reshape(labels, shape=(-1, num_true, 1))
        same = get_op("Equal")(hits, reshape(classes, shape=(1, 1, -1)))
        found = reduce_sum(cast(same, dtype=others.dtype), axis=(1,), keepdims=False)
        others = others + found * float(-np.finfo(np.float32).max)
    # What is drawn often counts less.
    true_logits = true_logits - log(true_expected)
    others = others - log(sampled_expected)
    logits = concat(true_logits, others, axis=1)
    targets = concat(
        ones_like(true_logits) / num_true, get_op("ZerosLike")(others), axis=1
    )
    return logits, targets


def _size(x: Any, axis: int) -> Any:
    """Return the size along an axis, symbolic if only the graph knows it."""
    known = (shape_of(x) or (None,) * (axis + 1))[axis]
    return shape_op(x, out_type=dtypes.int32)[axis] if known is None else known


def _prepared(sampled_values: Any, labels: Any, draw: Callable[..., Any]) -> Any:
    if sampled_values is not None:
        return sampled_values
    classes = convert(labels)
    return draw(
        classes if classes.dtype is dtypes.int64 else cast(classes, dtype=dtypes.int64)
    )


@export("nn.nce_loss")
def nce_loss(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int = 1,
    sampled_values: Any = None,
    remove_accidental_hits: bool = False,
    name: str | None = None,
) -> Any:
    """Return the noise-contrastive estimation loss of each example.

    Args:
        weights: [classes, width]: the rows of the output layer.
        biases: [classes].
        labels: [batch, num_true]: the true classes.
        inputs: [batch, width].
        num_sampled: How many other classes to draw.
        num_classes: The number of classes.
        num_true: How many true classes each example has.
        sampled_values: What a candidate sampler returned; log-uniform by default.
        remove_accidental_hits: Whether to ignore true classes among those drawn.
        name: A name for the node, in a graph.
    """
    sampled = _prepared(
        sampled_values,
        labels,
        lambda classes: log_uniform_candidate_sampler(
            classes, num_true, num_sampled, True, num_classes
        ),
    )
    logits, targets = _sampled_logits(
        weights,
        biases,
        convert(labels),
        convert(inputs),
        sampled,
        num_true,
        remove_accidental_hits,
    )
    return reduce_sum(sigmoid_cross_entropy(logits, targets), axis=(1,), keepdims=False)


@export("nn.sampled_softmax_loss")
def sampled_softmax_loss(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int = 1,
    sampled_values: Any = None,
    remove_accidental_hits: bool = True,
    seed: int | None = None,
    name: str | None = None,
) -> Any:
    """Return the softmax cross entropy of each example over a sample of the classes.

    Args:
        weights: [classes, width]: the rows of the output layer.
        biases: [classes].
        labels: [batch, num_true]: the true classes.
        inputs: [batch, width].
        num_sampled: How many other classes to draw.
        num_classes: The number of classes.
        num_true: How many true classes each example has.
        sampled_values: What a candidate sampler returned; log-uniform by default.
        remove_accidental_hits: Whether to ignore true classes among those drawn.
        seed: See tf.random.set_seed.
        name: A name for the node, in a graph.
    """
    sampled = _prepared(
        sampled_values,
        labels,
        lambda classes: log_uniform_candidate_sampler(
            classes, num_true, num_sampled, True, num_classes, seed
        ),
    )
    logits, targets = _sampled_logits(
        weights,
        biases,
        convert(labels),
        convert(inputs),
        sampled,
        num_true,
        remove_accidental_hits,
    )
    return softmax_cross_entropy(logits, stop_gradient(targets))
