"""Finding layers by configuration."""

from __future__ import annotations

from typing import Any

from tensor.keras import serialization


def serialize(layer: Any, use_legacy_format: bool = False) -> Any:
    """Return the configuration of a layer."""
    return serialization.serialize_keras_object(layer)


def deserialize(
    config: Any, custom_objects: Any = None, use_legacy_format: bool = False
) -> Any:
    """Return the layer that a configuration describes."""
    from tensor.keras import layers
    from tensor.keras.engine.added_layers import AddLoss, AddMetric
    from tensor.keras.engine.composite_keras_tensor import (
        InstanceMethod,
        InstanceProperty,
    )
    from tensor.keras.engine.functional import Functional
    from tensor.keras.engine.model import Model
    from tensor.keras.engine.op_layer import SlicingOpLambda, TFOpLambda
    from tensor.keras.engine.sequential import Sequential

    names = {
        **vars(layers),
        "AddLoss": AddLoss,
        "AddMetric": AddMetric,
        "Functional": Functional,
        "InstanceMethod": InstanceMethod,
        "InstanceProperty": InstanceProperty,
        "Model": Model,
        "Sequential": Sequential,
        "SlicingOpLambda": SlicingOpLambda,
        "TFOpLambda": TFOpLambda,
    }
    return serialization.deserialize_keras_object(
        config, names, custom_objects, "layer"
    )
