"""Forms: what a trace fixes of its arguments: shapes of tensors, specs of composites.

A trace can be used for arguments whose forms are as narrow as its own, or narrower.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core import nest
from tensor.core.shapes import are_compatible, relax
from tensor.core.tensor_spec import CompositeSpec
from tensor.graph.signature import as_tensor_like, described, is_tensor_like

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tensor.core.shapes import Dims

# The static shape of a tensor, or the spec of a composite tensor.
Form = Any


def forms_of(structure: Any) -> list[Form]:
    """Return the forms of the tensors among arguments, or of specs."""
    found: list[Form] = []
    for leaf in nest.flatten(described(structure)):
        if isinstance(leaf, CompositeSpec):
            found.append(leaf)
            continue
        parts = [part for part in nest.flatten(leaf, True) if is_tensor_like(part)]
        found += [_dims(part) for part in parts]
    return found


def _dims(value: Any) -> Dims | None:
    value = as_tensor_like(value)
    return value.dims if hasattr(value, "dims") else value.static_shape  # type: ignore[no-any-return]


def relaxed(forms: Sequence[Form], others: Sequence[Form]) -> list[Form]:
    """Return the narrowest forms that cover both; a form itself where there is none."""
    return [_relaxed(a, b) for a, b in zip(forms, others, strict=True)]


def _relaxed(form: Form, other: Form) -> Form:
    if not isinstance(form, CompositeSpec):
        return relax(form, other)
    try:
        return form.most_specific_compatible_type(other)
    except (AttributeError, ValueError):
        return form


def in_form(structure: Any, forms: Sequence[Form]) -> tuple[Any, list[Dims | None]]:
    """Return arguments with the specs of their forms, and the shapes of all parts."""
    remaining = iter(forms)
    dims: list[Dims | None] = []

    def leaf(value: Any) -> Any:
        if isinstance(value, CompositeSpec):
            spec = next(remaining)
            dims.extend([part.dims for part in nest.flatten(spec, True)])
            return spec
        dims.extend(
            [next(remaining) for v in nest.flatten(value, True) if is_tensor_like(v)]
        )
        return value

    return nest.map_structure(leaf, described(structure)), dims


def most_specific(
    family: Sequence[tuple[list[Form], Any]], forms: Sequence[Form]
) -> Any:
    """Return the trace whose forms cover these, the narrowest one, or None."""
    fitting = [
        (traced, concrete)
        for traced, concrete in family
        if not concrete.is_stale()
        and all(_covers(t, f) for t, f in zip(traced, forms, strict=True))
    ]
    if not fitting:
        return None
    return min(fitting, key=lambda pair: sum(map(_unknowns, pair[0])))[1]


def _covers(traced: Form, form: Form) -> bool:
    """Return whether whatever has a form has that of a trace, too."""
    if isinstance(traced, CompositeSpec):
        return (
            bool(traced.is_compatible_with(form)) and _relaxed(traced, form) == traced
        )
    return are_compatible(traced, form) and relax(traced, form) == traced


def _unknowns(form: Form) -> int:
    def of_parts() -> Iterator[Dims | None]:
        for part in nest.flatten(form, True):
            yield part.dims

    shapes = list(of_parts()) if isinstance(form, CompositeSpec) else [form]
    return sum(100 if s is None else sum(d is None for d in s) for s in shapes)
