"""Lambda: a function as a layer."""

from __future__ import annotations

import base64
import inspect
from typing import Any

import cloudpickle

import tensor as tf
from tensor.core import nest
from tensor.keras import registration
from tensor.keras.engine.layer import Layer


class Lambda(Layer):
    """Applies a function. Variables it uses are not this layer's."""

    def __init__(
        self,
        function: Any,
        output_shape: Any = None,
        mask: Any = None,
        arguments: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Take the function, further arguments for it, and what its mask is."""
        super().__init__(**kwargs)
        self.arguments = arguments or {}
        self.function = function
        if mask is not None:
            self.supports_masking = True
        self.mask = mask
        self._output_shape = output_shape
        parameters = inspect.signature(function).parameters
        self._takes_training = "training" in parameters
        self._takes_mask = "mask" in parameters

    def call(self, inputs: Any, mask: Any = None, training: Any = None) -> Any:
        kwargs = dict(self.arguments)
        if self._takes_mask:
            kwargs["mask"] = mask
        if self._takes_training:
            kwargs["training"] = training
        return self.function(inputs, **kwargs)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        if callable(self.mask):
            return self.mask(inputs, mask)
        return self.mask

    def compute_output_shape(self, input_shape: Any) -> Any:
        if self._output_shape is None:
            return super().compute_output_shape(input_shape)
        if callable(self._output_shape):
            return nest.map_structure(tf.TensorShape, self._output_shape(input_shape))
        batch = tf.TensorShape(input_shape)[0]
        return tf.TensorShape([batch, *self._output_shape])

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        function, kind = self.function, "function"
        if isinstance(function, type(lambda: 0)) and function.__name__ == "<lambda>":
            # The code itself: a lambda has no name to find it by.
            code = base64.b64encode(cloudpickle.dumps(function)).decode()
            function, kind = (code, None, None), "lambda"
        else:
            function = registration.get_registered_name(function)
        return {
            **config,
            "function": function,
            "function_type": kind,
            "arguments": self.arguments,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        config = dict(config)
        kind = config.pop("function_type", "function")
        for name in ("module", "output_shape_module", "output_shape_type"):
            config.pop(name, None)
        function = config["function"]
        if kind == "lambda":
            config["function"] = _unpickled(function)
        elif isinstance(function, str):
            config["function"] = _found(function, custom_objects)
        return cls(**config)


def _unpickled(function: Any) -> Any:
    """Return a lambda from the bytes it was saved as.

    Raises:
        ValueError: The user has not said that the file's code may run.
    """
    from tensor.keras.saving.safe_mode import check_code_may_run

    check_code_may_run("a `Lambda` layer that holds a Python lambda")
    code = function[0] if isinstance(function, list | tuple) else function
    return cloudpickle.loads(base64.b64decode(code))


def _found(name: str, custom_objects: Any) -> Any:
    found = registration.get_registered_object(name, custom_objects, {})
    if found is None:
        raise ValueError(
            f"Unknown function: '{name}'. Pass it in `custom_objects`, or use "
            "`keras.utils.custom_object_scope`."
        )
    return found
