"""Activation functions, and `get`, which finds them by name."""

from __future__ import annotations

import inspect
from typing import Any

import tensor as tf
from tensor.keras import serialization
from tensor.keras.logits import with_logits


def elu(x: Any, alpha: float = 1.0) -> Any:
    """X where positive, alpha * (exp(x) - 1) elsewhere."""
    result = tf.nn.elu(x)
    if alpha == 1:
        return result
    return tf.where(x > 0, result, alpha * result)


def exponential(x: Any) -> Any:
    """exp(x)."""
    return tf.exp(x)


def gelu(x: Any, approximate: bool = False) -> Any:
    """X times the normal distribution function of x."""
    return tf.nn.gelu(x, approximate)


def hard_sigmoid(x: Any) -> Any:
    """0.2 x + 0.5, clipped to [0, 1]."""
    x = tf.convert_to_tensor(x)
    return tf.clip_by_value(x * 0.2 + 0.5, 0.0, 1.0)


def linear(x: Any) -> Any:
    """X itself."""
    return x


def mish(x: Any) -> Any:
    """X * tanh(softplus(x))."""
    return x * tf.tanh(tf.nn.softplus(x))


def relu(
    x: Any,
    alpha: float = 0.0,
    max_value: float | None = None,
    threshold: float = 0.0,
) -> Any:
    """X above `threshold`, `alpha * (x - threshold)` below, at most `max_value`."""
    if alpha == 0 and threshold == 0:
        if max_value is None:
            return tf.nn.relu(x)
        if max_value == 6:
            return tf.nn.relu6(x)
    x = tf.convert_to_tensor(x)
    if alpha != 0 and max_value is None and threshold == 0:
        return tf.nn.leaky_relu(x, alpha=alpha)
    above = tf.nn.relu(x) if threshold == 0 else x * tf.cast(x > threshold, x.dtype)
    if max_value is not None:
        above = tf.minimum(above, tf.cast(max_value, x.dtype))
    if alpha != 0:
        below = tf.nn.relu(threshold - x) if threshold else tf.nn.relu(-x)
        above = above - alpha * below
    return above


def selu(x: Any) -> Any:
    """The exponential linear unit scaled so that activations stay normal."""
    return tf.nn.selu(x)


def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x))."""
    return with_logits(tf.nn.sigmoid(x), x)


def softmax(x: Any, axis: int = -1) -> Any:
    """exp(x), normalised to a sum of one along `axis`.

    Raises:
        ValueError: x has fewer than two dimensions.
    """
    if not isinstance(x, tf.RaggedTensor):
        x = tf.convert_to_tensor(x)
    if x.shape.rank is not None and x.shape.rank <= 1:
        raise ValueError(
            "Cannot apply softmax to a tensor that is 1D. Received input: "
            f"{x!r}. Add a batch dimension, or use tf.nn.softmax."
        )
    return with_logits(tf.nn.softmax(x, axis=axis), x)


def softplus(x: Any) -> Any:
    """log(exp(x) + 1)."""
    return tf.nn.softplus(x)


def softsign(x: Any) -> Any:
    """X / (1 + |x|)."""
    return tf.nn.softsign(x)


def swish(x: Any) -> Any:
    """X * sigmoid(x)."""
    return tf.nn.silu(x)


silu = swish


def tanh(x: Any) -> Any:
    """Hyperbolic tangent."""
    return tf.tanh(x)


_BY_NAME = {
    f.__name__: f
    for f in (
        elu,
        exponential,
        gelu,
        hard_sigmoid,
        linear,
        mish,
        relu,
        selu,
        sigmoid,
        softmax,
        softplus,
        softsign,
        swish,
        tanh,
    )
}
_BY_NAME["silu"] = swish
# TensorFlow's own functions are saved under the names of ours.
_SAME_AS = {"leaky_relu": "leaky_relu", "silu": "swish", "exp": "exponential"}


def serialize(activation: Any, use_legacy_format: bool = False) -> Any:
    """Return the name of an activation, or the configuration of any other callable."""
    if activation is None:
        return None
    name = getattr(activation, "__name__", None)
    if name is None:
        return serialization.serialize_keras_object(activation)
    name = _SAME_AS.get(name, name)
    if name in _with_tensorflows() or not inspect.isfunction(activation):
        return name
    return {
        "module": "builtins",
        "class_name": "function",
        "config": serialization.function_name(activation),
        "registered_name": "function",
    }


def deserialize(
    name: Any, custom_objects: Any = None, use_legacy_format: bool = False
) -> Any:
    """Return the activation of a name or configuration.

    Raises:
        ValueError: There is none of this name.
    """
    if isinstance(name, dict) and name["class_name"] == "function":
        name = name["config"]
    if isinstance(name, dict):
        from tensor.keras import layers

        return serialization.deserialize_keras_object(
            name, vars(layers), custom_objects, "activation function"
        )
    try:
        return serialization.deserialize_keras_object(
            name, _with_tensorflows(), custom_objects, "activation function"
        )
    except ValueError as error:
        raise ValueError(
            f"Unknown activation function '{name}' cannot be deserialized. {error}"
        ) from None


def _with_tensorflows() -> dict[str, Any]:
    functions = (tf.nn.leaky_relu, tf.nn.log_softmax, tf.nn.relu6)
    return {**{f.__name__: f for f in functions}, **_BY_NAME}


def get(identifier: Any) -> Any:
    """Return the activation that a name, configuration or function stands for.

    Raises:
        TypeError: It is none of these.
    """
    if identifier is None:
        return linear
    if isinstance(identifier, str | dict):
        return deserialize(identifier)
    if callable(identifier):
        return identifier
    raise TypeError(f"Could not interpret activation function identifier: {identifier}")
