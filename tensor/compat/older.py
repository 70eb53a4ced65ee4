"""Names of `tf.compat.v1`, and of its namespaces such as `tf.compat.v1.nn`.

A name is looked for among the functions that only TF1 has, those that it had with other
arguments, and those that it had elsewhere; what is left is the same in TF2.
"""

from __future__ import annotations

import functools
import importlib
import types
from typing import TYPE_CHECKING, Any

from tensor.compat.older_arguments import has_older_form, older_form
from tensor.compat.older_names import NEWER_FORMS, OLDER_NAMES
from tensor.compat.older_table import OLDER_FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

# Namespaces in which TF1 has names, or forms of functions, of its own.
_NAMESPACES = frozenset(
    (
        *("debugging", "dtypes", "image", "io", "linalg", "math", "nn", "random"),
        *("sets", "sparse", "strings"),
    )
)


class OlderNamespace(types.ModuleType):
    """A namespace of tf.compat.v1."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"tensor.compat.v1.{name}", f"TensorFlow's tf.compat.v1.{name}."
        )
        self._name = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return older(f"{self._name}.{name}")

    def __dir__(self) -> list[str]:
        import tensor

        own = [n.partition(".")[2] for n in OLDER_NAMES if n.startswith(self._name)]
        return sorted({*dir(getattr(tensor, self._name)), *filter(None, own)})


_namespaces: dict[str, OlderNamespace] = {}


@functools.cache
def _older_functions() -> dict[str, Callable[..., Any]]:
    """Return the functions that only TF1 has, by name."""
    for family in ("functions", "images", "networks"):
        importlib.import_module(f"tensor.compat.older_{family}")
    return OLDER_FUNCTIONS


def older(name: str) -> Any:
    """Return what TF1 has under a name: `"reduce_sum"`, `"nn.conv2d"`.

    Raises:
        AttributeError: There is nothing by this name.
    """
    if name in _NAMESPACES:
        return _namespaces.setdefault(name, OlderNamespace(name))
    if name in _older_functions():
        return OLDER_FUNCTIONS[name]
    if has_older_form(name):
        return older_form(name)
    if name in OLDER_NAMES:
        return _older_by_path(OLDER_NAMES[name], name)
    return _newer(NEWER_FORMS.get(name, name), name)


def _older_by_path(path: str, name: str) -> Any:
    """Return what is elsewhere now, in TF1's form where there is one."""
    import tensor.compat.v1 as v1

    try:
        return vars(v1)[path] if path in vars(v1) else older(path)
    except AttributeError:
        raise _missing(name) from None


def _newer(path: str, name: str) -> Any:
    """Return what TF2 has at a path."""
    import tensor

    found: Any = tensor
    try:
        for part in path.split("."):
            found = getattr(found, part)
    except AttributeError:
        raise _missing(name) from None
    return found


def _missing(name: str) -> AttributeError:
    return AttributeError(f"tf.compat.v1.{name} is not part of ringflow.")
