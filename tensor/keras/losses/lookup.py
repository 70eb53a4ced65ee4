"""Finding losses by name and configuration."""

from __future__ import annotations

from typing import Any

from tensor.keras import serialization
from tensor.keras.losses import margin, probabilistic, regression
from tensor.keras.losses.loss import Loss

_FUNCTIONS = (
    margin.categorical_hinge,
    margin.hinge,
    margin.squared_hinge,
    probabilistic.binary_crossentropy,
    probabilistic.binary_focal_crossentropy,
    probabilistic.categorical_crossentropy,
    probabilistic.categorical_focal_crossentropy,
    probabilistic.kl_divergence,
    probabilistic.poisson,
    probabilistic.sparse_categorical_crossentropy,
    regression.cosine_similarity,
    regression.huber,
    regression.log_cosh,
    regression.mean_absolute_error,
    regression.mean_absolute_percentage_error,
    regression.mean_squared_error,
    regression.mean_squared_logarithmic_error,
)
_OTHER_NAMES = {
    "mse": regression.mean_squared_error,
    "MSE": regression.mean_squared_error,
    "mae": regression.mean_absolute_error,
    "MAE": regression.mean_absolute_error,
    "mape": regression.mean_absolute_percentage_error,
    "MAPE": regression.mean_absolute_percentage_error,
    "msle": regression.mean_squared_logarithmic_error,
    "MSLE": regression.mean_squared_logarithmic_error,
    "kld": probabilistic.kl_divergence,
    "KLD": probabilistic.kl_divergence,
    "kullback_leibler_divergence": probabilistic.kl_divergence,
    "bce": probabilistic.binary_crossentropy,
    "BCE": probabilistic.binary_crossentropy,
    "logcosh": regression.log_cosh,
    "huber_loss": regression.huber,
}


def _classes() -> dict[str, Any]:
    return {
        name: thing
        for module in (margin, probabilistic, regression)
        for name, thing in vars(module).items()
        if isinstance(thing, type) and issubclass(thing, Loss)
    }


BY_NAME: dict[str, Any] = {
    **_classes(),
    **{f.__name__: f for f in _FUNCTIONS},
    **_OTHER_NAMES,
}


def serialize(loss: Any, use_legacy_format: bool = False) -> Any:
    """Return the configuration of a loss or a loss function."""
    return serialization.serialize_function_or_object(loss)


def deserialize(
    name: Any, custom_objects: Any = None, use_legacy_format: bool = False
) -> Any:
    """Return the loss that a configuration or name describes."""
    return serialization.deserialize_keras_object(
        name, BY_NAME, custom_objects, "loss function"
    )


def get(identifier: Any) -> Any:
    """Return the loss that a name, configuration or function stands for.

    Raises:
        ValueError: It is none of these.
    """
    if identifier is None:
        return None
    if isinstance(identifier, str | dict):
        return deserialize(identifier)
    if callable(identifier):
        return identifier
    raise ValueError(f"Could not interpret loss function identifier: {identifier}")
