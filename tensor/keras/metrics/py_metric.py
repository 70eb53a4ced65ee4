"""PyMetric: a metric in plain Python, outside of any graph."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.keras.metrics.metric import Metric


class PyMetric(Metric):
    """Base of metrics whose state is Python values rather than variables.

    `update_state`, `result` and `reset_state` run as plain Python wherever they are
    called, on eager tensors: inside a traced step too.
    """

    def __init__(self, name: Any = None, dtype: Any = None, **kwargs: Any) -> None:
        """Begin with no batches."""
        super().__init__(name=name, dtype=dtype, **kwargs)
        self.reset_state()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name, make in (("update_state", _updating), ("result", _resulting)):
            if name in cls.__dict__:
                setattr(cls, name, make(cls.__dict__[name]))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Take a batch into account.

        Raises:
            NotImplementedError: The subclass does not say how.
        """
        raise NotImplementedError("Subclasses should implement `update_state`")

    def merge_state(self, metrics: Any) -> None:
        """Add the state of other metrics.

        Raises:
            NotImplementedError: The subclass does not say how.
        """
        raise NotImplementedError("Subclasses should implement `merge_state`")

    def reset_state(self) -> None:
        """Start anew.

        Raises:
            NotImplementedError: The subclass does not say how.
        """
        raise NotImplementedError("Subclasses should implement `reset_state`")

    def result(self) -> Any:
        """Return the value for all batches since the last reset.

        Raises:
            NotImplementedError: The subclass does not say how.
        """
        raise NotImplementedError("Subclasses should implement `result`")


def _updating(method: Any) -> Any:
    def update_state(
        self: PyMetric, y_true: Any, y_pred: Any, sample_weight: Any = None
    ) -> Any:
        given = (
            [y_true, y_pred]
            if sample_weight is None
            else [y_true, y_pred, sample_weight]
        )
        return tf.py_function(lambda *seen: method(self, *seen), given, [])

    return update_state


def _resulting(method: Any) -> Any:
    def result(self: PyMetric) -> Any:
        return tf.py_function(lambda: method(self), [], self.dtype)

    return result
