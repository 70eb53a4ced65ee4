"""What strategies refuse before any process is asked."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import tensor as tf
from dist.testing import run_ranks
from strategies import input_distribution
from strategies.collectives import gather_uneven

ClusterSpec = tf.train.ClusterSpec
WORKERS = {"worker": {0: "a:1", 2: "c:1"}}


def set_inside_a_scope() -> None:
    strategy = tf.distribute.MirroredStrategy(["CPU:0"])
    with strategy.scope():
        tf.distribute.experimental_set_strategy(strategy)


REFUSED: dict[str, tuple[Any, type[Exception], str]] = {
    "a cluster that is a list": (
        lambda: ClusterSpec(["a:1"]),
        TypeError,
        "must be a dictionary mapping one or more job names",
    ),
    "tasks that are one address": (
        lambda: ClusterSpec({"worker": "a:1"}),
        TypeError,
        "The tasks for job 'worker' must be a list or a dictionary",
    ),
    "a task between two others": (
        lambda: ClusterSpec(WORKERS).task_address("worker", 1),
        ValueError,
        r"No task with index 1 in job 'worker'\. There are \[0, 2\]",
    ),
    "a job that is not there": (
        lambda: ClusterSpec(WORKERS).num_tasks("ps"),
        ValueError,
        r"No such job in cluster: 'ps'. There are \['worker'\]",
    ),
    "a strategy inside another's scope": (
        set_inside_a_scope,
        RuntimeError,
        "Must not be called inside a `tf.distribute.Strategy` scope",
    ),
    "an empty batch of ragged rows": (
        lambda: input_distribution._empty_like(tf.RaggedTensorSpec([None, None])),
        ValueError,
        "run out of data before others, and an empty batch",
    ),
}


@pytest.mark.parametrize(
    ("call", "error", "words"), REFUSED.values(), ids=REFUSED.keys()
)
def test_refused(call: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()


def test_a_tf_config_that_is_no_json_is_quoted(monkeypatch: Any) -> None:
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": {}})[:-1])
    with pytest.raises(ValueError, match=r"TF_CONFIG is not valid JSON: .* It is '{"):
        tf.distribute.cluster_resolver.TFConfigClusterResolver()


def test_fewer_files_than_workers_cannot_be_shared_out_by_file(tmp_path: Any) -> None:
    files = tf.data.TextLineDataset([str(tmp_path / "a"), str(tmp_path / "b")])
    three: Any = SimpleNamespace(num_processes=3, process_id=0)
    policy = tf.data.experimental.AutoShardPolicy
    shard = input_distribution._by_file
    assert shard(files.batch(2), three, policy.AUTO) is None
    with pytest.raises(tf.errors.InvalidArgumentError, match="2 for 3 workers"):
        shard(files.batch(2), three, policy.FILE)


def gather(group: Any) -> Any:
    x = np.ones((2, 2 + group.rank))
    with pytest.raises(ValueError, match="differ in other dimensions") as raised:
        gather_uneven(group, x, 0)
    return gather_uneven(group, x, 1)[1].shape, str(raised.value)


def test_arrays_that_differ_across_the_axis_are_not_joined() -> None:
    for shape, words in run_ranks(gather, 2, transport="threads"):
        assert shape == (2, 3)
        assert "gather along axis 0: the shapes of the ranks [[2, 2], [2, 3]]" in words
