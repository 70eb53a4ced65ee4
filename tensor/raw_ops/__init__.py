"""TensorFlow's `tf.raw_ops`: ops under the names and arguments of their kernels.

Each is a line in a table: what public function it is, and how the arguments correspond.
An op that is in no table raises an AttributeError by its name.
"""

from typing import Any as _Any

from tensor.raw_ops.raw_op import RawOp as _RawOp, names as _names


def __getattr__(name: str) -> _Any:
    if not name[0].isupper() or name not in _names():
        raise AttributeError(
            f"tf.raw_ops.{name} is not part of ringflow. Use the public function; "
            "dir(tf.raw_ops) lists the raw ops that are."
        )
    found = globals()[name] = _RawOp(name)
    return found


def __dir__() -> list[str]:
    return sorted(_names())
