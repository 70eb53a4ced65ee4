"""HashedCrossing: several features of an example as the number of one bin."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.keras import settings
from tensor.keras.engine.layer import Layer
from tensor.keras.layers.preprocessing.categories import encoded

_MODES = ("int", "one_hot")


class HashedCrossing(Layer):
    """Integers and texts that occur together, spread over bins."""

    def __init__(
        self,
        num_bins: int,
        output_mode: str = "int",
        sparse: bool = False,
        **kwargs: Any,
    ) -> None:
        """Take the number of bins, and whether bins are numbers or vectors.

        Raises:
            ValueError: The mode is unknown, or has no numbers of that dtype.
        """
        if output_mode not in _MODES:
            raise ValueError(
                "Unknown value for `output_mode` argument of layer HashedCrossing. "
                f"Allowed values are: {_MODES}. Received: {output_mode}"
            )
        is_int = output_mode == "int"
        dtype = kwargs.get("dtype")
        if dtype is None:
            kwargs["dtype"] = "int64" if is_int else settings.floatx()
        elif is_int and not tf.as_dtype(dtype).is_integer:
            raise ValueError(
                "When `output_mode='int'`, `dtype` should be an integer type. "
                f"Received: dtype={dtype}"
            )
        super().__init__(**kwargs)
        self._autocast = False
        self.num_bins = num_bins
        self.output_mode = output_mode
        self.sparse = sparse

    def call(self, inputs: Any) -> Any:
        columns = _columns(inputs)
        dims = columns[0].shape.as_list()
        rank = len(dims)
        rows = [tf.reshape(column, [-1, 1]) for column in columns]
        bins = tf.sparse.to_dense(tf.sparse.cross_hashed(rows, self.num_bins))
        bins = tf.reshape(bins, [] if rank == 0 else [-1, 1][:rank])
        bins.set_shape(dims)
        if self.output_mode == "int":
            return tf.cast(bins, self._compute_dtype)
        return encoded(bins, "one_hot", self.num_bins, self._compute_dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        shape = tf.TensorShape(input_shape[0])
        if self.output_mode == "int":
            return shape
        return tf.TensorShape([*shape.as_list()[:1], self.num_bins])

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_bins": self.num_bins,
            "output_mode": self.output_mode,
            "sparse": self.sparse,
        }


def _columns(inputs: Any) -> list[Any]:
    """Return the features that are crossed, as tensors.

    Raises:
        ValueError: They are too few, or not single integers or texts of as many
            examples.
    """
    if not isinstance(inputs, list | tuple):
        raise ValueError(
            "`HashedCrossing` should be called on a list or tuple of inputs. Received: "
            f"inputs={inputs}"
        )
    if len(inputs) < 2:
        raise ValueError(
            "`HashedCrossing` should be called on at least two inputs. Received: "
            f"inputs={inputs}"
        )
    if any(isinstance(x, tf.SparseTensor | tf.RaggedTensor) for x in inputs):
        raise ValueError(
            "All inputs to `HashedCrossing` should be dense tensors. Received: "
            f"inputs={inputs}"
        )
    columns = [tf.convert_to_tensor(x) for x in inputs]
    first = columns[0].shape
    if any(column.shape.as_list() != first.as_list() for column in columns[1:]):
        raise ValueError(
            "All `HashedCrossing` inputs should have equal shape. Received: "
            f"inputs={inputs}"
        )
    if first.rank > 2 or (first.rank == 2 and first[-1] != 1):
        raise ValueError(
            "All `HashedCrossing` inputs should have shape `[]`, `[batch_size]` or "
            f"`[batch_size, 1]`. Received: inputs={inputs}"
        )
    if not all(x.dtype.is_integer or x.dtype == tf.string for x in columns):
        raise ValueError(
            "All `HashedCrossing` inputs should have an integer or string dtype. "
            f"Received: inputs={inputs}"
        )
    return columns
