"""What ops refuse in words of their own, or because sizes are not known.

Refusals with TensorFlow's words are recorded in expressions/refusals.txt.
"""

from __future__ import annotations

from typing import Any

import pytest

import tensor as tf

Invalid = tf.errors.InvalidArgumentError
ANY = tf.TensorSpec(None)
ONE = tf.SparseTensor([[0, 0]], [7], [2, 3])
SQUARE = tf.ones([1, 4, 4, 1])
DILATE = (tf.ones([2, 2, 1]), [1, 1, 1, 1], "SAME")

EAGER: dict[str, tuple[Any, type[Exception], str]] = {
    "flip five dimensions": (
        lambda: tf.image.flip_left_right(tf.ones([1, 1, 1, 1, 1])),
        ValueError,
        "must have either 3 or 4 dimensions",
    ),
    "a glimpse of three sizes": (
        lambda: tf.image.extract_glimpse(SQUARE, [2, 2, 2], [[0.0, 0.0]]),
        Invalid,
        "must be a vector of size 2",
    ),
    "a glimpse at three offsets": (
        lambda: tf.image.extract_glimpse(SQUARE, [2, 2], [[0.0, 0.0, 0.0]]),
        Invalid,
        "second dimension should be of size 2",
    ),
    "depthwise stride": (
        lambda: tf.nn.depthwise_conv2d(
            SQUARE, tf.ones([2, 2, 1, 1]), [1, 0, 0, 1], "SAME"
        ),
        Invalid,
        "Stride must be > 0",
    ),
    "depthwise dilation": (
        lambda: tf.nn.depthwise_conv2d(
            SQUARE, tf.ones([2, 2, 1, 1]), [1, 1, 1, 1], "SAME", dilations=[0, 0]
        ),
        ValueError,
        "`dilation_rate` must be positive",
    ),
    "depthwise rank": (
        lambda: tf.nn.depthwise_conv2d(
            SQUARE[0], tf.ones([2, 2, 1, 1]), [1, 1, 1, 1], "SAME"
        ),
        Invalid,
        "input must be 4-dimensional",
    ),
    "dilation's layout": (
        lambda: tf.nn.dilation2d(SQUARE, *DILATE, "NCHW", [1, 1, 1, 1]),
        ValueError,
        "Received: data_format=NCHW",
    ),
    "dilation's rank": (
        lambda: tf.nn.dilation2d(SQUARE[0], *DILATE, "NHWC", [1, 1, 1, 1]),
        Invalid,
        "input must be 4-dimensional",
    ),
    "several rates of dropout": (
        lambda: tf.nn.dropout(tf.ones([2]), tf.constant([0.1, 0.2])),
        ValueError,
        r"Shape \(2,\) must have rank 0",
    ),
    "pooling over images": (
        lambda: tf.nn.max_pool2d(SQUARE, [2, 1, 1, 1], 1, "SAME"),
        tf.errors.UnimplementedError,
        "not yet supported on the batch dimension",
    ),
    "more classes than there are": (
        lambda: tf.random.uniform_candidate_sampler([[0]], 1, 5, True, 3),
        Invalid,
        "Sampler's range is too small: 5 different classes of 3",
    ),
    "an index longer than the shape": (
        lambda: tf.scatter_nd([[0, 0, 0]], [1], [2, 2]),
        Invalid,
        "must be <= tensor rank; saw: 3 vs. 2",
    ),
    "space to depth of an image alone": (
        lambda: tf.nn.space_to_depth(tf.ones([4, 4, 1]), 2),
        Invalid,
        "Input rank should be",
    ),
    "blocks of another rank": (
        lambda: tf.compat.v1.required_space_to_batch_paddings([4, 4], [2]),
        ValueError,
        "must have the same length",
    ),
    "a row that is not there": (
        lambda: tf.sparse.to_indicator(ONE, 3),
        Invalid,
        "value 7 is out of bounds",
    ),
    "a pattern without an end": (
        lambda: tf.strings.regex_replace("a", "(", "b"),
        Invalid,
        r"Invalid pattern: \(, error: missing \)",
    ),
}


Shape = tf.experimental.DynamicRaggedShape
NUMBERS = tf.data.Dataset.range(4)
ROWS_OF_TWO = tf.ragged.constant([[1, 2], [3]])

