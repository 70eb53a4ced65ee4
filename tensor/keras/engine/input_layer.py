"""InputLayer and Input: where a functional model begins."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.core.tensor_spec import TensorSpec
from tensor.keras import settings
from tensor.keras.engine.keras_tensor import KerasTensor, Node
from tensor.keras.engine.layer import Layer


class InputLayer(Layer):
    """Stands for one input of a model."""

    def __init__(
        self,
        input_shape: Any = None,
        batch_size: int | None = None,
        dtype: Any = None,
        input_tensor: Any = None,
        sparse: bool | None = None,
        name: str | None = None,
        ragged: bool | None = None,
        type_spec: Any = None,
        **kwargs: Any,
    ) -> None:
        """Describe the input.

        Args:
            input_shape: The shape without the batch.
            batch_size: The batch size, if it is fixed.
            dtype: Its dtype; floatx by default.
            input_tensor: A Keras tensor to take over.
            sparse: Accepted if False.
            name: The layer's name.
            ragged: Accepted if False.
            type_spec: A TensorSpec that says everything.
            **kwargs: `batch_input_shape`, the shape with the batch; `optional`.

        Raises:
            ValueError: Arguments contradict each other, or the input would be sparse
                or ragged.
        """
        if sparse or ragged:
            raise ValueError(
                "Sparse and ragged Keras inputs are not supported: convert to a dense "
                "tensor before the model (`tf.sparse.to_dense`, `.to_tensor()`)."
            )
        whole = kwargs.pop("batch_input_shape", None)
        self._optional = kwargs.pop("optional", False)
        if whole is not None and input_shape is not None:
            raise ValueError(
                "Only provide the input_shape OR batch_input_shape argument to "
                "InputLayer, not both at the same time."
            )
        if whole is not None:
            whole = tuple(tf.TensorShape(whole).as_list())
        elif input_shape is not None:
            shape = input_shape if not isinstance(input_shape, int) else (input_shape,)
            whole = (batch_size, *tf.TensorShape(shape).as_list())
        name = name or settings.unique_name("input", zero_based=False)
        if type_spec is not None:
            whole = tuple(type_spec.shape.as_list())
            dtype = type_spec.dtype
        if input_tensor is not None:
            whole, dtype = input_tensor.static_shape, input_tensor.dtype
        dtype = tf.as_dtype(dtype or settings.floatx())
        super().__init__(dtype=dtype.name, name=name, **kwargs)
        self._batch_input_shape = whole
        self.built = True
        self.is_placeholder = True
        tensor = KerasTensor(TensorSpec.of(whole, dtype, name))
        if input_tensor is not None and isinstance(input_tensor, KerasTensor):
            tensor = input_tensor
        Node(self, (), {}, tensor)

    def call(self, inputs: Any) -> Any:
        return inputs

    @property
    def output_shape(self) -> Any:
        """The static shape, in a list, as Keras shows it."""
        return [self._batch_input_shape]

    def get_config(self) -> dict[str, Any]:
        return {
            "batch_input_shape": self._batch_input_shape,
            "dtype": self.dtype,
            "sparse": False,
            "ragged": False,
            "name": self.name,
            "optional": self._optional,
        }

    def get_build_config(self) -> None:
        return None


def Input(  # noqa: N802  # Keras's name
    shape: Any = None,
    batch_size: int | None = None,
    name: str | None = None,
    dtype: Any = None,
    sparse: bool | None = None,
    tensor: Any = None,
    ragged: bool | None = None,
    type_spec: Any = None,
    **kwargs: Any,
) -> Any:
    """Return a Keras tensor to begin a functional model with.

    Args:
        shape: The shape without the batch; dimensions may be None.
        batch_size: The batch size, if it is fixed.
        name: A name, by which inputs may be passed.
        dtype: Its dtype; floatx by default.
        sparse: Accepted if False.
        tensor: A Keras tensor to take over.
        ragged: Accepted if False.
        type_spec: A TensorSpec that says everything.
        **kwargs: `batch_shape` or `batch_input_shape`, the shape with the batch.

    Raises:
        ValueError: There is no shape, there are two, or a keyword is unknown.
    """
    given = kwargs.pop("batch_shape", None)
    whole = kwargs.pop("batch_input_shape", None) or given
    optional = kwargs.pop("optional", False)
    if whole is not None and shape is not None:
        raise ValueError(
            "Only provide the `shape` OR `batch_input_shape` argument to Input, not "
            "both at the same time."
        )
    if kwargs:
        raise ValueError(f"Unrecognized keyword arguments: {list(kwargs)}")
    kwargs["optional"] = optional
    if shape is None and whole is None and tensor is None and type_spec is None:
        raise ValueError(
            "Please provide to Input a `shape` or a `tensor` or a `type_spec` "
            "argument. "
            "Note that `shape` does not include the batch dimension."
        )
    if whole is not None:
        kwargs["batch_input_shape"] = whole
    layer = InputLayer(
        input_shape=shape,
        batch_size=batch_size,
        name=name,
        dtype=dtype,
        sparse=sparse,
        ragged=ragged,
        input_tensor=tensor,
        type_spec=type_spec,
        **kwargs,
    )
    return layer._inbound_nodes[0].outputs
