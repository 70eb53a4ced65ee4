"""What the maker of a linear operator says about it: `is_square` and the like."""

from __future__ import annotations

from typing import NamedTuple


class Hints(NamedTuple):
    """What is known of a matrix; None where nobody said."""

    is_non_singular: bool | None = None
    is_self_adjoint: bool | None = None
    is_positive_definite: bool | None = None
    is_square: bool | None = None


def checked(hints: Hints) -> Hints:
    """Return hints with what follows from them.

    Raises:
        ValueError: They contradict each other.
    """
    non_singular, self_adjoint, positive, square = hints
    if positive:
        if non_singular is False:
            raise ValueError("A positive definite matrix is always non-singular.")
        non_singular = True
    if non_singular:
        if square is False:
            raise ValueError("A non-singular matrix is always square.")
        square = True
    if self_adjoint:
        if square is False:
            raise ValueError("A self-adjoint matrix is always square.")
        square = True
    return Hints(non_singular, self_adjoint, positive, square)


def require(hint: bool | None, sentence: str) -> bool:
    """Return True for a hint that a kind of operator always fulfils.

    Raises:
        ValueError: The hint says otherwise; `sentence` says why it cannot be.
    """
    if hint is False:
        raise ValueError(sentence)
    return True


def all_true(hints: list[bool | None]) -> bool | None:
    """Return True if all hints are, else None: nothing is known."""
    return True if all(hints) else None
