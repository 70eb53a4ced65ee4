"""tf.test: assertions hold and fail where they should; numerical gradients; builds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensor as tf

case = tf.test.TestCase()

HOLDS = [
    ("assertAllClose", [1.0, 2.0], tf.constant([1.0, 2.0 + 1e-7])),
    ("assertAllClose", {"a": [1.0]}, {"a": tf.constant([1.0])}),
    ("assertAllClose", [[1.0], [2.0, 3.0]], [tf.constant([1.0]), np.array([2.0, 3.0])]),
    ("assertAllCloseAccordingToType", np.float16(1), np.float16(1.0005)),
    ("assertNotAllClose", [1.0], [2.0]),
    ("assertAllEqual", tf.constant([1, 2]), [1, 2]),
    ("assertAllEqual", [float("nan")], tf.constant([float("nan")])),
    ("assertNotAllEqual", [1], [2]),
    ("assertAllGreater", [2, 3], 1),
    ("assertAllGreaterEqual", [2, 3], 2),
    ("assertAllLess", [2, 3], 4),
    ("assertAllLessEqual", [2, 3], 3),
    ("assertAllInRange", [0.0, 1.0], 0.0, 1.0),
    ("assertAllInSet", [1, 2, 1], [1, 2, 3]),
    ("assertNear", 1.0, 1.1, 0.2),
    ("assertArrayNear", [1.0], [1.1], 0.2),
    ("assertNDArrayNear", np.ones(2), np.ones(2), 0.1),
    ("assertShapeEqual", tf.ones([2, 3]), np.ones((2, 3))),
    ("assertDTypeEqual", tf.ones([2]), np.float32),
    ("assertDeviceEqual", "CPU:0", "/job:localhost/device:CPU:0"),
    ("assertEmpty", []),
    ("assertNotEmpty", [1]),
    ("assertLen", [1, 2], 2),
    ("assertStartsWith", "abc", "ab"),
]
FAILS = [
    ("assertAllClose", [1.0, 2.0], [1.0, 2.1]),
    ("assertAllClose", [1.0], [[1.0]]),
    ("assertAllClose", {"a": [1.0]}, {"b": [1.0]}),
    ("assertNotAllClose", [1.0], [1.0]),
    ("assertAllEqual", [1], [2]),
    ("assertNotAllEqual", [1], [1]),
    ("assertAllInRange", [0.0, 1.0], 0.0, 1.0, False, True),
    ("assertAllInSet", [4], [1]),
    ("assertNear", 1.0, 2.0, 0.5),
    ("assertStartsWith", "abc", "b"),
]


@pytest.mark.parametrize("row", HOLDS, ids=lambda row: row[0])
def test_assertions_hold(row: tuple[Any, ...]) -> None:
    getattr(case, row[0])(*row[1:])


@pytest.mark.parametrize("row", FAILS, ids=lambda row: row[0])
def test_assertions_fail(row: tuple[Any, ...]) -> None:
    with pytest.raises(AssertionError):
        getattr(case, row[0])(*row[1:])


def test_evaluate_gives_numpy_in_the_same_structure() -> None:
    found = case.evaluate({"a": tf.constant(1), "b": [tf.constant([2.0])]})
    assert type(found["a"]) is np.int32
    assert found["b"][0].tolist() == [2.0]


def test_errors_are_matched_by_a_pattern_or_a_predicate() -> None:
    with case.assertRaisesOpError("not in"):
        tf.gather([1], [3])
    with case.assertRaisesWithPredicateMatch(ValueError, lambda e: "x" in str(e)):
        raise ValueError("x")
    mismatch = case.assertRaisesOpError("something else")
    with pytest.raises(AssertionError, match="does not match"), mismatch:
        tf.gather([1], [3])


def test_every_test_starts_from_the_same_seed_and_cleans_its_folder() -> None:
    class Draws(tf.test.TestCase):
        def test_draw(self) -> None:
            self.get_temp_dir()

    test = Draws("test_draw")
    test.setUp()
    first = tf.random.uniform([3]).numpy()
    test.setUp()
    np.testing.assert_array_equal(first, tf.random.uniform([3]))
    with test.session(), test.cached_session():
        assert test.run().wasSuccessful()  # type: ignore[union-attr]


def test_gradients_agree_with_finite_differences() -> None:
    x = tf.constant([1.0, 2.0], tf.float64)
    exact, approximate = tf.test.compute_gradient(lambda x: x * x, [x])
    np.testing.assert_allclose(exact[0], np.diag([2.0, 4.0]))
    np.testing.assert_allclose(approximate[0], exact[0], atol=1e-6)
    with pytest.raises(ValueError, match="must be a list or tuple"):
        tf.test.compute_gradient(tf.sin, x)


def test_nothing_is_built_for_accelerators() -> None:
    assert not tf.test.is_built_with_cuda()
    assert not tf.test.is_built_with_rocm()
    assert not tf.test.is_built_with_gpu_support()
    assert not tf.test.is_built_with_xla()
    assert not tf.test.is_gpu_available()
    assert not tf.test.is_cpu_target_available("x86")
    assert tf.test.gpu_device_name() == ""


def test_versions_are_those_of_the_interface() -> None:
    assert tf.__version__ == tf.version.VERSION == "2.21.0"
    assert tf.sysconfig.get_build_info()["is_cuda_build"] is False
    assert tf.sysconfig.get_compile_flags() == tf.sysconfig.get_link_flags() == []
    assert tf.sysconfig.get_lib() in tf.sysconfig.get_include()


@pytest.mark.parametrize(
    ("name", "holds", "fails"),
    [
        ("assertEmpty", ([],), ([1],)),
        ("assertNotEmpty", ([1],), ([],)),
        ("assertLen", ([1, 2], 2), ([1], 2)),
        ("assertItemsEqual", ([1, 2, 2], [2, 1, 2]), ([1, 2, 2], [1, 1, 2])),
        ("assertSameElements", ([1, 2, 2], [2, 1]), ([1, 2], [1, 3])),
        ("assertContainsSubset", ([1], [1, 2]), ([3], [1, 2])),
        ("assertNoCommonElements", ([1], [2]), ([1], [1, 2])),
        ("assertSequenceStartsWith", ([1], [1, 2]), ([2], [1, 2])),
        ("assertSequenceAlmostEqual", ([1.0], [1.0 + 1e-9]), ([1.0], [1.1])),
        ("assertSequenceAlmostEqual", ([1], [2], 7, None, 1), ([1], [3], 7, None, 1)),
        ("assertBetween", (2, 1, 2), (3, 1, 2)),
        ("assertStartsWith", ("abc", "ab"), ("abc", "b")),
        ("assertEndsWith", ("abc", "bc"), ("abc", "b")),
        ("assertContainsSubsequence", ([1, 5, 2], [1, 2]), ([1, 2], [2, 1])),
        ("assertContainsExactSubsequence", ([5, 1, 2], [1, 2]), ([1, 5, 2], [1, 2])),
        ("assertTotallyOrdered", ([1, 1.0], [2]), ([2], [1])),
        ("assertRegexMatch", ("abc", ["x", "b."]), ("abc", ["x"])),
        ("assertContainsInOrder", (["a", "c"], "abc"), (["c", "a"], "abc")),
    ],
)
def test_assertions_on_containers(
    name: str, holds: tuple[Any, ...], fails: tuple[Any, ...]
) -> None:
    assertion = getattr(tf.test.TestCase(), name)
    assertion(*holds)
    with pytest.raises(AssertionError):
        assertion(*fails)


def test_an_exact_message_is_demanded() -> None:
    with tf.test.TestCase().assertRaisesWithLiteralMatch(ValueError, "so it is"):
        raise ValueError("so it is")
    with (
        pytest.raises(AssertionError),
        tf.test.TestCase().assertRaisesWithLiteralMatch(ValueError, "so"),
    ):
        raise ValueError("so it is")
