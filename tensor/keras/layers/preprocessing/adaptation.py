"""PreprocessingLayer: a layer that learns from data before the training."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.keras.engine.layer import Layer


class PreprocessingLayer(Layer):
    """A layer with `adapt(data)`, which sees all data once and keeps what it needs.

    Subclasses define `update_state(batch)`, `finalize_state()` and `reset_state()`.
    """

    @property
    def _has_learned_vocabulary(self) -> bool:
        """Whether it has learned something that is no variable."""
        return False

    def adapt(
        self, data: Any, batch_size: int | None = None, steps: Any = None
    ) -> None:
        """Learn from an array, a tensor, or a dataset of batches.

        Args:
            data: What to learn from.
            batch_size: How many rows of an array to look at together, 32 by default.
            steps: How many batches to look at; all by default.

        Raises:
            ValueError: A batch size is given for a dataset, which has its own.
        """
        if isinstance(data, tf.data.Dataset):
            if batch_size is not None:
                raise ValueError(
                    "The `batch_size` argument must not be specified for the given "
                    f"input type. Received input: {data}, batch_size: {batch_size}"
                )
        else:
            rows = data if isinstance(data, tf.Tensor) else tf.constant(data)
            data = tf.data.Dataset.from_tensor_slices(rows).batch(batch_size or 32)
        self.reset_state()
        for batch in data if steps is None else data.take(steps):
            self._build_from(batch)
            self.update_state(batch)
        self.finalize_state()

    def _build_from(self, batch: Any) -> None:
        if not self.built:
            shape = batch.shape.as_list()
            self._build_for_shapes(tf.TensorShape([None, *shape[1:]]))

    def update_state(self, data: Any) -> None:
        """Learn from one batch."""
        raise NotImplementedError(f"{type(self).__name__} must define `update_state`.")

    def finalize_state(self) -> None:
        """Turn what was seen into what `call` needs."""

    def reset_state(self) -> None:
        """Forget what was learned."""
