"""Hosts that are real to the kernel: namespaces, cables, and a cable that is cut."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.network import NotPermittedError, network

pytestmark = pytest.mark.multiprocess

PROGRAM = Path(__file__).with_name("network_job.py")


@pytest.mark.parametrize(
    ("hosts", "per_host", "encryption"),
    [
        (2, 2, "auto"),
        (3, 1, "off"),
        pytest.param(3, 2, "off", marks=pytest.mark.slow),
        pytest.param(4, 2, "auto", marks=pytest.mark.slow),
    ],
)
def test_a_cut_cable_is_an_error_on_all_ranks_within_five_seconds(
    hosts, per_host, encryption
):
    try:
        with network(hosts) as wires:
            cut_a_cable(wires, hosts, per_host, encryption)
    except NotPermittedError as error:
        pytest.skip(f"network namespaces are not permitted here: {error}")


def cut_a_cable(wires, hosts, per_host, encryption):
    size = hosts * per_host
    arguments = [wires.hub_address, str(per_host), encryption, *wires.hosts]
    command = wires.inside(wires.hub, sys.executable, str(PROGRAM), *arguments)
    job = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        ready = [json.loads(job.stdout.readline()) for _ in range(size)]
        cut_s = time.monotonic()
        wires.cut(hosts - 1)
        ended = [json.loads(job.stdout.readline()) for _ in range(size)]
        took_s = time.monotonic() - cut_s
        assert job.wait(timeout=10) == 0
    finally:
        job.kill()
        job.stdout.close()
        job.wait()
    transport = "hierarchy" if per_host > 1 else "ring"
    for line in ready:
        assert line["transport"] == transport
        host = line["rank"] // per_host
        assert line["bound"].startswith(f"tcp://{wires.address(host)}:")
    assert {line["rank"] for line in ended} == set(range(size))
    assert {line["error"] for line in ended} == {"WorkerLostError"}, ended
    assert took_s < 5.0
    cut_ranks = range(size - per_host, size)
    for line in ended:
        if line["rank"] not in cut_ranks:
            assert any(f"rank {rank} (host" in line["text"] for rank in cut_ranks)
        else:
            assert "cannot be reached" in line["text"]
