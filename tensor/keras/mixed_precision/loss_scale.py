"""LossScaleOptimizer: keeps small gradients of half precision from becoming zero."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.core import replica
from tensor.core.module import Module
from tensor.keras.engine.call_context import init_scope
from tensor.keras.optimizers import lookup
from tensor.keras.optimizers.gradients import on_values

_INITIAL_SCALE = 2.0**15
_GROWTH_STEPS = 2000


class LossScaleOptimizer(Module):
    """An optimizer around another: the loss is scaled up, its gradients down again.

    A dynamic scale doubles after so many steps with finite gradients; a gradient that
    is not finite halves it, and no variable changes in that step::

        optimizer = tf.keras.mixed_precision.LossScaleOptimizer(inner)
        with tf.GradientTape() as tape:
            loss = loss_fn(y, model(x))
            scaled_loss = optimizer.get_scaled_loss(loss)
        scaled = tape.gradient(scaled_loss, variables)
        gradients = optimizer.get_unscaled_gradients(scaled)
        optimizer.apply_gradients(zip(gradients, variables))

    `fit` does all of this.
    """

    is_optimizer = True

    def __init__(
        self,
        inner_optimizer: Any,
        dynamic: bool = True,
        initial_scale: float | None = None,
        dynamic_growth_steps: int | None = None,
    ) -> None:
        """Take the optimizer, and how the scale starts and grows.

        Raises:
            TypeError: `inner_optimizer` is no optimizer, or scales already.
            ValueError: A fixed scale is missing, or is to grow.
        """
        if isinstance(inner_optimizer, LossScaleOptimizer):
            raise TypeError(
                "LossScaleOptimizer cannot wrap another LossScaleOptimizer, but got: "
                f"{inner_optimizer}"
            )
        if not isinstance(inner_optimizer, lookup.Optimizer):
            raise TypeError(
                '"inner_optimizer" must be an instance of '
                "`tf.keras.optimizers.Optimizer` or "
                "`tf.keras.optimizers.experimental.Optimizer`, but got: "
                f"{inner_optimizer}."
            )
        if not isinstance(dynamic, bool):
            raise TypeError(
                '"dynamic" argument to LossScaleOptimizer.__init__ must be a bool, but '
                f"got: {dynamic!r}"
            )
        if not dynamic and initial_scale is None:
            raise ValueError('"initial_scale" must be specified if "dynamic" is False')
        if not dynamic and dynamic_growth_steps is not None:
            raise ValueError(
                '"dynamic_growth_steps" must be None if "dynamic" is False, but got: '
                f"{dynamic_growth_steps}"
            )
        self.inner_optimizer = inner_optimizer
        self.dynamic = dynamic
        scale = _INITIAL_SCALE if initial_scale is None else float(initial_scale)
        self.initial_scale = scale
        self._growth_steps = dynamic_growth_steps or _GROWTH_STEPS
        with init_scope():
            self._scale = tf.Variable(
                scale, trainable=False, name="current_loss_scale", dtype="float32"
            )
            self._good_steps = tf.Variable(
                0, trainable=False, name="good_steps", dtype="int64"
            )

    # ---- the scale

    @property
    def loss_scale(self) -> Any:
        """What losses are multiplied by now."""
        return self._scale.value() if self.dynamic else tf.constant(self.initial_scale)

    @property
    def dynamic_growth_steps(self) -> int | None:
        """After how many steps with finite gradients the scale doubles."""
        return self._growth_steps if self.dynamic else None

    @property
    def dynamic_counter(self) -> Any:
        """How many steps had finite gradients since the scale last changed."""
        return self._good_steps if self.dynamic else None

    def get_scaled_loss(self, loss: Any) -> Any:
        """Return a loss, or a function that gives one, times the scale."""
        if callable(loss):
            return lambda: self.get_scaled_loss(loss())
        return loss * tf.cast(self.loss_scale, loss.dtype)

    def get_unscaled_gradients(self, grads: Any) -> list[Any]:
        """Return the gradients of a scaled loss divided by the scale; None stays."""
        inverse = 1.0 / self.loss_scale

        def unscaled(values: Any) -> Any:
            return values * tf.cast(inverse, values.dtype)

        return [None if g is None else on_values(g, unscaled) for g in grads]

    # ---- steps

    def compute_gradients(self, loss: Any, var_list: Any, tape: Any = None) -> Any:
        """Return pairs of gradient and variable; the loss is scaled in between."""
        tape = tape or tf.GradientTape()
        with tape:
            if callable(loss):
                loss = loss()
            scaled = self.get_scaled_loss(loss)
        grads = tape.gradient(scaled, var_list)
        return list(zip(self.get_unscaled_gradients(grads), var_list, strict=True))

    def minimize(self, loss: Any, var_list: Any, tape: Any = None) -> Any:
        """Compute gradients of the loss, scaled in between, and apply them."""
        return self.apply_gradients(self.compute_gradients(loss, var_list, tape))

    def apply_gradients(
        self,
        grads_and_vars: Any,
        name: str | None = None,
        skip_gradients_aggregation: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Change variables by unscaled gradients, if all of these are finite.

        Raises:
            TypeError: A keyword is unknown.
            ValueError: There is no gradient.
        """
        aggregate = kwargs.pop("experimental_aggregate_gradients", True)
        if kwargs:
            raise TypeError(f"Unknown keyword arguments: {list(kwargs)}")
        pairs = [(g, v) for g, v in grads_and_vars if g is not None]
        replication = replica.current()
        if aggregate and not skip_gradients_aggregation:
            grads = replication.reduce_gradients(pairs)
        else:
            grads = replication.summed_gradients(pairs)
        pairs = [(g, v) for g, (_, v) in zip(grads, pairs, strict=True)]
        if not pairs:
            raise ValueError(
                "No gradients provided for any variable. Every gradient is None."
            )
        inner = self.inner_optimizer
        if not inner.built:
            with init_scope():
                inner.build([v for _, v in pairs])
        return replication.update_once(lambda: self._apply(pairs, name))

    def _apply(self, pairs: list[tuple[Any, Any]], name: str | None) -> Any:
        """Change variables by gradients that are summed, and then the scale."""
        inner = self.inner_optimizer
        if not self.dynamic:
            return inner._apply(pairs, name)

        def applied() -> Any:
            inner._apply(pairs, name)
            return inner.iterations.value()

        def skipped() -> Any:
            inner.iterations.assign_add(1)
            return inner.iterations.value()

        finite = tf.reduce_all([tf.reduce_all(_finite(g)) for g, _ in pairs])
        tf.cond(finite, applied, skipped)
        self._adapt(finite)
        return inner.iterations

    def _adapt(self, finite: Any) -> None:
        """Change the scale by whether this step's gradients were finite."""
        scale, count = self._scale.value(), self._good_steps.value() + 1
        grows = tf.logical_and(finite, count >= self._growth_steps)
        doubled = scale * 2.0
        # A scale that is not finite itself would never recover.
        larger = tf.where(tf.math.is_finite(doubled), doubled, scale)
        smaller = tf.maximum(scale / 2.0, 1.0)
        scale = tf.where(finite, tf.where(grows, larger, scale), smaller)
        stays = tf.logical_and(finite, tf.logical_not(grows))
        self._good_steps.assign(tf.where(stays, count, tf.zeros_like(count)))
        self._scale.assign(scale)

    # ---- what is the inner optimizer's

    def __getattr__(self, name: str) -> Any:
        inner = self.__dict__.get("inner_optimizer")
        if inner is None or name.startswith("__"):
            raise AttributeError(
                f"{type(self).__name__!r} object has no attribute {name!r}"
            )
        return getattr(inner, name)

    @property
    def iterations(self) -> Any:
        """How many steps there were, those that changed nothing included."""
        return self.inner_optimizer.iterations

    @iterations.setter
    def iterations(self, variable: Any) -> None:
        self.inner_optimizer.iterations = variable

    @property
    def learning_rate(self) -> Any:
        """The learning rate of the inner optimizer."""
        return self.inner_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        self.inner_optimizer.learning_rate = value

    lr = learning_rate

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal optimizer."""
        return {
            "inner_optimizer": lookup.serialize(self.inner_optimizer),
            "dynamic": self.dynamic,
            "initial_scale": self.initial_scale,
            "dynamic_growth_steps": self.dynamic_growth_steps,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """Make an optimizer from what `get_config` returned."""
        config = dict(config)
        inner = lookup.deserialize(config.pop("inner_optimizer"), custom_objects)
        return cls(inner, **config)


def _finite(gradient: Any) -> Any:
    values = getattr(gradient, "values", gradient)
    return tf.math.is_finite(values)
