"""What a value of a graph is, of any dtype and rank, where it hangs on constants alone.

Shapes need integer vectors of which parts are known; those are in `static_values`. This
is for `tf.get_static_value`, with the ops that TensorFlow looks through.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.graph.program import Value

if TYPE_CHECKING:
    from tensor.graph.program import Node

_DEEPEST = 64

# Ops whose results are computed from known inputs.
_FOLDED = frozenset(
    (
        "BroadcastTo",
        "Cast",
        "ConcatV2",
        "Equal",
        "Fill",
        "Identity",
        "NotEqual",
        "Pack",
        "Range",
        "Split",
        "SplitV",
        "StopGradient",
        "Unpack",
    )
)
_LIKE = {"ZerosLike": np.zeros, "OnesLike": np.ones}


def known_array(value: Any, partial: bool = False, depth: int = 0) -> Any:
    """Return a value's array, None if it is not known.

    Args:
        value: A value of a program, or an array.
        partial: Whether to give what is known of values packed along the first axis: an
            array of objects, with None for those that are not known.
        depth: How many steps have been taken back from the value asked for.
    """
    if type(value) is not Value:
        return np.asarray(value)
    node = value.node
    if node is None or node.parameters or depth > _DEEPEST:
        return None
    kind = node.op.type_name
    if kind == "Const":
        return node.attrs["value"]
    if kind in _LIKE:
        dims: Any = value.dims
        known = dims is not None and None not in dims
        return _LIKE[kind](dims, value.dtype.numpy_dtype)[()] if known else None
    packed = _packed_part(node, value)
    if packed is not None:
        return known_array(packed, partial, depth + 1)
    if kind not in _FOLDED or (kind == "Pack" and node.attrs["axis"]):
        return None
    inputs = [known_array(x, False, depth + 1) for x in node.inputs]
    if any(x is None for x in inputs):
        return _objects(inputs) if partial and kind == "Pack" else None
    with np.errstate(all="ignore"):
        result = node.op.kernel(*inputs, **node.attrs)
    return result[value.index] if node.several else result


def _packed_part(node: Node, value: Value) -> Any:
    """Return what was packed where a value comes from unpacking a pack again."""
    if node.op.type_name != "Unpack" or node.attrs["axis"]:
        return None
    source = node.inputs[0]
    maker = source.node if type(source) is Value else None
    if maker is None or maker.op.type_name != "Pack" or maker.attrs["axis"]:
        return None
    return maker.inputs[value.index]


def _objects(parts: list[Any]) -> np.ndarray:
    result = np.empty(len(parts), object)
    for i, part in enumerate(parts):
        result[i] = part
    return result
