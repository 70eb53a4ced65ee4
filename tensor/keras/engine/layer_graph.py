"""LayerGraph: the layer calls between some Keras tensors and others, in order."""

from __future__ import annotations

import functools
import warnings
from typing import Any

import tensor as tf
from tensor.core import nest
from tensor.core.indexed_slices import CompositeTensor
from tensor.core.tensor import Tensor
from tensor.keras.engine.input_spec import InputSpec
from tensor.keras.engine.keras_tensor import KerasTensor, Node


class LayerGraph:
    """What lies between a model's inputs and outputs.

    Attributes:
        inputs: The input Keras tensors, in the structure the user gave.
        outputs: The output Keras tensors, likewise.
        layers: The layers, the deepest (first to run) first.
        nodes: The layer calls, in an order in which they can run.
        added: Keras tensors that are computed as well, for a loss or a metric.
    """

    def __init__(self, inputs: Any, outputs: Any, added: Any = ()) -> None:
        """Find the calls that lead from the inputs to the outputs.

        Raises:
            ValueError: An output depends on a Keras tensor that is no input, an input
                comes twice, something is no Keras tensor, or two layers have one name.
        """
        self.inputs = inputs
        self.outputs = outputs
        self.flat_inputs: list[Any] = nest.flatten(inputs)
        self.flat_outputs: list[Any] = nest.flatten(outputs)
        if len({id(x) for x in self.flat_inputs}) < len(self.flat_inputs):
            raise ValueError(
                "The list of inputs passed to the model contains the same input "
                "multiple times. All inputs should only appear once. Received "
                f"inputs={inputs}"
            )
        for x in self.flat_inputs:
            if not isinstance(x, KerasTensor):
                raise ValueError(
                    "Found unexpected instance while processing input tensors for "
                    "keras functional model. Expecting KerasTensor which is from "
                    f"tf.keras.Input() or output from keras layer call(). Got: {x!r}"
                )
        for x in self.flat_outputs:
            if not isinstance(x, KerasTensor):
                raise ValueError(
                    "Output tensors of a Functional model must be the output of a "
                    f"TensorFlow `Layer` (thus holding past layer metadata). Found: {x}"
                )
        self.added: list[Any] = list(added)
        self._input_ids = {id(x) for x in self.flat_inputs}
        self._arrange()
        self._check_connected()
        self._check_names()
        self.input_names = unique_names(
            x._keras_history.layer.name for x in self.flat_inputs
        )
        self.output_names = unique_names(
            x._keras_history.layer.name for x in self.flat_outputs
        )

    @functools.cached_property
    def input_specs(self) -> Any:
        """What inputs are checked against, None if they are nested too deeply."""
        inputs = self.inputs
        is_nested = isinstance(inputs, list | tuple | dict)
        if is_nested and len(inputs) != len(self.flat_inputs):
            return None
        if isinstance(inputs, dict):
            named = [(name, inputs[name]) for name in sorted(inputs)]
        else:
            named = [(x._keras_history.layer.name, x) for x in self.flat_inputs]
        return [
            InputSpec(
                shape=_any_batch(x),
                allow_last_axis_squeeze=True,
                name=name,
                optional=_is_optional(x),
            )
            for name, x in named
        ]

    @functools.cached_property
    def _maps_names(self) -> bool:
        """Whether inputs may come in a dictionary, by name."""
        inputs = self.inputs
        if isinstance(inputs, dict):
            inputs = list(inputs.values())
        rows = inputs if isinstance(inputs, list | tuple) else [inputs]
        return not any(isinstance(x, list | tuple | dict) for x in rows)

    def _check_names(self) -> None:
        """Check that no two layers have one name: files could not tell them apart.

        Raises:
            ValueError: Two have.
        """
        names = [layer.name for layer in self.layers]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(
                    f'The name "{name}" is used {names.count(name)} times in the '
                    "model. All layer names should be unique."
                )

    def _arrange(self) -> None:
        """Order layers and calls by their distance from the outputs, as Keras does."""
        finished = self._calls_in_post_order()
        node_depths: dict[int, int] = {}
        layer_depths: dict[int, int] = {}
        by_id: dict[int, Any] = {}
        for node in reversed(finished):
            by_id[id(node.layer)] = node.layer
            depth = max(
                node_depths.get(id(node), 0), layer_depths.get(id(node.layer), 0)
            )
            layer_depths[id(node.layer)] = node_depths[id(node)] = depth
            for parent in self._parents(node):
                node_depths[id(parent)] = max(depth + 1, node_depths.get(id(parent), 0))
        for x in self.flat_inputs:
            layer = x._keras_history.layer
            if id(layer) not in layer_depths:  # an input that no output depends on
                layer_depths[id(layer)] = 0
                self._layer_order[id(layer)] = -1
                by_id[id(layer)] = layer
                finished.append(x.node)
                node_depths[id(x.node)] = 0
        self.layers = sorted(
            by_id.values(),
            key=lambda a: (-layer_depths[id(a)], self._layer_order[id(a)]),
        )
        self.node_depths = node_depths
        self.nodes = sorted(finished, key=lambda n: -node_depths[id(n)])

    def _calls_in_post_order(self) -> list[Node]:
        """Return the calls that the outputs need, each after those it needs itself."""
        self._layer_order: dict[int, int] = {}
        finished: list[Node] = []
        state: dict[int, bool] = {}
        # An explicit stack: deep models would exceed Python's recursion limit.
        for output in [*self.flat_outputs, *self.added]:
            stack = [(output.node, False)]
            while stack:
                node, is_done = stack.pop()
                if is_done:
                    finished.append(node)
                    state[id(node)] = True
                    continue
                if id(node) in state:
                    continue
                state[id(node)] = False
                self._layer_order.setdefault(id(node.layer), len(self._layer_order))
                stack.append((node, True))
                stack.extend((p, False) for p in reversed(self._parents(node)))
        return finished

    def _parents(self, node: Node) -> list[Node]:
        """Return the calls that make a call's inputs, none for the model's inputs."""
        if any(id(x) in self._input_ids for x in node.flat_outputs):
            return []
        return [x.node for x in node.inputs]

    def _check_connected(self) -> None:
        available = set(self._input_ids)
        for node in self.nodes:
            if any(id(x) in self._input_ids for x in node.flat_outputs):
                continue
            missing = next((x for x in node.inputs if id(x) not in available), None)
            if missing is not None or node.is_input:
                missing = missing if missing is not None else node.flat_outputs[0]
                raise ValueError(
                    f"Graph disconnected: cannot obtain value for tensor {missing} at "
                    f'layer "{node.layer.name}". Is it missing among the `inputs` of '
                    "the model?"
                )
            available.update(id(x) for x in node.flat_outputs)

    # ---- running

    def run(self, inputs: Any, mask: Any = None) -> Any:
        """Return the outputs for given inputs, by calling each layer in turn.

        Args:
            inputs: The inputs, in the structure of this graph's or by name.
            mask: Masks for them.
        """
        flat = self._matched(inputs)
        if mask is not None:
            for x, m in zip(flat, nest.flatten(mask), strict=False):
                x._keras_mask = m
        values: dict[int, Any] = {}
        for reference, x in zip(self.flat_inputs, flat, strict=True):
            values[id(reference)] = _conformed(x, reference)
        for node in self.nodes:
            made = node.flat_outputs
            if id(made[0]) in values or not node.is_computable(values):
                continue
            args, kwargs = node.fill(values)
            results = nest.flatten(node.layer(*args, **kwargs))
            for reference, x in zip(made, results, strict=True):
                values[id(reference)] = x
        return nest.map_structure(lambda x: values[id(x)], self.outputs)

    def _matched(self, inputs: Any) -> list[Any]:
        """Return the inputs passed to a call in the order of this graph's."""
        if isinstance(inputs, dict) and self._maps_names:
            if isinstance(self.inputs, dict):
                keys = sorted(self.inputs)
            else:
                keys = self.input_names
            if len(inputs) > len(keys):
                warnings.warn(
                    f"Input dict contained keys {sorted(set(inputs) - set(keys))} "
                    "which did not match any model input. They will be ignored by the "
                    "model.",
                    stacklevel=2,
                )
            try:
                return [inputs[key] for key in keys]
            except KeyError:
                return nest.flatten(inputs)
        flat = nest.flatten(inputs)
        if len(flat) != len(self.flat_inputs):
            raise ValueError(
                f"This model has {len(self.flat_inputs)} input(s), named "
                f"{self.input_names}, but {len(flat)} were passed: {inputs}"
            )
        return flat


