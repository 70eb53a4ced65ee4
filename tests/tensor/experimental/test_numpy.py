"""`tf.experimental.numpy` gives what it gives in TensorFlow, and refuses the rest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import tensor as tf
from tensor.core.tensor import EagerTensor
from tensor.experimental.numpy.promotion import settings
from tests.support.expressions import answers_to, differences, recorded_answers

if TYPE_CHECKING:
    from collections.abc import Iterator

tnp: Any = tf.experimental.numpy


@pytest.fixture
def behavior() -> Iterator[Any]:
    """The function that makes tensors behave as arrays; undone after the test."""
    before = [
        (kind, dict(vars(kind))) for kind in (tf.Tensor, EagerTensor, tf.Variable)
    ]
    yield tnp.experimental_enable_numpy_behavior
    settings.prefer_float32 = False
    for kind, members in before:
        for name, member in dict(vars(kind)).items():
            if name not in members:
                delattr(kind, name)
            elif member is not members[name]:
                setattr(kind, name, members[name])


@pytest.mark.filterwarnings("ignore")  # expressions divide by zero, and worse
@pytest.mark.usefixtures("behavior")
def test_functions_give_what_tensorflows_give() -> None:
    file = Path(__file__).parent / "numpy.txt"
    found = differences(answers_to(file, tf), recorded_answers(file))
    assert not found, "\n".join(found)


def test_python_floats_are_float32_if_that_is_preferred(behavior: Any) -> None:
    behavior(prefer_float32=True)
    assert tnp.array(1.0).dtype == tf.float32
    assert tnp.linspace(0, 1, 3).dtype == tf.float32
    assert tnp.add(1, 1.0).dtype == tf.float32
    assert tnp.result_type(1j) == tf.complex64
    assert tnp.zeros(2).dtype == tf.float64  # asked for by name: `float`


def test_without_the_behavior_operators_stay_strict() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match="int64"):
        tnp.array([1, 2]) + tnp.array([1.5, 2.5])
    assert tnp.add([1, 2], [1.5, 2.5]).numpy().tolist() == [2.5, 4.5]


def test_without_promotion_there_are_methods_only(behavior: Any) -> None:
    behavior(dtype_conversion_mode="off")
    assert tf.constant([[1, 2]]).T.shape == (2, 1)
    with pytest.raises(tf.errors.InvalidArgumentError):
        tf.constant([1]) + tf.constant([1.0])


@pytest.mark.parametrize(
    ("mode", "error", "words"),
    [
        ("safe", NotImplementedError, "weak tensors"),
        ("odd", ValueError, "must be 'off', 'legacy'"),
    ],
)
def test_other_modes_are_refused(
    behavior: Any, mode: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        behavior(dtype_conversion_mode=mode)
    assert not hasattr(tf.Tensor, "T")


def test_functions_have_gradients_and_can_be_traced() -> None:
    @tf.function(input_signature=[tf.TensorSpec([None, None])])
    def total(x: Any) -> Any:
        y = tnp.sinc(x) + tnp.cbrt(x + 1.0) + tnp.outer(x[0], x[1])
        return tnp.sum(tnp.concatenate([tnp.diagonal(y, 1), tnp.ravel(tnp.var(y, 0))]))

    x = tf.constant([[1.0, 2.0], [0.0, 4.0]])
    results = []
    for function in (total, total.python_function):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = function(x)
        results.append([y, *tape.gradient(y, [x])])
    for traced, eager in zip(*results, strict=True):
        np.testing.assert_allclose(traced, eager, rtol=1e-5)
        assert np.isfinite(eager).all()


def test_a_symbolic_tensor_has_no_list_of_values(behavior: Any) -> None:
    behavior()
    function = tf.function(lambda x: x.tolist())
    with pytest.raises(ValueError, match="do not support the tolist"):
        function(tf.constant([1]))


def test_a_mask_beside_other_indices_has_one_dimension(behavior: Any) -> None:
    behavior()
    with pytest.raises(NotImplementedError, match="rank 1"):
        tf.constant([[1]])[[[True]], 0]


def test_random_numbers_follow_the_seed() -> None:
    tnp.random.seed(3)
    first = [tnp.random.rand(2), tnp.random.randn(2), tnp.random.randint(9, size=2)]
    tf.random.set_seed(3)
    second = [
        tf.random.uniform([2], dtype=tf.float64),
        tf.random.normal([2], dtype=tf.float64),
        tf.random.uniform([2], 0, 9, tf.int64),
    ]
    for ours, theirs in zip(first, second, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(
    ("call", "shape"),
    [
        (lambda: tnp.random.uniform(0.0, [1.0, 2.0]), (2,)),
        (lambda: tnp.random.random(3), (3,)),
        (lambda: tnp.random.poisson(2.0, (2, 3)), (2, 3)),
        (lambda: tnp.random.standard_normal(), ()),
    ],
)
def test_random_numbers_have_the_size_asked_for(call: Any, shape: Any) -> None:
    assert call().shape == shape


# What TensorFlow's own functions fail at, or NumPy gives another dtype for.
@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda: tnp.var([1.0, 2.0, 4.0], ddof=1), np.var([1.0, 2.0, 4.0], ddof=1)),
        (lambda: tnp.linspace(0, 10, 4, dtype=int), np.array([0, 3, 6, 10])),
        (lambda: tnp.linspace([0.0, 1.0], 2.0, 2), np.array([[0.0, 1.0], [2.0, 2.0]])),
        (lambda: tnp.logaddexp([0.0, 1.0], 0), np.logaddexp([0.0, 1.0], 0)),
        (lambda: tnp.hypot(np.float32(3), 4), np.float32(5)),
        (lambda: tnp.isinf([1, 2]), np.array([False, False])),
        (lambda: tnp.rad2deg([0.0, np.pi]), np.array([0.0, 180.0])),
    ],
)
def test_lists_and_integers_are_taken_as_numpy_takes_them(
    call: Any, expected: Any
) -> None:
    result = call().numpy()
    assert result.dtype == expected.dtype
    np.testing.assert_allclose(result, expected)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x: tnp.dot(x, x), "known rank"),
        (lambda x: tnp.atleast_2d(x), "atleast_2d needs a tensor of known rank"),
        (lambda x: tnp.tril(tf.ensure_shape(x, [None, 2])), "need to be known"),
    ],
)
def test_what_a_graph_does_not_know_is_named(call: Any, words: str) -> None:
    function = tf.function(call, input_signature=[tf.TensorSpec(None)])
    with pytest.raises(ValueError, match=words):
        function.get_concrete_function()


def test_arrays_of_unknown_shape_are_compared_when_they_run() -> None:
    function = tf.function(
        tnp.array_equal, input_signature=[tf.TensorSpec(None), tf.TensorSpec(None)]
    )
    x = tf.constant([1.0, 2.0])
    assert bool(function(x, x))
    assert not bool(function(x, x + 1.0))
    assert not bool(function(x, x[:1]))
    assert not bool(function(x, x[tf.newaxis]))


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: tnp.array(1, ndmin=33), ValueError, "ndmin bigger"),
        (lambda: tnp.full_like([1], 2, order="C"), ValueError, "Non-standard orders"),
        (lambda: tnp.full_like([1], 2, subok=False), ValueError, "subok"),
        (lambda: tnp.full_like([1], 2, shape=3), ValueError, "Overriding the shape"),
        (lambda: tnp.compress([[True]], [1]), ValueError, "1-d array"),
        (lambda: tnp.diff([1, 2], -1), ValueError, "non-negative"),
        (lambda: tnp.mean([1], out=1), ValueError, "Setting out is not supported"),
        (lambda: tnp.reshape([1], 1, "X"), ValueError, "Unsupported order"),
        (lambda: tnp.sort([1], kind="heap"), ValueError, "quicksort"),
        (lambda: tnp.sort([1], order="x"), ValueError, "Pass order=None"),
        (lambda: tnp.take([1], [0], mode="raise"), ValueError, "Invalid mode"),
        (lambda: tnp.ix_([1.5]), ValueError, "Only integer and bool"),
        (lambda: tnp.split([1], [1], 1), ValueError, "out of bounds"),
        (lambda: tnp.cross([1.0] * 4, [1.0] * 4), ValueError, "must be 2 or 3"),
        (lambda: tnp.diag(1), ValueError, "rank 1 or 2"),
        (lambda: tnp.diff(1), ValueError, "out of bounds"),
        (lambda: tnp.flatten([1], "X"), ValueError, "order can only be"),
        (lambda: tnp.gcd(1.5, 2), ValueError, "must be integers"),
        (lambda: tnp.argsort([1j]), TypeError, "complex"),
        (lambda: tnp.size([1], axis=0), NotImplementedError, "axis argument"),
        (lambda: tnp.broadcast_arrays([1], subok=True), ValueError, "subok"),
        (lambda: tnp.tril([1, 2]), ValueError, "rank at least 2"),
        (lambda: tnp.random.seed([1]), ValueError, "Only integers"),
        (
            lambda: tnp.random.randint(1, 5, dtype=np.int8),
            ValueError,
            "int32 and int64",
        ),
    ],
)
def test_misuse_is_named(call: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()
