"""SharpnessAwareMinimization: trains towards minima whose neighbourhood is low too."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.keras import serialization
from tensor.keras.engine.model import Model
from tensor.keras.training.batches import unpack


class SharpnessAwareMinimization(Model):
    """Wraps a model: gradients are those at the worst point near the weights."""

    def __init__(
        self,
        model: Any,
        rho: float = 0.05,
        num_batch_splits: int | None = None,
        name: str | None = None,
    ) -> None:
        """Take the model, and how far away the worst point is looked for.

        Args:
            model: The model.
            rho: The distance.
            num_batch_splits: In how many parts each batch is cut, each with a worst
                point of its own.
            name: A name.
        """
        super().__init__(name=name)
        self.model = model
        self.rho = rho
        self.num_batch_splits = num_batch_splits

    def train_step(self, data: Any) -> Any:
        x, y, sample_weight = unpack(data)
        x_parts, y_parts, weights = (self._split(v) for v in (x, y, sample_weight))
        variables = self.model.trainable_variables
        every, predictions = [], []
        for part in zip(x_parts, y_parts, weights, strict=True):
            gradients, y_pred = self._gradients_nearby(part, variables)
            every.append(gradients)
            predictions.append(y_pred)
        total = [tf.add_n(list(rows)) for rows in zip(*every, strict=True)]
        self.optimizer.apply_gradients(zip(total, variables, strict=True))
        return self.compute_metrics(x, y, tf.concat(predictions, axis=0), sample_weight)

    def _split(self, values: Any) -> list[Any]:
        count = self.num_batch_splits or 1
        if values is None:
            return [None] * count
        return list(tf.split(values, count)) if count > 1 else [values]

    def _gradients_nearby(
        self, batch: tuple[Any, Any, Any], variables: Any
    ) -> tuple[Any, Any]:
        """Return the gradients at the worst point, and the predictions here."""
        x, y, sample_weight = batch
        with tf.GradientTape() as tape:
            y_pred = self(x)
            loss = self.compiled_loss(y, y_pred, sample_weight)
        gradients = tape.gradient(loss, variables)
        norm = tf.norm(tf.stack([tf.norm(g) for g in gradients if g is not None]))
        steps = [g * (self.rho / (norm + 1e-12)) for g in gradients]
        for variable, step in zip(variables, steps, strict=True):
            variable.assign_add(step)
        with tf.GradientTape() as tape:
            loss = self.compiled_loss(y, self(x, training=True), sample_weight)
        gradients = tape.gradient(loss, variables)
        for variable, step in zip(variables, steps, strict=True):
            variable.assign_sub(step)
        return gradients, y_pred

    def call(self, inputs: Any, **kwargs: Any) -> Any:
        return self.model(inputs, **kwargs)

    def get_config(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "model": serialization.serialize_keras_object(self.model),
            "rho": self.rho,
            "num_batch_splits": self.num_batch_splits,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        from tensor.keras.layers.lookup import deserialize

        model = deserialize(config["model"], custom_objects)
        return cls(**{**config, "model": model})
