"""Logits: what probabilities were made from, for losses to start with.

A crossentropy of probabilities that are rounded to 0 or 1 knows neither how wrong they
are nor which way to go; of the logits behind them it does.
"""

from __future__ import annotations

import warnings
from typing import Any

from tensor.core.tensor import EagerTensor, Tensor


def with_logits(probabilities: Any, logits: Any) -> Any:
    """Return probabilities that know what they were made from."""
    if isinstance(probabilities, Tensor):
        probabilities._keras_logits = logits
    return probabilities


def logits_of(
    output: Any, from_logits: bool, op_type: str, loss: str
) -> tuple[Any, bool]:
    """Return what a loss starts with, and whether these are logits.

    Args:
        output: What the loss is given.
        from_logits: Whether that is said to be logits.
        op_type: The op that makes probabilities of logits: "Sigmoid" or "Softmax".
        loss: The name of the loss.
    """
    logits = getattr(output, "_keras_logits", None)
    if logits is None and not isinstance(output, EagerTensor):
        op = getattr(output, "op", None)
        if op is not None and op.type == op_type:
            logits = op.inputs[0]
    if logits is None:
        return output, from_logits
    if from_logits:
        warnings.warn(
            f'"`{loss}` received `from_logits=True`, but the `output` argument was '
            f"produced by a {op_type} activation and thus does not represent logits. "
            "Was this intended?",
            stacklevel=3,
        )
    return logits, True
