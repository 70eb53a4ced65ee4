"""Configurations of layers that do not define `get_config`: their arguments."""

from __future__ import annotations

import inspect
from typing import Any

from tensor.core import nest

# Values of other types might not survive being written and read.
_PLAIN = (str, int, float, bool, type(None))


def note_arguments(layer: Any, args: Any, kwargs: dict[str, Any]) -> None:
    """Keep the arguments that a layer is made with, if they are plain values."""
    names = [p.name for p in _parameters(type(layer)) if _is_positional(p)]
    given = {**dict(zip(names, args, strict=False)), **kwargs}
    is_plain = all(isinstance(value, _PLAIN) for value in nest.flatten(given))
    object.__setattr__(layer, "_plain_arguments", given if is_plain else None)


def is_known(layer: Any) -> bool:
    """Return whether a layer has a configuration: its own, or plain arguments."""
    return getattr(layer, "_plain_arguments", {}) is not None


def completed(layer: Any, config: dict[str, Any]) -> dict[str, Any]:
    """Return a base configuration with a layer's own arguments.

    What the constructor does not take is left out.

    Raises:
        NotImplementedError: There are arguments that are no plain values.
    """
    parameters = _parameters(type(layer))
    if not is_known(layer):
        names = [p.name for p in parameters if p.kind is not p.VAR_KEYWORD]
        raise NotImplementedError(
            f"Layer {type(layer).__name__} was created by passing non-serializable "
            f"argument values in `__init__()`, which takes {names}. It must override "
            "`get_config()` so that it can be saved and made again."
        )
    if not any(p.kind is p.VAR_KEYWORD for p in parameters):
        known = {p.name for p in parameters}
        config = {name: value for name, value in config.items() if name in known}
    return {**config, **layer._plain_arguments}


def _parameters(cls: type) -> list[inspect.Parameter]:
    return list(inspect.signature(cls.__init__).parameters.values())[1:]  # type: ignore[misc]


def _is_positional(parameter: inspect.Parameter) -> bool:
    return parameter.kind in (
        parameter.POSITIONAL_ONLY,
        parameter.POSITIONAL_OR_KEYWORD,
    )


def made_from_config(cls: Any, config: dict[str, Any]) -> Any:
    """Return an object made from its configuration.

    Raises:
        TypeError: The constructor does not take it.
    """
    try:
        return cls(**config)
    except Exception as error:
        raise TypeError(
            f"Error when deserializing class '{cls.__name__}' using config={config}."
            f"\n\nException encountered: {error}"
        ) from error
