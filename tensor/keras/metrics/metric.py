"""Metric: a quantity followed over many batches."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

import tensor as tf
from tensor.core import replica
from tensor.keras import initializers, mixed_precision, settings
from tensor.keras.engine.automatic_config import made_from_config
from tensor.keras.engine.call_context import calls, init_scope
from tensor.keras.engine.keras_tensor import holds_keras_tensors
from tensor.keras.engine.weights import WeightOwner

if TYPE_CHECKING:
    from collections.abc import Callable


class MetricResults(dict[str, Any]):
    """Several results of one metric by name."""

    _metric_obj: Any


class Metric(WeightOwner):
    """Base of all metrics.

    Subclasses make variables by `add_weight` in `__init__`, change them in
    `update_state`, and compute from them in `result`. With several replicas each
    updates variables of its own; the result is that of all of them, wherever it is
    asked for.
    """

    _is_metric = True
    _owns_metrics_weights = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "result" in cls.__dict__:
            cls.result = _across_replicas(cls.__dict__["result"])  # type: ignore[method-assign, assignment]  # a wrapper of it

    def __init__(
        self, name: str | None = None, dtype: Any = None, **kwargs: Any
    ) -> None:
        """Take a name and the dtype of the variables.

        Raises:
            TypeError: There is another keyword.
        """
        kwargs.pop("mesh", None)
        if kwargs:
            raise TypeError(f"Keyword argument not understood: {next(iter(kwargs))!r}")
        self._start_tracking()
        self._trainable = True
        self._name = self._named(name, type(self))
        if isinstance(dtype, mixed_precision.Policy):
            dtype = dtype.variable_dtype
        self._dtype = tf.as_dtype(dtype or settings.floatx()).name
        self.stateful = True
        self.built = True

    @property
    def name(self) -> str:
        """The name, unique unless it was given."""
        return self._name

    @property
    def dtype(self) -> str:
        """The dtype of the variables."""
        return self._dtype

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Update the state, and return the result so far."""
        if not holds_keras_tensors(args, kwargs):
            self.update_state(*args, **kwargs)
        result = self.result()
        if isinstance(result, dict):
            result = MetricResults(result)
        if isinstance(result, tf.Tensor | MetricResults):
            result._metric_obj = self  # for `layer.add_metric(metric(values))`
        return result

    def update_state(self, *args: Any, **kwargs: Any) -> Any:
        """Take a batch into account.

        Raises:
            NotImplementedError: The subclass does not say how.
        """
        raise NotImplementedError(
            f"Must be implemented in subclasses: {type(self).__name__} must define "
            "`update_state`."
        )

    def result(self) -> Any:
        """Return the value for all batches since the last reset.

        Raises:
            NotImplementedError: The subclass does not say how.
        """
        raise NotImplementedError(
            f"Must be implemented in subclasses: {type(self).__name__} must define "
            "`result`."
        )

    def reset_state(self) -> None:
        """Start anew: set all variables to zero."""
        if type(self).reset_states is not Metric.reset_states:
            self.reset_states()  # a subclass that overrides the old name
            return
        for variable in self.variables:
            variable.assign(np.zeros(variable.shape, variable.dtype.as_numpy_dtype))

    def reset_states(self) -> None:
        """Start anew; the old name of `reset_state`."""
        self.reset_state()

    def merge_state(self, metrics: Any) -> None:
        """Add the state of other metrics of the same kind.

        Raises:
            ValueError: A metric is of another kind.
        """
        for metric in metrics:
            if len(self.weights) != len(metric.weights):
                raise ValueError(
                    f"Metric {metric} is not compatible with {self}: it has "
                    f"{len(metric.weights)} variables instead of {len(self.weights)}."
                )
            for mine, theirs in zip(self.weights, metric.weights, strict=True):
                mine.assign_add(theirs)

    def add_weight(
        self,
        name: str | None = None,
        shape: Any = (),
        aggregation: Any = tf.VariableAggregation.SUM,
        synchronization: Any = tf.VariableSynchronization.ON_READ,
        initializer: Any = None,
        dtype: Any = None,
    ) -> Any:
        """Make a variable of this metric, by default a zero."""
        kind = tf.as_dtype(dtype or self._dtype)
        make = initializers.get(initializer or "zeros")
        dims = tuple(tf.TensorShape(shape).as_list())
        with init_scope():
            variable = tf.Variable(
                lambda: make(dims, dtype=kind),
                trainable=False,
                name=name,
                dtype=kind,
                synchronization=synchronization,
                aggregation=aggregation,
            )
        self._track_variable(variable)
        if name is not None:
            self._named_weights[name] = variable
        return variable

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal metric."""
        return {"name": self.name, "dtype": self.dtype}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Make a metric from what `get_config` returned.

        Raises:
            TypeError: The constructor does not take it.
        """
        return made_from_config(cls, config)

    def __repr__(self) -> str:
        settings_text = ",".join(f"{k}={v}" for k, v in self.get_config().items())
        return f"{type(self).__name__}({settings_text})"

    def save_own_variables(self, store: Any) -> None:
        """Put the variables into a dictionary of arrays."""
        for i, variable in enumerate(self._own_variables()):
            store[str(i)] = variable.numpy()

    def load_own_variables(self, store: Any) -> None:
        """Set the variables from what `save_own_variables` wrote."""
        for i, variable in enumerate(self._own_variables()):
            variable.assign(store[str(i)])


def _across_replicas(result: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return `result` so that replicas that call it get the result of all of them."""

    @functools.wraps(result)
    def combined(metric: Any) -> Any:
        if calls.keeps_results:
            return _as_tensors(result(metric))
        return _as_tensors(replica.current().across(lambda: result(metric)))

    return combined


def _as_tensors(found: Any) -> Any:
    """Return what variables and numbers among results are now."""
    if isinstance(found, dict):
        return {name: _as_tensors(value) for name, value in found.items()}
    return tf.identity(found) if isinstance(found, tf.Variable | float | int) else found
