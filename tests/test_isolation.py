"""The guards around every test catch what they say they catch."""

import os
import shutil
import subprocess
import sys
import threading
from multiprocessing import shared_memory

import pytest

from tests.support import leaks
from tests.support.environment import outside_any_job
from tests.support.program import ROOT, run_program


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


CARELESS_TESTS = """
import os
import random
from tests.support import leaks

leaks.GRACE_S = 0.05
random.seed()
drawn = []

def test_that_leaves_a_pipe_open():
    os.pipe()
    drawn.append(random.random())

def test_that_sees_a_job():
    assert "WORLD_SIZE" not in os.environ
    os.environ["WORLD_SIZE"] = "4"
    drawn.append(random.random())

def test_that_sees_what_the_others_did():
    assert "WORLD_SIZE" not in os.environ
    assert drawn[0] == drawn[1] == random.random()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="descriptors are read from /proc")
def test_the_guards_stand_around_every_test(tmp_path, monkeypatch):
    for name in ("conftest.py", "__init__.py", "support"):
        copy = shutil.copytree if (ROOT / "tests" / name).is_dir() else shutil.copy
        (tmp_path / "tests").mkdir(exist_ok=True)
        copy(ROOT / "tests" / name, tmp_path / "tests" / name)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "tests" / "test_careless.py").write_text(CARELESS_TESTS)
    monkeypatch.setenv("WORLD_SIZE", "2")
    done = run_program("-m", "pytest", "-q", cwd=tmp_path)
    assert "3 passed, 1 error" in done.stdout
    assert "the test left behind:\n  file descriptor" in done.stdout
