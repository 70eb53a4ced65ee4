"""The guards around every test catch what they say they catch."""

import os
import subprocess
import sys
import threading
from multiprocessing import shared_memory

import pytest

from tests.support import leaks
from tests.support.environment import outside_any_job


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(leaks, "GRACE_S", 0.05)


@pytest.mark.usefixtures("impatient")
class TestLeaks:
    def test_nothing_is_reported_when_nothing_is_left(self):
        assert leaks.leaks_since(leaks.snapshot()) == []

    def test_a_running_thread_is_named_with_its_stack(self):
        before = leaks.snapshot()
        release = threading.Event()
        thread = threading.Thread(target=release.wait, name="forgotten")
        thread.start()
        found = "\n".join(leaks.leaks_since(before))
        release.set()
        thread.join()
        assert "thread 'forgotten'" in found
        assert "threading.py" in found

    @pytest.mark.skipif(sys.platform != "linux", reason="children are read from /proc")
    def test_a_child_that_nobody_waited_for_is_named(self):
        before = leaks.snapshot()
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=-1) as child:
            found = leaks.leaks_since(before)
            child.communicate(b"\n")
        assert any(f"child process {child.pid}" in line for line in found)
        assert leaks.leaks_since(before) == []

    @pytest.mark.skipif(sys.platform != "linux", reason="read from /proc")
    def test_an_open_file_descriptor_is_named(self):
        before = leaks.snapshot()
        reading, writing = os.pipe()
        found = leaks.leaks_since(before)
        os.close(reading)
        os.close(writing)
        assert sum("-> pipe:" in line for line in found) == 2

    @pytest.mark.skipif(sys.platform != "linux", reason="read from /dev/shm")
    def test_a_segment_that_was_not_unlinked_is_named(self):
        before = leaks.snapshot()
        segment = shared_memory.SharedMemory(create=True, size=8)
        found = leaks.leaks_since(before)
        segment.close()
        segment.unlink()
        assert any(segment.name in line for line in found)
        assert leaks.leaks_since(before) == []


def test_membership_in_a_job_is_hidden_and_restored(monkeypatch):
    monkeypatch.setenv("TF_CONFIG", "{}")
    monkeypatch.setenv("SLURM_PROCID", "3")
    with outside_any_job():
        assert "TF_CONFIG" not in os.environ
        assert "SLURM_PROCID" not in os.environ
        os.environ["RANK"] = "1"
    assert os.environ["TF_CONFIG"] == "{}"
    assert "RANK" not in os.environ
