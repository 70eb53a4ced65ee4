"""Equations of einsum: their parts, the labels of axes, and the sizes of labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tensor.core import errors
from tensor.ops.families import bracketed

if TYPE_CHECKING:
    from tensor.core.shapes import Dims

Labels = tuple[str, ...]


def label_sizes(inputs: list[tuple[Labels, Dims | None]]) -> dict[str, int | None]:
    """Return the size of each label, None where it is not known.

    Raises:
        InvalidArgumentError: Two axes of one label differ, or an input has another
            number of axes than labels.
    """
    sizes: dict[str, int | None] = {}
    for number, (labels, dims) in enumerate(inputs):
        if dims is None:
            dims = (None,) * len(labels)
        if len(dims) != len(labels):
            raise errors.invalid(
                "Einsum",
                f"Expected input {number} to have rank {len(labels)} but got: "
                f"{len(dims)}",
            )
        for at, (label, size) in enumerate(zip(labels, dims, strict=True)):
            known = sizes.get(label)
            broadcasts = label.startswith(".") and 1 in (size, known)
            if None not in (known, size) and known != size and not broadcasts:
                raise errors.invalid(
                    "Einsum",
                    f"Expected dimension {known} at axis {at} of the input shaped "
                    f"{bracketed(dims)} but got dimension {size}: label {label!r}. "
                    f"Dimensions must be equal, but are {known} and {size}",
                )
            if label not in sizes or known in (None, 1):
                sizes[label] = size if size is not None or known != 1 else None
    return sizes


def parsed(equation: str, count: int) -> tuple[list[str], str | None]:
    """Return the subscripts of each input and of the result, if it is given.

    Raises:
        ValueError: The equation is malformed or fits another number of inputs.
    """
    if not isinstance(equation, str):
        raise TypeError(f"Expected equation to be a string, got {equation!r}.")
    text = equation.replace(" ", "")
    plain = text.replace("...", "").replace("->", "").replace(",", "")
    if (plain and not plain.isalpha()) or text.count("->") > 1:
        raise ValueError(f"Subscripts have incorrect format: {equation}")
    left, arrow, out = text.partition("->")
    subscripts = left.split(",")
    if len(subscripts) != count:
        raise ValueError(
            f'Got {count} inputs for equation "{equation}", expecting {len(subscripts)}'
        )
    if not arrow:
        return subscripts, None
    for c in out.replace("...", ""):
        if out.count(c) > 1:
            raise ValueError(
                "Output subscripts contain a label appearing more than once: "
                f"{equation}"
            )
        if c not in left:
            raise ValueError(
                f"Output subscripts contain the label {c} not present in the input "
                "subscripts."
            )
    return subscripts, out


def expanded(subscripts: str, rank: int) -> list[str]:
    """Return one label per axis; those of an ellipsis count from the right."""
    if "..." not in subscripts:
        return list(subscripts)
    before, _, after = subscripts.partition("...")
    hidden = max(rank - len(before) - len(after), 0)
    return [*before, *(f".{i}" for i in range(hidden, 0, -1)), *after]


def result_labels(inputs: list[list[str]], out: str | None) -> list[str]:
    """Return the labels of the result.

    Raises:
        InvalidArgumentError: There are axes that `...` stands for, but none there.
    """
    every = [c for labels in inputs for c in labels]
    hidden = sorted({c for c in every if c[0] == "."}, key=lambda c: -int(c[1:]))
    if hidden and (out is None or "..." not in out):
        raise errors.invalid(
            "Einsum",
            f"Output contains {len(hidden)} broadcasting dimension(s) but no ellipsis "
            "(...) was found in the output subscripts.",
        )
    if out is None:
        return sorted(c for c in every if every.count(c) == 1)
    if "..." not in out:
        return list(out)
    before, _, after = out.partition("...")
    return [*before, *hidden, *after]
