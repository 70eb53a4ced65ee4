"""Blocks of space as batch entries, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.call import is_symbolic
from tensor.core.convert import convert, to_array
from tensor.core.public_api import export
from tensor.core.registry import Op, Sample, register
from tensor.core.shapes import are_compatible, to_brackets
from tensor.core.tensor import Tensor
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array_functions import array_function

if TYPE_CHECKING:
    from collections.abc import Iterator


class SpaceToBatch(Op):
    """Blocks of the spatial axes moved into the batch, after zero padding."""

    type_name = "SpaceToBatchND"
    keeps_inputs = False

    def kernel(self, x: Any, block_shape: Any, paddings: Any) -> Any:
        x = np.asarray(x)
        block, pads = _block(block_shape), _pads(paddings)
        x = np.pad(x, [(0, 0), *pads, *[(0, 0)] * (x.ndim - 1 - len(block))])
        batch, space = x.shape[0], x.shape[1 : 1 + len(block)]
        split: list[int] = []
        for i, (size, b) in enumerate(zip(space, block, strict=True)):
            if size % b:
                raise errors.invalid(
                    self.type_name,
                    f"padded_shape[{i}]={size} is not divisible by "
                    f"block_shape[{i}]={b}",
                )
            split += [size // b, b]
        rest = x.shape[1 + len(block) :]
        x = x.reshape((batch, *split, *rest))
        n = len(block)
        inside = [2 + 2 * i for i in range(n)]
        outside = [1 + 2 * i for i in range(n)]
        tail = range(1 + 2 * n, x.ndim)
        x = x.transpose((*inside, 0, *outside, *tail))
        return x.reshape((batch * int(np.prod(block)), *split[::2], *rest))

    def infer(self, x: TensorSpec, block_shape: Any, paddings: Any) -> TensorSpec:
        if x.dims is None or isinstance(block_shape, Tensor):
            return TensorSpec.of(_rank_only(x.dims), x.dtype)
        block = _block(block_shape)
        n = len(block)
        pads: Any = [(None, None)] * n
        if not isinstance(paddings, Tensor):
            pads = _pads(paddings)
        space = [
            None if None in (d, a) else _pieces(a + d + c, b)
            for d, b, (a, c) in zip(x.dims[1 : 1 + n], block, pads, strict=True)
        ]
        batch = None if x.dims[0] is None else x.dims[0] * int(np.prod(block))
        return TensorSpec.of((batch, *space, *x.dims[1 + n :]), x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        attrs = call.attrs
        return batch_to_space(
            dz, block_shape=attrs["block_shape"], crops=attrs["paddings"]
        )

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        x = rng.normal(size=(2, 3, 4, 1))
        yield Sample(x, block_shape=(2, 2), paddings=((1, 0), (0, 2)))
        yield Sample(x, block_shape=(3,), paddings=((0, 0),))


class BatchToSpace(Op):
    """Entries of the batch moved back to blocks of space, then cropped."""

    type_name = "BatchToSpaceND"
    keeps_inputs = False

    def kernel(self, x: Any, block_shape: Any, crops: Any) -> Any:
        x = np.asarray(x)
        block, cuts = _block(block_shape), _pads(crops)
        n, count = len(block), int(np.prod(block))
        if x.shape[0] % count:
            raise errors.invalid(
                self.type_name,
                f"Input batch dimension ({x.shape[0]}) is not divisible by product of "
                f"block sizes ({count})",
            )
        batch, space = x.shape[0] // count, x.shape[1 : 1 + n]
        rest = x.shape[1 + n :]
        x = x.reshape((*block, batch, *space, *rest))
        woven = [axis for i in range(n) for axis in (n + 1 + i, i)]
        x = x.transpose((n, *woven, *range(2 * n + 1, x.ndim)))
        whole = tuple(s * b for s, b in zip(space, block, strict=True))
        x = x.reshape((batch, *whole, *rest))
        for i, ((a, c), size) in enumerate(zip(cuts, whole, strict=True)):
            if a + c > size:
                raise errors.invalid(
                    self.type_name,
                    f"cropped_shape[{i}]={size - a - c} must be non-negative",
                )
        inner = (slice(a, s - c) for (a, c), s in zip(cuts, whole, strict=True))
        return x[(slice(None), *inner)]

    def infer(self, x: TensorSpec, block_shape: Any, crops: Any) -> TensorSpec:
        if x.dims is None or isinstance(block_shape, Tensor):
            return TensorSpec.of(_rank_only(x.dims), x.dtype)
        block = _block(block_shape)
        n = len(block)
        cuts: Any = [(None, None)] * n
        if not isinstance(crops, Tensor):
            cuts = _pads(crops)
        space = [
            None if d is None or a is None else d * b - a - c
            for d, b, (a, c) in zip(x.dims[1 : 1 + n], block, cuts, strict=True)
        ]
        batch = None if x.dims[0] is None else x.dims[0] // int(np.prod(block))
        return TensorSpec.of((batch, *space, *x.dims[1 + n :]), x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        attrs = call.attrs
        return space_to_batch(
            dz, block_shape=attrs["block_shape"], paddings=attrs["crops"]
        )

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        x = rng.normal(size=(4, 2, 2, 1))
        yield Sample(x, block_shape=(2, 2), crops=((1, 0), (0, 1)))


def _block(block_shape: Any) -> tuple[int, ...]:
    return tuple(int(b) for b in block_shape)


def _pads(paddings: Any) -> list[tuple[int, int]]:
    return [(int(a), int(b)) for a, b in paddings]


def _pieces(size: int, block: int) -> int:
    """Return how many blocks a padded axis has.

    Raises:
        ValueError: It is no multiple of the block.
    """
    if size % block:
        raise ValueError(
            f"Dimension size must be evenly divisible by {block} but is {size}"
        )
    return size // block


def _rank_only(dims: Any) -> Any:
    return None if dims is None else (None,) * len(dims)


space_to_batch = register(SpaceToBatch)
batch_to_space = register(BatchToSpace)


@export("space_to_batch", "space_to_batch_nd", "nn.space_to_batch")
def space_to_batch_(
    input: Any, block_shape: Any, paddings: Any, name: str | None = None
) -> Any:
    """Move blocks of space into the batch, after zero padding.

    Args:
        input: A tensor of shape [batch, spatial…, rest…].
        block_shape: The size of the blocks along each spatial axis.
        paddings: For each spatial axis, zeros before and after.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: A padded axis is no multiple of the block, or an argument
            has another shape or negative numbers.
    """
    x = convert(input)
    block = _block_argument(block_shape, "SpaceToBatchND")
    pads = _pairs_argument(paddings, x.ndim, block, "paddings", "SpaceToBatchND")
    return space_to_batch(x, block_shape=block, paddings=pads, name=name)


@export("batch_to_space", "nn.batch_to_space")
def batch_to_space_(
    input: Any, block_shape: Any, crops: Any, name: str | None = None
) -> Any:
    """Move entries of the batch to blocks of space, then crop: undoes space_to_batch.

    Raises:
        InvalidArgumentError: The batch is no multiple of the block's size, or an
            argument has another shape or negative numbers.
    """
    x = convert(input)
    if isinstance(block_shape, int):
        block_shape = (block_shape,) * (2 if is_symbolic(crops) else len(crops))
    block = _block_argument(block_shape, "BatchToSpaceND")
    cuts = _pairs_argument(crops, x.ndim, block, "crops", "BatchToSpaceND")
    return batch_to_space(x, block_shape=block, crops=cuts, name=name)


def _block_argument(block_shape: Any, op_type: str) -> Any:
    """Return the sizes of blocks as ints; a symbolic vector stays.

    Raises:
        InvalidArgumentError: They are no vector of positive numbers.
    """
    if is_symbolic(block_shape):
        return block_shape
    block = np.asarray(to_array(block_shape))
    if block.ndim != 1:
        raise errors.invalid(
            op_type, f"block_shape rank should be 1 instead of {block.ndim}"
        )
    for i, size in enumerate(block.tolist()):
        if size < 1:
            raise errors.invalid(
                op_type,
                "All values in block_shape must be positive, got value, "
                f"{size} at index {i}.",
            )
    return _block(block)


def _pairs_argument(
    pairs: Any, rank: int | None, block: Any, what: str, op_type: str
) -> Any:
    """Return paddings or crops as pairs of ints; a symbolic matrix stays.

    Raises:
        InvalidArgumentError: They are no pairs for each block, or negative; or what is
            to be cut into blocks has too few axes.
    """
    count = None if is_symbolic(block) else len(block)
    if rank is not None and count is not None and rank < 1 + count:
        raise errors.invalid(
            op_type, f"input rank should be >= {1 + count} instead of {rank}"
        )
    if is_symbolic(pairs):
        return pairs
    array = np.asarray(to_array(pairs))
    if array.ndim != 2 or array.shape[1] != 2 or count not in (None, len(array)):
        raise errors.invalid(
            op_type,
            f"{what} should have shape [{'?' if count is None else count}, 2] instead "
            f"of {to_brackets(array.shape)}",
        )
    if (array < 0).any():
        raise errors.invalid(op_type, f"{what.capitalize()} must be non-negative")
    return tuple(_pads(array))


@export("required_space_to_batch_paddings")
def required_space_to_batch_paddings(
    input_shape: Any,
    block_shape: Any,
    base_paddings: Any = None,
    name: str | None = None,
) -> tuple[Any, Any]:
    """Return the paddings that make an input divisible by blocks, and crops to undo.

    Raises:
        ValueError: `input_shape` and `block_shape` have different lengths.
    """
    sizes, block = (convert(v, dtypes.int32) for v in (input_shape, block_shape))
    if not are_compatible(sizes.static_shape, block.static_shape):
        raise ValueError(
            f"input_shape {sizes} and block_shape {block} must have the same length."
        )
    base = [[0, 0]] if base_paddings is None else base_paddings
    return required_paddings(sizes, block, convert(base, dtypes.int32))


def _pairs(block: TensorSpec) -> TensorSpec:
    return TensorSpec.of(((block.dims or (None,))[0], 2), dtypes.int32)


@array_function(
    "RequiredSpaceToBatchPaddings",
    lambda sizes, block, base: (_pairs(block), _pairs(block)),  # noqa: ARG005
    np.array([3, 4], np.int32),
    np.array([2, 2], np.int32),
    np.array([[1, 0], [0, 0]], np.int32),
)
def required_paddings(sizes: Any, block: Any, base: Any) -> Any:
    """Paddings that make sizes divisible by blocks, and crops that undo them."""
    base = np.broadcast_to(base, (len(block), 2))
    extra = (-(sizes + base.sum(axis=1))) % block
    paddings = np.stack([base[:, 0], base[:, 1] + extra], axis=1)
    crops = np.stack([base[:, 0] * 0, extra], axis=1)
    return paddings.astype(np.int32), crops.astype(np.int32)
