"""The algebra of static shapes: tuples of `int | None`, or None for unknown rank."""

from __future__ import annotations

Dims = tuple[int | None, ...]


def to_text(dims: Dims | None) -> str:
    """Write a static shape as TensorFlow prints it: `(2, None)` or `<unknown>`."""
    if dims is None:
        return "<unknown>"
    if len(dims) == 1:
        return f"({dims[0]},)"
    return f"({', '.join(map(str, dims))})"


def to_brackets(dims: Dims | None) -> str:
    """Write a static shape as TensorFlow's kernels do: `[2,?]`."""
    if dims is None:
        return "<unknown>"
    return f"[{','.join('?' if d is None else str(d) for d in dims)}]"


def is_known(dims: Dims | None) -> bool:
    """Return whether rank and all dimensions are known."""
    return dims is not None and None not in dims


def num_elements(dims: Dims | None) -> int | None:
    """Return the product of the dimensions, None when one is unknown."""
    if dims is None:
        return None
    count = 1
    for d in dims:
        if d is None:
            return None
        count *= d
    return count


def are_compatible(x: Dims | None, y: Dims | None) -> bool:
    """Return whether some fully known shape fits both."""
    if x is None or y is None:
        return True
    return len(x) == len(y) and all(
        a is None or b is None or a == b for a, b in zip(x, y, strict=True)
    )


def merge(x: Dims | None, y: Dims | None) -> Dims | None:
    """Combine what two descriptions of one shape know.

    Raises:
        ValueError: They contradict each other.
    """
    if x is None:
        return y
    if y is None:
        return x
    if not are_compatible(x, y):
        raise ValueError(f"Shapes {to_text(x)} and {to_text(y)} are not compatible")
    return tuple(b if a is None else a for a, b in zip(x, y, strict=True))


def unify(x: Dims | None, y: Dims | None) -> Dims | None:
    """Combine what is known of the shapes of two inputs that must have one shape.

    Raises:
        ValueError: They contradict each other, with TensorFlow's words for it.
    """
    if x is None or y is None or are_compatible(x, y):
        return merge(x, y)
    raise ValueError(mismatch(x, y))


def mismatch(x: Dims | None, y: Dims | None) -> str:
    """Return what the first difference is between two shapes, in TensorFlow's words."""
    if x is None or y is None:
        return "Shapes must be equal"
    if len(x) != len(y):
        return f"Shapes must be equal rank, but are {len(x)} and {len(y)}"
    at = next(
        i for i in range(len(x)) if not are_compatible(x[i : i + 1], y[i : i + 1])
    )
    return (
        f"Dimension {at} in both shapes must be equal, but are {x[at]} and {y[at]}. "
        f"Shapes are {to_brackets(x)} and {to_brackets(y)}."
    )


def relax(x: Dims | None, y: Dims | None) -> Dims | None:
    """Return the narrowest shape that both `x` and `y` fit."""
    if x is None or y is None or len(x) != len(y):
        return None
    return tuple(a if a == b else None for a, b in zip(x, y, strict=True))


def broadcast(*shapes: Dims | None) -> Dims | None:
    """Return the shape that `shapes` broadcast to, by NumPy's rules.

    An unknown dimension against 1 or another unknown stays unknown; against a known
    dimension above 1 it must turn out to be 1 or that dimension, so the result is
    known.

    Raises:
        ValueError: The shapes do not broadcast.
    """
    result: Dims | None = ()
    for shape in shapes:
        if result is None or shape is None:
            result = None
            continue
        rank = max(len(result), len(shape))
        x = (1,) * (rank - len(result)) + result
        y = (1,) * (rank - len(shape)) + shape
        dims: list[int | None] = []
        for a, b in zip(x, y, strict=True):
            if a == b or b == 1:
                dims.append(a)
            elif a == 1:
                dims.append(b)
            elif a is None or b is None:
                dims.append(a if b is None else b)
            else:
                raise ValueError(
                    f"Dimensions must be equal, but are {a} and {b}, and neither is 1: "
                    f"{to_text(result)} and {to_text(shape)} do not broadcast."
                )
        result = tuple(dims)
    return result


def canonical_axis(axis: int, rank: int) -> int:
    """Return `axis` counted from the front.

    Raises:
        ValueError: `axis` is outside [-rank, rank).
    """
    if not -rank <= axis < rank:
        raise ValueError(
            f"axis {axis} is out of range for a tensor with {rank} dimension(s). "
            f"Expected {-rank} <= axis < {rank}."
        )
    return axis + rank if axis < 0 else axis
