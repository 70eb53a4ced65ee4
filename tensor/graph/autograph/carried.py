"""What a staged loop carries from round to round: the names that its block assigns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core import nest
from tensor.core.shapes import relax
from tensor.core.tensor import Tensor
from tensor.graph.autograph.state import (
    is_dynamic,
    leaves_of,
    packed_like,
    same_structure,
    symbolic,
    zero_like,
)
from tensor.graph.autograph.undefined import Undefined, UndefinedReturnValue
from tensor.graph.control.body import BodyGraph

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tensor.core.shapes import Dims
    from tensor.graph.autograph.loops import Access
    from tensor.graph.autograph.options import LoopOptions

State = tuple[Any, ...]


def defined(
    before: State, access: Access, body: Callable[..., None], options: LoopOptions
) -> State:
    """Return the names' values with zeros for those that only the block defines.

    The graph needs a first value of the right shape; what it is does not matter, for
    the block assigns before anybody reads. Its shape is noted in the loop's options.

    Raises:
        ValueError: The block reads a name that it has not assigned before.
        NotImplementedError: That name is the result of the function.
    """
    missing = [
        name
        for name, value in zip(access.names, before, strict=True)
        if isinstance(value, Undefined)
    ]
    grows = any(v is None or isinstance(v, dict) for v in before)
    if not missing and not grows:
        return before
    carried = Carried(before, access.names)

    def filled(after: State) -> State:
        return tuple(
            [_filled(old, new, options) for old, new in zip(before, after, strict=True)]
        )

    try:
        dims = carried.invariants(options)
        result: State = carried.probed(dims, access, body, filled)
    except Exception as error:
        if not missing:
            raise
        raise _undefined(missing, before, error) from error
    return result


def _undefined(missing: list[str], before: State, error: Exception) -> Exception:
    """Return the error for names that the block does not always define."""
    if any(isinstance(v, UndefinedReturnValue) for v in before):
        return NotImplementedError(
            "a return statement cannot be placed inside this TensorFlow loop; this may "
            "happen if a return statement depends on a static Python condition such as "
            "a hyperparameter. Assign to a name that has a value before the loop, and "
            f"return it after the loop. (Met a {type(error).__name__}: {error})"
        )
    names = ", ".join(map(repr, missing))
    return ValueError(
        f"{names} must be defined before the loop\nNote: AutoGraph tried to define it "
        f"automatically, but ran into a {type(error).__name__}: {error}"
    )


def _filled(old: Any, new: Any, options: LoopOptions) -> Any:
    """Return the value of a name, with zeros for what only the block defines of it."""
    if isinstance(old, Undefined) or (old is None and new is not None):
        return _zeros_like(new, options)
    if type(old) is not dict or type(new) is not dict:
        return old
    known = {k: _filled(v, new[k], options) if k in new else v for k, v in old.items()}
    more = {k: _zeros_like(v, options) for k, v in new.items() if k not in old}
    return known | more


def newly_defined(name: str, before: Any, filled: Any) -> list[str]:
    """Return what zeros stand for in the value of a name: it, or elements of it."""
    if isinstance(before, Undefined):
        return [] if isinstance(before, UndefinedReturnValue) else [name]
    if type(before) is not dict or type(filled) is not dict:
        return []
    return [
        path
        for key, value in filled.items()
        for path in newly_defined(f"{name}[{key!r}]", before.get(key, _NOTHING), value)
    ]


_NOTHING = Undefined("an element")


def _zeros_like(value: Any, options: LoopOptions) -> Any:
    leaves = []
    for leaf in leaves_of(value):
        if not _is_carried(leaf) and leaf is not None:
            raise TypeError(
                f"Found an unsupported type {type(leaf).__name__!r} while creating "
                f"placeholder for {leaf}. Supported types include Tensor, int, float, "
                "bool, list, tuple or dict."
            )
        leaves.append(zero_like(leaf))
        if isinstance(leaf, Tensor):
            options.shape_invariants.append((leaves[-1], leaf.shape))
    return packed_like(value, leaves)


def _is_carried(leaf: Any) -> bool:
    """Return whether a leaf is a tensor in the graph: texts are, as they may change."""
    return is_dynamic(leaf) or isinstance(leaf, str | bytes)


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
                if _is_carried(leaf):
                    self.tensors.append(symbolic(leaf))
                    self._owners.append(name)

    def unpacked(self, tensors: Sequence[Any]) -> State:
        """Return the names' values with these tensors in their places."""
        rest = iter(tensors)
        return tuple(
            [
                packed_like(
                    value,
                    [next(rest) if _is_carried(v) else v for v in leaves_of(value)],
                )
                for value in self._values
            ]
        )

    def after(self, values: State) -> list[Any]:
        """Return the tensors of the names' values after a round.

        Raises:
            TypeError: A name holds another structure, or another object, than before.
            ValueError: It holds None now.
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
                if new is None:
                    raise _became_none(name)
                raise TypeError(
                    f"{name!r} does not have the same nested structure after one "
                    f"iteration: it was {old!r} before the loop and is {new!r} now."
                )
            for a, b in zip(leaves_of(old), leaves_of(new), strict=True):
                if b is None and a is not None:
                    raise _became_none(name)
                if _is_carried(a):
                    like = self.tensors[len(tensors)]
                    tensors.append(symbolic(b, like))
                elif a is not b and a != b:
                    raise TypeError(
                        f"{name!r} changes from {a!r} to {b!r} in a loop that depends "
                        "on a tensor. Only tensors and numbers may change."
                    )
        return tensors

    def invariants(self, options: LoopOptions) -> list[Dims | None]:
        """Return the static shapes that the tensors keep from round to round."""
        dims: list[Dims | None] = []
        rest = iter(self.tensors)
        for value in self._values:
            # Composite values are one leaf here: users set the shape of the whole.
            wholes = [value] if isinstance(value, Undefined) else nest.flatten(value)
            for whole in wholes:
                parts = [part for part in leaves_of(whole) if _is_carried(part)]
                own = [next(rest).static_shape for _ in parts]
                given = options.shapes_of(whole)
                for i, part in enumerate(parts):
                    known = given or options.shapes_of(part)
                    dims.append(own[i] if known is None else known[i if given else 0])
        return dims

    def probed(
        self,
        dims: Sequence[Dims | None],
        access: Access,
        body: Callable[..., None],
        seen: Callable[[State], Any],
    ) -> Any:
        """Return what is seen of the names after a round traced for this only."""
        graph = BodyGraph("probe")
        before = access.get()
        try:
            with graph.traced():
                pairs = zip(self.tensors, dims, strict=True)
                inputs = [graph.add_input(d, t.dtype, "loop_var") for t, d in pairs]
                access.set(self.unpacked(inputs))
                body(graph)
                return seen(access.get())
        finally:
            access.set(before)

    def relaxed(
        self, dims: list[Dims | None], access: Access, body: Callable[..., None]
    ) -> list[Dims | None]:
        """Return the shapes without what rounds change of them."""
        while True:
            after = self.probed(dims, access, body, self.after)
            pairs = zip(dims, after, strict=True)
            found = [relax(d, tensor.static_shape) for d, tensor in pairs]
            if found == dims:
                return dims
            dims = found

    def checker(
        self, numbered: bool, dims: Sequence[Dims | None]
    ) -> Callable[[int, Any, Any], None]:
        """Return what checks that a tensor may change in a round as it does.

        Args:
            numbered: Whether the number of the round comes before the tensors.
            dims: The shapes that the tensors keep.
        """

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
                if dims[index] is not self.tensors[index].static_shape:
                    raise ValueError(
                        f"{name!r} has shape {after.shape} after one iteration, which "
                        f"does not conform with the shape invariant {before.shape}."
                    )
                raise ValueError(
                    f"{name!r} has shape {before.shape} before the loop, but shape "
                    f"{after.shape} after one iteration. Use "
                    "tf.autograph.experimental.set_loop_options to set shape "
                    "invariants."
                )

        return check


def _became_none(name: str) -> ValueError:
    return ValueError(
        f"{name!r} is None at the end of the iteration. In a loop that depends on a "
        "tensor it stays what it was before the loop: give it such a value in every "
        "round."
    )
