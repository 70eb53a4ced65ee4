"""TF1's variables with names: get_variable, and scopes in which they are shared.

A graph remembers what `get_variable` made in it. In eager execution there is nothing to
remember it by: each call makes a variable, as in TensorFlow.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from tensor.core import dtypes
from tensor.core.context import context
from tensor.core.name_scope import name_scope
from tensor.core.shapes import TensorShape
from tensor.core.variable import Variable

if TYPE_CHECKING:
    from tensor.graph.trace import Graph


class _Reuse:
    """What `reuse=tf.compat.v1.AUTO_REUSE` is: share a variable if there is one."""

    def __repr__(self) -> str:
        return "<_ReuseMode.AUTO_REUSE: 1>"


AUTO_REUSE = _Reuse()


class VariableScope:
    """A prefix for names, and whether variables of that name must exist already.

    Attributes:
        name: The names of the open scopes, joined by slashes.
        reuse: True, AUTO_REUSE, or False where variables must be new.
        initializer: What variables start with if `get_variable` is not told.
        dtype: Their dtype, likewise.
    """

    def __init__(
        self,
        reuse: Any = False,
        name: str = "",
        initializer: Any = None,
        dtype: Any = dtypes.float32,
    ) -> None:
        self.name = name
        self.reuse = reuse
        self.initializer = initializer
        self.dtype = dtypes.as_dtype(dtype)

    @property
    def original_name_scope(self) -> str:
        """The scope's name as a prefix."""
        return f"{self.name}/" if self.name else ""

    def reuse_variables(self) -> None:
        """Share variables from here on."""
        self.reuse = True


class _Variables:
    """What `get_variable` made in a graph, and the scopes that are open there."""

    def __init__(self) -> None:
        self.made: dict[str, Variable] = {}
        self.scopes = [VariableScope()]


_of_graphs: weakref.WeakKeyDictionary[Graph, _Variables] = weakref.WeakKeyDictionary()
_eager = _Variables()


def _here() -> _Variables:
    """Return the variables of the graph being built; in eager execution, none."""
    if context.graph is None:
        return _eager
    return _of_graphs.setdefault(context.graph, _Variables())


def get_variable_scope() -> VariableScope:
    """Return the innermost open scope."""
    return _here().scopes[-1]


class variable_scope:  # noqa: N801  # TensorFlow's name
    """Opens a scope for `get_variable` in the `with` block."""

    def __init__(
        self,
        name_or_scope: Any,
        default_name: str | None = None,
        values: Any = None,
        initializer: Any = None,
        regularizer: Any = None,
        caching_device: Any = None,
        partitioner: Any = None,
        custom_getter: Any = None,
        reuse: Any = None,
        dtype: Any = None,
        **others: Any,
    ) -> None:
        """Remember what the scope is to be; it opens with the `with` statement.

        Args:
            name_or_scope: The name, to be added to that of the open scope, or a scope
                to open again.
            default_name: The name if the first argument is None.
            values: Accepted for compatibility.
            initializer: What variables start with if `get_variable` is not told.
            regularizer: Accepted for compatibility.
            caching_device: Accepted for compatibility; there is one device.
            partitioner: Accepted for compatibility; variables stay in one piece.
            custom_getter: Not supported: raises.
            reuse: True, False, or AUTO_REUSE; None is as in the open scope.
            dtype: The dtype of variables if `get_variable` is not told.
            others: Accepted for compatibility.

        Raises:
            TypeError: There is neither a name nor a default.
            NotImplementedError: There is a custom getter.
        """
        if name_or_scope is None and default_name is None:
            raise TypeError(
                "If default_name is None then name_or_scope is required. Pass a name."
            )
        if custom_getter is not None:
            raise NotImplementedError(
                "tf.compat.v1.variable_scope takes no custom_getter here. Use "
                "tf.variable_creator_scope."
            )
        self._name: Any = default_name if name_or_scope is None else name_or_scope
        self._initializer = initializer
        self._reuse = reuse
        self._dtype = dtype

    def __enter__(self) -> VariableScope:
        self._variables = _here()
        open_scope = self._variables.scopes[-1]
        given = self._name
        if isinstance(given, VariableScope):
            name, base = given.name, given
            self._name_scope = name_scope(given.original_name_scope)
        else:
            name, base = open_scope.original_name_scope + given, open_scope
            self._name_scope = name_scope(given)
        scope = VariableScope(
            base.reuse if self._reuse is None else self._reuse,
            name,
            base.initializer if self._initializer is None else self._initializer,
            self._dtype or base.dtype,
        )
        self._name_scope.__enter__()
        self._variables.scopes.append(scope)
        return scope

    def __exit__(self, *exception: object) -> None:
        self._variables.scopes.pop()
        self._name_scope.__exit__(*exception)


