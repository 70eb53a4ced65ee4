"""Placeholders: tensors of TF1's graphs whose values are fed at each run."""

from __future__ import annotations

from typing import Any, NoReturn

from tensor.core import dtypes, errors
from tensor.core.context import context
from tensor.core.convert import convert
from tensor.core.registry import NON_DIFFERENTIABLE, Op
from tensor.core.shapes import TensorShape, to_text
from tensor.core.tensor_spec import TensorSpec
from tensor.graph.program import Node
from tensor.ops.ragged.ragged_tensor import RaggedTensor
from tensor.ops.sparse.sparse_tensor import SparseTensor


class Placeholder(Op):
    """A value that is fed; where the node runs, it was not."""

    kind = "stateful"
    gradient: Any = NON_DIFFERENTIABLE

    def kernel(self, dtype: Any, shape: TensorShape, label: str) -> NoReturn:
        of_shape = "" if shape.rank is None else f" and shape {to_text(shape._dims)}"
        raise errors.because(
            errors.InvalidArgumentError,
            f"You must feed a value for placeholder tensor '{label}' with dtype "
            f"{dtypes.short_name(dtype)}{of_shape}",
        )

    def infer(self, dtype: Any, shape: TensorShape, label: str) -> TensorSpec:
        return TensorSpec.of(shape._dims, dtype)


class PlaceholderWithDefault(Op):
    """A value that something else may be fed for, of any size that `dims` allow."""

    keeps_inputs: Any = False

    def kernel(self, x: Any, dims: Any) -> Any:
        return x

    def infer(self, x: TensorSpec, dims: Any) -> TensorSpec:
        return TensorSpec.of(dims, x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        return dz


_placeholder = Placeholder()
_with_default = PlaceholderWithDefault()


def placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> Any:
    """Return a tensor whose value is fed at each run.

    Args:
        dtype: The dtype.
        shape: What is known of the shape.
        name: A name for the node.

    Raises:
        RuntimeError: Outside a graph: eager tensors have values.
    """
    graph = context.graph
    if graph is None:
        raise RuntimeError(
            "tf.placeholder() is not compatible with eager execution. Build a graph in "
            "`with tf.Graph().as_default():`."
        )
    label = graph.unique_name(name or "Placeholder")
    attrs = {"dtype": dtypes.as_dtype(dtype), "shape": TensorShape(shape)}
    node = Node(_placeholder, (), {**attrs, "label": label}, {})
    return graph.add_node(node, TensorSpec(shape, dtype), f"{label}/")


def placeholder_with_default(input: Any, shape: Any, name: str | None = None) -> Any:
    """Return a tensor that has this value where no other is fed.

    Args:
        input: The value.
        shape: The shape that what is fed must fit.
        name: A name for the node, in a graph.

    Raises:
        ValueError: The value does not fit `shape`.
    """
    value, dims = convert(input), TensorShape(shape)
    if not dims.is_compatible_with(value.shape):
        raise ValueError(
            f"The default of shape {value.shape} does not fit the placeholder's shape "
            f"{dims}. Give a shape with None where sizes may differ."
        )
    return _with_default(value, dims=dims._dims, name=name)


def sparse_placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> Any:
    """Return a sparse tensor whose parts are fed at each run.

    Args:
        dtype: The dtype of the values.
        shape: What is known of the shape.
        name: A name for the nodes.
    """
    known, start = TensorShape(shape), f"{name}/" if name else ""
    names = [f"{start}{part}" if name else None for part in ("values", "indices")]
    values = placeholder(dtype, [None], names[0])
    indices = placeholder(dtypes.int64, [None, known.rank], names[1])
    if known.rank is None:
        sizes = placeholder(dtypes.int64, [None], f"{start}shape" if name else None)
    else:
        dims = [-1 if d is None else d for d in known._dims or ()]
        default = convert(dims, dtypes.int64)
        label = f"{start}shape" if name else "PlaceholderWithDefault"
        sizes = placeholder_with_default(default, [known.rank], label)
    result = SparseTensor(indices, values, sizes)
    result._static_shape = known
    return result


def ragged_placeholder(
    dtype: Any, ragged_rank: int, value_shape: Any = None, name: str | None = None
) -> Any:
    """Return a ragged tensor whose parts are fed at each run.

    Args:
        dtype: The dtype of the values.
        ragged_rank: How many dimensions are ragged.
        value_shape: The shape of one of the innermost values.
        name: A name for the nodes.
    """
    shape = TensorShape([None]).concatenate(TensorShape(value_shape))
    if ragged_rank == 0:
        return placeholder(dtype, shape, name)
    splits = [
        placeholder(dtypes.int64, [None], f"row_splits_{i}") for i in range(ragged_rank)
    ]
    values = placeholder(dtype, shape, "flat_values")
    return RaggedTensor.from_nested_row_splits(values, splits, validate=False)
