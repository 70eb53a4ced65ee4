"""What ops refuse where no recorded expression of TensorFlow's shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import tensor as tf

if TYPE_CHECKING:
    from collections.abc import Callable

Invalid = tf.errors.InvalidArgumentError
ANY = tf.TensorSpec(None, tf.float32)


def traced(function: Callable[..., Any], *specs: Any) -> Callable[[], Any]:
    """Return what traces the function with arguments of these specs."""
    return lambda: tf.function(function).get_concrete_function(*(specs or (ANY,)))


EAGER: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "tile by a number": (
        lambda: tf.tile([1, 2], 2),
        Invalid,
        r"1-D, but got shape \[\]",
    ),
    "repeat by halves": (lambda: tf.repeat([1], 0.5), TypeError, "must be integers"),
    "scatter at a number": (
        lambda: tf.scatter_nd(0, [1], [4]),
        Invalid,
        "Indices shape must have rank at least one",
    ),
    "scatter a number": (
        lambda: tf.scatter_nd([0], 1, [4]),
        Invalid,
        "Updates shape must have rank at least one",
    ),
    "scatter into nothing": (
        lambda: tf.scatter_nd([[0]], [1], [0]),
        Invalid,
        "Indices and updates specified for empty output",
    ),
    "stack nothing": (lambda: tf.concat([], 0), Invalid, "at least one tensor"),
    "batch_dims of gather_nd": (
        lambda: tf.gather_nd([[1, 2], [3, 4]], [[1], [0]], batch_dims=2),
        ValueError,
        "must be less than rank",
    ),
    "batch_dims of gather": (
        lambda: tf.gather(tf.ones([2, 2, 2]), [[0], [1]], axis=1, batch_dims=2),
        Invalid,
        "must be less than or equal to axis",
    ),
    "roll by a matrix": (
        lambda: tf.roll([1, 2], [[1]], 0),
        Invalid,
        "must be a scalar or a 1-D vector",
    ),
    "lengths of reverse_sequence": (
        lambda: tf.reverse_sequence([[1, 2]], [[1]], seq_axis=1),
        Invalid,
        "seq_lens input must be 1-dim",
    ),
    "stitch below zero": (
        lambda: tf.dynamic_stitch([[-1]], [[1]]),
        Invalid,
        r"indices\[0\] is out of range",
    ),
    "stitch rows that differ": (
        lambda: tf.dynamic_stitch([[0], [1]], [[[1, 2]], [[1, 2, 3]]]),
        Invalid,
        "Need data",
    ),
    "stitch too few": (
        lambda: tf.dynamic_stitch([[0]], [[1], [2]]),
        Invalid,
        "expected inputs for 1 indices do not match 2",
    ),
    "layout of depth_to_space": (
        lambda: tf.nn.depth_to_space(tf.ones([1, 1, 1, 4]), 2, data_format="HWC"),
        Invalid,
        "is not in the list of allowed values: .NHWC., .NCHW.",
    ),
    "batch of batch_to_space": (
        lambda: tf.batch_to_space(tf.ones([3, 1, 1, 1]), [2, 2], [[0, 0], [0, 0]]),
        Invalid,
        "not divisible by product of block sizes",
    ),
    "quotient of booleans": (
        lambda: tf.constant([True]) / tf.constant([True]),
        TypeError,
        "Invalid dtype tf.bool in __truediv__",
    ),
    "conjugate of texts": (lambda: tf.math.conj("a"), TypeError, "Expected numeric"),
    "random integers of a normal distribution": (
        lambda: tf.random.gamma([2], 1, dtype=tf.int32),
        tf.errors.InvalidArgumentError,
        "Value for attr 'dtype' of int32 is not in the list",
    ),
    "a matrix as the number of top_k": (
        lambda: tf.math.top_k([1, 2], [[1]]),
        Invalid,
        "k must be scalar",
    ),
    "an array of texts as numbers": (
        lambda: tf.constant(np.array(["a"]), tf.int32),
        TypeError,
        "Cannot convert",
    ),
    "bits of booleans": (
        lambda: tf.bitcast(tf.constant([1]), tf.bool),
        Invalid,
        "'type' of bool is not in the list of allowed values",
    ),
    "negative numbers without a sign": (
        lambda: tf.constant([1, -1], tf.uint64),
        ValueError,
        "out-of-range",
    ),
    "an unknown dimension as a number": (
        lambda: int(tf.compat.v1.Dimension(None)),
        ValueError,
        "has no integer value",
    ),
    "sliced steps of an unknown shape": (
        lambda: tf.TensorShape(None)[::2],
        ValueError,
        "Steps are not supported",
    ),
    "a shape as a protocol buffer": (
        lambda: tf.TensorShape([1]).as_proto(),
        NotImplementedError,
        "as_list",
    ),
    "a conversion for no type": (
        lambda: tf.register_tensor_conversion_function(3, tf.constant),
        TypeError,
        "base_type must be a type",
    ),
    "a conversion by no function": (
        lambda: tf.register_tensor_conversion_function(Invalid, 3),
        TypeError,
        "must be callable",
    ),
    "the sum of boolean variables": (
        lambda: tf.Variable(True).assign_add(True),
        Invalid,
        "Booleans have no sum",
    ),
    "slices without a shape as a tensor": (
        lambda: tf.convert_to_tensor(tf.IndexedSlices(tf.ones([1]), tf.constant([0]))),
        ValueError,
        "without dense_shape",
    ),
}

TRACED: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "numbers that do not fit": (
        traced(lambda x: x + tf.constant([1, 2.5], tf.int32)),
        TypeError,
        "Expected int32, but got 2.5 of type 'float'",
    ),
    "None": (traced(lambda x: x + None), ValueError, "None values not supported"),
    "None in a list": (
        traced(lambda _: tf.constant([None])),
        ValueError,
        "None values not supported",
    ),
    "a dtype that an op does not take": (
        traced(lambda x: tf.sin(tf.cast(x, tf.int32))),
        TypeError,
        "'x' has DataType int32 not in list of allowed values: float16",
    ),
    "two dtypes": (
        traced(lambda x: x + tf.cast(x, tf.int32)),
        TypeError,
        "Input 'y' of 'AddV2' Op has type int32 that does not match type float32",
    ),
    "numbers as truth": (
        traced(tf.math.logical_not),
        TypeError,
        "does not match expected type of bool",
    ),
    "the value of a tensor": (
        traced(lambda x: tf.constant(x)),
        NotImplementedError,
        "values, not symbolic",
    ),
    "more than there is": (
        traced(lambda x: tf.math.top_k(x, 4), tf.TensorSpec([None, 3])),
        Invalid,
        "last dimension >= k = 4 but is 3",
    ),
    "the length of an unknown shape": (
        traced(lambda x: x.__len__()),
        TypeError,
        "len is not well defined",
    ),
    "the array of a variable": (
        traced(lambda _: tf.Variable(1.0).numpy()),
        NotImplementedError,
        "only available when eager execution is enabled",
    ),
    "squeeze of an axis that is long": (
        traced(lambda x: tf.squeeze(x, 1), tf.TensorSpec([None, 3])),
        Invalid,
        "expected a dimension of 1, got 3",
    ),
    "indices that are too long": (
        traced(tf.gather_nd, tf.TensorSpec([2, 3]), tf.TensorSpec([3, 4], tf.int32)),
        Invalid,
        r"must be <= params\.rank",
    ),
}


@pytest.mark.parametrize("case", EAGER)
def test_refused(case: str) -> None:
    call, error, words = EAGER[case]
    with pytest.raises(error, match=words):
        call()


@pytest.mark.parametrize("case", TRACED)
def test_refused_while_tracing(case: str) -> None:
    call, error, words = TRACED[case]
    with pytest.raises(error, match=words):
        call()


def test_gradients_of_what_is_no_tensor_are_refused() -> None:
    x = tf.constant([1.0])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
    with pytest.raises(ValueError, match=r"not tf\.Tensor or tf\.Variable"):
        tape.gradient(y, 3.0)
    with pytest.raises(ValueError, match="not a tensor or variable"):
        tape.gradient(3.0, x)
    with pytest.raises(ValueError, match="Give one for each"):
        tape.gradient([y], x, output_gradients=[y, y])
    with pytest.raises(ValueError, match="do not fit a target of shape"):
        tape.gradient(y, x, output_gradients=tf.ones([2]))


def test_ranks_and_shapes_are_checked_when_the_graph_runs() -> None:
    spec = tf.TensorSpec(None, tf.int32)
    checks = {
        "must have rank": lambda x: tf.debugging.assert_rank(x, 2),
        "must have rank.*": lambda x: tf.debugging.assert_rank_in(x, (0, 2)),
        "must have size.* 3": lambda x: tf.debugging.assert_shapes([(x, (3,))]),
        "Specified by tensor": lambda x: tf.debugging.assert_shapes(
            [(x, ("N",)), (x[1:], ("N",))]
        ),
    }
    for words, check in checks.items():

        @tf.function(input_signature=[spec])
        def checked(x: Any, check: Any = check) -> Any:
            check(x)
            return x

        with pytest.raises(tf.errors.InvalidArgumentError, match=words):
            checked(tf.constant([1, 2]))


def test_empty_indices_have_no_coordinates() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match="received empty tensor"):
        tf.unravel_index([], [3, 3])


def test_the_rank_of_a_sparse_tensor_is_checked() -> None:
    sparse = tf.SparseTensor([[0, 0]], [1], [2, 3])
    tf.debugging.assert_shapes([(sparse, ("N", "D")), (sparse, ("*", "D"))])
    with pytest.raises(ValueError, match="must have rank 3"):
        tf.debugging.assert_shapes([(sparse, ("N", "D", "X"))])


def test_indices_to_leave_out_have_a_known_length() -> None:
    @tf.function(input_signature=[tf.TensorSpec(None, tf.int32)])
    def chosen(indices: Any) -> Any:
        return tf.gather_nd([1, 2], indices, bad_indices_policy="IGNORE")

    with pytest.raises(ValueError, match="how many axes an index has"):
        chosen([[0]])
