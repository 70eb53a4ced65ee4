"""How a model was compiled, out of its saved configuration."""

from __future__ import annotations

from typing import Any

from tensor.keras import losses, metrics, optimizers, registration


def compile_from_config(model: Any, config: dict[str, Any]) -> None:
    """Compile a model as its configuration says."""
    arguments = {k: v for k, v in config.items() if v is not None}
    arguments["optimizer"] = optimizers.deserialize(config["optimizer"])
    if "loss" in arguments:
        arguments["loss"] = _each(arguments["loss"], _loss)
    for name in ("metrics", "weighted_metrics"):
        if name in arguments:
            arguments[name] = _each(arguments[name], _metric)
    model.compile(**arguments)
    if model.built and getattr(model.optimizer, "build", None):
        model.optimizer.build(model.trainable_variables)


def _each(value: Any, function: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_each(v, function) for v in value]
    if isinstance(value, dict) and "class_name" not in value:
        return {k: _each(v, function) for k, v in value.items()}
    return function(value)


def _loss(value: Any) -> Any:
    """Return a loss; a name that users gave is looked up now, in their scope."""
    if value is None or (isinstance(value, str) and not _is_custom(value)):
        return losses.get(value) and value
    return losses.get(value)


def _metric(value: Any) -> Any:
    if isinstance(value, dict) or (isinstance(value, str) and _is_custom(value)):
        return metrics.get(value)
    return value  # "accuracy" gets its meaning from the shapes


def _is_custom(name: str) -> bool:
    return registration.get_registered_object(name) is not None
