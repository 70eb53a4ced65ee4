"""Ops that combine values over the processes of a job.

They are ops like any other: recorded by tapes, nodes in graphs (where they keep program
order, as all ranks must make the same calls in the same order), differentiable.
"""

from __future__ import annotations

import weakref
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import shape_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    import dist


class AllReduce(Op):
    """The sum or mean over a group's ranks; each rank gets the same bits.

    y_r = Σ_s x_s on every rank, so dL/dx_s = Σ_r dL/dy_r: the gradient is the same
    all-reduce of the gradients.
    """

    type_name = "CollectiveReduceV2"
    kind = "collective"
    keeps_inputs = False

    def kernel(self, x: Any, group: dist.Group | None, how: str) -> Any:
        if group is None:
            return x
        return group.all_reduce(np.array(x), how)[()]

    def start(self, x: Any, group: dist.Group | None, how: str) -> Any:
        """Begin the sum; graphs compute until they need it."""
        array = np.array(x)
        return array, None if group is None else group.all_reduce_async(array, how)

    def finish(self, receipt: Any, specs: Any) -> Any:
        """Return the sum, once it is there."""
        array, work = receipt
        if work is not None:
            work.wait()
        return array[()]

    def infer(self, x: TensorSpec, group: Any, how: str) -> TensorSpec:
        return x

    def gradient(self, call: Any, dz: Any) -> Any:
        return all_reduce(dz, **call.attrs)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2, 3)), group=None, how="sum")


class AllReduceMany(Op):
    """Several arrays, each summed over a group's ranks, in as few calls as dtypes."""

    type_name = "CollectiveReduceMany"
    kind = "collective"
    keeps_inputs = False

    def kernel(self, *arrays: Any, group: dist.Group | None) -> Any:
        if group is None:
            return arrays
        results: list[Any] = [None] * len(arrays)
        for dtype in sorted({a.dtype.name for a in arrays}):
            members = [i for i, a in enumerate(arrays) if a.dtype.name == dtype]
            parts = [np.reshape(arrays[i], -1) for i in members]
            flat = _shared_buffer(group, sum(p.size for p in parts), parts[0].dtype)
            np.concatenate(parts, out=flat)
            group.all_reduce(flat)
            # The next call uses the buffer again: results are arrays of their own.
            pieces = np.split(flat.copy(), np.cumsum([p.size for p in parts[:-1]]))
            for i, piece in zip(members, pieces, strict=True):
                results[i] = piece.reshape(np.shape(arrays[i]))[()]
        return tuple(results)

    def infer(self, *arrays: TensorSpec, group: Any) -> Any:
        return tuple(arrays)

    def gradient(self, call: Any, *dz: Any) -> Any:
        return all_reduce_many(*dz, **call.attrs)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2, 3)), rng.normal(size=()), group=None)


_buffers: weakref.WeakKeyDictionary[Any, dict[Any, np.ndarray]]
_buffers = weakref.WeakKeyDictionary()


def _shared_buffer(group: dist.Group, size: int, dtype: Any) -> np.ndarray:
    """Return a flat array that the group reduces without copying it first.

    Every rank asks for the same ones in the same order, as it makes the same calls.
    """
    mine = _buffers.setdefault(group, {})
    key = size, dtype.str
    if key not in mine:
        mine[key] = group.empty(size, dtype)
    return mine[key]


class AllGather(Op):
    """The values of all ranks joined along an axis; ranks may differ in its length."""

    type_name = "CollectiveGatherV2"
    kind = "collective"
    keeps_inputs = False

    def kernel(self, x: Any, group: dist.Group | None, axis: int) -> Any:
        if group is None:
            return x
        return np.concatenate(gather_uneven(group, np.asarray(x), axis), axis=axis)

    def infer(self, x: TensorSpec, group: Any, axis: int) -> TensorSpec:
        if group is None or x.dims is None:
            return x
        return TensorSpec.of((*x.dims[:axis], None, *x.dims[axis + 1 :]), x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        length = shape_for(call.inputs[0])[call.attrs["axis"]]
        return own_part(dz, length=length, **call.attrs)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2, 3)), group=None, axis=0)


class OwnPart(Op):
    """The gradient of a gather: summed over ranks, then this rank's part of it."""

    type_name = "CollectiveOwnPart"
    kind = "collective"
    keeps_inputs = False

    def kernel(self, dz: Any, length: Any, group: dist.Group | None, axis: int) -> Any:
        if group is None:
            return dz
        total = group.all_reduce(np.array(dz))
        lengths = group.all_gather(np.array([length], np.int64))[:, 0]
        start = int(lengths[: group.rank].sum())
        index = [slice(None)] * total.ndim
        index[axis] = slice(start, start + int(length))
        return total[tuple(index)]

    def infer(self, dz: TensorSpec, length: Any, group: Any, axis: int) -> TensorSpec:
        if dz.dims is None:
            return dz
        known = length if isinstance(length, int) else None
        return TensorSpec.of((*dz.dims[:axis], known, *dz.dims[axis + 1 :]), dz.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        return all_gather(dz, group=call.attrs["group"], axis=call.attrs["axis"])

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2, 3)), length=2, group=None, axis=0)


class SameEverywhere(Op):
    """A value that all replicas must have alike; the values of the local ones go in."""

    type_name = "RequireSameEverywhere"
    kind = "collective"
    gradient = NON_DIFFERENTIABLE

    def kernel(
        self, *values: Any, group: dist.Group | None, what: str, advice: str
    ) -> Any:
        digests = [zlib.crc32(np.ascontiguousarray(v).tobytes()) for v in values]
        if group is not None:
            digests = group.all_gather(np.array(digests)).ravel().tolist()
        if len(set(digests)) > 1:
            raise ValueError(
                f"Replicas {what}, which is mirrored: they would drift apart. {advice}"
            )
        return values[0]

    def infer(self, *values: TensorSpec, group: Any, what: str, advice: str) -> Any:
        return values[0]

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(np.ones(2), np.ones(2), group=None, what="differ", advice="")


def gather_uneven(group: dist.Group, x: np.ndarray, axis: int) -> list[np.ndarray]:
    """Return the arrays of all ranks, which may differ in length along `axis`.

    Raises:
        ValueError: They differ elsewhere.
    """
    shapes = group.all_gather(np.array(x.shape, np.int64))
    rest = np.delete(shapes, axis, axis=1)
    if not np.all(rest == rest[0]):
        raise ValueError(
            f"gather along axis {axis}: the shapes of the ranks {shapes.tolist()} "
            "differ in other dimensions. Make them equal there."
        )
    length = int(shapes[:, axis].max())
    padded = np.zeros((*x.shape[:axis], length, *x.shape[axis + 1 :]), x.dtype)
    index = [slice(None)] * x.ndim
    index[axis] = slice(0, x.shape[axis])
    padded[tuple(index)] = x
    parts = []
    for part, shape in zip(group.all_gather(padded), shapes, strict=True):
        index[axis] = slice(0, int(shape[axis]))
        parts.append(part[tuple(index)])
    return parts


all_reduce = register(AllReduce)
all_reduce_many = register(AllReduceMany)
all_gather = register(AllGather)
own_part = register(OwnPart)
same_everywhere = register(SameEverywhere)
