"""EinsumDense: a dense layer whose product is written as an Einstein sum."""

from __future__ import annotations

import re
from typing import Any

import tensor as tf
from tensor.keras import activations, constraints, initializers, regularizers
from tensor.keras.engine.layer import Layer


class EinsumDense(Layer):
    """activation(einsum(equation, inputs, kernel) + bias)."""

    def __init__(
        self,
        equation: str,
        output_shape: Any,
        activation: Any = None,
        bias_axes: str | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        """Take the equation, the output's shape without batch, and the bias's axes."""
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.equation = equation
        is_one = isinstance(output_shape, int)
        self.partial_output_shape = [output_shape] if is_one else list(output_shape)
        self.bias_axes = bias_axes
        self.activation = activations.get(activation)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)

    def build(self, input_shape: Any) -> None:
        shape = tf.TensorShape(input_shape).as_list()
        kernel, bias, self.full_output_shape = shapes_of(
            self.equation, self.bias_axes, shape, self.partial_output_shape
        )
        self.kernel = self.add_weight(
            "kernel",
            shape=kernel,
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            trainable=True,
        )
        self.bias = None
        if bias is not None:
            self.bias = self.add_weight(
                "bias",
                shape=bias,
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                trainable=True,
            )
        super().build(input_shape)

    def call(self, inputs: Any) -> Any:
        outputs = tf.einsum(self.equation, inputs, self.kernel)
        if self.bias is not None:
            outputs = outputs + self.bias
        return self.activation(outputs)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "output_shape": self.partial_output_shape,
            "equation": self.equation,
            "activation": activations.serialize(self.activation),
            "bias_axes": self.bias_axes,
            "kernel_initializer": initializers.serialize(self.kernel_initializer),
            "bias_initializer": initializers.serialize(self.bias_initializer),
            "kernel_regularizer": regularizers.serialize(self.kernel_regularizer),
            "bias_regularizer": regularizers.serialize(self.bias_regularizer),
            "activity_regularizer": regularizers.serialize(self.activity_regularizer),
            "kernel_constraint": constraints.serialize(self.kernel_constraint),
            "bias_constraint": constraints.serialize(self.bias_constraint),
        }


def shapes_of(
    equation: str, bias_axes: str | None, input_shape: Any, output_shape: Any
) -> tuple[list[int], list[int] | None, list[Any]]:
    """Return the shapes of kernel, bias (or None) and output.

    Raises:
        ValueError: The equation is not of the form "ab,bc->ac", or names do not fit.
    """
    found = re.fullmatch(
        r"(\.{3})?([a-zA-Z]*)(\.{3})?,([a-zA-Z]+)->(\.{3})?([a-zA-Z]*)(\.{3})?",
        equation.replace(" ", ""),
    )
    if found is None:
        raise ValueError(
            f"Invalid einsum equation '{equation}'. Equations must be in the form "
            "[X],[Y]->[Z], ...[X],[Y]->...[Z], or [X]...,[Y]->[Z]...."
        )
    lead, inputs, trail, kernel, _, outputs, _ = found.groups()
    extra = len(input_shape) - len(inputs)
    between: list[Any] = []
    shape = list(input_shape)
    if lead:
        between, shape = shape[:extra], shape[extra:]
    elif trail:
        between, shape = shape[len(inputs) :], shape[: len(inputs)]
    sizes = dict(zip(inputs, shape, strict=True))
    # What is given has no batch; with a leading "..." the batch is part of that.
    given = list(output_shape) if lead else [shape[0], *output_shape]
    for name, size in zip(outputs, given, strict=False):
        if size is None:
            size = sizes.get(name)
        known = sizes.get(name)
        if None not in (size, known) and size != known:
            raise ValueError(
                "Input shape and output shape do not match at shared dimension "
                f"'{name}'."
                f" Input shape is {known}, and output shape is {size}."
            )
        sizes[name] = size if size is not None else known
    for name in kernel:
        if name not in sizes:
            raise ValueError(
                f"Weight dimension '{name}' did not have a match in either the input "
                f"spec '{inputs}' or the output spec '{outputs}'. For this layer, the "
                "weight must be fully specified."
            )
    full = [sizes[name] for name in outputs]
    full = [*between, *full] if lead else [*full, *between]
    bias = _bias_shape(bias_axes, outputs, sizes)
    if bias is not None and trail:
        bias += [1] * len(between)
    return [sizes[name] for name in kernel], bias, full


def _bias_shape(
    bias_axes: str | None, outputs: str, sizes: dict[str, Any]
) -> list[Any] | None:
    """Return the bias's shape: from its first axis on, 1 where it has none."""
    if not bias_axes:
        return None
    missing = [a for a in bias_axes if a not in outputs]
    if missing:
        raise ValueError(
            f"Bias dimension '{missing[0]}' was requested, but is not part of the "
            "output "
            f"spec '{outputs}'"
        )
    first = min(outputs.index(a) for a in bias_axes)
    return [sizes[n] if n in bias_axes else 1 for n in outputs[first:]]
