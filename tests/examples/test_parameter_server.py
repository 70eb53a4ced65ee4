"""The examples with parameter servers, as a user runs them."""

from __future__ import annotations

import re

import pytest

from tests.support.program import ROOT, run_program

LAUNCH = ("-m", "launcher", "-n", 2, "--ps", 1)
LOOP = ROOT / "examples" / "parameter_server.py"
FIT = ROOT / "examples" / "parameter_server_fit.py"


def accuracy(output: str) -> float:
    return float(re.findall(r"steps, accuracy ([\d.]+)", output)[-1])


@pytest.mark.parametrize("updates", ["asynchronous", "synchronous"])
def test_the_custom_loop_learns(updates):
    done = run_program(*LAUNCH, LOOP, "--epochs", 3, "--updates", updates)
    assert done.returncode == 0, done.stderr
    assert accuracy(done.stdout) > 0.95
    assert done.stdout.count("epoch ") == 3  # the coordinator alone prints
    assert "4/4 ok" in done.stderr


def test_the_custom_loop_goes_on_from_its_checkpoints(tmp_path):
    arguments = (LOOP, "--steps", 20, "--checkpoints", tmp_path)
    first = run_program(*LAUNCH, *arguments, "--epochs", 2)
    assert first.returncode == 0, first.stderr
    second = run_program(*LAUNCH, *arguments, "--epochs", 3)
    assert second.returncode == 0, second.stderr
    assert "going on after epoch 2" in second.stdout
    assert re.search(r"^60 steps", second.stdout, re.MULTILINE)


def test_fit_learns_and_goes_on_from_its_backup(tmp_path):
    done = run_program(*LAUNCH, FIT, "--backup", tmp_path / "backup")
    assert done.returncode == 0, done.stderr
    assert accuracy(done.stdout) > 0.75
    assert done.stdout.count("40/40") == 5
    assert re.search(r"^200 steps", done.stdout, re.MULTILINE)
