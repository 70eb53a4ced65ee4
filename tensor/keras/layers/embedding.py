"""Embedding: a vector for each number."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.keras import constraints, initializers, regularizers
from tensor.keras.engine.layer import Layer


class Embedding(Layer):
    """Looks up a row of a table for each integer of the input."""

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        activity_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        sparse: bool = False,
        input_length: Any = None,
        **kwargs: Any,
    ) -> None:
        """Take the table's size, how it is treated, and whether 0 means nothing.

        Raises:
            ValueError: A size is not positive.
        """
        if "input_shape" not in kwargs:
            kwargs["input_shape"] = (input_length,) if input_length else (None,)
        if input_dim <= 0 or output_dim <= 0:
            raise ValueError(
                "Both `input_dim` and `output_dim` should be positive, Received "
                f"input_dim = {input_dim} and output_dim = {output_dim}"
            )
        # The inputs are integers: nothing is to be cast.
        kwargs["autocast"] = False
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.input_dim = input_dim
        self.output_dim = output_dim
        self.embeddings_initializer = initializers.get(embeddings_initializer)
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self.embeddings_constraint = constraints.get(embeddings_constraint)
        self.mask_zero = mask_zero
        self.supports_masking = mask_zero
        self.input_length = input_length
        self.sparse = sparse

    def build(self, input_shape: Any = None) -> None:
        self.embeddings = self.add_weight(
            shape=(self.input_dim, self.output_dim),
            initializer=self.embeddings_initializer,
            name="embeddings",
            regularizer=self.embeddings_regularizer,
            constraint=self.embeddings_constraint,
            experimental_autocast=False,
        )
        super().build(input_shape)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return tf.not_equal(inputs, 0) if self.mask_zero else None

    def call(self, inputs: Any) -> Any:
        if isinstance(inputs, tf.SparseTensor):
            inputs = tf.sparse.to_dense(inputs)
        if inputs.dtype not in (tf.int32, tf.int64):
            inputs = tf.cast(inputs, "int32")
        rows = tf.nn.embedding_lookup(self.embeddings, inputs)
        target = self._dtype_policy.compute_dtype
        if target is not None and rows.dtype.name != target:
            rows = tf.cast(rows, target)
        return rows

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the input's shape and that of a vector.

        Raises:
            ValueError: The input has another length than was said.
        """
        if self.input_length is not None:
            lengths = self.input_length
            known = tf.TensorShape(
                lengths if isinstance(lengths, list | tuple) else [lengths]
            )
            if not known.is_compatible_with(tf.TensorShape(input_shape)[1:]):
                raise ValueError(
                    f'"input_length" is {lengths}, but received input has shape '
                    f"{tuple(input_shape)}"
                )
            batch = tf.TensorShape(input_shape)[:1]
            rest = tf.TensorShape(input_shape)[1:].merge_with(known)
            return batch.concatenate(rest).concatenate(self.output_dim)
        return tf.TensorShape(input_shape).concatenate(self.output_dim)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "input_dim": self.input_dim,
            "output_dim": self.output_dim,
            "embeddings_initializer": initializers.serialize(
                self.embeddings_initializer
            ),
            "embeddings_regularizer": regularizers.serialize(
                self.embeddings_regularizer
            ),
            "activity_regularizer": regularizers.serialize(self.activity_regularizer),
            "embeddings_constraint": constraints.serialize(self.embeddings_constraint),
            "mask_zero": self.mask_zero,
            "input_length": self.input_length,
        }
