"""Adding one number per channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import elementwise, errors
from tensor.core.composites import takes_composites
from tensor.core.convert import convert
from tensor.core.dtypes import int32
from tensor.core.public_api import export
from tensor.core.registry import Op, Sample, register
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import concat, reshape, shape_op
from tensor.ops.families import NUMERIC, check_kind, operands, shape_of
from tensor.ops.reduce import reduce_sum

if TYPE_CHECKING:
    from collections.abc import Iterator


class BiasAdd(Op):
    """x plus one number for each channel; `axis` is the channels': -1 or 1."""

    kind = "elementwise"
    keeps_inputs = False
    allows = NUMERIC

    def kernel(self, x: Any, bias: Any, axis: int) -> Any:
        _check_shapes(x.shape, bias.shape, axis == 1)
        behind = x.ndim - 1 - axis % x.ndim
        return elementwise.compute(np.add, x, bias.reshape(bias.shape + (1,) * behind))

    def infer(self, x: TensorSpec, bias: TensorSpec, axis: int) -> TensorSpec:
        return TensorSpec.of(x.dims, x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        return (
            dz if call.wants[0] else None,
            self._sums(dz, call.inputs[1], **call.attrs) if call.wants[1] else None,
        )

    def _sums(self, dz: Any, bias: Any, axis: int) -> Any:
        """Return the sum of dz for each channel."""
        dims = shape_of(dz)
        if dims is None:
            # All other axes as one or, if the channels are in the middle, two.
            size, rest = shape_op(bias, out_type=int32), convert(np.array([-1], "i"))
            ends = (shape_op(dz, out_type=int32)[:1], rest) if axis == 1 else (rest,)
            parts = (ends[0], size, *ends[1:])
            dz = reshape(dz, shape=concat(*parts, axis=0))
        rank = len(dims) if dims is not None else 3 if axis == 1 else 2
        others = tuple(i for i in range(rank) if i != axis % rank)
        return reduce_sum(dz, axis=others, keepdims=False)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2, 4, 3)), rng.normal(size=(3,)), axis=-1)
        yield Sample(rng.normal(size=(2, 3, 4, 5)), rng.normal(size=(3,)), axis=1)


bias_add_op = register(BiasAdd)


@export("nn.bias_add")
@takes_composites
def bias_add(
    value: Any, bias: Any, data_format: str | None = None, name: str | None = None
) -> Any:
    """Add a vector to the channels of `value`.

    Args:
        value: A tensor of two dimensions or more.
        bias: A vector, one number for each channel.
        data_format: "N...C" (channels last, the default) or "NC...".
        name: A name for the node, in a graph.

    Raises:
        ValueError: `data_format` is neither.
        InvalidArgumentError: The number of channels differs, or a rank is wrong.
    """
    if data_format is not None and data_format[:2] not in (
        "NC",
        "N.",
        "NH",
        "NW",
        "ND",
    ):
        raise ValueError(
            f"`data_format` must be of the form `N...C` or `NC...`. Received: "
            f"data_format={data_format}"
        )
    first = data_format is not None and data_format.startswith("NC")
    x, b = operands(bias_add_op, convert(value), bias)
    check_kind(bias_add_op, x, NUMERIC)
    dims, channels = shape_of(x), shape_of(b)
    _check_shapes(dims, channels, first)
    return bias_add_op(x, b, axis=1 if first else -1, name=name)


def _check_shapes(dims: Any, channels: Any, first: bool) -> None:
    problem = None
    if dims is not None and len(dims) < 2:
        problem = f"Input tensor must be at least 2D: {_text(dims)}"
    elif channels is not None and len(channels) != 1:
        problem = f"Biases must be 1D: {_text(channels)}"
    elif dims is not None and channels is not None:
        have = dims[1] if first else dims[-1]
        if None not in (have, channels[0]) and have != channels[0]:
            # Without a height TensorFlow's kernel calls the channels the last.
            which = "channel" if first and len(dims) > 2 else "last"
            problem = (
                f"Must provide as many biases as the {which} dimension of the input "
                f"tensor: {_text(channels)} vs. {_text(dims)}"
            )
    if problem:
        raise errors.because(errors.InvalidArgumentError, f"{problem} [Op:BiasAdd]")


def _text(dims: Any) -> str:
    """Write a shape as TensorFlow's kernels do: [2,3]."""
    return f"[{','.join('?' if d is None else str(d) for d in dims)}]"
