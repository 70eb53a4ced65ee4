"""Assertions on containers and texts that tests of TensorFlow know from Abseil."""

# ruff: noqa: N802, PT009, PT027  # unittest's names and assertions, by their nature
from __future__ import annotations

import contextlib
import re
import unittest
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class ContainerAssertions(unittest.TestCase):
    """A test case with more assertions on containers, sequences and texts."""

    def assertEmpty(self, container: Any, msg: Any = None) -> None:
        """Check that a container is empty."""
        self.assertEqual(len(container), 0, msg)

    def assertNotEmpty(self, container: Any, msg: Any = None) -> None:
        """Check that a container is not empty."""
        self.assertNotEqual(len(container), 0, msg)

    def assertLen(self, container: Any, expected_len: int, msg: Any = None) -> None:
        """Check how many elements a container has."""
        self.assertEqual(len(container), expected_len, msg)

    def assertItemsEqual(
        self, expected_seq: Iterable[Any], actual_seq: Iterable[Any], msg: Any = None
    ) -> None:
        """Check that two sequences have the same elements, each as often."""
        self.assertCountEqual(expected_seq, actual_seq, msg)

    def assertSameElements(
        self, expected_seq: Iterable[Any], actual_seq: Iterable[Any], msg: Any = None
    ) -> None:
        """Check that two sequences have the same elements, however often."""
        expected, actual = list(expected_seq), list(actual_seq)
        missing = [x for x in expected if x not in actual]
        extra = [x for x in actual if x not in expected]
        self.assertFalse(missing + extra, msg or f"missing {missing}, extra {extra}")

    def assertContainsSubset(
        self, expected_subset: Iterable[Any], actual_set: Iterable[Any], msg: Any = None
    ) -> None:
        """Check that every element of the first is in the second."""
        missing = set(expected_subset) - set(actual_set)
        self.assertFalse(missing, msg or f"missing: {missing}")

    def assertNoCommonElements(
        self, expected_seq: Iterable[Any], actual_seq: Iterable[Any], msg: Any = None
    ) -> None:
        """Check that nothing is in both."""
        common = set(expected_seq) & set(actual_seq)
        self.assertFalse(common, msg or f"common elements: {common}")

    def assertSequenceStartsWith(
        self, prefix: Iterable[Any], whole: Iterable[Any], msg: Any = None
    ) -> None:
        """Check how a sequence begins."""
        start = list(prefix)
        self.assertEqual(list(whole)[: len(start)], start, msg)

    def assertSequenceAlmostEqual(
        self,
        expected_seq: Iterable[float],
        actual_seq: Iterable[float],
        places: int | None = None,
        msg: Any = None,
        delta: float | None = None,
    ) -> None:
        """Check that two sequences of numbers are close, one by one."""
        expected, actual = list(expected_seq), list(actual_seq)
        self.assertEqual(len(expected), len(actual), msg)
        for a, b in zip(expected, actual, strict=True):
            if delta is None:
                self.assertAlmostEqual(a, b, places=places, msg=msg)
            else:
                self.assertAlmostEqual(a, b, msg=msg, delta=delta)

    def assertBetween(self, value: Any, minv: Any, maxv: Any, msg: Any = None) -> None:
        """Check that a value is in an interval, ends included."""
        self.assertTrue(
            minv <= value <= maxv, msg or f"{value!r} is not in [{minv!r}, {maxv!r}]"
        )

    def assertStartsWith(
        self, actual: str, expected_start: str, msg: Any = None
    ) -> None:
        """Check how a string begins."""
        self.assertTrue(
            actual.startswith(expected_start),
            msg or f"{actual!r} does not start with {expected_start!r}",
        )

    def assertEndsWith(self, actual: str, expected_end: str, msg: Any = None) -> None:
        """Check how a string ends."""
        self.assertTrue(
            actual.endswith(expected_end),
            msg or f"{actual!r} does not end with {expected_end!r}",
        )

    def assertContainsInOrder(
        self, strings: Iterable[str], target: str, msg: Any = None
    ) -> None:
        """Check that a text contains strings, one behind the other."""
        at = 0
        for string in strings:
            found = target.find(string, at)
            self.assertGreaterEqual(
                found, 0, msg or f"{string!r} is not behind the others in {target!r}"
            )
            at = found + len(string)

    @contextlib.contextmanager
    def assertRaisesWithLiteralMatch(
        self, expected_exception: type[BaseException], expected_exception_message: str
    ) -> Iterator[None]:
        """Check that a block raises an exception with exactly this message."""
        with self.assertRaises(expected_exception) as caught:
            yield
        self.assertEqual(str(caught.exception), expected_exception_message)

    def assertContainsSubsequence(
        self, container: Iterable[Any], subsequence: Iterable[Any], msg: Any = None
    ) -> None:
        """Check that elements appear in this order, perhaps with others between."""
        whole, part = list(container), list(subsequence)
        rest = iter(whole)
        found = all(any(x == wanted for x in rest) for wanted in part)
        self.assertTrue(found, msg or f"{part} is not a subsequence of {whole}")

    def assertContainsExactSubsequence(
        self, container: Iterable[Any], subsequence: Iterable[Any], msg: Any = None
    ) -> None:
        """Check that elements appear in this order, with nothing between."""
        whole, part = list(container), list(subsequence)
        starts = range(len(whole) - len(part) + 1)
        found = any(whole[i : i + len(part)] == part for i in starts)
        self.assertTrue(found, msg or f"{part} is not a part of {whole} in one piece")

    def assertTotallyOrdered(self, *groups: Iterable[Any], **kwargs: Any) -> None:
        """Check comparisons: equal inside a group, greater in each later group."""
        members = [(rank, x) for rank, group in enumerate(groups) for x in group]
        msg = kwargs.get("msg")
        for i, x in members:
            for k, y in members:
                self.assertEqual((x < y, x <= y), (i < k, i <= k), msg)
                self.assertEqual((x == y, x != y), (i == k, i != k), msg)
                self.assertEqual((x > y, x >= y), (i > k, i >= k), msg)

    def assertRegexMatch(
        self, actual_str: Any, regexes: Iterable[Any], message: Any = None
    ) -> None:
        """Check that a text contains what one of several patterns describes."""
        patterns = list(regexes)
        found = any(re.search(pattern, actual_str) for pattern in patterns)
        self.assertTrue(found, message or f"{actual_str!r} fits none of {patterns}")

    def assertProtoEquals(
        self,
        expected_message_maybe_ascii: Any,
        message: Any,
        msg: Any = None,
        relative_tolerance: float | None = None,
    ) -> None:
        """Check that a protocol buffer is another, or prints as a text does.

        A text is compared word by word: its fields are in the message's order.
        """
        expected, actual = expected_message_maybe_ascii, message
        if isinstance(expected, str | bytes):
            text = expected.decode() if isinstance(expected, bytes) else expected
            expected, actual = _words(text), _words(str(message))
        self.assertEqual(expected, actual, msg)


def _words(text: str) -> list[str]:
    """Return the names, values and braces of a message in text format."""
    return re.findall(r'"(?:\\.|[^"\\])*"|[{}]|[^\s{}:"]+', text)
