"""tf.keras.optimizers.legacy: the older optimizers.

Their steps are those of the newer ones. They know a `decay` of the learning rate, take
new variables at any step, and name and show their slots in their own way.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import tensor as tf
from tensor.keras.engine.call_context import init_scope
from tensor.keras.optimizers import (
    adadelta,
    adagrad,
    adam,
    adamax,
    ftrl,
    nadam,
    rmsprop,
    sgd,
)
from tensor.keras.optimizers.called_rate import CalledRate
from tensor.keras.optimizers.hyperparameters import Hyperparameters
from tensor.keras.optimizers.learning_rate import RateOwner
from tensor.keras.optimizers.schedules import LearningRateSchedule

if TYPE_CHECKING:
    from collections.abc import Mapping

_KEYWORDS = ("clipnorm", "clipvalue", "decay", "global_clipnorm", "lr")
# Settings that the older classes do not have.
_NEWER = (
    "weight_decay",
    "use_ema",
    "ema_momentum",
    "ema_overwrite_frequency",
    "jit_compile",
    "is_legacy_optimizer",
)


class Optimizer(Hyperparameters):
    """Base of the older optimizers."""

    # The learning rate as it was given; None as soon as a variable takes its place.
    _rate_given: Any = None

    # The older name of each slot that has another one now.
    _slot_names: Mapping[str, str] = MappingProxyType({})
    _default_decay = 0.0

    def __init__(self, *args: Any, name: str | None = None, **kwargs: Any) -> None:
        """Take what the newer class takes, and further keywords.

        Args:
            *args: The hyperparameters, the learning rate first.
            name: The name.
            **kwargs: More hyperparameters; `decay` by which the learning rate falls
                (rate / (1 + decay * step)), `lr` for the learning rate, `clipnorm`,
                `clipvalue`, `global_clipnorm`.

        Raises:
            TypeError: A keyword is unknown.
            ValueError: A number is negative.
        """
        self._slots_by_name: dict[str, dict[int, Any]] = {}
        decay = kwargs.pop("decay", self._default_decay)
        if "lr" in kwargs:
            kwargs["learning_rate"] = kwargs.pop("lr")
        for keyword in ("clipnorm", "clipvalue", "global_clipnorm"):
            _require_not_negative(keyword, kwargs.get(keyword))
        _require_not_negative("decay", decay)
        self.decay = decay
        if name is not None:
            kwargs["name"] = name
        for keyword in _NEWER:
            if keyword in kwargs:
                raise _unknown(keyword)
        try:
            super().__init__(*args, **kwargs)
        except TypeError as error:
            unknown = str(error).partition(" is not a valid argument")
            if not unknown[1]:
                raise
            raise _unknown(unknown[0]) from None

    @property
    def _counter_name(self) -> str:
        return f"{self._name}/iter"

    # ---- the learning rate

    @property
    def learning_rate(self) -> Any:
        """The learning rate as a variable, or its schedule."""
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        self._rate_given = None
        RateOwner.learning_rate.fset(self, value)  # type: ignore[attr-defined]

    def _build_learning_rate(self, learning_rate: Any) -> Any:
        if isinstance(learning_rate, int | float):
            self._rate_given = learning_rate
        elif callable(learning_rate) and not isinstance(
            learning_rate, LearningRateSchedule
        ):
            return CalledRate(learning_rate)
        return super()._build_learning_rate(learning_rate)

    def _rate_config(self) -> Any:
        if self._rate_given is not None:
            return self._rate_given
        return RateOwner._serialize_hyperparameter(self, self._learning_rate)

    def _rate(self) -> Any:
        rate = tf.cast(super()._rate(), "float32")
        if not self.decay:
            return rate
        return rate / (1.0 + self.decay * tf.cast(self.iterations, "float32"))

    # ---- slots

    def add_variable_from_reference(
        self,
        model_variable: Any,
        variable_name: str,
        shape: Any = None,
        initial_value: Any = None,
    ) -> Any:
        """Make a slot of a model variable, by default zeros of its shape and dtype."""
        name = self._slot_names.get(variable_name, variable_name)
        with init_scope(), model_variable.beside(name):
            if initial_value is None:
                dims = model_variable.shape if shape is None else shape
                initial_value = tf.zeros(dims, dtype=model_variable.dtype)
            slot = tf.Variable(
                initial_value,
                name=f"{model_variable.name.rpartition(':')[0]}/{name}",
                dtype=model_variable.dtype,
                trainable=False,
            )
        self._slots_by_name.setdefault(name, {})[id(model_variable)] = slot
        self._variables.append(slot)
        return slot

    def get_slot_names(self) -> list[str]:
        """Return the names of the slots that each variable has."""
        return list(self._slots_by_name)

    def get_slot(self, var: Any, slot_name: str) -> Any:
        """Return a variable's slot, None if it has none of this name."""
        return self._slots_by_name.get(slot_name, {}).get(id(var))

    def add_slot(
        self, var: Any, slot_name: str, initializer: Any = "zeros", shape: Any = None
    ) -> Any:
        """Return a variable's slot, which is made if it is not there."""
        found = self.get_slot(var, slot_name)
        if found is not None:
            return found
        from tensor.keras import initializers

        value = initializers.get(initializer)(
            var.shape if shape is None else shape, dtype=var.dtype
        )
        return self.add_variable_from_reference(var, slot_name, initial_value=value)

    @property
    def weights(self) -> list[Any]:
        """The step counter and the slots, those of one name together."""
        return list(self._variables)

    def build(self, var_list: Any) -> None:
        super().build(var_list)
        self._rate_given = None
        self._create_slots(var_list)
        self._sort_variables()

    def minimize(self, loss: Any, var_list: Any, tape: Any = None) -> Any:
        """Compute gradients of the loss and apply them; return the step counter."""
        return self.apply_gradients(self.compute_gradients(loss, var_list, tape))

    def _sort_variables(self) -> None:
        """Put the slots of one name together."""
        slots = [s for of in self._slots_by_name.values() for s in of.values()]
        known = {id(s) for s in slots}
        self._variables[:] = [
            *[v for v in self._variables if id(v) not in known],
            *slots,
        ]

    def _check_known(self, variables: list[Any]) -> None:
        """Make slots for variables that come up at a later step."""
        new = [v for v in variables if id(v) not in self._index]
        if not new:
            return
        earlier = {
            name: value
            for name, value in vars(self).items()
            if isinstance(value, list) and name != "_variables"
        }
        everything = [*self._model_variables, *new]
        self.built = False
        self.build(new)
        for name, value in earlier.items():
            setattr(self, name, [*value, *vars(self)[name]])
        self._build_index(everything)

    # ---- saving

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal optimizer, without its slots."""
        config = super().get_config()
        for name in _NEWER:
            config.pop(name)
        for name in ("clipnorm", "global_clipnorm", "clipvalue"):
            if config[name] is None:
                del config[name]
        if "learning_rate" not in config:
            return config  # of a user's own class, which adds what it has
        name, rate = config.pop("name"), config.pop("learning_rate")
        return {"name": name, "learning_rate": rate, "decay": self.decay, **config}

    def set_weights(self, weights: Any) -> None:
        """Set the step counter and the slots.

        Raises:
            ValueError: There are more or fewer, or they do not fit.
        """
        if len(weights) != len(self._variables):
            raise ValueError(
                f"You called `set_weights(weights)` on optimizer {self._name} with a  "
                f"weight list of length {len(weights)}, but the optimizer was "
                f"expecting {len(self._variables)} weights. Build it with "
                "`optimizer.build(variables)` first."
            )
        built, self.built = self.built, True
        try:
            super().set_weights(weights)
        finally:
            self.built = built


def _require_not_negative(name: str, value: Any) -> None:
    if value is not None and value < 0:
        raise ValueError(f"Expected {name} >= 0, received: {value}")


def _unknown(keyword: str) -> TypeError:
    return TypeError(
        f"Unexpected keyword argument passed to optimizer: {keyword}. Allowed kwargs "
        f"are {set(_KEYWORDS)}."
    )


class Adadelta(Optimizer, adadelta.Adadelta):
    """Steps as large as earlier ones, by the size of gradients."""

    _slot_names = {  # noqa: RUF012
        "accumulated_grad": "accum_grad",
        "accumulated_delta_var": "accum_var",
    }


class Adagrad(Optimizer, adagrad.Adagrad):
    """Gradients divided by the root of the sum of all their squares so far."""


class Adam(Optimizer, adam.Adam):
    """Steps by the running mean of the gradient over the root of that of its square."""


class Adamax(Optimizer, adamax.Adamax):
    """Adam with a running maximum in place of the second moment."""

    _slot_names = {"u": "v"}  # noqa: RUF012


class Ftrl(Optimizer, ftrl.Ftrl):
    """Follow the regularized leader: L1 and L2 penalties give sparse weights."""


class Nadam(Optimizer, nadam.Nadam):
    """Adam with Nesterov's momentum, whose `decay` is that of the momentum."""

    _default_decay = 0.004

    @property
    def _growth(self) -> float:
        return self.decay

    def _rate(self) -> Any:
        return RateOwner._rate(self)

    def build(self, var_list: Any) -> None:
        earlier = vars(self).get("_u_product")
        super().build(var_list)
        if earlier is not None:
            self._u_product = earlier
        else:
            self._variables.insert(1, self._u_product)


class RMSprop(Optimizer, rmsprop.RMSprop):
    """Gradients divided by the root of a running mean of their squares."""

    _slot_names = {  # noqa: RUF012
        "velocity": "rms",
        "average_gradient": "mg",
    }


class SGD(Optimizer, sgd.SGD):
    """Gradient descent: variable -= rate * gradient, with momentum if wanted."""

    _slot_names = {"m": "momentum"}  # noqa: RUF012

    def add_variable_from_reference(
        self,
        model_variable: Any,
        variable_name: str,
        shape: Any = None,
        initial_value: Any = None,
    ) -> Any:
        """Make a slot; without momentum none is needed."""
        if not self.momentum:
            return None
        return super().add_variable_from_reference(
            model_variable, variable_name, shape, initial_value
        )


BY_NAME = {
    c.__name__.lower(): c
    for c in (Adadelta, Adagrad, Adam, Adamax, Ftrl, Nadam, RMSprop, SGD)
}
