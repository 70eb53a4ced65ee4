"""Optimizer: how variables follow their gradients."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.core import replica
from tensor.core.trackable import attached
from tensor.keras.engine.call_context import init_scope
from tensor.keras.optimizers.gradients import clipped, filter_empty_gradients, summed_up
from tensor.keras.optimizers.learning_rate import RateOwner
from tensor.keras.optimizers.schedules import deserialize as schedule_from_config


class Optimizer(RateOwner):
    """Base of all optimizers.

    Subclasses make their slots (variables beside each model variable) in `build`, and
    change one variable in `update_step(gradient, variable)`. Gradients may be
    IndexedSlices; `update_step` then touches the rows they name only.
    """

    # A model has an optimizer, but its variables are no weights of the model.
    is_optimizer = True
    _counter_name = "iteration"
    _iterations: Any

    def __init__(
        self,
        name: str,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        jit_compile: bool = True,
        **kwargs: Any,
    ) -> None:
        """Take what all optimizers have in common.

        Args:
            name: The name.
            weight_decay: The share of a variable taken off at each step.
            clipnorm: The largest norm of each gradient.
            clipvalue: The largest size of each gradient's elements.
            global_clipnorm: The largest norm of all gradients together.
            use_ema: Whether to keep moving averages of the variables.
            ema_momentum: How slowly they move.
            ema_overwrite_frequency: After how many steps the variables are set to
                them; None: when `finalize_variable_values` is called.
            jit_compile: Accepted for compatibility.
            **kwargs: `learning_rate`, and old names that are ignored.

        Raises:
            ValueError: Arguments contradict each other, or are out of range.
            TypeError: A keyword is unknown.
        """
        for keyword in ("is_legacy_optimizer", "mesh"):
            kwargs.pop(keyword, None)
        if "decay" in kwargs:
            raise ValueError(
                "decay is deprecated in the new Keras optimizer, please check the "
                "docstring for valid arguments, or use the legacy optimizer, e.g., "
                f"tf.keras.optimizers.legacy.{type(self).__name__}."
            )
        if kwargs:
            raise TypeError(
                f"{next(iter(kwargs))} is not a valid argument, kwargs should be empty "
                " for `optimizer_experimental.Optimizer`."
            )
        if use_ema and not 0 <= ema_momentum <= 1:
            raise ValueError(
                "`ema_momentum` must be in the range [0, 1]. Received: "
                f"ema_momentum={ema_momentum}"
            )
        if ema_overwrite_frequency and (
            not isinstance(ema_overwrite_frequency, int) or ema_overwrite_frequency < 1
        ):
            raise ValueError(
                "`ema_overwrite_frequency` must be an integer > 1 or None. Received: "
                f"ema_overwrite_frequency={ema_overwrite_frequency}"
            )
        if clipnorm is not None and global_clipnorm is not None:
            raise ValueError(
                "At most one of `clipnorm` and `global_clipnorm` can be set. Received: "
                f"clipnorm={clipnorm}, global_clipnorm={global_clipnorm}."
            )
        self._name = name
        self.weight_decay = weight_decay
        self.clipnorm = clipnorm
        self.clipvalue = clipvalue
        self.global_clipnorm = global_clipnorm
        self.use_ema = use_ema
        self.ema_momentum = ema_momentum
        self.ema_overwrite_frequency = ema_overwrite_frequency
        self.jit_compile = False
        self._variables: list[Any] = []
        self._index: dict[int, int] = {}
        self._model_variables: list[Any] = []
        self._averages: list[Any] = []
        self._excluded: set[int] = set()
        self._excluded_names: list[str] = []
        self.built = False
        with init_scope():
            self._iterations = tf.Variable(
                0,
                name=self._counter_name,
                dtype="int64",
                trainable=False,
                aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
            )
        self._variables.append(self._iterations)

    # ---- settings

    @property
    def name(self) -> str:
        """The name."""
        return self._name

    @property
    def iterations(self) -> Any:
        """How many times `apply_gradients` was called."""
        return self._iterations

    @iterations.setter
    def iterations(self, variable: Any) -> None:
        if self.built:
            raise RuntimeError(
                "Cannot set `iterations` to a new Variable after the Optimizer weights "
                f"have been created. Here it is attempting to set `iterations` to "
                f"{variable}."
            )
        self._variables[0] = variable
        self._iterations = variable

    # ---- variables

    def build(self, var_list: Any) -> None:
        """Make the slots for these variables; subclasses make theirs after this."""
        if self.built:
            return
        self._build_index(var_list)
        if self.use_ema:
            with init_scope():
                self._averages = [
                    self.add_variable_from_reference(
                        v, "average", initial_value=v.value()
                    )
                    for v in var_list
                ]

    def _build_index(self, var_list: Any) -> None:
        self._model_variables = list(var_list)
        self._index = {id(v): i for i, v in enumerate(var_list)}
        for v in var_list:
            if any(word in v.name for word in self._excluded_names):
                self._excluded.add(id(v))

    # ---- steps

    def begin_step(self) -> None:
        """Prepare what a step's updates of all variables share."""

    def update_step(self, gradient: Any, variable: Any) -> None:
        """Change a variable by its gradient.

        Raises:
            NotImplementedError: The subclass does not say how.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `update_step`.")

    def compute_gradients(self, loss: Any, var_list: Any, tape: Any = None) -> Any:
        """Return pairs of gradient and variable for a loss or a function that gives it.

        Raises:
            ValueError: A tensor was given without the tape that recorded it.
        """
        if not callable(loss) and tape is None:
            raise ValueError(
                "`tape` is required when a `Tensor` loss is passed. Received: "
                f"loss={loss}, tape={tape}."
            )
        if tape is None:
            tape = tf.GradientTape()
        if callable(loss):
            with tape:
                if not callable(var_list):
                    tape.watch(var_list)
                loss = loss()
                if callable(var_list):
                    var_list = var_list()
        grads = tape.gradient(loss, var_list)
        return list(zip(grads, var_list, strict=True))

    def minimize(self, loss: Any, var_list: Any, tape: Any = None) -> Any:
        """Compute gradients of the loss and apply them."""
        self.apply_gradients(self.compute_gradients(loss, var_list, tape))

    def apply_gradients(
        self,
        grads_and_vars: Any,
        name: str | None = None,
        skip_gradients_aggregation: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Change variables by their gradients, summed over all replicas first.

        Args:
            grads_and_vars: Pairs of gradient and variable.
            name: A name for the scope.
            skip_gradients_aggregation: The gradients are summed already.
            **kwargs: `experimental_aggregate_gradients`, the old way to say so.

        Returns:
            The step counter.

        Raises:
            ValueError: There is no gradient at all, or a variable is unknown.
            TypeError: A keyword is unknown.
        """
        aggregate = kwargs.pop("experimental_aggregate_gradients", True)
        if kwargs:
            raise TypeError(f"Unknown keyword arguments: {list(kwargs)}")
        pairs = list(grads_and_vars)
        if not pairs:
            return self._iterations
        replication = replica.current()
        if aggregate and not skip_gradients_aggregation:
            grads = replication.reduce_gradients(pairs)
        else:
            grads = replication.summed_gradients(pairs)
        pairs = [(g, v) for g, (_, v) in zip(grads, pairs, strict=True)]
        pairs = filter_empty_gradients(pairs)
        return replication.update_once(lambda: self._apply(pairs, name))

    def _apply(self, pairs: list[tuple[Any, Any]], name: str | None) -> Any:
        """Change variables by gradients that are summed and complete."""
        variables = [v for _, v in pairs]
        with tf.name_scope(name or self._name or "optimizer"):
            if not self.built:
                with init_scope():
                    self.build(variables)
                attached(self)
            self._check_known(variables)
            limits = self.clipnorm, self.global_clipnorm, self.clipvalue
            grads = [summed_up(g) for g in clipped([g for g, _ in pairs], *limits)]
            self._note_rate()
            self.begin_step()
            for gradient, variable in zip(grads, variables, strict=True):
                variable.updated_by(self._update, gradient)
            self._iterations.updated_by(lambda _, count: count.assign_add(1), None)
        return self._iterations

    def _update(self, gradient: Any, variable: Any) -> None:
        """Change a variable and what is kept beside it by a gradient."""
        self._decay_weight(variable)
        self.update_step(gradient, variable)
        if variable.constraint is not None:
            variable.assign(variable.constraint(variable))
        if self.use_ema:
            self._move_average(variable)

    def _check_known(self, variables: list[Any]) -> None:
        for v in variables:
            if id(v) not in self._index:
                raise KeyError(
                    f"The optimizer cannot recognize variable {v.name}. This usually "
                    "means you are trying to call the optimizer to update different "
                    "parts of the model separately. Please call "
                    "`optimizer.build(variables)` with the full list of trainable "
                    "variables before the training loop or use legacy optimizer "
                    f"`tf.keras.optimizers.legacy.{type(self).__name__}."
                )

    # ---- weight decay and moving averages

    def exclude_from_weight_decay(
        self, var_list: Any = None, var_names: Any = None
    ) -> None:
        """Name variables that do not decay.

        Raises:
            ValueError: The optimizer was built already.
        """
        if self.built:
            raise ValueError(
                "`exclude_from_weight_decay()` can only be configued before the "
                "optimizer is built."
            )
        self._excluded.update(id(v) for v in var_list or ())
        self._excluded_names.extend(var_names or ())

    def _decay_weight(self, v: Any) -> None:
        if self.weight_decay is not None and id(v) not in self._excluded:
            rate = tf.cast(self._rate(), v.dtype)
            decay = tf.cast(self.weight_decay, v.dtype)
            v.assign_sub(v * decay * rate)

    def _move_average(self, v: Any) -> None:
        average = self._slot(self._averages, v)
        momentum = self.ema_momentum
        average.assign(momentum * average + (1 - momentum) * v)
        if self.ema_overwrite_frequency:
            is_time = (self._iterations + 1) % self.ema_overwrite_frequency == 0
            v.assign(tf.where(is_time, average, v))

    def finalize_variable_values(self, var_list: Any) -> None:
        """Set the variables to their moving averages, if these are kept."""
        if self.use_ema:
            for v in var_list:
                v.assign(self._slot(self._averages, v).value())

    # ---- saving

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal optimizer, without its slots."""
        return {
            "name": self._name,
            "weight_decay": self.weight_decay,
            "clipnorm": self.clipnorm,
            "global_clipnorm": self.global_clipnorm,
            "clipvalue": self.clipvalue,
            "use_ema": self.use_ema,
            "ema_momentum": self.ema_momentum,
            "ema_overwrite_frequency": self.ema_overwrite_frequency,
            "jit_compile": self.jit_compile,
            "is_legacy_optimizer": False,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """Make an optimizer from what `get_config` returned."""
        config = dict(config)
        if isinstance(config.get("learning_rate"), dict):
            config["learning_rate"] = schedule_from_config(
                config["learning_rate"], custom_objects
            )
        return cls(**config)
