"""The tutorials' scripts run alone and under `launch`, and learn what they should."""

import re

import pytest

from tests.support.program import ROOT, run_program

EXAMPLES = ROOT / "examples"


def output_of(*arguments: object) -> str:
    done = run_program(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def launched(script: str, *arguments: object) -> str:
    return output_of("-m", "launcher", "-n", 2, EXAMPLES / script, *arguments)


def last_results(text: str) -> list[str]:
    return re.findall(r"test loss .*", text)


@pytest.mark.multiprocess
def test_mirrored_keras_ends_alike_on_one_replica_on_threads_and_in_processes() -> None:
    script, epochs = EXAMPLES / "mirrored_keras.py", ("--epochs", 3)
    alone = output_of(script, *epochs)
    assert float(last_results(alone)[0].rpartition(" ")[2]) > 0.9
    on_threads = output_of(script, *epochs, "--devices", 2)
    assert "replicas: 2" in on_threads
    assert last_results(on_threads) == last_results(alone)
    processes = launched("mirrored_keras.py", *epochs)
    assert "replicas: 2" in processes
    assert set(last_results(processes)) == set(last_results(alone))


@pytest.mark.multiprocess
def test_multi_worker_keras_saves_its_model_once(tmp_path) -> None:
    text = launched("multi_worker_keras.py", "--epochs", 4, "--folder", tmp_path)
    assert "workers: 2" in text
    assert float(re.findall(r"^.*loss .*accuracy (.*)", text, re.MULTILINE)[-1]) > 0.95
    assert (tmp_path / "model.keras").exists()
    assert not list((tmp_path / "backup").glob("**/*.data*"))  # nothing to go on with


@pytest.mark.multiprocess
def test_a_custom_loop_goes_on_from_its_checkpoint(tmp_path) -> None:
    script = "multi_worker_custom_loop.py"
    first = launched(script, "--epochs", 2, "--folder", tmp_path)
    assert "workers: 2" in first
    assert "epoch 2: loss" in first
    second = output_of(EXAMPLES / script, "--epochs", 3, "--folder", tmp_path)
    assert "going on after epoch 2" in second
    assert "epoch 3: loss" in second
    assert "epoch 1: loss" not in second
