"""Weights in HDF5 as Keras 2.13 and later lay them out: groups follow the objects.

`layers/dense/vars/0` is the first own variable of the first Dense layer; what a layer
holds further inside has groups named after its attributes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.keras.engine.weights import WeightOwner
from tensor.keras.optimizers.optimizer import Optimizer
from tensor.keras.settings import snake_case

if TYPE_CHECKING:
    from collections.abc import Iterator

_SKIPPED = frozenset(("_self_tracked_trackables", "_metrics", "_stack"))


def save(model: Any, file: Any) -> None:
    """Write a model's state into an open HDF5 file."""
    for path, owner in _owners(model, "", set()):
        group = file.require_group(f"{path}/vars" if path else "vars")
        store: dict[str, Any] = {}
        owner.save_own_variables(store)
        for name, array in store.items():
            group[name] = array


def load(model: Any, file: Any, skip_mismatch: bool = False) -> None:
    """Read a model's state from an open HDF5 file.

    Raises:
        ValueError: A layer's weights are missing or do not fit.
    """
    for path, owner in _owners(model, "", set()):
        group = file.get(f"{path}/vars" if path else "vars")
        store = {} if group is None else {k: v[()] for k, v in group.items()}
        if not store and not isinstance(owner, WeightOwner):
            continue
        try:
            _load_into(owner, store, path)
        except ValueError:
            if not skip_mismatch:
                raise


def _load_into(owner: Any, store: dict[str, Any], path: str) -> None:
    has_variables = bool(getattr(owner, "_variables", None)) or (
        isinstance(owner, WeightOwner) and bool(owner._own_variables())
    )
    if not has_variables and not store:
        return
    if isinstance(owner, WeightOwner) and owner._is_metric and not store:
        return  # saved by an older version: metrics begin anew
    try:
        owner.load_own_variables(store)
    except (KeyError, ValueError) as error:
        raise ValueError(
            f"The file's weights do not fit the model at {path or 'its top'!r}: {error}"
        ) from error


def _owners(owner: Any, path: str, seen: set[int]) -> Iterator[tuple[str, Any]]:
    """Yield (path, object) for everything that has variables of its own."""
    if id(owner) in seen:
        return
    seen.add(id(owner))
    yield path, owner
    for name, child in _attributes(owner):
        inner = f"{path}/{name}" if path else name
        if isinstance(child, WeightOwner | Optimizer):
            yield from _owners(child, inner, seen)
        elif isinstance(child, list | tuple | dict):
            yield from _in_container(child, inner, seen)


def _in_container(
    container: Any, path: str, seen: set[int]
) -> Iterator[tuple[str, Any]]:
    items = container.values() if isinstance(container, dict) else container
    used: dict[str, int] = {}
    for child in items:
        if isinstance(child, WeightOwner | Optimizer):
            name = snake_case(type(child).__name__)
            count = used.get(name, 0)
            used[name] = count + 1
            full = f"{name}_{count}" if count else name
            yield from _owners(child, f"{path}/{full}", seen)


def _attributes(owner: Any) -> list[tuple[str, Any]]:
    """Return what an object holds; a model its layers, metrics and optimizer first."""
    found = []
    if hasattr(owner, "layers") and hasattr(owner, "compile"):
        found = [("layers", owner.layers), ("metrics", owner.metrics)]
        if owner.optimizer is not None:
            found.append(("optimizer", owner.optimizer))
    if isinstance(owner, Optimizer):
        return found
    return found + [
        (name, value)
        for name, value in sorted(vars(owner).items())
        if name not in _SKIPPED
    ]
