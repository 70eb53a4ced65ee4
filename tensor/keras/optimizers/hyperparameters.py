"""Hyperparameters: what users' own optimizers of the older kind are written with.

Such an optimizer sets numbers by name in its constructor, makes its slots in
`_create_slots`, and changes a variable in `_resource_apply_dense`, or in
`_resource_apply_sparse` where a gradient has few rows.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import tensor as tf
from tensor.keras.engine.call_context import init_scope
from tensor.keras.optimizers.optimizer import Optimizer
from tensor.keras.optimizers.schedules import LearningRateSchedule


class Hyperparameters(Optimizer):
    """Numbers that steps depend on, by name; they may change as training goes on."""

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Tell type checkers that hyperparameters are attributes."""

    def _set_hyper(self, name: str, value: Any) -> None:
        """Set a hyperparameter: a number, a tensor, a function or a schedule."""
        if name == "learning_rate":
            if "_learning_rate" in vars(self):
                self.learning_rate = value
            else:
                self._learning_rate = self._build_learning_rate(value)
            return
        known = vars(self).setdefault("_hyper", {})
        if isinstance(known.get(name), tf.Variable):
            known[name].assign(value)
        elif callable(value) or isinstance(value, tf.Tensor):
            known[name] = value
        else:
            with init_scope():
                known[name] = tf.Variable(value, dtype="float32", trainable=False)

    def _get_hyper(self, name: str, dtype: Any = None) -> Any:
        """Return a hyperparameter as it is now, cast if a dtype is asked for."""
        rate = name == "learning_rate"
        value = self._learning_rate if rate else vars(self)["_hyper"][name]
        if isinstance(value, LearningRateSchedule):
            return value
        if callable(value):
            value = value()
        return value if dtype is None else tf.cast(value, dtype)

    def __getattr__(self, name: str) -> Any:  # type: ignore[no-redef]  # as told above
        if name in vars(self).get("_hyper", ()):
            return self._get_hyper(name)
        raise AttributeError(
            f"{type(self).__name__!r} object has no attribute {name!r}"
        )

    def __setattr__(self, name: str, value: Any) -> None:
        if name in vars(self).get("_hyper", ()):
            self._set_hyper(name, value)
        else:
            super().__setattr__(name, value)

    def _serialize_hyperparameter(self, name: str) -> Any:
        """Return a hyperparameter as a configuration holds it."""
        if name == "learning_rate":
            return self._rate_config()
        return super()._serialize_hyperparameter(vars(self)["_hyper"][name])

    def _decayed_lr(self, var_dtype: Any) -> Any:
        """Return the learning rate of this step."""
        return tf.cast(self._rate(), var_dtype)

    # ---- what a step prepares for all variables of a dtype

    def _prepare(self, var_list: Any) -> None:
        """Prepare a step; subclasses may."""

    def _prepare_local(self, var_device: Any, var_dtype: Any, apply_state: Any) -> None:
        """Prepare a step for variables of a dtype: by default the learning rate."""
        if "_learning_rate" in vars(self):
            rate = self._decayed_lr(var_dtype)
            apply_state[var_device, var_dtype]["lr_t"] = rate

    def _fallback_apply_state(self, var_device: Any, var_dtype: Any) -> dict[str, Any]:
        """Return what `_prepare_local` prepares."""
        state: dict[Any, dict[str, Any]] = {(var_device, var_dtype): {}}
        self._prepare_local(var_device, var_dtype, state)
        return state[var_device, var_dtype]

    # ---- what subclasses define

    def _create_slots(self, var_list: Any) -> None:
        """Make slots by `add_slot`."""

    def _resource_apply_dense(
        self, grad: Any, handle: Any, apply_state: Any = None
    ) -> Any:
        """Change a variable by its gradient: by default as the class below does."""
        super().update_step(grad, handle)

    def _resource_apply_sparse(
        self, grad: Any, handle: Any, indices: Any, apply_state: Any = None
    ) -> Any:
        """Change rows of a variable: by default as the class below does."""
        super().update_step(tf.IndexedSlices(grad, indices, handle.shape), handle)

    def update_step(self, gradient: Any, variable: Any) -> None:
        """Change a variable as the subclass says."""
        own = type(self)._resource_apply_dense, type(self)._resource_apply_sparse
        if own == _OF_THE_CLASS_BELOW:
            super().update_step(gradient, variable)
            return
        if isinstance(gradient, tf.IndexedSlices):
            apply: Any = self._resource_apply_sparse
            given = [gradient.values, variable, gradient.indices]
        else:
            apply = self._resource_apply_dense
            given = [gradient, variable]
        kind = variable.device, variable.dtype
        state = {"apply_state": {kind: self._fallback_apply_state(*kind)}}
        takes = inspect.signature(apply).parameters
        apply(*given, **(state if "apply_state" in takes else {}))


_OF_THE_CLASS_BELOW = (
    Hyperparameters._resource_apply_dense,
    Hyperparameters._resource_apply_sparse,
)
