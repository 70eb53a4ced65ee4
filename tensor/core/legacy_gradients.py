"""Names around gradients that TF1 left behind."""

from __future__ import annotations

from typing import NoReturn

from tensor.core.public_api import export


@export("AggregationMethod")
class AggregationMethod:
    """How gradients of one value were added up in TF1; they are simply added here."""

    ADD_N = 0
    DEFAULT = 0
    EXPERIMENTAL_TREE = 1
    EXPERIMENTAL_ACCUMULATE_N = 2


@export("RegisterGradient")
class RegisterGradient:
    """Raises: an op's gradient is part of its class here.

    Raises:
        NotImplementedError: Always.
    """

    def __init__(self, op_type: str) -> None:
        raise NotImplementedError(
            f"tf.RegisterGradient({op_type!r}): ops are Python classes with a gradient "
            "method here. Use tf.custom_gradient to give a function another one."
        )


@export("no_gradient")
def no_gradient(op_type: str) -> NoReturn:
    """Raise: an op's gradient is part of its class here.

    Raises:
        NotImplementedError: Always.
    """
    raise NotImplementedError(
        f"tf.no_gradient({op_type!r}): ops say in their class that they have no "
        "gradient. Use tf.stop_gradient on the op's result."
    )
