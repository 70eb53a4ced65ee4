"""Processes that know each other from TF_CONFIG alone, without a launcher."""

import json
import os
import subprocess
import sys

import pytest

from tests.strategies.parameter_server.conftest import free_address
from tests.support.program import ROOT

pytestmark = pytest.mark.multiprocess


def test_bare_processes_with_tf_config_find_each_other(tmp_path):
    cluster = {
        "chief": [free_address()],
        "worker": [free_address(), free_address()],
        "ps": [free_address()],
    }
    script = tmp_path / "train.py"
    script.write_text(
        """
import os, time, tensor as tf
strategy = tf.distribute.ParameterServerStrategy(
    tf.distribute.cluster_resolver.TFConfigClusterResolver()
)
coordinator = tf.distribute.coordinator.ClusterCoordinator(strategy)
with strategy.scope():
    total = tf.Variable(0.0)

@tf.function
def work():
    total.assign_add(1.0)
    tf.py_function(lambda: time.sleep(0.02), [], [])
    return tf.distribute.coordinator.experimental_get_current_worker_index()

seen, scheduled = set(), 0
while len(seen) < 2:
    values = [coordinator.schedule(work) for _ in range(4)]
    seen |= set(map(int, coordinator.fetch(values)))
    scheduled += 4
coordinator.join()
print(sorted(seen), total.numpy() == scheduled)
"""
    )

    def start(role, index):
        task = {"cluster": cluster, "task": {"type": role, "index": index}}
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "TF_CONFIG": json.dumps(task),
            "RINGFLOW_RENDEZVOUS_DIR": str(tmp_path / "keys"),
        }
        return subprocess.Popen(
            [sys.executable, str(script)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    processes = [start("worker", 0), start("ps", 0), start("worker", 1)]
    processes.append(start("chief", 0))
    try:
        outs = [p.communicate(timeout=60) for p in processes]
        assert [p.returncode for p in processes] == [0, 0, 0, 0], outs
        assert outs[-1][0] == b"[0, 1] True\n"
    finally:
        for process in processes:
            process.kill()
            process.wait()
