"""Where public names come from: each op or function says which `tf.*` names it has.

The modules right under `tensor/` (`math.py`, `nn.py` …) hold no code of their own; they
publish what was collected here. Adding a public function touches its definition only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

# namespace ("" for the top, "math", "nn" …) -> name -> object
_EXPORTED: dict[str, dict[str, Any]] = {}


def export(*names: str) -> Callable[[T], T]:
    """Publish the decorated function or class under `names`, such as `"math.sin"`.

    Raises:
        ValueError: A name is taken by something else.
    """

    def publish(thing: T) -> T:
        for full_name in names:
            namespace, _, name = full_name.rpartition(".")
            taken = _EXPORTED.setdefault(namespace, {}).setdefault(name, thing)
            if taken is not thing:
                raise ValueError(
                    f"The public name tf.{full_name} is taken by {taken!r}; "
                    f"{thing!r} needs another one."
                )
        return thing

    return publish


def names_in(namespace: str) -> dict[str, Any]:
    """Return what was published in `namespace`, by name."""
    return dict(_EXPORTED.get(namespace, {}))


def namespaces() -> list[str]:
    """Return the namespaces that something was published in."""
    return sorted(_EXPORTED)


def publish(module_globals: dict[str, Any], namespace: str) -> None:
    """Fill a public module with what was exported to `namespace`.

    A name that is asked for and is not there raises an AttributeError that says so.
    """
    module_globals.update(names_in(namespace))
    module_globals.setdefault("__getattr__", _missing(namespace))


def _missing(namespace: str) -> Callable[[str], Any]:
    def missing(name: str) -> Any:
        if name in _EXPORTED.get(namespace, {}):
            # Published by a family that was imported later, such as Keras's.
            return _EXPORTED[namespace][name]
        full_name = f"tf.{namespace}.{name}" if namespace else f"tf.{name}"
        raise AttributeError(
            f"{full_name} is not part of ringflow. docs/api.md lists the TensorFlow "
            "names that are."
        )

    return missing
