"""What a staged loop carries from round to round: the names that its block assigns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core.shapes import relax
from tensor.core.tensor import Tensor
from tensor.graph.autograph.state import (
    is_dynamic,
    leaves_of,
    packed_like,
    renewed,
    same_structure,
    symbolic,
    zero_like,
)
from tensor.graph.autograph.undefined import Undefined
from tensor.graph.control.body import BodyGraph

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tensor.core.shapes import Dims
    from tensor.graph.autograph.loops import Access
    from tensor.graph.autograph.options import LoopOptions

State = tuple[Any, ...]


def defined(
    before: State, access: Access, body: Callable[[], None], options: LoopOptions
) -> State:
    """Return the names' values with zeros for those that only the block defines.

    The graph needs a first value of the right shape; what it is does not matter, for
    the block assigns before anybody reads. Its shape is noted in the loop's options.
    """
    if not any(isinstance(v, Undefined) or v is None for v in before):
        return before
    with BodyGraph("probe").traced():
        access.set(tuple([renewed(v) for v in before]))
        body()
        after = access.get()
    access.set(before)
    return tuple(
        [
            _zeros_like(new, options)
            if isinstance(old, Undefined) or (old is None and new is not None)
            else old
            for old, new in zip(before, after, strict=True)
        ]
    )


def _zeros_like(value: Any, options: LoopOptions) -> Any:
    leaves = []
    for leaf in leaves_of(value):
        leaves.append(zero_like(leaf))
        if isinstance(leaf, Tensor):
            options.shape_invariants.append((leaves[-1], leaf.static_shape))
    return packed_like(value, leaves)


class Carried:
    """The tensors among the values of a loop's names, and the way back to those.

    Args:
        values: The names' values before the loop.
        names: The names.
    """

    def __init__(self, values: State, names: Sequence[str]) -> None:
        self._values = values
        self._names = names
        self.tensors: list[Any] = []
        self._owners: list[str] = []
        for name, value in zip(names, values, strict=True):
            for leaf in leaves_of(value):
                if is_dynamic(leaf):
                    self.tensors.append(symbolic(leaf))
                    self._owners.append(name)

    def unpacked(self, tensors: Sequence[Any]) -> State:
        """Return the names' values with these tensors in their places."""
        rest = iter(tensors)
        return tuple(
            [
                packed_like(
                    value,
                    [next(rest) if is_dynamic(v) else v for v in leaves_of(value)],
                )
                for value in self._values
            ]
        )

    def after(self, values: State) -> list[Any]:
        """Return the tensors of the names' values after a round.

        Raises:
            TypeError: A name holds another structure, or another object, than before.
        """
        tensors: list[Any] = []
        for name, old, new in zip(self._names, self._values, values, strict=True):
            if isinstance(old, Undefined):
                continue
            if isinstance(new, Undefined):
                raise TypeError(
                    f"{name!r} has no value at the end of a round, which the next one "
                    "reads. Assign to it in every round, and do not delete it."
                )
            if not same_structure(old, new):
                raise TypeError(
                    f"{name!r} does not have the same nested structure before the loop "
                    f"and after one iteration: {old!r} and {new!r}."
                )
            for a, b in zip(leaves_of(old), leaves_of(new), strict=True):
                if is_dynamic(a):
                    like = self.tensors[len(tensors)]
                    tensors.append(symbolic(b, like))
                elif a is not b and a != b:
                    raise TypeError(
                        f"{name!r} changes from {a!r} to {b!r} in a loop that depends "
                        "on a tensor. Only tensors and numbers may change."
                    )
        return tensors

    def invariants(self, options: LoopOptions, values: State) -> list[Dims | None]:
        """Return the static shapes that the tensors keep from round to round."""
        dims = []
        for leaf, tensor in zip(self._leaves(values), self.tensors, strict=True):
            shape = tensor.static_shape
            for value, given in options.shape_invariants:
                if value is leaf:
                    shape = given
            dims.append(shape)
        return dims

    @staticmethod
    def _leaves(values: State) -> list[Any]:
        return [v for value in values for v in leaves_of(value) if is_dynamic(v)]

    def checker(self, numbered: bool) -> Callable[[int, Any, Any], None]:
        """Return what checks that a tensor may change in a round as it does."""

        def check(index: int, before: Any, after: Any) -> None:
            index -= numbered
            if index < 0:
                return
            name = self._owners[index]
            if before.dtype is not after.dtype:
                raise TypeError(
                    f"{name!r} has dtype {before.dtype.name} before the loop, but "
                    f"dtype {after.dtype.name} after one iteration"
                )
            if relax(before.static_shape, after.static_shape) != before.static_shape:
                raise ValueError(
                    f"{name!r} has shape {before.shape} before the loop, but shape "
                    f"{after.shape} after one iteration. Use "
                    "tf.autograph.experimental.set_loop_options to set shape "
                    "invariants."
                )

        return check
