"""Steps that run in other processes, on batches that are there."""

from __future__ import annotations

from typing import Any

from tensor.core import replica
from tensor.keras.training.data_adapter import DataAdapter


class StepElsewhere:
    """Stands for a batch in another process: the step goes there."""

    def run(self, step: Any, model: Any, known: dict[Any, Any]) -> dict[str, Any]:
        """Let a step of a model run.

        Args:
            step: Takes a batch.
            model: The model, for its metrics.
            known: Where to keep what is made once for this step.

        Returns:
            The metrics so far, if they are known; else nothing.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `run`.")


def adapter_for(x: Any, y: Any, sample_weight: Any, *, is_fit: bool, **how: Any) -> Any:
    """Return the adapter of batches, wherever the strategy in force has them.

    Args:
        x: What `fit` or `evaluate` was given.
        y: Likewise.
        sample_weight: Likewise.
        is_fit: Whether it was `fit`.
        **how: The other arguments of `DataAdapter`.
    """
    elsewhere = replica.current().data_elsewhere(
        x, y, sample_weight, is_fit=is_fit, **how
    )
    return elsewhere or DataAdapter(x, y, sample_weight, **how)
