"""VarianceScaling: numbers whose spread follows the number of inputs and outputs."""

from __future__ import annotations

import math
from typing import Any

from tensor.keras.initializers.initializer import (
    RandomInitializer,
    dims_of,
    float_dtype,
    nonce_of,
    part_of,
)

# The standard deviation of a unit normal distribution truncated at two.
_TRUNCATED_STDDEV = 0.87962566103423978


class VarianceScaling(RandomInitializer):
    """Draws with variance scale / n, where n counts inputs, outputs or both."""

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | None = None,
    ) -> None:
        """Take scale, what n is, and the distribution.

        Args:
            scale: A positive factor.
            mode: "fan_in", "fan_out" or "fan_avg".
            distribution: "truncated_normal", "untruncated_normal" or "uniform".
            seed: The seed.

        Raises:
            ValueError: An argument is none of these.
        """
        super().__init__(seed)
        if scale <= 0.0:
            raise ValueError(
                f"`scale` must be positive float. Received: scale={scale}."
            )
        modes = {"fan_in", "fan_out", "fan_avg"}
        if mode not in modes:
            raise ValueError(
                f"Invalid `mode` argument: {mode}. Please use one of {sorted(modes)}"
            )
        distribution = distribution.lower()
        if distribution == "normal":
            distribution = "truncated_normal"
        kinds = {"uniform", "truncated_normal", "untruncated_normal"}
        if distribution not in kinds:
            raise ValueError(
                f"Invalid `distribution` argument: {distribution}. Allowed "
                f"distributions: {sorted(kinds)}."
            )
        self.scale = scale
        self.mode = mode
        self.distribution = distribution

    def __call__(self, shape: Any, dtype: Any = None, **kwargs: Any) -> Any:
        shape = part_of(shape, "VarianceScaling", kwargs)
        kind = float_dtype(dtype, "VarianceScaling")
        self._warn_reuse()
        dims = dims_of(shape)
        fan_in, fan_out = fans(dims)
        count = {"fan_in": fan_in, "fan_out": fan_out}.get(
            self.mode, (fan_in + fan_out) / 2.0
        )
        variance = self.scale / max(1.0, count)
        if self.distribution == "truncated_normal":
            stddev = math.sqrt(variance) / _TRUNCATED_STDDEV
            return self._generator.truncated_normal(
                dims, 0.0, stddev, kind, nonce_of(kwargs)
            )
        if self.distribution == "untruncated_normal":
            return self._generator.random_normal(
                dims, 0.0, math.sqrt(variance), kind, nonce_of(kwargs)
            )
        limit = math.sqrt(3.0 * variance)
        return self._generator.random_uniform(
            dims, -limit, limit, kind, nonce_of(kwargs)
        )

    def get_config(self) -> dict[str, Any]:
        return {
            "scale": self.scale,
            "mode": self.mode,
            "distribution": self.distribution,
            "seed": self.seed,
        }


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return how many inputs and outputs each unit of a kernel has."""
    if len(shape) < 1:
        return 1, 1
    if len(shape) == 1:
        return shape[0], shape[0]
    field = math.prod(shape[:-2])
    return shape[-2] * field, shape[-1] * field


class _Preset(VarianceScaling):
    """A VarianceScaling of which only the seed is left to choose."""

    _settings: tuple[float, str, str]

    def __init__(self, seed: int | None = None) -> None:
        """Take the seed."""
        super().__init__(*self._settings, seed=seed)

    def get_config(self) -> dict[str, Any]:
        return {"seed": self.seed}


class GlorotUniform(_Preset):
    """Uniform within sqrt(6 / (inputs + outputs)): the default of most layers."""

    _settings = (1.0, "fan_avg", "uniform")


class GlorotNormal(_Preset):
    """Truncated normal with variance 2 / (inputs + outputs)."""

    _settings = (1.0, "fan_avg", "truncated_normal")


class LecunNormal(_Preset):
    """Truncated normal with variance 1 / inputs."""

    _settings = (1.0, "fan_in", "truncated_normal")


class LecunUniform(_Preset):
    """Uniform within sqrt(3 / inputs)."""

    _settings = (1.0, "fan_in", "uniform")


class HeNormal(_Preset):
    """Truncated normal with variance 2 / inputs."""

    _settings = (2.0, "fan_in", "truncated_normal")


class HeUniform(_Preset):
    """Uniform within sqrt(6 / inputs)."""

    _settings = (2.0, "fan_in", "uniform")
