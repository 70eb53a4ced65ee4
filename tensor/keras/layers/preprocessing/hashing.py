"""Hashing: each value the number of a bin that its hash falls into."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.keras import settings
from tensor.keras.engine.layer import Layer
from tensor.keras.layers.preprocessing.categories import encoded

_MODES = ("int", "one_hot", "multi_hot", "count")


class Hashing(Layer):
    """Texts or integers spread over bins: by FarmHash, with a salt by SipHash."""

    def __init__(
        self,
        num_bins: int,
        mask_value: Any = None,
        salt: Any = None,
        output_mode: str = "int",
        sparse: bool = False,
        **kwargs: Any,
    ) -> None:
        """Take the number of bins, what gets bin 0 for itself, and a salt.

        Raises:
            ValueError: There are no bins, or the mode or salt is unknown.
        """
        if num_bins is None or num_bins <= 0:
            raise ValueError(
                "The `num_bins` for `Hashing` cannot be `None` or non-positive values. "
                f"Received: num_bins={num_bins}."
            )
        if output_mode not in _MODES:
            raise ValueError(
                f"Unknown argument for `output_mode`: {output_mode}. Expected one of "
                f"{_MODES}."
            )
        if sparse:
            raise ValueError(
                f"Received sparse=True with output_mode={output_mode}. Vectors come as "
                "dense tensors: leave `sparse` out."
            )
        if kwargs.get("dtype") is None:
            kwargs["dtype"] = "int64" if output_mode == "int" else settings.floatx()
        elif output_mode == "int" and not tf.as_dtype(kwargs["dtype"]).is_integer:
            kwargs["dtype"] = "int64"
        super().__init__(**kwargs)
        self._autocast = False
        self.num_bins = num_bins
        self.mask_value = mask_value
        self.salt = _pair(salt)
        self.output_mode = output_mode
        self.sparse = sparse

    def call(self, inputs: Any) -> Any:
        if isinstance(inputs, tf.RaggedTensor):
            bins = tf.ragged.map_flat_values(self._bins, inputs)
        else:
            bins = self._bins(tf.convert_to_tensor(inputs))
        if self.output_mode == "int":
            return tf.cast(bins, self._compute_dtype)
        return encoded(bins, self.output_mode, self.num_bins, self._compute_dtype)

    def _bins(self, values: Any) -> Any:
        texts = tf.as_string(values) if values.dtype.is_integer else values
        masks = self.mask_value is not None and self.num_bins > 1
        bins = self.num_bins - masks
        if self.salt is None:
            numbers = tf.strings.to_hash_bucket_fast(texts, bins)
        else:
            numbers = tf.strings.to_hash_bucket_strong(texts, bins, self.salt)
        if not masks:
            return numbers
        return tf.where(values == self.mask_value, tf.zeros_like(numbers), numbers + 1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        if self.output_mode == "int":
            return tf.TensorShape(input_shape)
        return tf.TensorShape([*list(input_shape)[:-1], self.num_bins])

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_bins": self.num_bins,
            "salt": self.salt,
            "mask_value": self.mask_value,
            "output_mode": self.output_mode,
            "sparse": self.sparse,
        }


def _pair(salt: Any) -> list[int] | None:
    """Return a salt as the two halves of a key.

    Raises:
        ValueError: It is neither an integer nor two.
    """
    if salt is None:
        return None
    if isinstance(salt, int):
        return [salt, salt]
    if isinstance(salt, tuple | list) and len(salt) == 2:
        return list(salt)
    raise ValueError(
        "The `salt` argument for `Hashing` can only be a tuple of size 2 integers, or a"
        f" single integer. Received: salt={salt}."
    )
