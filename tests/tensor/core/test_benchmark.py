"""tf.test.Benchmark, and assertions on protocol buffers."""

from __future__ import annotations

import pytest

import tensor as tf


class Adding(tf.test.Benchmark):
    """A benchmark as users write it."""

    def benchmark_report(self) -> None:
        self.report_benchmark(
            iters=3,
            wall_time=0.5,
            extras={"parts": 2, "kind": "small"},
            metrics=[{"name": "loss", "value": 3.0}],
        )

    def benchmark_session(self) -> dict[str, object]:
        with tf.Graph().as_default():
            total = tf.constant(1.0) + 2.0
            with tf.compat.v1.Session() as session:
                assert self.evaluate(total) == 3
                return self.run_op_benchmark(session, total, min_iters=2, mbs=1.0)


def test_a_report_is_printed_as_a_message(capsys: pytest.CaptureFixture[str]) -> None:
    Adding().benchmark_report()
    expected = (
        'entry { name: "Adding.benchmark_report" iters: 3 wall_time: 0.5 '
        'extras { key: "parts" value { double_value: 2 } } '
        'extras { key: "kind" value { string_value: "small" } } '
        'metrics { name: "loss" value: 3 } }'
    )
    assert " ".join(capsys.readouterr().out.split()) == expected


def test_a_session_is_timed(capsys: pytest.CaptureFixture[str]) -> None:
    result = Adding().benchmark_session()
    assert 'name: "Adding.benchmark_session"' in capsys.readouterr().out
    assert result["iters"] == 2
    assert result["throughput"] == pytest.approx(1.0 / result["wall_time"])  # type: ignore[operator]


def test_only_subclasses_measure() -> None:
    assert tf.test.Benchmark.is_abstract()
    assert not Adding.is_abstract()
    assert Adding().evaluate([tf.constant(2), None]) == [2, None]


def test_messages_are_compared_with_messages_and_texts() -> None:
    feature = tf.train.Feature(int64_list=tf.train.Int64List(value=[1, 2]))
    case = tf.test.TestCase()
    case.assertProtoEquals("int64_list { value: 1\n value: 2 }", feature)
    case.assertProtoEquals(
        tf.train.Feature.FromString(bytes(feature.SerializeToString())), feature
    )
    with pytest.raises(AssertionError):
        case.assertProtoEquals("int64_list { value: 1 }", feature)
