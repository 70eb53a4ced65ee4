"""tf.name_scope: a prefix for the names of variables and graph nodes made inside."""

from __future__ import annotations

from tensor.core.context import context
from tensor.core.public_api import export


@export("name_scope")
class name_scope:  # noqa: N801  # TensorFlow's name
    """Prefixes the names of what is made in the `with` block.

    Scopes nest: `a` inside `b` gives `b/a/`. A name that ends in a slash is taken as
    it is, wherever the block stands; so a scope can be opened again. `with
    tf.name_scope("a") as scope:` gives the whole prefix.
    """

    def __init__(self, name: str) -> None:
        """Remember the scope's name; it opens with the `with` statement.

        Raises:
            ValueError: `name` is not a string.
        """
        if not isinstance(name, str):
            raise ValueError(f"name for name_scope must be a string, got {name!r}.")
        self._name = name

    @property
    def name(self) -> str:
        """The name as it was given."""
        return self._name

    def __enter__(self) -> str:
        scopes = context.name_scopes
        # The lists are kept by the thread, not by this object: a module's scope may
        # be open several times, and in several threads.
        context.outer_name_scopes.append(scopes)
        name = self._name
        if not name:
            context.name_scopes = []
        elif name.endswith("/"):
            context.name_scopes = [name[:-1]]
        else:
            if context.graph is not None:
                name = context.graph.unique_name(name)[len(scope_prefix()) :]
            context.name_scopes = [*scopes, name]
        return scope_prefix()

    def __exit__(self, *exception: object) -> None:
        context.name_scopes = context.outer_name_scopes.pop()


def scope_prefix() -> str:
    """Return the open scopes as a prefix, `a/b/`; empty outside of all."""
    scopes = context.name_scopes
    return "/".join(scopes) + "/" if scopes else ""


@export("get_current_name_scope")
def get_current_name_scope() -> str:
    """Return the open scopes, `a/b`; empty outside of all."""
    return "/".join(context.name_scopes)


def scoped_name(name: str) -> str:
    """Return `name` behind the prefix of the open scopes."""
    return scope_prefix() + name
