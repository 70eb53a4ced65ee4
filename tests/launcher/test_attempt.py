"""The workers of one attempt, without the loop that decides about them."""

import signal
import time
from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest

from launcher.attempt import Attempt
from launcher.config import LaunchConfig, Program
from launcher.job import make_job


@pytest.mark.multiprocess
def test_a_worker_is_replaced_while_nobody_reads_the_output(tmp_path):
    script = tmp_path / "sleep.py"
    script.write_text("import time\ntime.sleep(60)\n")
    job = make_job(LaunchConfig(1, Program(str(script)), servers=1), {})
    received = MagicMock()
    output = SimpleNamespace(
        is_behind=True,
        deadline=None,
        received=received,
        tick=MagicMock(),
        ended=MagicMock(),
        log=MagicMock(),
        last_errors=lambda _: [],
    )
    with Attempt(job, output, MagicMock()) as attempt:
        attempt.start(lambda _: None)
        attempt.wait()
        attempt.send(signal.SIGKILL)
        deadline = time.monotonic() + 20
        while any(worker.is_running for worker in attempt.state.workers):
            assert time.monotonic() < deadline
            attempt.wait()
        script.write_text("print('back', flush=True)\nimport time\ntime.sleep(60)\n")
        attempt.replace_worker(attempt.state.workers[-1].rank)
        output.is_behind = False
        while not received.called:
            assert time.monotonic() < deadline
            attempt.wait()
    assert received.call_args.args[2] == b"back\n"
