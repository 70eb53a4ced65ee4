"""Class numbers: as vectors (CategoryEncoding), from numbers (Discretization)."""

from __future__ import annotations

from typing import Any

import numpy as np

import tensor as tf
from tensor.keras.engine.layer import Layer
from tensor.keras.layers.preprocessing.adaptation import PreprocessingLayer

_MODES = ("one_hot", "multi_hot", "count")


def encoded(inputs: Any, mode: str, depth: int, dtype: Any, weights: Any = None) -> Any:
    """Return class numbers as vectors.

    Args:
        inputs: The numbers; in a row, those of one example.
        mode: "one_hot" for one number an example, "multi_hot" for which numbers occur,
            "count" for how often.
        depth: The length of vectors.
        dtype: Their dtype.
        weights: What each number counts.

    Raises:
        ValueError: The inputs have too many axes.
    """
    shape = inputs.shape
    if shape.rank == 0 or (mode == "one_hot" and shape[-1] != 1):
        inputs = tf.expand_dims(inputs, -1)
    if inputs.shape.rank > 2:
        raise ValueError(
            "When output_mode is not `'int'`, maximum supported output rank is 2. "
            f"Received output_mode {mode} and input shape {shape}, which would result "
            f"in output rank {inputs.shape.rank}."
        )
    rows = tf.one_hot(inputs, depth, dtype=dtype)
    if mode != "count":
        # Not the maximum: of an example without numbers it would be -inf.
        return tf.minimum(tf.reduce_sum(rows, axis=-2), tf.ones([], dtype))
    if weights is not None:
        rows = rows * tf.expand_dims(tf.cast(weights, dtype), -1)
    return tf.reduce_sum(rows, axis=-2)


def _checked_sparse(sparse: bool) -> None:
    if sparse:
        raise ValueError(
            "Received sparse=True. Vectors come as dense tensors: leave `sparse` out."
        )


class CategoryEncoding(Layer):
    """Class numbers as vectors: one-hot, which occur, or how often."""

    def __init__(
        self,
        num_tokens: int | None = None,
        output_mode: str = "multi_hot",
        sparse: bool = False,
        **kwargs: Any,
    ) -> None:
        """Take the number of classes and what the vectors say.

        Raises:
            ValueError: The number is missing, or the mode is unknown.
        """
        super().__init__(**kwargs)
        _checked_sparse(sparse)
        mode = "multi_hot" if output_mode == "binary" else output_mode
        if mode not in _MODES:
            raise ValueError(
                f"Unknown argument for `output_mode`: {output_mode}. Expected one of "
                f"{_MODES}."
            )
        if num_tokens is None:
            raise ValueError(
                "num_tokens must be set to use this layer. If the number of tokens is "
                "not known beforehand, use the IntegerLookup layer instead."
            )
        if num_tokens < 1:
            raise ValueError(
                f"`num_tokens` must be >= 1. Received: num_tokens={num_tokens}."
            )
        self.num_tokens = num_tokens
        self.output_mode = mode
        self.sparse = sparse

    def call(self, inputs: Any, count_weights: Any = None) -> Any:
        if count_weights is not None and self.output_mode != "count":
            raise ValueError(
                "`count_weights` is not used when `output_mode` is not `'count'`. "
                f"Received `count_weights={count_weights}`."
            )
        inputs = tf.cast(inputs, "int64")
        in_range = tf.reduce_all((inputs >= 0) & (inputs < self.num_tokens))
        message = (
            "Input values must be in the range 0 <= values < num_tokens with "
            f"num_tokens={self.num_tokens}"
        )
        with tf.control_dependencies([tf.debugging.Assert(in_range, [message])]):
            inputs = tf.identity(inputs)
        return encoded(
            inputs,
            self.output_mode,
            self.num_tokens,
            self._compute_dtype,
            count_weights,
        )

    def compute_output_shape(self, input_shape: Any) -> Any:
        shape = list(input_shape)
        if not shape:
            return tf.TensorShape([self.num_tokens])
        if self.output_mode == "one_hot" and shape[-1] != 1:
            return tf.TensorShape([*shape, self.num_tokens])
        return tf.TensorShape([*shape[:-1], self.num_tokens])

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_tokens": self.num_tokens,
            "output_mode": self.output_mode,
            "sparse": self.sparse,
        }


