"""Finding metrics by name and configuration."""

from __future__ import annotations

from typing import Any

from tensor.keras import serialization


def _by_name() -> dict[str, Any]:
    from tensor.keras import losses, metrics

    names: dict[str, Any] = {**vars(losses), **vars(metrics)}
    return {
        **{k: v for k, v in names.items() if callable(v)},
        "acc": metrics.accuracy,
        "bce": losses.binary_crossentropy,
        "BCE": losses.binary_crossentropy,
        "cosine_similarity": metrics.cosine_proximity,
    }


def serialize(metric: Any, use_legacy_format: bool = False) -> Any:
    """Return the configuration of a metric or a metric function."""
    return serialization.serialize_function_or_object(metric)


def deserialize(
    config: Any, custom_objects: Any = None, use_legacy_format: bool = False
) -> Any:
    """Return the metric that a configuration or name describes."""
    return serialization.deserialize_keras_object(
        config, _by_name(), custom_objects, "metric function"
    )


def get(identifier: Any) -> Any:
    """Return the metric that a name, configuration or function stands for.

    Raises:
        ValueError: It is none of these.
    """
    if isinstance(identifier, str | dict):
        return deserialize(identifier)
    if callable(identifier):
        return identifier
    raise ValueError(f"Could not interpret metric identifier: {identifier}")
