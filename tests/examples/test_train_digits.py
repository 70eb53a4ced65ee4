"""The first example a user runs: alone, through Keras, and on several processes."""

import re
from functools import cache

import pytest

from tests.support.program import ROOT, run_program

EXAMPLE = ROOT / "examples" / "train_digits.py"
LAUNCH = ("-m", "launcher")
SHORT = ("--epochs", 2)


@cache
def train(*arguments, workers=0):
    """What a training prints, started bare or by `launch`."""
    launch = (*LAUNCH, "-n", workers) if workers else ()
    done = run_program(*launch, EXAMPLE, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def losses(output):
    return [float(loss) for loss in re.findall(r"loss:? (\d+\.\d+)", output)]


def epochs(output):
    """The numbers of the epochs in the order in which they were reported."""
    return [int(n) for n in re.findall(r"^epoch +(\d+)/", output, re.MULTILINE)]


def digests(output):
    return re.findall(r"^weights of rank \d+: ([0-9a-f]{8})$", output, re.MULTILINE)


def test_one_process_counts_every_image_once_and_reports():
    output = train(*SHORT)
    assert epochs(output) == [1, 2]
    assert output.count(": 1437 images, ") == 2
    assert losses(output)[1] < losses(output)[0]
    assert len(re.findall(r"^test accuracy: 0\.\d\d$", output, re.MULTILINE)) == 1
    assert len(digests(output)) == 1


def test_the_same_seed_gives_the_same_weights_and_another_seed_others():
    first = train(*SHORT)
    again = train("--epochs", "2")
    other = train(*SHORT, "--seed", 2)
    assert again == first
    assert digests(other) != digests(first)


@pytest.mark.multiprocess
@pytest.mark.parametrize("workers", [1, 2, 3, pytest.param(8, marks=pytest.mark.slow)])
def test_any_number_of_processes_ends_at_the_same_loss(workers):
    output = train(*SHORT, workers=workers)
    assert epochs(output) == [1, 2], "progress is printed once, not once a process"
    assert losses(output) == pytest.approx(losses(train(*SHORT)), rel=1e-4)
    assert len(digests(output)) == workers
    assert len(set(digests(output))) == 1


@pytest.mark.multiprocess
def test_a_batch_that_the_processes_cannot_share_evenly_counts_once():
    odd = ("--epochs", 1, "--batch-size", 50)
    output = train(*odd, workers=3)
    assert ": 1437 images, " in output
    assert losses(output) == pytest.approx(losses(train(*odd)), rel=1e-4)


def test_fit_trains_with_the_progress_bar_of_keras():
    output = train(*SHORT, "--fit")
    assert "Epoch 1/2" in output
    assert "23/23 [==============================]" in output
    assert len(digests(output)) == 1


@pytest.mark.multiprocess
def test_fit_on_two_processes_speaks_once_and_ends_at_the_same_loss():
    output = train(*SHORT, "--fit", workers=2)
    assert output.count("Epoch 1/2") == 1
    alone = losses(train(*SHORT, "--fit"))
    assert losses(output)[-1] == pytest.approx(alone[-1], abs=1e-4)
    assert len(digests(output)) == 2
    assert len(set(digests(output))) == 1


def test_plot_writes_a_picture(tmp_path):
    picture = tmp_path / "digits.png"
    train("--epochs", 1, "--plot", picture)
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("module", "package", "arguments"),
    [
        ("sklearn", "scikit-learn", []),
        ("matplotlib", "matplotlib", ["--plot", "digits.png"]),
    ],
)
def test_a_missing_library_is_named_with_what_to_install(module, package, arguments):
    code = f"""
import runpy, sys
from importlib.machinery import PathFinder
class Missing:
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] != {module!r}:
            return PathFinder.find_spec(name, path, target)
sys.meta_path[sys.meta_path.index(PathFinder)] = Missing
sys.argv[1:] = {arguments}
runpy.run_path({str(EXAMPLE)!r}, run_name="__main__")
"""
    done = run_program("-c", code)
    assert done.returncode == 1
    assert f"ImportError: train_digits needs {package}." in done.stderr
    assert "pip install 'ringflow[examples]'" in done.stderr
