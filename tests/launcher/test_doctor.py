"""`launch doctor`: facts about the machine, and a self test."""

import subprocess
import sys

import pytest

from launcher import doctor
from tests.launcher.launching import REPOSITORY


def found(environment):
    return {finding.subject: finding for finding in doctor.findings(environment)}


def test_findings_name_cores_packages_and_membership(monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(2)))
    monkeypatch.setattr("launcher.doctor.cpu_quota", lambda: 2.0)
    findings = found({"OMP_NUM_THREADS": "2"})

    assert "numpy" in findings["packages"].fact
    assert "control group allows 2" in findings["cores"].fact
    assert findings["threads"].fact == "set by you: OMP_NUM_THREADS=2"
    assert "no scheduler" in findings["started by"].fact


def test_a_scheduler_is_named_and_a_contradiction_is_marked():
    torchrun = {"RANK": "1", "WORLD_SIZE": "2", "LOCAL_RANK": "1",
                "LOCAL_WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1",
                "MASTER_PORT": "5000"}  # fmt: skip

    assert found(torchrun)["started by"].fact == "torchrun: rank 1 of 2"
    broken = found(torchrun | {"RANK": "5"})["started by"]
    assert broken.fact == "contradictory variables"
    assert str(broken).startswith("! started by")


def test_little_shared_memory_is_marked_with_a_remedy():
    assert "--shm-size" in doctor._shared_memory(64 << 20).advice
    assert doctor._shared_memory(1 << 30).advice == ""


def test_a_host_name_without_an_address_is_a_fact(monkeypatch):
    def fail(_):
        raise OSError

    monkeypatch.setattr("socket.gethostbyname", fail)
    assert "resolves to nothing" in doctor._host().fact
    monkeypatch.setattr("socket.gethostbyname", lambda _: "10.0.0.7")
    assert doctor._host().fact.endswith("(10.0.0.7)")


def test_packages_that_are_missing_are_named(monkeypatch):
    monkeypatch.setattr(doctor, "PACKAGES", ("no-such-package",))
    assert "no-such-package not installed" in found({})["packages"].fact


def test_arguments_are_refused(capsys):
    assert doctor.main(["--fix"]) == 2
    assert "`doctor` takes no arguments" in capsys.readouterr().err


def test_a_wrong_mean_is_an_error(monkeypatch):
    class Wrong:
        rank = 0

        def barrier(self):
            pass

        def all_reduce(self, array, op):
            array += len(op)

    monkeypatch.setattr("dist.init", Wrong)
    with pytest.raises(
        ArithmeticError, match=r"mean of ones came out as 81\.0 on rank 0"
    ):
        doctor.measure()


@pytest.mark.multiprocess
def test_a_self_test_that_fails_says_why():
    def broken():
        raise ArithmeticError("one and one is three")

    finding, has_passed = doctor.self_test(broken)

    assert not has_passed
    assert "ArithmeticError: one and one is three" in finding.fact


@pytest.mark.multiprocess
def test_the_doctor_finds_this_machine_fit():
    done = subprocess.run(
        [sys.executable, "-m", "launcher", "doctor"],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "all_reduce of 4 bytes in" in done.stdout