def _conformed(x: Any, reference: Any) -> Any:
    """Return an input in the rank and dtype that the model was built for."""
    if x is None and _is_optional(reference):
        return None
    if isinstance(x, CompositeTensor):
        same = getattr(x, "dtype", None) is reference.dtype
        return x if same else tf.cast(x, reference.dtype)
    if not isinstance(x, Tensor):
        x = tf.convert_to_tensor(x)
    mask = getattr(x, "_keras_mask", None)
    shape, expected = x.static_shape, reference.static_shape
    if shape is not None and expected is not None:
        if len(shape) == len(expected) + 1 and shape[-1] == 1:
            x = tf.squeeze(x, axis=-1)
        elif len(shape) == len(expected) - 1 and expected[-1] == 1:
            x = tf.expand_dims(x, axis=-1)
    if x.dtype is not reference.dtype:
        x = tf.cast(x, reference.dtype)
    if mask is not None:
        x._keras_mask = mask
    return x


def _any_batch(x: Any) -> Any:
    """Return a tensor's static shape with the size of the batch left open."""
    shape = x.static_shape
    return shape if not shape else (None, *shape[1:])


def _is_optional(x: Any) -> bool:
    """Return whether None may be passed for an input."""
    return bool(getattr(x._keras_history.layer, "_optional", False))


def unique_names(names: Any) -> list[str]:
    """Return names with a number added to those that came before."""
    used: dict[str, int] = {}
    result = []
    for name in names:
        count = used.get(name, 0)
        used[name] = count + 1
        result.append(f"{name}_{count}" if count else name)
    return result
