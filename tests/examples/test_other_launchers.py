"""The same script, unchanged, under whatever starts it: what they set is simulated."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys

import pytest

from tests.support.program import ROOT, run_program

pytestmark = pytest.mark.multiprocess

SCRIPT = [ROOT / "examples" / "train_digits.py", "--epochs", "1"]


def two_free_ports():
    with socket.socket() as one, socket.socket() as other:
        for probe in (one, other):
            probe.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


def torchrun(rank, *, ports, job):
    return {
        "RANK": rank,
        "LOCAL_RANK": rank,
        "WORLD_SIZE": 2,
        "LOCAL_WORLD_SIZE": 2,
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": ports[0],
        "TORCHELASTIC_RUN_ID": job,
    }


def srun(rank, *, ports, **_):
    return {
        "SLURM_JOB_ID": ports[0],
        "SLURM_STEP_ID": 0,
        "SLURM_PROCID": rank,
        "SLURM_LOCALID": rank,
        "SLURM_STEP_NUM_TASKS": 2,
        "SLURM_STEP_TASKS_PER_NODE": 2,
        "SLURM_STEP_NODELIST": "localhost",
    }


def mpirun(rank, *, job, **_):
    return {
        "OMPI_COMM_WORLD_RANK": rank,
        "OMPI_COMM_WORLD_LOCAL_RANK": rank,
        "OMPI_COMM_WORLD_SIZE": 2,
        "OMPI_COMM_WORLD_LOCAL_SIZE": 2,
        "PMIX_NAMESPACE": job,
    }


def tf_config(rank, *, ports, **_):
    workers = [f"127.0.0.1:{port}" for port in ports]
    task = {"type": "worker", "index": rank}
    return {"TF_CONFIG": json.dumps({"cluster": {"worker": workers}, "task": task})}


def as_text(variables):
    return {name: str(value) for name, value in variables.items()}


def weights(printed):
    return re.findall(r"^weights of rank \d: (\w+)$", printed, re.MULTILINE)


@pytest.fixture(scope="module")
def expected():
    done = run_program("-m", "launcher", "-q", "-n", "2", *SCRIPT)
    assert done.returncode == 0, done.stderr
    return weights(done.stdout)


@pytest.mark.parametrize("launcher", [torchrun, srun, mpirun, tf_config])
def test_the_weights_are_those_of_launch(launcher, expected, tmp_path):
    ports = two_free_ports()
    notes = tmp_path / "notes"
    notes.mkdir(mode=0o700)
    processes = [
        subprocess.Popen(
            [sys.executable, *map(str, SCRIPT)],
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "RINGFLOW_RENDEZVOUS_DIR": str(notes),
                # One BLAS thread, as under `launch -n 2` on a small machine.
                "OMP_NUM_THREADS": "1",
                **as_text(launcher(rank, ports=ports, job=tmp_path.name)),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for rank in range(2)
    ]
    printed = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], printed
    assert weights(printed[0]) == expected
    assert weights(printed[1]) == []  # the chief speaks for all


@pytest.mark.skipif(not shutil.which("mpirun"), reason="there is no mpirun here")
def test_a_real_mpirun_starts_it(expected):
    root = ["--allow-run-as-root"] if os.getuid() == 0 else []
    done = subprocess.run(
        ["mpirun", *root, "--oversubscribe", "-n", "2", sys.executable]
        + [str(word) for word in SCRIPT],
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert weights(done.stdout) == expected
