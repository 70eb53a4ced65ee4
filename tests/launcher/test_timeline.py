"""`--timeline FILE`: what all ranks did, in one file."""

import json

import pytest

from launcher.errors import UsageError
from launcher.traces import Traces
from tests.launcher.launching import launch


def spans(file):
    """The recorded calls as (rank, name), in order of time."""
    events = json.loads(file.read_text())["traceEvents"]
    calls = sorted((e for e in events if e["ph"] == "X"), key=lambda e: e["ts"])
    return [(event["pid"], event["name"]) for event in calls]


@pytest.mark.multiprocess
def test_a_timeline_holds_the_calls_of_all_ranks_and_attempts(script, tmp_path):
    path = script("""
        import dist
        group = dist.init()
        group.barrier()
        dist.destroy()
        if RANK == 1 and os.environ["RESTART_COUNT"] == "0":
            sys.exit(3)
    """)
    file = tmp_path / "trace.json"

    done = launch("-n", 2, "--restarts", 1, "--timeline", file, path)

    assert done.status == 0, done.err
    assert sorted(spans(file)) == [(0, "barrier")] * 2 + [(1, "barrier")] * 2
    assert f"timeline of 2 ranks in {file}: open it at" in done.err


@pytest.mark.multiprocess
def test_a_job_that_never_talks_leaves_an_empty_timeline(script, tmp_path):
    file = tmp_path / "trace.json"

    done = launch("-n", 1, "--timeline", file, script("pass"))

    assert spans(file) == []
    assert "no worker joined the job and left in good order" in done.err


@pytest.mark.parametrize("name", ["", "missing/trace.json"])
def test_a_file_that_cannot_be_written_is_named_before_the_job_starts(tmp_path, name):
    with pytest.raises(UsageError, match="`--timeline` needs a file to write to"):
        Traces(tmp_path / name)
