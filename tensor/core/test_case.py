"""tf.test: a unittest.TestCase that compares tensors, and numerical gradients."""

# ruff: noqa: N802, PT009, PT027  # unittest's names and assertions, by their nature
from __future__ import annotations

import contextlib
import re
import tempfile
import unittest
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors, nest
from tensor.core.call import is_symbolic
from tensor.core.container_assertions import ContainerAssertions
from tensor.core.context import context
from tensor.core.public_api import export
from tensor.core.seed import set_global_seed

if TYPE_CHECKING:
    from collections.abc import Iterator


@export("test.TestCase")
class TestCase(ContainerAssertions):
    """A test case with assertions on tensors, arrays and nested structures of them.

    Random numbers start from the same seed in every test.
    """

    def setUp(self) -> None:
        super().setUp()
        set_global_seed(87654321)
        np.random.seed(87654321)  # noqa: NPY002  # what tests of TensorFlow rely on

    def get_temp_dir(self) -> str:
        """Return a folder that is removed after the test."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return folder.name

    def evaluate(self, tensors: Any) -> Any:
        """Return a structure of tensors as NumPy values; in a graph, compute them."""
        if context.graph is not None:
            return context.graph.session().run(tensors)
        return nest.map_structure(_as_numpy, tensors)

    @contextlib.contextmanager
    def session(self, graph: Any = None, *args: Any, **kwargs: Any) -> Iterator[Any]:
        """Enter a session of the graph; outside of graphs one that only evaluates."""
        graph = graph or context.graph
        if graph is None:
            yield _EagerSession(self)
        else:
            with graph.session() as session:
                yield session

    cached_session = session

    def test_session(self, *args: Any, **kwargs: Any) -> Any:
        """Enter a session, by its oldest name: it looks like a test, and is none."""
        if self.id().endswith(".test_session"):
            self.skipTest("Not a test.")
        return self.session(*args, **kwargs)

    # ---- numbers

    def assertAllClose(
        self, a: Any, b: Any, rtol: float = 1e-6, atol: float = 1e-6, msg: Any = None
    ) -> None:
        """Check that two structures hold nearly the same numbers."""
        if isinstance(a, dict) or isinstance(b, dict):
            self.assertEqual(set(a), set(b), msg)
            for key in a:
                self.assertAllClose(a[key], b[key], rtol, atol, msg)
            return
        if _holds_structures(a) or _holds_structures(b):
            self.assertEqual(len(a), len(b), msg)
            for x, y in zip(a, b, strict=True):
                self.assertAllClose(x, y, rtol, atol, msg)
            return
        x, y = _as_array(a), _as_array(b)
        self.assertEqual(x.shape, y.shape, msg)
        np.testing.assert_allclose(x, y, rtol=rtol, atol=atol, err_msg=str(msg or ""))

    def assertAllCloseAccordingToType(
        self,
        a: Any,
        b: Any,
        rtol: float = 1e-6,
        atol: float = 1e-6,
        float_rtol: float = 1e-6,
        float_atol: float = 1e-6,
        half_rtol: float = 1e-3,
        half_atol: float = 1e-3,
        bfloat16_rtol: float = 1e-2,
        bfloat16_atol: float = 1e-2,
        msg: Any = None,
    ) -> None:
        """Check that numbers are nearly the same, as nearly as their dtype allows."""
        names = {_as_array(a).dtype.name, _as_array(b).dtype.name}
        for dtypes, limits in (
            ({"float32", "complex64"}, (float_rtol, float_atol)),
            ({"float16"}, (half_rtol, half_atol)),
            ({"bfloat16"}, (bfloat16_rtol, bfloat16_atol)),
        ):
            if names & dtypes:
                rtol, atol = max(rtol, limits[0]), max(atol, limits[1])
        self.assertAllClose(a, b, rtol, atol, msg)

    def assertNotAllClose(
        self, a: Any, b: Any, rtol: float = 1e-6, atol: float = 1e-6, msg: Any = None
    ) -> None:
        """Check that numbers are not all nearly the same."""
        try:
            self.assertAllClose(a, b, rtol, atol)
        except AssertionError:
            return
        self.fail(msg or f"The two values are close at all elements: {a!r}")

    def assertAllEqual(self, a: Any, b: Any, msg: Any = None) -> None:
        """Check that shapes and all elements are equal; NaN equals NaN."""
        if hasattr(a, "row_splits") or hasattr(b, "row_splits"):
            self.assertEqual(_as_rows(a), _as_rows(b), msg)
            return
        x, y = _as_array(a), _as_array(b)
        self.assertEqual(x.shape, y.shape, msg)
        np.testing.assert_array_equal(x, y, err_msg=str(msg or ""))

    def assertNotAllEqual(self, a: Any, b: Any, msg: Any = None) -> None:
        """Check that not all elements are equal."""
        try:
            self.assertAllEqual(a, b)
        except AssertionError:
            return
        self.fail(msg or f"The two values are equal at all elements: {a!r}")

    def assertAllGreater(self, a: Any, comparison_target: Any) -> None:
        """Check that all elements are greater."""
        self.assertGreater(np.min(_as_array(a)), comparison_target)

    def assertAllGreaterEqual(self, a: Any, comparison_target: Any) -> None:
        """Check that all elements are at least as great."""
        self.assertGreaterEqual(np.min(_as_array(a)), comparison_target)

    def assertAllLess(self, a: Any, comparison_target: Any) -> None:
        """Check that all elements are smaller."""
        self.assertLess(np.max(_as_array(a)), comparison_target)

    def assertAllLessEqual(self, a: Any, comparison_target: Any) -> None:
        """Check that all elements are at most as great."""
        self.assertLessEqual(np.max(_as_array(a)), comparison_target)

    def assertAllInRange(
        self,
        target: Any,
        lower_bound: Any,
        upper_bound: Any,
        open_lower_bound: bool = False,
        open_upper_bound: bool = False,
    ) -> None:
        """Check that all elements lie between two bounds."""
        x = _as_array(target)
        above = x > lower_bound if open_lower_bound else x >= lower_bound
        below = x < upper_bound if open_upper_bound else x <= upper_bound
        outside = x[~(above & below)]
        self.assertEqual(
            outside.size, 0, f"outside [{lower_bound}, {upper_bound}]: {outside[:10]}"
        )

    def assertAllInSet(self, target: Any, expected_set: Any) -> None:
        """Check that every element is one of a set."""
        found = set(_as_array(target).reshape(-1).tolist())
        self.assertLessEqual(found, set(expected_set))

    def assertNear(self, f1: Any, f2: Any, err: float, msg: Any = None) -> None:
        """Check that two numbers differ by at most `err`."""
        equal = f1 == f2 or abs(f1 - f2) <= err
        self.assertTrue(equal, msg or f"{f1} != {f2} +/- {err}")

    def assertArrayNear(
        self, farray1: Any, farray2: Any, err: float, msg: Any = None
    ) -> None:
        """Check that the numbers of two sequences differ by at most `err`."""
        self.assertEqual(len(farray1), len(farray2), msg)
        for x, y in zip(farray1, farray2, strict=True):
            self.assertNear(float(x), float(y), err, msg)

    def assertNDArrayNear(
        self, ndarray1: Any, ndarray2: Any, err: float, msg: Any = None
    ) -> None:
        """Check that the distance between two arrays is at most `err`."""
        distance = np.linalg.norm(_as_array(ndarray1) - _as_array(ndarray2))
        self.assertLessEqual(distance, err, msg)

    # ---- shapes, dtypes, structures, errors

    def assertShapeEqual(self, input_a: Any, input_b: Any, msg: Any = None) -> None:
        """Check that two values have the same shape."""
        self.assertEqual(tuple(input_a.shape), tuple(input_b.shape), msg)

    def assertDTypeEqual(self, target: Any, expected_dtype: Any) -> None:
        """Check a value's dtype."""
        from tensor.core.dtypes import as_dtype, from_numpy

        self.assertEqual(from_numpy(_as_array(target).dtype), as_dtype(expected_dtype))

    def assertDeviceEqual(self, device1: Any, device2: Any, msg: Any = None) -> None:
        """Check that two names are of one device."""
        from tensor.core.devices import DeviceSpec, full_name

        names = [full_name(DeviceSpec.from_string(str(d))) for d in (device1, device2)]
        self.assertEqual(names[0], names[1], msg)

    @contextlib.contextmanager
    def assertRaisesWithPredicateMatch(
        self, exception_type: type[BaseException], expected_err_re_or_predicate: Any
    ) -> Iterator[None]:
        """Check that a block raises an exception that a predicate or pattern fits."""
        fits = expected_err_re_or_predicate
        with self.assertRaises(exception_type) as caught:
            yield
        error = caught.exception
        found = fits(error) if callable(fits) else re.search(fits, str(error))
        self.assertTrue(found, f"the exception does not match {fits!r}: {error}")

    def assertRaisesOpError(self, expected_err_re_or_predicate: Any) -> Any:
        """Check that a block raises an error of an op that fits."""
        return self.assertRaisesWithPredicateMatch(
            errors.OpError, expected_err_re_or_predicate
        )


