"""What is known of a value's elements before the program runs.

Shapes are computed with ops (`tf.shape(x)[0] * 2`), and later ops want to know as much
of the result as possible. Only integer scalars and vectors matter here.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from tensor.core.shapes import Dims
    from tensor.graph.program import Node, Value

# A scalar is an int, a vector a tuple; None stands for what is not known.
Known = Any

_DEEPEST = 64
_LONGEST = 64


def known_value(value: Any, depth: int = 0) -> Known:
    """Return what is known of an integer scalar or vector.

    Args:
        value: A value of a program, or a Python number.
        depth: How many steps have been taken back from the value asked for.
    """
    if isinstance(value, bool | int):
        return value
    node: Node | None = getattr(value, "node", None)
    if node is None or depth > _DEEPEST:
        return _nothing(value)
    if node.op.type_name == "Unpack":
        found = _unpack(node, depth + 1, value.index)
        return _nothing(value) if found is None else found
    rule = _RULES.get(node.op.type_name)
    found = None if rule is None else rule(node, depth + 1)
    return _nothing(value) if found is None else found


def _nothing(value: Value) -> Known:
    dims: Dims | None = getattr(value, "dims", ())
    if dims is not None and len(dims) == 1 and dims[0] is not None:
        return (None,) * dims[0]
    return None


def _constant(node: Node, depth: int) -> Known:
    array = np.asarray(node.attrs["value"])
    if array.dtype.kind not in "iub" or array.ndim > 1 or array.size > _LONGEST:
        return None
    return tuple(array.tolist()) if array.ndim else array.item()


def _shape(node: Node, depth: int) -> Known:
    return node.inputs[0].dims


def _size(node: Node, depth: int) -> Known:
    dims = node.inputs[0].dims
    return None if dims is None or None in dims else int(np.prod(dims))


def _rank(node: Node, depth: int) -> Known:
    dims = node.inputs[0].dims
    return None if dims is None else len(dims)


def _pass_on(node: Node, depth: int) -> Known:
    return known_value(node.inputs[0], depth)


def _cast(node: Node, depth: int) -> Known:
    return _pass_on(node, depth) if node.outputs[0].dtype.is_integer else None


def _pack(node: Node, depth: int) -> Known:
    parts = tuple([known_value(x, depth) for x in node.inputs])
    return None if any(type(p) is tuple for p in parts) else parts


def _concat(node: Node, depth: int) -> Known:
    parts = [known_value(x, depth) for x in node.inputs]
    if any(type(p) is not tuple for p in parts):
        return None
    return tuple([d for p in parts for d in p])


def _slice(node: Node, depth: int) -> Known:
    vector = known_value(node.inputs[0], depth)
    index = [i for i in node.attrs["index"] if i is not Ellipsis]
    if type(vector) is not tuple or len(index) != 1 or index[0] is None:
        return None
    try:
        return vector[index[0]]
    except (IndexError, TypeError):  # outside, or a value of the graph
        return None


def _fill(node: Node, depth: int) -> Known:
    # The shape is a parameter: known, or a value of the graph.
    dims = node.attrs.get("dims")
    value = known_value(node.inputs[0], depth)
    if value is None or type(value) is tuple or not isinstance(dims, tuple):
        return None
    if not dims:
        return value
    return (value,) * dims[0] if len(dims) == 1 and dims[0] <= _LONGEST else None


def _unpack(node: Node, depth: int, index: int) -> Known:
    vector = known_value(node.inputs[0], depth)
    return vector[index] if type(vector) is tuple and index < len(vector) else None


def _compare(x: int, y: int) -> bool:
    return x == y


def _differ(x: int, y: int) -> bool:
    return x != y


def _arithmetic(
    function: Callable[[int, int], int | None],
) -> Callable[[Node, int], Known]:
    def rule(node: Node, depth: int) -> Known:
        x, y = (known_value(v, depth) for v in node.inputs)
        if type(x) is tuple or type(y) is tuple:
            n = len(x) if type(x) is tuple else len(y)
            xs = x if type(x) is tuple else (x,) * n
            ys = y if type(y) is tuple else (y,) * n
            if len(xs) != len(ys):
                return None
            pairs = zip(xs, ys, strict=True)
            return tuple([None if None in p else function(*p) for p in pairs])
        return None if x is None or y is None else function(x, y)

    return rule


def _floor_divide(x: int, y: int) -> int | None:
    return x // y if y else None


_RULES: dict[str, Callable[[Any, int], Known]] = {
    "Const": _constant,
    "Shape": _shape,
    "Size": _size,
    "Rank": _rank,
    "Identity": _pass_on,
    "StopGradient": _pass_on,
    "Cast": _cast,
    "CastToDiscrete": _cast,
    "Pack": _pack,
    "ConcatV2": _concat,
    "StridedSlice": _slice,
    "Fill": _fill,
    "Equal": _arithmetic(_compare),
    "NotEqual": _arithmetic(_differ),
    "AddV2": _arithmetic(operator.add),
    "Sub": _arithmetic(operator.sub),
    "Mul": _arithmetic(operator.mul),
    "FloorDiv": _arithmetic(_floor_divide),
    "Maximum": _arithmetic(max),
    "Minimum": _arithmetic(min),
}
