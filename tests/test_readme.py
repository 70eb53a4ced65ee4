"""What the README shows is true: its script runs, its files and commands exist."""

import re

import pytest

from tests.support.program import ROOT, run_program

README = (ROOT / "README.md").read_text("utf-8")


@pytest.fixture
def script(tmp_path):
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    path = tmp_path / "train.py"
    path.write_text(code)
    return path


def test_its_script_trains(script):
    done = run_program(script)
    assert done.returncode == 0, done.stderr
    assert "Epoch 5/5" in done.stdout


@pytest.mark.multiprocess
def test_its_script_trains_under_launch(script):
    done = run_program("-m", "launcher", "-n", 2, script)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Epoch 5/5") == 1


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_every_file_it_names_exists(document):
    text = (ROOT / document).read_text("utf-8")
    named = re.findall(r"\]\(([^)#:]+)\)", text)
    named += re.findall(r"(?<![\w/])((?:examples|tests|tensor|\.ci)/[\w/]+\.\w+)", text)
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []
