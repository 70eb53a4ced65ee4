"""The kinds of dtypes that ops take are those that TensorFlow's ops of the type take.

oracle_values/op_dtypes.json is made by tests/oracle/op_dtypes.py.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import tensor as tf
import tensor.image
import tensor.ops.distances
import tensor.signal
from tensor.core.registry import all_ops

TABLE = json.loads(
    (Path(__file__).parent / "oracle_values" / "op_dtypes.json").read_text()
)
OPS = {op.type_name: op for op in all_ops() if hasattr(op, "allows")}

# Dtypes that TensorFlow has and ringflow has not.
ABSENT = ("q", "variant", "resource", "float8", "int2", "int4", "uint2", "uint4")

# Kinds taken here beyond TensorFlow's, and kinds of its definition that are not.
MORE = {
    "Abs": "c",  # ComplexAbs, there
    "AddV2": "O",  # Add, there, joins texts
    "CheckNumerics": "biucO",  # nothing to check
    "Conj": "iufV",  # tf.math.conj returns them as they are
    "Cross": "c",
    "IgammaGradA": "V",
    "LeakyRelu": "iu",  # tf.nn.leaky_relu converts them
    "OnesLike": "O",  # refused by tf.ones_like
    "Polygamma": "V",
    "ReadVariableOp": "biufVcO",  # its input is the variable, there
    "ReluGrad": "c",
    "SquaredDifference": "u",
    "TruncateMod": "u",
    "Zeta": "V",
}
LESS = {
    "ClipByValue": "c",  # no kernel, there
    "FloorDiv": "c",  # no kernel, there
    "MatrixTriangularSolve": "V",
    "RealDiv": "iu",  # tf.divide converts them before
    "Reciprocal": "i",  # no kernel, there
    "Round": "ic",  # tf.round returns integers as they are
    "TruncateDiv": "c",  # no kernel, there
}


def _kinds(dtypes: list[str]) -> set[str]:
    known = [tf.as_dtype(d) for d in dtypes if not d.startswith(ABSENT)]
    return {d.numpy_dtype.kind for d in known}


def test_the_table_covers_most_ops() -> None:
    assert len(OPS.keys() & TABLE.keys()) > 100


@pytest.mark.parametrize("name", sorted(OPS.keys() & TABLE.keys()))
def test_an_op_takes_the_kinds_that_tensorflow_takes(name: str) -> None:
    op: Any = OPS[name]
    expected = _kinds(TABLE[name]) - set(LESS.get(name, "")) | set(MORE.get(name, ""))
    assert set(op.allows) == expected


def test_reasons_are_given_for_ops_that_exist() -> None:
    assert set(MORE) | set(LESS) <= OPS.keys() & TABLE.keys()
