"""Every pipeline gives TensorFlow's elements (see tests/oracle/data_values.py)."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensor as tf
from tensor.core import seed
from tests.tensor.data.pipelines import PIPELINES

EXPECTED = json.loads(Path(__file__).with_name("oracle_values.json").read_text())
MANY = 40
# Random choices that are ours: TensorFlow's depend on the inner workings of its ops.
OUR_OWN = {"sample", "resample"}


@pytest.fixture(autouse=True)
def no_global_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Orders under test follow from the seeds that the pipelines name alone."""
    monkeypatch.setattr(seed, "_seeds", seed._Seeds())


def plain(value: Any) -> Any:
    listed = np.asarray(value).tolist()
    return json.loads(json.dumps(listed, default=lambda b: b.decode("latin-1")))


@pytest.mark.parametrize("name", PIPELINES)
def test_elements_counts_and_specs_are_tensorflows(name: str) -> None:
    expected, dataset = EXPECTED[name], PIPELINES[name]()
    specs = tf.nest.flatten(dataset.element_spec)
    assert [[s.dtype.name, s.shape.as_list()] for s in specs] == expected["spec"]
    assert dataset.count() == expected["count"]
    if name in OUR_OWN:
        return
    for one_pass in expected["passes"]:
        elements = [
            [plain(leaf) for leaf in tf.nest.flatten(element)]
            for element in islice(dataset, MANY)
        ]
        assert elements == one_pass
