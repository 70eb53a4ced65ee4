"""Initializers that draw from one distribution, whatever the shape; Orthogonal."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.keras.initializers.initializer import (
    RandomInitializer,
    dims_of,
    float_dtype,
    nonce_of,
    part_of,
)


class RandomNormal(RandomInitializer):
    """Numbers from a normal distribution."""

    def __init__(
        self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None
    ) -> None:
        """Take the distribution's mean and standard deviation."""
        super().__init__(seed)
        self.mean = mean
        self.stddev = stddev

    def __call__(self, shape: Any, dtype: Any = None, **kwargs: Any) -> Any:
        shape = part_of(shape, "RandomNormal", kwargs)
        kind = float_dtype(dtype, "RandomNormal")
        self._warn_reuse()
        return self._generator.random_normal(
            dims_of(shape), self.mean, self.stddev, kind, nonce_of(kwargs)
        )

    def get_config(self) -> dict[str, Any]:
        return {"mean": self.mean, "stddev": self.stddev, "seed": self.seed}


class TruncatedNormal(RandomInitializer):
    """Numbers from a normal distribution, none further than two deviations away."""

    def __init__(
        self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None
    ) -> None:
        """Take the mean and standard deviation before truncation."""
        super().__init__(seed)
        self.mean = mean
        self.stddev = stddev

    def __call__(self, shape: Any, dtype: Any = None, **kwargs: Any) -> Any:
        shape = part_of(shape, "TruncatedNormal", kwargs)
        kind = float_dtype(dtype, "TruncatedNormal")
        self._warn_reuse()
        return self._generator.truncated_normal(
            dims_of(shape), self.mean, self.stddev, kind, nonce_of(kwargs)
        )

    def get_config(self) -> dict[str, Any]:
        return {"mean": self.mean, "stddev": self.stddev, "seed": self.seed}


class RandomUniform(RandomInitializer):
    """Numbers from a uniform distribution; integers too."""

    def __init__(
        self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None
    ) -> None:
        """Take the bounds; `maxval` itself is not drawn."""
        super().__init__(seed)
        self.minval = minval
        self.maxval = maxval

    def __call__(self, shape: Any, dtype: Any = None, **kwargs: Any) -> Any:
        shape = part_of(shape, "RandomUniform", kwargs)
        kind = tf.as_dtype("float32" if dtype is None else dtype)
        if not kind.is_floating and not kind.is_integer:
            raise ValueError(f"Expected float or integer dtype, got {kind!r}.")
        self._warn_reuse()
        return self._generator.random_uniform(
            dims_of(shape), self.minval, self.maxval, kind, nonce_of(kwargs)
        )

    def get_config(self) -> dict[str, Any]:
        return {"minval": self.minval, "maxval": self.maxval, "seed": self.seed}


class Orthogonal(RandomInitializer):
    """A matrix whose rows or columns are orthogonal, from a random one by QR."""

    def __init__(self, gain: float = 1.0, seed: int | None = None) -> None:
        """Take a factor for the matrix."""
        super().__init__(seed)
        self.gain = gain

    def __call__(self, shape: Any, dtype: Any = None, **kwargs: Any) -> Any:
        part_of(shape, "Orthogonal", kwargs, can_be_partitioned=False)
        kind = float_dtype(dtype, "Orthogonal")
        dims = dims_of(shape)
        if len(dims) < 2:
            raise ValueError(
                "The tensor to initialize must be at least two-dimensional. Received: "
                f"shape={shape} of rank {len(dims)}."
            )
        self._warn_reuse()
        rows = 1
        for d in dims[:-1]:
            rows *= d
        columns = dims[-1]
        flat = (max(rows, columns), min(rows, columns))
        # The decomposition knows no half precision.
        exact = kind if kind.size >= 4 else tf.float32
        drawn = self._generator.random_normal(flat, dtype=exact)
        q, r = tf.linalg.qr(drawn, full_matrices=False)
        # The signs of r's diagonal make the distribution uniform.
        q = q * tf.sign(tf.linalg.diag_part(r))
        if rows < columns:
            q = tf.transpose(q)
        return tf.cast(self.gain * tf.reshape(q, dims), kind)

    def get_config(self) -> dict[str, Any]:
        return {"gain": self.gain, "seed": self.seed}
