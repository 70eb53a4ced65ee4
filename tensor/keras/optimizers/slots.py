"""SlotOwner: an optimizer's variables, and how files get and give them."""

from __future__ import annotations

import warnings
from typing import Any

import tensor as tf
from tensor.core.module import Module
from tensor.core.trackable import attached
from tensor.keras.engine.call_context import init_scope


class SlotOwner(Module):
    """Keeps a step counter, and slots: variables beside each model variable."""

    _name: str
    _iterations: Any
    _learning_rate: Any
    _variables: list[Any]
    _index: dict[int, int]
    built: bool

    @property
    def variables(self) -> Any:
        """The step counter and all slots, in order; also as a function."""
        return _VariableList(self._variables)

    def add_variable(
        self,
        shape: Any,
        dtype: Any = None,
        initializer: Any = "zeros",
        name: Any = None,
    ) -> Any:
        """Make a variable of this optimizer."""
        from tensor.keras import initializers

        make = initializers.get(initializer)
        kind = tf.as_dtype(dtype or "float32")
        with init_scope():
            variable = tf.Variable(
                make(shape, dtype=kind), name=name, dtype=kind, trainable=False
            )
        self._variables.append(variable)
        attached(self)
        return variable

    def add_variable_from_reference(
        self,
        model_variable: Any,
        variable_name: str,
        shape: Any = None,
        initial_value: Any = None,
    ) -> Any:
        """Make a slot of a model variable, by default zeros of its shape and dtype."""
        with init_scope(), model_variable.beside(variable_name):
            if initial_value is None:
                dims = model_variable.shape if shape is None else shape
                initial_value = tf.zeros(dims, dtype=model_variable.dtype)
            variable = tf.Variable(
                initial_value,
                name=f"{variable_name}/{model_variable.name.rpartition(':')[0]}",
                dtype=model_variable.dtype,
                trainable=False,
            )
        self._variables.append(variable)
        attached(self)
        return variable

    def _checkpoint_children(self) -> dict[str, Any]:
        """Return what checkpoints save, under Keras's names."""
        return {
            "_iterations": self._iterations,
            "_learning_rate": self._learning_rate,
            "_variables": wholes(self._variables),
        }

    def _slot(self, slots: list[Any], variable: Any) -> Any:
        return slots[self._index_of(variable)]

    def _index_of(self, variable: Any) -> int:
        return self._index[id(variable)]

    def _var_key(self, variable: Any) -> int:
        """Return what identifies a model variable; `self._index_dict` maps it."""
        return id(variable)

    @property
    def _index_dict(self) -> dict[int, int]:
        return self._index

    def save_own_variables(self, store: Any) -> None:
        """Put the step counter and the slots into a dictionary of arrays."""
        for i, variable in enumerate(self._variables):
            store[str(i)] = variable.numpy()

    def load_own_variables(self, store: Any) -> None:
        """Set the step counter and the slots from what `save_own_variables` wrote.

        Where their number differs, nothing is set: the model has changed.
        """
        if len(store.keys()) != len(self._variables):
            warnings.warn(
                f"Skipping variable loading for optimizer '{self._name}', because it "
                f"has {len(self._variables)} variables whereas the saved optimizer has "
                f"{len(store.keys())} variables.",
                stacklevel=2,
            )
            return
        for i, variable in enumerate(self._variables):
            variable.assign(store[str(i)])

    def get_weights(self) -> list[Any]:
        """Return the step counter and the slots as arrays."""
        return [v.numpy() for v in self._variables]

    def set_weights(self, weights: Any) -> None:
        """Set the step counter and the slots.

        Raises:
            ValueError: The slots are not there yet, or do not fit.
        """
        if not self.built:
            raise ValueError(
                "You are calling `set_weights()` on an optimizer that has not yet been "
                "built. Please call `optimizer.build(trainable_variables)` to create "
                "the optimizer weights before calling `set_weights()`."
            )
        for i, (variable, weight) in enumerate(
            zip(self._variables, weights, strict=True)
        ):
            if tuple(variable.shape.as_list()) != tuple(weight.shape):
                raise ValueError(
                    f"Optimizer variable {variable.name} has shape {variable.shape} "
                    "not "
                    f"compatible with provided weight shape {weight.shape} at index "
                    f"{i}."
                )
            variable.assign(weight)


class _VariableList(list[Any]):
    """The optimizer's variables, as a list that older code may call."""

    def __call__(self) -> list[Any]:
        return list(self)


def wholes(variables: Any) -> list[Any]:
    """Return variables with what each is a part of in place of the parts."""
    found: dict[int, Any] = {}
    for variable in variables:
        whole = getattr(variable, "whole", None)
        whole = variable if whole is None else whole
        found[id(whole)] = whole
    return list(found.values())
