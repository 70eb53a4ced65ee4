"""TF1's functions that change a variable; TF2 has methods in their place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core.indexed_slices import IndexedSlices

if TYPE_CHECKING:
    from collections.abc import Callable


def assign(
    ref: Any, value: Any, validate_shape: Any = None, use_locking: Any = None
) -> Any:
    """Replace the value of a variable, or of a slice of one."""
    return ref.assign(value)


def assign_add(ref: Any, value: Any, use_locking: Any = None) -> Any:
    """Add to a variable, or to a slice of one."""
    return ref.assign_add(value)


def assign_sub(ref: Any, value: Any, use_locking: Any = None) -> Any:
    """Subtract from a variable, or from a slice of one."""
    return ref.assign_sub(value)


def count_up_to(ref: Any, limit: int, name: Any = None) -> Any:
    """Add 1 until `limit` is reached, and return the value from before."""
    return ref.count_up_to(limit)


def is_variable_initialized(variable: Any) -> Any:
    """Return whether a variable has a value: it always has."""
    return variable.is_initialized()


def _row_update(method: str) -> Callable[..., Any]:
    def update(
        ref: Any,
        indices: Any,
        updates: Any,
        use_locking: bool = False,
        name: str | None = None,
    ) -> Any:
        return getattr(ref, method)(IndexedSlices(updates, indices))

    update.__name__ = method
    update.__doc__ = f"Change the rows of a variable at `indices` by `{method}`."
    return update


def _element_update(method: str) -> Callable[..., Any]:
    def update(
        ref: Any,
        indices: Any,
        updates: Any,
        use_locking: bool = True,
        name: str | None = None,
    ) -> Any:
        return getattr(ref, method)(indices, updates)

    update.__name__ = method
    update.__doc__ = f"Change what `indices` point at by the variable's `{method}`."
    return update


scatter_update = _row_update("scatter_update")
scatter_add = _row_update("scatter_add")
scatter_sub = _row_update("scatter_sub")
scatter_mul = _row_update("scatter_mul")
scatter_div = _row_update("scatter_div")
scatter_min = _row_update("scatter_min")
scatter_max = _row_update("scatter_max")
batch_scatter_update = _row_update("batch_scatter_update")
scatter_nd_update = _element_update("scatter_nd_update")
scatter_nd_add = _element_update("scatter_nd_add")
scatter_nd_sub = _element_update("scatter_nd_sub")
