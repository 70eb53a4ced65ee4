"""Walks along the calls that made a Keras tensor."""

from __future__ import annotations

from typing import Any


def get_source_inputs(
    tensor: Any, layer: Any = None, node_index: int | None = None
) -> Any:
    """Return the inputs of models that a Keras tensor is made from.

    Args:
        tensor: The Keras tensor.
        layer: The layer that made it; found out by default.
        node_index: Which of the layer's calls did.
    """
    if not hasattr(tensor, "_keras_history"):
        return tensor
    if layer is None or node_index:
        layer, node_index, _ = tensor._keras_history
    sources: list[Any] = []
    pending = [layer._inbound_nodes[node_index or 0]]
    seen = set()
    while pending:
        node = pending.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if node.is_input:
            sources.append(node.outputs)
        pending.extend(x.node for x in reversed(node.inputs))
    return sources
