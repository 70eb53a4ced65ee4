"""Timelines and totals: files that Perfetto opens, clocks that agree."""

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import dist
from dist import timeline
from dist.contract import Settings
from dist.testing import run_ranks

ROOT = Path(__file__).parents[2]


def traced(group, directory):
    with dist.span("step"):
        if group.rank == 1:
            time.sleep(0.05)
        group.all_reduce(np.ones(1000))
    assert dist.stats()["world"]["all_reduce"]["calls"] == 1
    return str(dist.write_timeline(directory))


@pytest.mark.multiprocess
def test_a_timeline_of_all_ranks_shows_who_was_late(tmp_path):
    files = run_ranks(traced, 3, str(tmp_path), processes=True)
    assert files == [str(tmp_path / f"rank{rank}.json") for rank in range(3)]
    command = [sys.executable, "-m", "dist.timeline", str(tmp_path)]
    printed = subprocess.run(
        command, check=True, capture_output=True, text=True, cwd=ROOT
    )
    merged = Path(printed.stdout.strip())
    events = json.loads(merged.read_text())["traceEvents"]
    spans = [event for event in events if event["ph"] == "X"]
    assert sorted((e["name"], e["pid"]) for e in spans) == [
        *(("all_reduce", rank) for rank in range(3)),
        *(("step", rank) for rank in range(3)),
    ]
    calls = {event["pid"]: event for event in spans if event["name"] == "all_reduce"}
    assert {event["args"]["last_rank"] for event in calls.values()} == {1}
    assert calls[1]["args"]["lag_us"] == 0
    assert calls[0]["args"]["lag_us"] > 20_000
    assert "test_observation.py" in calls[0]["args"]["call"]
    ends = [event["ts"] + event["dur"] for event in calls.values()]
    assert max(ends) - min(ends) < 20_000, "the clocks of the ranks agree"


@pytest.mark.multiprocess
def test_the_setting_writes_a_timeline_at_the_end(tmp_path):
    settings = Settings(timeline=str(tmp_path / "traces"))
    run_ranks(lambda group: group.barrier(), 2, processes=True, settings=settings)
    merged = timeline.merge(tmp_path / "traces")
    names = [e["name"] for e in json.loads(merged.read_text())["traceEvents"]]
    assert names.count("barrier") == 2


def test_merging_nothing_says_what_to_set(tmp_path):
    with pytest.raises(FileNotFoundError, match="RINGFLOW_TIMELINE"):
        timeline.merge(tmp_path)