EAGER |= {
    "argmax of an image alone": (
        lambda: tf.nn.max_pool_with_argmax(SQUARE[0], 2, 2, "SAME"),
        Invalid,
        "tensor_in must be 4-dimensional",
    ),
    "argmax over images": (
        lambda: tf.nn.max_pool_with_argmax(SQUARE, [2, 1, 1, 1], 1, "SAME"),
        tf.errors.UnimplementedError,
        "pooling across depth or pooling across width/height",
    ),
    "frames alone": (
        lambda: tf.nn.ctc_loss([[1]], tf.ones([3, 2]), [1], [3], blank_index=0),
        Invalid,
        "inputs is not a 3-Tensor",
    ),
    "values of NaN": (
        lambda: tf.linalg.eig(tf.constant([[float("nan"), 0.0], [0.0, 1.0]])),
        Invalid,
        "Eigen decomposition was not successful",
    ),
    "nothing to stitch": (
        lambda: tf.dynamic_stitch([], []),
        Invalid,
        "Expected at least one tensor, got none",
    ),
    "a negative depth that is known late": (
        lambda: tf.function(lambda n: tf.one_hot([1], n))(tf.constant(-1)),
        Invalid,
        "depth must be non-negative, got: -1",
    ),
    "values of other rows": (
        lambda: tf.ragged.map_flat_values(
            tf.add, tf.ragged.constant([[1], [2]]), tf.ragged.constant([[1, 2]])
        ),
        ValueError,
        "row",
    ),
    "a column that rows do not have": (
        lambda: tf.RaggedTensor.from_uniform_row_length([1, 2, 3, 4], 2)[:, 5],
        Invalid,
        "out of bounds when indexing into a ragged tensor",
    ),
    "rows of many lengths first": (
        lambda: Shape.from_lengths([(1, 2), 2]),
        ValueError,
        "must have rank 1",
    ),
    "more ragged dimensions than partitions": (
        lambda: Shape.from_lengths([2, 3, (1,) * 6], num_row_partitions=1),
        ValueError,
        "but there are 1 row partitions only",
    ),
    "an axis of logits too far": (
        lambda: tf.nn.softmax_cross_entropy_with_logits([1.0], [1.0], axis=3),
        Invalid,
        "axis 3 is out of range for logits of rank 1",
    ),
    "interleaving by nobody": (
        lambda: NUMBERS.interleave(lambda _: NUMBERS, num_parallel_calls=0),
        Invalid,
        "num_parallel_calls must be greater than zero",
    ),
    "padded batches of nothing": (
        lambda: NUMBERS.map(lambda x: [x]).padded_batch(0),
        Invalid,
        "Batch size must be greater than zero",
    ),
    "crossing a number": (lambda: tf.ragged.cross(3), TypeError, "must be a list"),
    "crossing nothing": (lambda: tf.ragged.cross([]), ValueError, "at least one feat"),
    "crossing other rows": (
        lambda: tf.ragged.cross([ROWS_OF_TWO, [[1]]]),
        Invalid,
        "must have the same batch dimension size",
    ),
    "crossing fractions": (
        lambda: tf.ragged.cross([tf.ragged.constant([[1.5]])]),
        ValueError,
        "Unexpected dtype for .*float32",
    ),
    "fewer buckets than none": (
        lambda: tf.ragged.cross_hashed([ROWS_OF_TWO], num_buckets=-1),
        ValueError,
        "-1",
    ),
    "batches behind the axis": (
        lambda: tf.gather(ROWS_OF_TWO, [[0], [0]], axis=0, batch_dims=1),
        ValueError,
        "axis must be greater than or equal to batch_dims",
    ),
    "an axis behind the batches": (
        lambda: tf.gather(
            tf.ragged.constant([[[1, 2]], [[3]]]), [[0], [0]], axis=2, batch_dims=1
        ),
        ValueError,
        "needs axis == batch_dims, got axis=2 and batch_dims=1",
    ),
    "vectors times rows": (
        lambda: tf.matmul(tf.ragged.constant([[1], []])[0], ROWS_OF_TWO[0]),
        (ValueError, Invalid),
        "rank",
    ),
    "rows of a number": (
        lambda: tf.RaggedTensor.from_row_splits(1, [0]),
        ValueError,
        "Values of a RaggedTensor need a dimension",
    ),
    "JSON that ends": (
        lambda: tf.io.decode_json_example("{"),
        Invalid,
        "Error while parsing JSON",
    ),
    "sparse tensors of two columns": (
        lambda: tf.io.deserialize_many_sparse([["a", "b"]], tf.int32),
        Invalid,
        "Serialized sparse should have 3",
    ),
    "sparse tensors of another rank": (
        lambda: tf.io.deserialize_many_sparse(
            [tf.io.serialize_sparse(ONE)], tf.int32, rank=7
        ),
        Invalid,
        "Expected sparse tensors of rank 7",
    ),
    "a range upside down": (
        lambda: tf.quantization.quantize_and_dequantize_v2(
            [1.0], 2.0, 1.0, range_given=True
        ),
        Invalid,
        "Invalid range: input_min 2",
    ),
    "too many bits": (
        lambda: tf.quantization.quantize_and_dequantize_v2(
            [1.0], -1.0, 1.0, num_bits=99
        ),
        Invalid,
        "num_bits is out of range: 99",
    ),
    "clones by a number": (
        lambda: tf.keras.models.clone_model(tf.keras.Sequential(), clone_function=3),
        ValueError,
        "to be a callable. Received",
    ),
    "labels of other weights": (
        lambda: tf.keras.metrics.AUC(
            multi_label=True, num_labels=3, label_weights=[1.0, 2.0]
        ).update_state([[0, 1, 1]], [[0.1, 0.2, 0.3]]),
        ValueError,
        "label",
    ),
    "every other dimension": (
        lambda: Shape.from_lengths([2, (1, 2), 3])[::2],
        IndexError,
        "Cannot stride through a shape: got step 2",
    ),
    "a slice from inside of ragged dimensions": (
        lambda: Shape.from_lengths([2, (1, 2), 3])[1:],
        ValueError,
        "All relevant dimensions must be uniform",
    ),
}


