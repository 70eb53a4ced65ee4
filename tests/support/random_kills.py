"""Trains twice, once undisturbed and once under kills, and compares what is left."""

import json
import os
import re
import socket
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[2]
PROGRAM = Path(__file__).with_name("killed_training.py")
SECONDS_PER_ATTEMPT = 30.0  # on a busy machine; mostly it is one or two
MARK = "MARKED_BY_RANDOM_KILLS"


@dataclass(frozen=True)
class Outcome:
    """What became of a training under kills.

    Attributes:
        kills: how many workers were killed.
        continued: how many attempts found a newer checkpoint than all before.
        weights_are_equal: whether the weights are those of the undisturbed training.
        left_behind: what is left of the job: processes, shared memory, drafts of
            files, or descriptors and threads of `launch` that grew from attempt to
            attempt.
        seconds: how long it took.
        output: what `launch` said.
    """

    kills: int
    continued: int
    weights_are_equal: bool
    left_behind: list[str]
    seconds: float
    output: str


def kill_at_random(
    folder: Path, how: str, *, workers: int, kills: int, seed: int, hosts: int = 1
) -> Outcome:
    """Train with and without kills; raise if either does not get to its end.

    With several `hosts` there is one `launch` for each, all on this one, and `workers`
    under each of them.
    """
    # Every attempt but the last ends within a dozen steps, of which there are six in an
    # epoch: there is something left to do for all of them.
    epochs = 4 + kills
    undisturbed, disturbed = folder / "undisturbed", folder / "disturbed"
    size = workers * hosts
    _launch(undisturbed, how, epochs, workers=size, kills=0, seed=seed)
    segments = set(_segments())
    mark = uuid.uuid4().hex
    started_s = time.monotonic()
    output = _launch(
        disturbed,
        how,
        epochs,
        workers=workers,
        kills=kills,
        seed=seed,
        hosts=hosts,
        mark=mark,
    )
    seconds = time.monotonic() - started_s
    return Outcome(
        kills=len(re.findall("starting all workers again", output)),
        continued=len({attempt["latest"] for attempt in _attempts(disturbed)} - {0}),
        weights_are_equal=_weights(undisturbed) == _weights(disturbed),
        left_behind=[
            *_processes(mark),
            *(name for name in _segments() if name not in segments),
            *(str(path) for path in disturbed.rglob("*draft*")),
            *_growth(disturbed),
        ],
        seconds=seconds,
        output=output,
    )


def _launch(
    folder: Path,
    how: str,
    epochs: int,
    *,
    workers: int,
    kills: int,
    seed: int,
    hosts: int = 1,
    mark: str = "",
) -> str:
    """Run a training to its end; return what the first host's `launch` said."""
    folder.mkdir()
    launch = [sys.executable, "-m", "launcher", "-n", workers, "--restarts", kills]
    program = [PROGRAM, how, folder, epochs, kills, seed]
    running = [
        subprocess.Popen(
            [str(word) for word in (*launch, *of_host, *program)],
            env={**os.environ, "PYTHONPATH": str(ROOT), MARK: mark},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for of_host in _options_of_hosts(folder, hosts)
    ]
    timeout_s = (kills + 2) * SECONDS_PER_ATTEMPT
    outputs = [process.communicate(timeout=timeout_s)[0] for process in running]
    for process, output in zip(running, outputs, strict=True):
        assert process.returncode == 0, "\n".join(output.splitlines()[-40:])
    return outputs[0]


def _options_of_hosts(folder: Path, hosts: int) -> list[list[object]]:
    """Return what the command of each host says beyond the others'."""
    if hosts == 1:
        return [[]]
    key = folder / "key"
    key.touch(mode=0o600)
    key.write_text("a secret that is long enough")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    common = ["--nodes", hosts, "--coordinator", address, "--key-file", key]
    return [[*common, "--node-rank", node] for node in range(hosts)]


def _weights(folder: Path) -> list[bytes]:
    with np.load(folder / "weights.npz") as arrays:
        return [arrays[name].tobytes() for name in arrays.files]


def _segments() -> list[str]:
    """Shared memory of this package; other programs have some too."""
    return [name for name in os.listdir("/dev/shm") if "ringflow" in name]


def _processes(mark: str) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if f"{MARK}={mark}".encode() in (path / "environ").read_bytes():
                found.append(f"process {path.name}")
        except OSError:
            continue  # not ours, or gone
    return found


def _attempts(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "attempts.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def _growth(folder: Path) -> list[str]:
    """What `launch` held more of in the last attempt than in the first."""
    attempts = [attempt["held"] for attempt in _attempts(folder)]
    first, last = attempts[0], attempts[-1]
    return [
        f"launch held {first[kind]} {kind} at first and {last[kind]} in the end"
        for kind in first
        if last[kind] > first[kind]
    ]
