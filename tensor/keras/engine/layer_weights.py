"""LayerWeights: how layers make their variables, and hand them to files."""

from __future__ import annotations

import functools
from typing import Any

import tensor as tf
from tensor.core.trackable import attached
from tensor.keras import constraints, initializers, regularizers
from tensor.keras.engine.autocast import AutoCastVariable
from tensor.keras.engine.call_context import init_scope
from tensor.keras.engine.layer_losses import LossOwner

_ACCEPTED = frozenset(
    (
        "collections",
        "experimental_autocast",
        "caching_device",
        "getter",
        "layout",
        "experimental_enable_variable_lifting",
        "partitioner",
    )
)


class LayerWeights(LossOwner):
    """Makes variables, and knows those that are a layer's own."""

    name: str
    variable_dtype: str | None
    dtype_policy: Any

    def add_weight(
        self,
        name: str | None = None,
        shape: Any = None,
        dtype: Any = None,
        initializer: Any = None,
        regularizer: Any = None,
        trainable: bool | None = None,
        constraint: Any = None,
        use_resource: bool | None = None,
        synchronization: Any = tf.VariableSynchronization.AUTO,
        aggregation: Any = tf.VariableAggregation.NONE,
        **kwargs: Any,
    ) -> Any:
        """Make a variable of this layer.

        Args:
            name: Its name.
            shape: Its shape; a scalar by default.
            dtype: Its dtype, by default the layer's.
            initializer: Makes the first value: a name, a configuration, or a function
                of shape and dtype; Glorot's uniform for floating types by default,
                zeros for others.
            regularizer: A penalty on it, added to the layer's losses.
            trainable: Whether training changes it.
            constraint: What it is projected onto after each update.
            use_resource: Accepted for compatibility.
            synchronization: When copies on several replicas are brought together.
            aggregation: How the values of several replicas become one.
            **kwargs: `getter`, a function that makes the variable;
                `experimental_autocast`, whether calls see it in the layer's compute
                dtype; and for compatibility `collections`, `caching_device` …

        Raises:
            TypeError: A keyword is unknown.
            ValueError: A trainable variable cannot be synchronized on read, or there
                is no default initializer for the dtype.
        """
        if trainable and synchronization is tf.VariableSynchronization.ON_READ:
            raise ValueError(
                "Synchronization value can be set to VariableSynchronization.ON_READ "
                "only for non-trainable variables. You have specified trainable=True "
                "and synchronization=VariableSynchronization.ON_READ."
            )
        unknown = set(kwargs) - _ACCEPTED
        if unknown:
            raise TypeError(f"Unknown keyword argument: {min(unknown)}")
        getter = kwargs.pop("getter", None)
        if getter is not None:
            variable = getter(name=name, shape=shape, dtype=dtype, **kwargs)
            self._track_variable(variable)
            return variable
        kind = tf.as_dtype(dtype or self.variable_dtype or "float32")
        shape = tuple(tf.TensorShape(() if shape is None else shape).as_list())
        make = initializers.get(initializer) if initializer is not None else None
        if make is None:
            make = _default_initializer(kind, name)
        casts = kwargs.get("experimental_autocast", True) and kind.is_floating
        policy = self.dtype_policy
        if policy.compute_dtype == policy.variable_dtype:
            casts = False
        with init_scope():
            variable = (AutoCastVariable if casts else tf.Variable)(
                functools.partial(_first_value, make, shape, kind),
                trainable=trainable,
                name=name,
                dtype=kind,
                shape=shape,
                constraint=constraints.get(constraint),
                synchronization=synchronization,
                aggregation=aggregation,
            )
        if regularizer is not None:
            self._add_weight_penalty(variable, regularizers.get(regularizer))
        for part in getattr(variable, "variables", (variable,)):
            self._track_variable(part)
        if name is not None:
            self._named_weights[name] = variable
            attached(self)
        return variable

    def save_own_variables(self, store: Any) -> None:
        """Put this layer's own variables into a dictionary of arrays."""
        for i, variable in enumerate(self._own_variables()):
            store[str(i)] = variable.numpy()

    def load_own_variables(self, store: Any) -> None:
        """Set this layer's own variables from what `save_own_variables` wrote.

        Raises:
            ValueError: Their number differs.
        """
        variables = self._own_variables()
        if len(store.keys()) != len(variables):
            raise ValueError(
                f"Layer '{self.name}' expected {len(variables)} variables, but "
                "received "
                f"{len(store.keys())} variables during loading. Expected: "
                f"{[v.name for v in variables]}"
            )
        for i, variable in enumerate(variables):
            variable.assign(store[str(i)])

    def add_variable(self, *args: Any, **kwargs: Any) -> Any:
        """Make a variable; the old name of `add_weight`."""
        return self.add_weight(*args, **kwargs)


def _first_value(make: Any, shape: Any, dtype: Any) -> Any:
    return make(shape, dtype=dtype)


def _default_initializer(dtype: Any, name: str | None) -> Any:
    if dtype.is_floating:
        return initializers.get("glorot_uniform")
    if dtype.is_integer or dtype.is_bool:
        return initializers.get("zeros")
    raise ValueError(
        f"An initializer for variable {name} of type {dtype} is required. Got None"
    )