@pytest.mark.parametrize(("call", "error", "words"), EAGER.values(), ids=EAGER.keys())
def test_refused(call: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()


TRACED: dict[str, tuple[Any, tf.TensorSpec, str]] = {
    "paddings of other dimensions": (
        lambda p: tf.pad(tf.ones([2, 2]), p),
        tf.TensorSpec([3, 2], tf.int32),
        "Shape must be rank 3 but is rank 2",
    ),
    "a segment's matrix of numbers": (
        lambda i: tf.math.segment_sum([1.0, 2.0], i),
        tf.TensorSpec([2, 2], tf.int32),
        "Shape must be rank 1 but is rank 2",
    ),
    "a matrix's unique elements": (
        lambda x: tf.unique(x),
        tf.TensorSpec([2, 2]),
        "Shape must be rank 1 but is rank 2",
    ),
    "rounding along an axis of unknown rank": (
        lambda x: tf.quantization.quantize_and_dequantize_v2(x, -1.0, 1.0, axis=-1),
        ANY,
        "input should have known rank to use negative axis",
    ),
    "bands of a scale": (
        lambda n: tf.signal.linear_to_mel_weight_matrix(num_mel_bins=n),
        tf.TensorSpec([], tf.int32),
        "num_mel_bins must be a number that is known when tracing",
    ),
    "ensure_shape": (
        lambda x: tf.ensure_shape(x, [4, 2]),
        tf.TensorSpec([None, 3]),
        r"\(None, 3\) and \(4, 2\) are incompatible",
    ),
    "inverse_mdct": (
        lambda x: tf.signal.inverse_mdct(x),
        tf.TensorSpec([None, None]),
        "transforms of known length",
    ),
    "pooling": (
        lambda x: tf.nn.max_pool(x, 2, 2, "SAME"),
        ANY,
        "must have a static shape or `data_format` must be given",
    ),
}


@pytest.mark.parametrize(("f", "spec", "words"), TRACED.values(), ids=TRACED.keys())
def test_sizes_that_must_be_known_while_tracing(
    f: Any, spec: tf.TensorSpec, words: str
) -> None:
    with pytest.raises((ValueError, LookupError), match=words):
        tf.function(f).get_concrete_function(spec)


def test_losses_are_scaled_inside_a_replica() -> None:
    with (
        tf.distribute.MirroredStrategy(["CPU:0"]).scope(),
        pytest.raises(RuntimeError, match="in cross replica context"),
    ):
        tf.nn.scale_regularization_loss(1.0)