def get_variable(
    name: str,
    shape: Any = None,
    dtype: Any = None,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: bool | None = None,
    collections: Any = None,
    caching_device: Any = None,
    partitioner: Any = None,
    validate_shape: bool = True,
    use_resource: bool | None = None,
    custom_getter: Any = None,
    constraint: Any = None,
    **others: Any,
) -> Any:
    """Return the variable of a name: a new one, or in a scope that shares, the old.

    Args:
        name: The name, to be added to that of the open scope.
        shape: The shape; not needed if `initializer` is a value.
        dtype: The dtype, by default the scope's.
        initializer: A function of a shape and a dtype, or a value; by default the
            scope's, or Glorot's uniform distribution (zeros for integers).
        regularizer: Accepted for compatibility.
        trainable: Whether tapes watch it by themselves.
        collections: Accepted for compatibility.
        caching_device: Accepted for compatibility; there is one device.
        partitioner: Accepted for compatibility; variables stay in one piece.
        validate_shape: Accepted for compatibility.
        use_resource: Accepted for compatibility; variables always are.
        custom_getter: Accepted for compatibility, and not called.
        constraint: A function applied to the value after an optimizer's update.
        others: `synchronization` and `aggregation`, as for tf.Variable.

    Raises:
        ValueError: The variable exists and may not, does not exist and must, or has
            another shape; or the shape is not known.
    """
    variables, scope = _here(), get_variable_scope()
    full_name = scope.original_name_scope + name
    found = variables.made.get(full_name)
    if found is not None:
        _check_shared(found, full_name, shape, scope.reuse)
        return found
    if scope.reuse is True and context.graph is not None:
        raise ValueError(
            f"Variable {full_name} does not exist, or was not created with "
            "tf.get_variable(). Did you mean to set reuse=tf.AUTO_REUSE in VarScope?"
        )
    dtype = dtypes.as_dtype(dtype or scope.dtype)
    if initializer is None:
        initializer = scope.initializer
    value = _initial_value(full_name, shape, dtype, initializer)
    with name_scope(""):
        variable = Variable(
            value,
            name=full_name,
            trainable=trainable,
            dtype=dtype if callable(value) else None,
            constraint=constraint,
            **others,
        )
    if context.graph is not None:
        variables.made[full_name] = variable
    return variable


def _check_shared(variable: Variable, name: str, shape: Any, reuse: Any) -> None:
    """Check that an existing variable is what was asked for.

    Raises:
        ValueError: It is not.
    """
    if not reuse:
        raise ValueError(
            f"Variable {name} already exists, disallowed. Did you mean to set "
            "reuse=True or reuse=tf.AUTO_REUSE in VarScope?"
        )
    if shape is not None and not variable.shape.is_compatible_with(shape):
        raise ValueError(
            f"Trying to share variable {name}, but specified shape "
            f"{TensorShape(shape)} and found shape {variable.shape}."
        )


def _initial_value(name: str, shape: Any, dtype: Any, initializer: Any) -> Any:
    """Return a value, or a function that makes it.

    Raises:
        ValueError: The shape is needed, and not known; or a value has a shape too.
    """
    if initializer is not None and not callable(initializer):
        if shape is not None:
            raise ValueError(
                "If initializer is a constant, do not specify shape: the variable "
                f"{name} takes that of its value."
            )
        return initializer
    if shape is None or not TensorShape(shape).is_fully_defined():
        raise ValueError(
            f"Shape of a new variable ({name}) must be fully defined, but instead was "
            f"{'<unknown>' if shape is None else TensorShape(shape)}."
        )
    if initializer is None:
        import tensor

        kinds = tensor.keras.initializers
        floating = dtype.is_floating or dtype.is_complex
        initializer = kinds.GlorotUniform() if floating else kinds.Zeros()
    if isinstance(initializer, type):
        initializer = initializer()
    dims = TensorShape(shape).as_list()
    return lambda: initializer(dims, dtype=dtype)


def global_variables(scope: str | None = None) -> list[Any]:
    """Return the variables made in the graph being built.

    Args:
        scope: What their names are to begin with.
    """
    graph = context.graph
    made = [] if graph is None else graph.created
    return [v for v in made if v.name.startswith(scope or "")]


def trainable_variables(scope: str | None = None) -> list[Any]:
    """Return the trainable variables made in the graph being built.

    Args:
        scope: What their names are to begin with.
    """
    return [v for v in global_variables(scope) if v.trainable]
