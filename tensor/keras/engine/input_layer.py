"""InputLayer and Input: where a functional model begins."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.core.tensor_spec import TensorSpec
from tensor.keras import settings
from tensor.keras.engine.keras_tensor import KerasTensor, Node, keras_tensor_of
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
            sparse: Whether it is a sparse tensor.
            name: The layer's name.
            ragged: Whether it is a ragged tensor.
            type_spec: What says everything: the spec of a dense, ragged or sparse
                tensor.
            **kwargs: `batch_input_shape`, the shape with the batch; `optional`.

        Raises:
            ValueError: Arguments contradict each other.
        """
        whole = kwargs.pop("batch_input_shape", None)
        self._optional = kwargs.pop("optional", False)
        if whole is not None and input_shape is not None:
            raise ValueError(
                "Only provide the input_shape OR batch_input_shape argument to "
                "InputLayer, not both at the same time."
            )
        if sparse and ragged:
            raise ValueError(
                "Cannot set both `sparse` and `ragged` to `True` in a Keras `Input`."
            )
        if type_spec is not None:
            _check_alone(
                input_shape=input_shape,
                batch_input_shape=whole,
                batch_size=batch_size,
                dtype=dtype,
                input_tensor=input_tensor,
                sparse=sparse,
                ragged=ragged,
            )
        if whole is not None:
            whole = tuple(tf.TensorShape(whole).as_list())
        elif input_shape is not None:
            shape = input_shape if not isinstance(input_shape, int) else (input_shape,)
            whole = (batch_size, *tf.TensorShape(shape).as_list())
        name = name or settings.unique_name("input", zero_based=False)
        if isinstance(input_tensor, KerasTensor):
            tensor: Any = input_tensor
        else:
            if type_spec is None and input_tensor is not None:
                type_spec = tf.type_spec_from_value(input_tensor)
            spec = type_spec or _spec(whole, dtype, bool(sparse), bool(ragged))
            if isinstance(spec, TensorSpec):
                spec = TensorSpec.of(spec.dims, spec.dtype, name)
            tensor = keras_tensor_of(spec)
        super().__init__(dtype=tensor.dtype.name, name=name, **kwargs)
        self._batch_input_shape = tensor.static_shape
        self.sparse = type(tensor.type_spec).__name__ == "SparseTensorSpec"
        self.ragged = type(tensor.type_spec).__name__ == "RaggedTensorSpec"
        self.built = True
        self.is_placeholder = True
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
            "sparse": self.sparse,
            "ragged": self.ragged,
            "name": self.name,
            "optional": self._optional,
        }

    def get_build_config(self) -> None:
        return None


def _spec(whole: Any, dtype: Any, is_sparse: bool, is_ragged: bool) -> Any:
    """Return the spec of an input, given its whole shape."""
    dtype = tf.as_dtype(dtype or settings.floatx())
    if is_sparse:
        return tf.SparseTensorSpec(whole, dtype)
    if is_ragged:
        unknown = [axis for axis, size in enumerate(whole) if size is None and axis]
        return tf.RaggedTensorSpec(whole, dtype, max(unknown, default=0))
    return TensorSpec.of(whole, dtype)


def _check_alone(**others: Any) -> None:
    """Check that nothing else is given with a `type_spec`.

    Raises:
        ValueError: Something is.
    """
    for name, value in others.items():
        if value is not None:
            raise ValueError(
                "When `type_spec` is not None, all other args except `name` must be "
                f"None, but {name} is not None."
            )


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
        sparse: Whether it is a sparse tensor.
        tensor: A Keras tensor to take over.
        ragged: Whether it is a ragged tensor; the last dimension that is unknown is its
            last ragged one.
        type_spec: What says everything: the spec of a dense, ragged or sparse tensor.
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
