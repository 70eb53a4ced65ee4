"""`for` over tensors, ranges, arrays of tensors, datasets, and everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core.context import context
from tensor.core.tensor import EagerTensor, Tensor
from tensor.graph.autograph.builtins import Together, len_
from tensor.graph.autograph.loops import Access, staged_while
from tensor.graph.autograph.options import LoopOptions
from tensor.graph.symbolic import SymbolicTensor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def for_(
    iterable: Any,
    go_on: Callable[[], Any] | None,
    body: Callable[[Any], None],
    get_state: Callable[[], Any],
    set_state: Callable[[Any], None],
    names: Sequence[str],
    iterates: Sequence[str],
    options: Callable[[], dict[str, Any]] | None = None,
) -> None:
    """Run a block for each element.

    Args:
        iterable: What to iterate over.
        go_on: Returns whether no `break` was met; None if there is none.
        body: The block; takes the element.
        get_state: Returns the values of the names that it assigns.
        set_state: Sets them.
        names: The names.
        iterates: The names that hold the element.
        options: Returns what the block gives to `set_loop_options`.
    """
    access = Access(get_state, set_state, names)
    if isinstance(iterable, SymbolicTensor):
        if iterable.op.type == "Range":
            access.iterates = iterates
        _over_indices(_Rows(iterable), go_on, body, access, LoopOptions.of(options))
    elif _is_symbolic_rows(iterable):
        _over_indices(
            _RaggedRows(iterable), go_on, body, access, LoopOptions.of(options)
        )
    elif isinstance(iterable, Together):
        _over_indices(iterable, go_on, body, access, LoopOptions.of(options))
    elif context.graph is not None and hasattr(iterable, "element_spec"):
        from tensor.graph.control.stream import Stream

        loop_options = LoopOptions.of(options)
        # As if the dataset were reduced; iterators do not know how to.
        loop_options.relaxes = hasattr(iterable, "map")
        _over_stream(Stream(iterable), go_on, body, access, loop_options)
    else:
        _over_python(iterable, go_on, body, access, options)


def _over_python(
    iterable: Any,
    go_on: Callable[[], Any] | None,
    body: Callable[[Any], None],
    access: Access,
    options: Any,
) -> None:
    for element in iterable:
        body(element)
        if go_on is None:
            continue
        holds = go_on()
        if isinstance(holds, Tensor) and type(holds) is not EagerTensor:
            raise NotImplementedError(
                "break and return statements which depend on a TF condition are not "
                "supported in Python for loops. Did you intend to make it a TF loop? "
                "Iterate over a tensor then, such as tf.range(n)."
            )
        if not holds:
            break


class _Rows:
    """The slices of a tensor along its first axis."""

    def __init__(self, tensor: Any) -> None:
        if tensor.static_shape == ():
            raise ValueError(
                f"len requires a non-scalar tensor, got {tensor!r}: there is nothing "
                "to iterate over. tf.range(n) gives the numbers below n."
            )
        self._tensor = tensor

    def length(self) -> Any:
        """Return how many there are."""
        return len_(self._tensor)

    def at(self, number: Any) -> Any:
        """Return the slice of this number."""
        return self._tensor[number]


def _is_symbolic_rows(iterable: Any) -> bool:
    splits = getattr(iterable, "row_splits", None)
    return isinstance(splits, Tensor) and type(splits) is not EagerTensor


class _RaggedRows:
    """The rows of a ragged tensor."""

    def __init__(self, ragged: Any) -> None:
        self._ragged = ragged

    def length(self) -> Any:
        """Return how many there are."""
        return len_(self._ragged.row_splits) - 1

    def at(self, number: Any) -> Any:
        """Return the row of this number."""
        return self._ragged[number]


def _over_indices(
    rows: Any,
    go_on: Callable[[], Any] | None,
    body: Callable[[Any], None],
    access: Access,
    options: LoopOptions,
) -> None:
    """Loop over elements that have numbers."""
    count = rows.length()

    def test(number: Any) -> Any:
        inside = number < count
        if go_on is None:
            return inside
        from tensor.graph.autograph.operators import and_

        return and_(lambda: inside, go_on)

    def step(number: Any) -> None:
        body(rows.at(number))

    staged_while(test, step, access, options, counter=True)


def _over_stream(
    stream: Any,
    go_on: Callable[[], Any] | None,
    body: Callable[[Any], None],
    access: Access,
    options: LoopOptions,
) -> None:
    """Loop over elements that come one by one and end some time."""

    def test() -> Any:
        if go_on is None:
            return stream.advance()
        from tensor.graph.autograph.operators import and_

        return and_(go_on, stream.advance)

    def step() -> None:
        body(stream.element())

    staged_while(test, step, access, options)
