"""tf.Module: an object whose attributes hold its variables and submodules."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from tensor.core import nest
from tensor.core.context import context
from tensor.core.name_scope import name_scope, scope_prefix
from tensor.core.public_api import export
from tensor.core.trackable import attached, waiting
from tensor.core.variable import Variable

M = TypeVar("M", bound=Callable[..., Any])


@export("Module")
class Module:
    """A container of variables, other modules and the functions that use them.

    Variables and modules are found in attributes, also inside lists, tuples and
    dictionaries::

        class Dense(tf.Module):
            def __init__(self, inputs, outputs, name=None):
                super().__init__(name=name)
                self.w = tf.Variable(tf.random.normal([inputs, outputs]), name="w")

            def __call__(self, x):
                return x @ self.w

        Dense(3, 2).trainable_variables
    """

    # Attributes that are not searched for variables and modules.
    _TF_MODULE_IGNORED_PROPERTIES: frozenset[str] = frozenset()

    def __init__(self, name: str | None = None) -> None:
        """Create a module.

        Args:
            name: A Python identifier; the class's name in snake case by default.

        Raises:
            ValueError: `name` is no identifier.
        """
        if name is None:
            name = camel_to_snake(type(self).__name__)
        elif not isinstance(name, str):
            raise TypeError(
                f"expected string or bytes-like object as a module's name, got {name!r}"
            )
        elif not name.isidentifier():
            raise ValueError(
                f"{name!r} is not a valid module name. Module names must be valid "
                "Python identifiers (e.g. a valid class name)."
            )
        self._name = name
        self._scope_name = f"{scope_prefix()}{self._unique_name(name)}/"

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)
        if waiting:
            attached(self)

    @staticmethod
    def _unique_name(name: str) -> str:
        graph = context.graph
        if graph is None:
            return name
        return graph.unique_name(name)[len(scope_prefix()) :]  # type: ignore[no-any-return]

    @property
    def name(self) -> str:
        """The name that was given, or made from the class's name."""
        return self._name

    @property
    def name_scope(self) -> name_scope:
        """The `tf.name_scope` of this module, as it was when the module was made."""
        return name_scope(self._scope_name)

    @property
    def variables(self) -> tuple[Any, ...]:
        """The variables of this module and its submodules.

        Those in this module's own attributes come first, by the attributes' names.
        """
        return tuple(self._flatten(predicate=_is_variable, expand_composites=True))

    @property
    def trainable_variables(self) -> tuple[Any, ...]:
        """The variables that tapes watch by themselves, in the order of `variables`."""
        return tuple(v for v in self.variables if v.trainable)

    @property
    def non_trainable_variables(self) -> tuple[Any, ...]:
        """The variables that tapes do not watch, in the order of `variables`."""
        return tuple(v for v in self.variables if not v.trainable)

    @property
    def submodules(self) -> tuple[Any, ...]:
        """All modules inside this one, at any depth; each once, this one not."""
        return tuple(self._flatten(predicate=_is_module))

    def _flatten(
        self,
        recursive: bool = True,
        predicate: Callable[[Any], bool] | None = None,
        attribute_traversal_key: Callable[[str], Any] | None = None,
        with_path: bool = False,
        expand_composites: bool = False,
    ) -> Iterator[Any]:
        """Yield the values found in attributes, own attributes before submodules'.

        Args:
            recursive: Whether to go on into submodules.
            predicate: Which values to yield; all by default.
            attribute_traversal_key: Orders attribute names; by default as strings.
            with_path: Yield pairs (path, value); a value is then yielded once for
                every path that leads to it.
            expand_composites: Whether to look inside composite tensors.

        Raises:
            ValueError: An attribute holds a structure that cannot be walked.
        """
        walk = _Walk(
            recursive,
            predicate or _anything,
            attribute_traversal_key,
            with_path,
            expand_composites,
        )
        return walk.values_in(self, ())

    @classmethod
    def with_name_scope(cls, method: M) -> M:
        """Decorate a method so that it runs inside the module's name scope."""

        @functools.wraps(method)
        def scoped(self: Any, *args: Any, **kwargs: Any) -> Any:
            with self.name_scope:
                return method(self, *args, **kwargs)

        return scoped  # type: ignore[return-value]  # of the method's own signature


class _Walk:
    """One walk over a module's attributes; see `Module._flatten` for its options."""

    def __init__(
        self,
        recursive: bool,
        predicate: Callable[[Any], bool],
        key: Callable[[str], Any] | None,
        with_path: bool,
        expand_composites: bool,
    ) -> None:
        self.recursive = recursive
        self.predicate = predicate
        self.key = key
        self.with_path = with_path
        self.expand_composites = expand_composites
        self.seen: set[int] = set()
        self.open_modules: set[int] = set()

    def values_in(self, module: Any, path: tuple[Any, ...]) -> Iterator[Any]:
        """Yield from one module; its submodules after its own attributes."""
        self.seen.add(id(module))
        self.open_modules.add(id(module))
        submodules = []
        for leaf_path, leaf in self._leaves(module):
            if not self.with_path:
                if id(leaf) in self.seen:
                    continue
                self.seen.add(id(leaf))
            if self.predicate(leaf):
                yield (path + leaf_path, leaf) if self.with_path else leaf
            if self.recursive and _is_module(leaf):
                submodules.append((path + leaf_path, leaf))
        for submodule_path, submodule in submodules:
            if id(submodule) not in self.open_modules:  # a cycle ends here
                yield from self.values_in(submodule, submodule_path)
        self.open_modules.discard(id(module))

    def _leaves(self, module: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
        attributes = vars(module)
        for name in sorted(attributes, key=self.key):
            if name in module._TF_MODULE_IGNORED_PROPERTIES:
                continue
            value = attributes[name]
            try:
                yield from list(_with_paths(value, (name,), self.expand_composites))
            except Exception as error:
                raise ValueError(
                    f"Error processing property {name!r} of {value!r}"
                ) from error


def _with_paths(
    value: Any, path: tuple[Any, ...], expand_composites: bool
) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield (path, leaf) for each leaf of a nested structure."""
    if not nest.is_nested(value):
        if expand_composites and hasattr(value, "composite_components"):
            for i, part in enumerate(value.composite_components()):
                yield (*path, i), part
        else:
            yield path, value
    elif isinstance(value, Mapping) or nest.is_namedtuple(value):
        items = (
            [(k, value[k]) for k in nest.sorted_keys(value)]
            if isinstance(value, Mapping)
            else [(k, getattr(value, k)) for k in value._fields]
        )
        for key, child in items:
            yield from _with_paths(child, (*path, key), expand_composites)
    else:
        for i, child in enumerate(nest.children(value)):
            yield from _with_paths(child, (*path, i), expand_composites)


def _anything(value: Any) -> bool:
    return True


def _is_variable(value: Any) -> bool:
    return isinstance(value, Variable)


def _is_module(value: Any) -> bool:
    return isinstance(value, Module)


def camel_to_snake(name: str) -> str:
    """Return `MyHTTPModule` as `my_http_module`."""
    return re.sub(r"((?<=[a-z0-9])[A-Z]|(?!^)[A-Z](?=[a-z]))", r"_\1", name).lower()
