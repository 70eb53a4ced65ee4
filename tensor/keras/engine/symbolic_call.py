"""Calling layers without values: to build functional models, and to find out shapes.

The layer's `call` is traced into a graph that is thrown away; what remains of it is the
shapes and dtypes of the results.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import tensor as tf
from tensor.core import nest, replica
from tensor.core.indexed_slices import CompositeTensor
from tensor.core.tensor_spec import TensorSpec
from tensor.graph.trace import Graph
from tensor.keras.engine.call_context import calls, entered
from tensor.keras.engine.keras_tensor import KerasTensor, Node, keras_tensor_of

if TYPE_CHECKING:
    from collections.abc import Iterator


def call_on_keras_tensors(layer: Any, args: Any, kwargs: Any) -> Any:
    """Return Keras tensors for a layer's results, and note the call in both."""
    tensors = {
        id(x): x for x in nest.flatten((args, kwargs)) if isinstance(x, KerasTensor)
    }
    with _scratch() as graph:
        placeholders = {key: _placeholder(graph, x) for key, x in tensors.items()}

        def stand_in(x: Any) -> Any:
            return placeholders[id(x)] if isinstance(x, KerasTensor) else x

        inner_args, inner_kwargs = nest.map_structure(stand_in, (tuple(args), kwargs))
        with entered(calls.layer, kwargs.get("training")):
            results = layer(*inner_args, **inner_kwargs)
        outputs = nest.map_structure(_as_keras_tensor, results)
        layer._note_losses(_as_keras_tensor)
    Node(layer, args, kwargs, outputs)
    return outputs


def output_spec(layer: Any, input_shape: Any) -> Any:
    """Return the specs of a layer's results for inputs of a shape."""
    from tensor.keras.engine.shapes import as_tensor_shapes

    dtype = tf.as_dtype(layer.compute_dtype or "float32")
    with _scratch() as graph:
        inputs = nest.map_structure(
            lambda s: graph.add_input(s._dims, dtype), as_tensor_shapes(input_shape)
        )
        results = (
            layer(inputs, training=False) if _takes_training(layer) else layer(inputs)
        )
        specs = nest.map_structure(_spec, results)
    layer._clear_losses()
    return specs


def _takes_training(layer: Any) -> bool:
    return bool(layer._signature.expects_training)


@contextlib.contextmanager
def _scratch() -> Iterator[Graph]:
    """Trace what is inside into a graph that nobody keeps."""
    outer, calls.is_symbolic = calls.is_symbolic, True
    graph = Graph("keras_scratch")
    try:
        with replica.current().alone(), graph.traced():
            yield graph
    finally:
        calls.is_symbolic = outer


def _placeholder(graph: Graph, x: KerasTensor) -> Any:
    """Return what stands for the value of a Keras tensor while a layer is traced."""
    spec = x.type_spec
    if isinstance(spec, TensorSpec):
        made = graph.add_input(spec.dims, spec.dtype)
    else:
        parts = spec.composite_components()
        made = spec.composite_from([graph.add_input(p.dims, p.dtype) for p in parts])
    mask = getattr(x, "_keras_mask", None)
    if mask is not None:
        made._keras_mask = _placeholder(graph, mask)
    return made


def _spec(x: Any) -> TensorSpec:
    return TensorSpec.of(x.static_shape, x.dtype)


def _as_keras_tensor(x: Any) -> Any:
    if isinstance(x, CompositeTensor):
        made = keras_tensor_of(tf.type_spec_from_value(x))
    else:
        x = tf.convert_to_tensor(x)
        known = None
        if x.dtype.is_integer and x.ndim == 1:
            known = getattr(x, "static_vector", lambda: None)()
        made = keras_tensor_of(_spec(x), known)
    mask = getattr(x, "_keras_mask", None)
    if mask is not None:
        made._keras_mask = _as_keras_tensor(mask)
    return made