class _EagerSession:
    """What stands for a session where ops run eagerly."""

    def __init__(self, case: TestCase) -> None:
        self._case = case

    def run(self, fetches: Any, **kwargs: Any) -> Any:
        """Return the values of tensors.

        Raises:
            RuntimeError: Values were fed: eager tensors have theirs.
        """
        if kwargs.get("feed_dict"):
            raise RuntimeError(
                "feed_dict is not supported when eager execution is enabled. Build a "
                "graph in `with tf.Graph().as_default():`."
            )
        return self._case.evaluate(fetches)


def _as_numpy(value: Any) -> Any:
    if is_symbolic(value):
        return context.graph.session().run(value)
    return value.numpy() if hasattr(value, "numpy") else value


def _as_rows(value: Any) -> Any:
    """Return the rows of a ragged tensor, or of what it is compared with, as lists."""
    return value.to_list() if hasattr(value, "row_splits") else value


def _as_array(value: Any) -> np.ndarray:
    if isinstance(value, list | tuple):
        return np.array([_as_array(v) for v in value]) if value else np.array(value)
    return np.asarray(_as_numpy(value))


def _holds_structures(value: Any) -> bool:
    """Return whether a list's parts must be compared one by one."""
    if not isinstance(value, list | tuple):
        return False
    shapes = {np.shape(_as_numpy(v)) for v in value if not isinstance(v, dict)}
    return len(shapes) > 1 or any(isinstance(v, dict | list | tuple) for v in value)


@export("test.main")
def main(argv: Any = None) -> None:
    """Run the tests of the main module."""
    unittest.main(argv=argv)


@export("test.is_built_with_cuda")
def is_built_with_cuda() -> bool:
    """Return whether CUDA is supported: it is not."""
    return False


@export("test.is_built_with_rocm")
def is_built_with_rocm() -> bool:
    """Return whether ROCm is supported: it is not."""
    return False


@export("test.is_built_with_gpu_support")
def is_built_with_gpu_support() -> bool:
    """Return whether GPUs are supported: they are not."""
    return False


@export("test.is_built_with_xla")
def is_built_with_xla() -> bool:
    """Return whether TensorFlow's compiler XLA is there: it is not."""
    return False


@export("test.is_gpu_available")
def is_gpu_available(
    cuda_only: bool = False, min_cuda_compute_capability: Any = None
) -> bool:
    """Return whether there is a GPU: there is none."""
    return False


@export("test.is_cpu_target_available")
def is_cpu_target_available(target: str) -> bool:
    """Return whether code for a kind of CPU is there: ringflow has none of its own."""
    return False


@export("test.gpu_device_name")
def gpu_device_name() -> str:
    """Return the name of a GPU: empty, there is none."""
    return ""
