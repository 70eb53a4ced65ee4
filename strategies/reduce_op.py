"""How the values of several replicas become one."""

from __future__ import annotations

import enum
from typing import Any


class ReduceOp(enum.Enum):
    """Sum or mean over replicas; strings of any case name them too."""

    SUM = "SUM"
    MEAN = "MEAN"

    @classmethod
    def of(cls, value: Any) -> ReduceOp:
        """Return the member that `value`, a member or its name, stands for.

        Raises:
            ValueError: There is no such reduction.
        """
        if isinstance(value, cls):
            return value
        name = getattr(value, "name", value)  # a VariableAggregation has a name too
        if isinstance(name, str) and name.upper() in cls.__members__:
            return cls[name.upper()]
        raise ValueError(
            f"{value!r} is not a valid ReduceOp. Expected tf.distribute.ReduceOp.SUM "
            "or MEAN, or one of these names."
        )

    @classmethod
    def from_variable_aggregation(cls, aggregation: Any) -> ReduceOp:
        """Return the reduction that a `tf.VariableAggregation` stands for.

        Raises:
            ValueError: It stands for none.
        """
        if getattr(aggregation, "name", None) in cls.__members__:
            return cls[aggregation.name]
        raise ValueError(
            f"Could not convert from `tf.VariableAggregation` {aggregation} to "
            "`tf.distribute.ReduceOp` type. Only SUM and MEAN are reductions."
        )
