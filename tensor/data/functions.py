"""Users' functions of elements, as `map` and its kind apply them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.data import structure as nest
from tensor.data.elements import (
    Components,
    as_leaf,
    component,
    leaf,
    spec_of_structure,
)

if TYPE_CHECKING:
    from collections.abc import Callable


class ElementFunction:
    """A user's function from elements to elements."""

    def __init__(self, function: Callable[..., Any], element_spec: Any) -> None:
        self.function = function
        self.element_spec = element_spec
        self._pack = nest.packer(element_spec)
        self._unpacks = type(element_spec) is tuple

    def call(self, components: Components) -> Any:
        """Return what the function returns, its leaves made tensors."""
        element = self._pack([leaf(c) for c in components])
        result = self.function(*element) if self._unpacks else self.function(element)
        if isinstance(result, list):
            result = tuple(result)
        return nest.map_structure(as_leaf, result)

    def __call__(self, components: Components) -> Components:
        return tuple([component(v) for v in nest.flatten(self.call(components))])

    def spec_after(self, dataset: Any) -> Any:
        """Return the spec of the results."""
        return spec_of_structure(self.call(next(dataset.open())))