class Discretization(PreprocessingLayer):
    """The number of the interval that each input lies in."""

    def __init__(
        self,
        bin_boundaries: Any = None,
        num_bins: int | None = None,
        epsilon: float = 0.01,
        output_mode: str = "int",
        sparse: bool = False,
        **kwargs: Any,
    ) -> None:
        """Take the boundaries, or how many equally full intervals `adapt` makes.

        Raises:
            ValueError: Both or a negative number are given, or the mode is unknown.
        """
        kwargs.setdefault("dtype", "int64" if output_mode == "int" else None)
        super().__init__(**kwargs)
        _checked_sparse(sparse)
        if output_mode not in ("int", *_MODES):
            raise ValueError(
                f"Unknown argument for `output_mode`: {output_mode}. Expected one of "
                f"{('int', *_MODES)}."
            )
        if num_bins is not None and num_bins < 0:
            raise ValueError(
                "`num_bins` must be greater than or equal to 0. You passed "
                f"`num_bins={num_bins}`"
            )
        if num_bins is not None and bin_boundaries is not None:
            raise ValueError(
                "Both `num_bins` and `bin_boundaries` should not be set. You passed "
                f"`num_bins={num_bins}` and `bin_boundaries={bin_boundaries}`"
            )
        self.input_bin_boundaries = bin_boundaries
        self.bin_boundaries = [] if bin_boundaries is None else list(bin_boundaries)
        self.num_bins = num_bins
        self.epsilon = epsilon
        self.output_mode = output_mode
        self.sparse = sparse
        self._autocast = False
        self._summary = np.zeros((2, 0), np.float32)

    def update_state(self, data: Any) -> None:
        """Add a batch to the summary of what values there are.

        Raises:
            ValueError: The boundaries were given.
        """
        if self.input_bin_boundaries is not None:
            raise ValueError(
                "Cannot adapt a Discretization layer that has been initialized with "
                "`bin_boundaries`, use `num_bins` instead."
            )
        batch = _summary(np.asarray(data, np.float32), self.epsilon)
        merged = np.concatenate([self._summary, batch], axis=1)
        merged = merged[:, np.argsort(merged[0])]
        self._summary = _compressed(merged, self.epsilon)

    def finalize_state(self) -> None:
        if self.input_bin_boundaries is None and self.num_bins:
            edges = _compressed(self._summary, 1.0 / self.num_bins)[0, :-1]
            self.bin_boundaries = edges.tolist()

    def reset_state(self) -> None:
        if self.input_bin_boundaries is None:
            self._summary = np.zeros((2, 0), np.float32)
            self.bin_boundaries = []

    def call(self, inputs: Any) -> Any:
        if isinstance(inputs, tf.RaggedTensor) and self.output_mode == "int":
            return inputs.with_flat_values(self.call(inputs.flat_values))
        inputs = tf.cast(inputs, "float32")
        edges = tf.constant(self.bin_boundaries, dtype="float32")
        flat = tf.searchsorted(edges, tf.reshape(inputs, [-1]), side="right")
        numbers = tf.reshape(flat, tf.shape(inputs))
        if self.output_mode == "int":
            return tf.cast(numbers, self._compute_dtype)
        depth = len(self.bin_boundaries) + 1
        return encoded(numbers, self.output_mode, depth, self._compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "bin_boundaries": self.input_bin_boundaries,
            "num_bins": self.num_bins,
            "epsilon": self.epsilon,
            "output_mode": self.output_mode,
            "sparse": self.sparse,
        }


def _summary(values: Any, epsilon: float) -> Any:
    """Return every so many-th of the sorted values, and how many each stands for."""
    ordered = np.sort(values.reshape(-1))
    step = ordered.size * epsilon
    chosen = ordered[int(step) :: max(int(step), 1)]
    weights = np.full(len(chosen), max(step, 1.0), np.float32)
    return np.stack([chosen, weights])


def _compressed(summary: Any, epsilon: float) -> Any:
    """Return a summary with about `1 / epsilon` values."""
    if summary.shape[1] * epsilon < 1:
        return summary
    shares = epsilon + np.arange(0.0, 1.0, epsilon)
    running = summary[1].cumsum()
    values = np.interp(shares, running / running[-1], summary[0])
    weights = np.interp(shares, running / running[-1], running)
    return np.stack([values, np.diff(weights, prepend=0.0)]).astype(np.float32)
