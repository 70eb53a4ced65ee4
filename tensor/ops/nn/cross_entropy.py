"""Cross entropies between labels and logits, computed without leaving log space."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors
from tensor.core.composites import takes_composites
from tensor.core.convert import convert
from tensor.core.dtypes import bfloat16, float16, float32, int32, int64, short_name
from tensor.core.public_api import export
from tensor.core.registry import Op, Sample, get_op, register
from tensor.core.shapes import are_compatible, broadcast, merge, to_text
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import cast, where, zeros_like
from tensor.ops.families import (
    FLOATING,
    BinaryElementwise,
    bracketed,
    check_kind,
    expand_reduced,
    operands,
    shape_of,
    sum_to,
)
from tensor.ops.known_ranks import knowing_ranks
from tensor.ops.math import absolute, exp, log, logical_and, sigmoid
from tensor.ops.nn.activations import relu
from tensor.ops.nn.softmax import (
    log_softmax_array,
    log_softmax_op,
    softmax_array,
    softmax_op,
)
from tensor.ops.reduce import reduce_sum

if TYPE_CHECKING:
    from collections.abc import Iterator


class SoftmaxCrossEntropy(Op):
    """-sum(labels * log_softmax(logits)) along the last axis."""

    type_name = "SoftmaxCrossEntropyWithLogits"

    def kernel(self, logits: Any, labels: Any) -> Any:
        costs = np.negative(log_softmax_array(logits, -1))
        return np.sum(labels * costs, axis=-1, dtype=logits.dtype)

    def infer(self, logits: TensorSpec, labels: TensorSpec) -> TensorSpec:
        dims = logits.dims if logits.dims is not None else labels.dims
        if logits.dims is not None and labels.dims is not None:
            dims = broadcast(logits.dims, labels.dims)
        return TensorSpec.of(None if dims is None else dims[:-1], logits.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        logits, labels = call.inputs
        spread = expand_reduced(dz, logits, (-1,), False)
        # TensorFlow's slope, exact where labels sum to 1.
        return (
            spread * (softmax_op(logits, axis=-1) - labels) if call.wants[0] else None,
            -spread * log_softmax_op(logits, axis=-1) if call.wants[1] else None,
        )

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2, 3)), rng.dirichlet(np.ones(3), size=2))


class SparseSoftmaxCrossEntropy(Op):
    """-log_softmax(logits) at the label of each row."""

    type_name = "SparseSoftmaxCrossEntropyWithLogits"

    def kernel(self, logits: Any, labels: Any) -> Any:
        _check_labels(labels, logits)
        logs = log_softmax_array(logits, -1)
        index = np.asarray(labels)[..., np.newaxis]
        return -np.take_along_axis(logs, index, axis=-1)[..., 0]

    def infer(self, logits: TensorSpec, labels: TensorSpec) -> TensorSpec:
        dims = labels.dims
        if logits.dims is not None:
            batch = logits.dims[:-1]
            dims = merge(dims, batch) if are_compatible(dims, batch) else batch
        return TensorSpec.of(dims, logits.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        logits, labels = call.inputs
        spread = expand_reduced(dz, logits, (-1,), False)
        return spread * softmax_minus_label(logits, labels), None

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(3, 4)), np.array([0, 3, 1]))
        yield Sample(rng.normal(size=(0, 4)), np.zeros(0, np.int64))


class SoftmaxMinusLabel(Op):
    """softmax(logits) with 1 taken off at the label of each row."""

    def kernel(self, logits: Any, labels: Any) -> Any:
        y = softmax_array(logits, -1)
        index = np.asarray(labels)[..., np.newaxis]
        at_label = np.take_along_axis(y, index, axis=-1)
        np.put_along_axis(y, index, at_label - y.dtype.type(1), axis=-1)
        return y

    def infer(self, logits: TensorSpec, labels: TensorSpec) -> TensorSpec:
        return TensorSpec.of(logits.dims, logits.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        y = softmax_op(call.inputs[0], axis=-1)
        return (dz - reduce_sum(dz * y, axis=(-1,), keepdims=True)) * y, None

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(3, 4)), np.array([0, 3, 1]))


def _check_labels(labels: Any, logits: Any) -> None:
    """Check that labels are indices of classes.

    Raises:
        InvalidArgumentError: They are not, or there are no classes.
    """
    classes = logits.shape[-1]
    if not classes:
        raise errors.invalid(
            "SparseSoftmaxCrossEntropyWithLogits",
            "Must have at least one class, but got logits shape "
            f"{bracketed(logits.shape)}",
        )
    wrong = np.asarray(labels)
    wrong = wrong[(wrong < 0) | (wrong >= classes)]
    if wrong.size:
        raise errors.because(
            errors.InvalidArgumentError,
            f"Received a label value of {wrong.flat[0]} which is outside the valid "
            f"range of [0, {classes}).  Label values: "
            f"{' '.join(str(v) for v in np.asarray(labels).reshape(-1)[:50])} "
            "[Op:SparseSoftmaxCrossEntropyWithLogits]",
        )


class SigmoidCrossEntropy(BinaryElementwise):
    """-z log(sigmoid(x)) - (1 - z) log(1 - sigmoid(x)), for logits x and labels z."""

    type_name = "SigmoidCrossEntropyWithLogits"
    allows = FLOATING
    accepts_out = False

    def kernel(self, logits: Any, labels: Any) -> Any:
        # max(x, 0) - x z + log(1 + exp(-|x|)): no power overflows.
        tail = np.log1p(np.exp(-np.absolute(logits)))
        return np.maximum(logits, logits.dtype.type(0)) - logits * labels + tail

    def gradient(self, call: Any, dz: Any) -> Any:
        logits, labels = call.inputs
        return (
            sum_to(dz * (sigmoid(logits) - labels), logits) if call.wants[0] else None,
            sum_to(-dz * logits, labels) if call.wants[1] else None,
        )


softmax_cross_entropy = register(SoftmaxCrossEntropy)
sparse_softmax_cross_entropy = register(SparseSoftmaxCrossEntropy)
softmax_minus_label = register(SoftmaxMinusLabel)
sigmoid_cross_entropy = register(SigmoidCrossEntropy)


@export("nn.softmax_cross_entropy_with_logits")
@takes_composites
def softmax_cross_entropy_with_logits(
    labels: Any, logits: Any, axis: int = -1, name: str | None = None
) -> Any:
    """Return -sum(labels * log_softmax(logits)) along `axis`.

    Args:
        labels: Probabilities of the classes; each row should sum to 1.
        logits: Unscaled log probabilities, of the same shape.
        axis: The axis of the classes.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: The shapes do not broadcast to each other, or there is
            no such axis.
    """
    x = convert(logits)
    check_kind(softmax_cross_entropy, x, FLOATING)
    given = x.dtype
    if given in (float16, bfloat16):
        x = cast(x, dtype=float32)
    z = _cast_to(convert(labels), x.dtype)
    if x.ndim and not -x.ndim <= axis < x.ndim:
        raise errors.invalid(
            softmax_cross_entropy.type_name,
            f"axis {axis} is out of range for logits of rank {x.ndim}",
        )
    if axis not in (-1, x.ndim and x.ndim - 1):
        x, z = _axis_moved_last(x, axis=axis), _axis_moved_last(z, axis=axis)
    have, want = shape_of(z), shape_of(x)
    if have is not None and want is not None:
        _check_label_shapes(have, want)
    return _cast_to(softmax_cross_entropy(x, z, name=name), given)


def _cast_to(x: Any, dtype: Any) -> Any:
    return x if x.dtype is dtype else cast(x, dtype=dtype)


@knowing_ranks(None)
def _axis_moved_last(x: Any, axis: int) -> Any:
    """Return x with an axis moved to the end."""
    others = [i for i in range(x.ndim) if i != axis % x.ndim]
    return get_op("Transpose")(x, perm=(*others, axis % x.ndim))


def _check_label_shapes(labels: Any, logits: Any) -> None:
    try:
        together = broadcast(labels, logits)
    except ValueError:
        together = None
    if together is None or not labels or not logits:
        raise errors.because(
            errors.InvalidArgumentError,
            f"logits and labels must be broadcastable: logits_size={list(logits)} "
            f"labels_size={list(labels)} [Op:SoftmaxCrossEntropyWithLogits]",
        )


@export("nn.sparse_softmax_cross_entropy_with_logits")
@takes_composites
def sparse_softmax_cross_entropy_with_logits(
    labels: Any, logits: Any, name: str | None = None
) -> Any:
    """Return -log_softmax(logits) at the label of each row.

    Args:
        labels: The index of the true class of each row, int32 or int64.
        logits: Unscaled log probabilities; classes are along the last axis.
        name: A name for the node, in a graph.

    Raises:
        ValueError: The shapes do not belong together, or an argument is missing.
        InvalidArgumentError: A label is no index of a class.
    """
    if labels is None or logits is None:
        raise ValueError(
            "Both `labels` and `logits` must be provided for "
            f"sparse_softmax_cross_entropy_with_logits. Received: labels={labels} and "
            f"logits={logits}"
        )
    z, x = convert(labels), convert(logits)
    check_kind(sparse_softmax_cross_entropy, x, FLOATING)
    if z.dtype not in (int32, int64):
        raise errors.because(
            errors.InvalidArgumentError,
            f"Value for attr 'Tlabels' of {short_name(z.dtype)} is not in the list of "
            "allowed "
            "values: int32, int64. Convert the labels with tf.cast. "
            "[Op:SparseSoftmaxCrossEntropyWithLogits]",
        )
    have, want = shape_of(z), shape_of(x)
    if want == ():
        raise ValueError(f"`logits` cannot be a scalar. Received logits={logits}`")
    if have is not None and want is not None:
        if len(have) != len(want) - 1:
            raise ValueError(
                "`labels.shape.rank` must equal `logits.shape.rank - 1`. Received: "
                f"labels.shape={to_text(have)} of rank {len(have)} and "
                f"logits.shape={to_text(want)} of rank {len(want)}"
            )
        if not are_compatible(have, want[:-1]):
            raise ValueError(
                "`labels.shape` must equal `logits.shape` except for the last "
                f"dimension. Received: labels.shape={to_text(have)} and "
                f"logits.shape={to_text(want)}"
            )
    if x.dtype is not float16:
        return sparse_softmax_cross_entropy(x, z, name=name)
    loss = sparse_softmax_cross_entropy(cast(x, dtype=float32), z, name=name)
    return cast(loss, dtype=float16)


@export("nn.sigmoid_cross_entropy_with_logits")
@takes_composites
def sigmoid_cross_entropy_with_logits(
    labels: Any = None, logits: Any = None, name: str | None = None
) -> Any:
    """Return the cross entropy of independent yes-or-no labels, element by element.

    Args:
        labels: Probabilities between 0 and 1, of the shape and dtype of `logits`.
        logits: Unscaled log odds.
        name: A name for the node, in a graph.

    Raises:
        ValueError: The shapes differ, or an argument is missing.
    """
    x, z = _logits_and_labels(logits, labels)
    return sigmoid_cross_entropy(x, z, name=name)


@export("nn.weighted_cross_entropy_with_logits")
@takes_composites
def weighted_cross_entropy_with_logits(
    labels: Any = None, logits: Any = None, pos_weight: Any = None, name: Any = None
) -> Any:
    """Return the sigmoid cross entropy with positive labels weighted by `pos_weight`.

    Raises:
        ValueError: The shapes differ, or an argument is missing.
    """
    x, z = _logits_and_labels(logits, labels)
    # (1 - z) x + (1 + (w - 1) z) log(1 + exp(-x)), in a form that does not overflow.
    weight = 1 + (pos_weight - 1) * z
    return (1 - z) * x + weight * (get_op("Log1p")(exp(-absolute(x))) + relu(-x))


def _logits_and_labels(logits: Any, labels: Any) -> tuple[Any, Any]:
    if logits is None or labels is None:
        raise ValueError(
            "Both `labels` and `logits` must be provided for sigmoid_cross_entropy_"
            f"with_logits, got labels={labels} and logits={logits}"
        )
    x = convert(logits)
    z = convert(labels, None if hasattr(labels, "dtype") else x.dtype)
    if not are_compatible(shape_of(x), shape_of(z)):
        raise ValueError(
            f"`logits` and `labels` must have the same shape, received "
            f"({to_text(shape_of(x))} vs {to_text(shape_of(z))})."
        )
    return operands(sigmoid_cross_entropy, x, z)


@export("nn.log_poisson_loss")
def log_poisson_loss(
    targets: Any, log_input: Any, compute_full_loss: bool = False, name: Any = None
) -> Any:
    """Return the Poisson loss exp(c) - z c of the logarithm c of a predicted rate.

    Args:
        targets: Counts z.
        log_input: The logarithm c of the rate.
        compute_full_loss: Add Stirling's approximation of log(z!).
        name: A name for the node, in a graph.

    Raises:
        ValueError: The shapes differ.
    """
    c = convert(log_input)
    z = convert(targets, None if hasattr(targets, "dtype") else c.dtype)
    if not are_compatible(shape_of(c), shape_of(z)):
        raise ValueError(
            "`log_input` and `targets` must have the same shape, received "
            f"({to_text(shape_of(c))} vs {to_text(shape_of(z))})."
        )
    loss = exp(c) - c * z
    if compute_full_loss:
        stirling = z * log(z) - z + 0.5 * log(2.0 * np.pi * z)
        nothing = zeros_like(z)
        loss = loss + where(logical_and(z >= 0, z <= 1), nothing, stirling)
    return loss
