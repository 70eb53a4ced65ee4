"""Binding: which argument of a call goes to which parameter, and whether it fits."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tensor.core import nest
from tensor.core.tensor import Tensor
from tensor.core.tensor_spec import TypeSpec
from tensor.core.variable import Variable
from tensor.graph.function_type import FunctionType, Parameter, untraced
from tensor.graph.methods import name_of
from tensor.graph.signature import fit_nested
from tensor.graph.trace_key import Leaves
from tensor.graph.trace_types import type_of
from tensor.graph.traced_arguments import LeafName, leaf_names

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_POSITIONAL = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
)


class Parameters:
    """The parameters of a Python function, for binding calls to them.

    Args:
        function: The function.
        specs: What the first parameters must fit, if an input signature says so.

    Attributes:
        name: The name of the function.
        signature: The parameters.
        names: Their names; TensorFlow calls them `arg_names`.
        function_type: The parameters with what arguments must fit.
    """

    def __init__(
        self, function: Callable[..., Any], specs: Sequence[Any] | None = None
    ) -> None:
        try:
            self.signature = inspect.signature(function)
        except (TypeError, ValueError):
            self.signature = _ANYTHING
        parameters = list(self.signature.parameters.values())
        self.names = self.arg_names = [p.name for p in parameters]
        self.name = name_of(function)
        positional = all(p.kind in _POSITIONAL for p in parameters)
        # A call with this many positional arguments needs no binding.
        self.simple_count = len(parameters) if positional else -1
        self._unconstrained: list[str] = []
        constraints = {} if specs is None else self._constrained(specs)
        self.function_type = untraced(self.signature, constraints)

    def _constrained(self, specs: Sequence[Any]) -> dict[str, Any]:
        """Return what parameters have to fit; note those of which nothing is said.

        Raises:
            TypeError: There are more specs than parameters.
        """
        found = {}
        remaining = list(specs)
        for p in self.signature.parameters.values():
            if p.kind in _POSITIONAL and remaining:
                found[p.name] = remaining.pop(0)
            elif p.kind is p.VAR_POSITIONAL:
                remaining.clear()
            elif p.kind is not p.VAR_KEYWORD and p.default is p.empty:
                self._unconstrained.append(p.name)
                self.simple_count = -1
            elif p.kind is not p.VAR_KEYWORD:
                found[p.name] = p.default
        if remaining:
            raise TypeError(
                f"input_signature contains {len(remaining)} extra type constraints: "
                f"the function takes {len(found)} arguments."
            )
        # What no constraint is for has its default, and nothing else can be given.
        known = self.signature.parameters.values()
        kept = [p for p in known if p.kind is not p.VAR_KEYWORD]
        self.signature = self.signature.replace(parameters=kept)
        return found

    def bind(self, args: Any, kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the arguments in canonical form, with defaults filled in.

        Raises:
            TypeError: They do not fit the function, or the input signature says nothing
                of a parameter that needs a value.
        """
        for name in self._unconstrained:
            p = self.signature.parameters[name]
            if p.kind is p.KEYWORD_ONLY:
                raise TypeError(
                    "Since input_signature is defined, keyword-only parameter "
                    f"`{name}` must have a default value"
                )
        if self._unconstrained:
            names = ", ".join(self._unconstrained)
            raise TypeError(f"input_signature missing type constraint for {names}")
        try:
            bound = self.signature.bind(*args, **kwargs)
        except TypeError as error:
            raise self.error(str(error), args, kwargs) from None
        bound.apply_defaults()
        return bound.args, bound.kwargs

    def check_defaults(self, args: Any, kwargs: Any, count: int) -> None:
        """Check that arguments after the first ones are the parameters' defaults.

        Raises:
            TypeError: One is not.
        """
        parameters = self.signature.parameters
        positional = [p for p in parameters.values() if p.kind in _POSITIONAL]
        given = list(zip(positional[count:], args[count:], strict=False))
        given += [(parameters[name], value) for name, value in kwargs.items()]
        for parameter, value in given:
            if parameter.default is not parameter.empty:
                fit_nested(value, parameter.default)

    def error(self, reason: str, args: Any, kwargs: Any) -> TypeError:
        """Return the error for arguments that do not fit."""
        return binding_error(reason, args, kwargs, self.function_type)

    def check_unchanged(self, function: Any, before: Any, after: Any) -> None:
        """Check that a traced function has left its arguments as they were.

        Raises:
            ValueError: It has changed a list or dictionary among them.
        """
        if _is_same(before, after):
            return
        old = self.signature.bind(*before[0], **before[1]).arguments
        new = self.signature.bind(*after[0], **after[1]).arguments
        changed = [n for n, v in old.items() if not _is_same(v, new.get(n))]
        name = getattr(function, "__qualname__", repr(function))
        raise ValueError(
            f"{name}{self.signature} should not modify its Python input arguments. "
            "Modifying a copy is allowed. The following parameter(s) were modified: "
            f"{', '.join(changed)}"
        )

    def name_leaves(self, args: Any, kwargs: Any) -> list[LeafName]:
        """Return for each leaf of the arguments what to call it.

        Raises:
            ValueError: Two names become the same when they are made fit for nodes.
        """
        self._check_collisions(kwargs)
        named = [(self._positional(i), arg) for i, arg in enumerate(args)]
        named += [(key, kwargs[key]) for key in sorted(kwargs)]
        return [n for parameter, value in named for n in leaf_names(parameter, value)]

    def traced(self, args: Any, kwargs: Any) -> list[Parameter]:
        """Return the parameters of a trace, given the types of its arguments."""
        own = list(self.signature.parameters.values())
        varying = any(p.kind is p.VAR_POSITIONAL for p in own)
        kind: Any = inspect.Parameter.POSITIONAL_OR_KEYWORD
        found = []
        for i, arg in enumerate(args):
            if varying or (i < len(own) and own[i].kind is own[i].POSITIONAL_ONLY):
                kind = inspect.Parameter.POSITIONAL_ONLY
            else:
                kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
            found.append(Parameter(self._positional(i), kind, False, type_of(arg)))
        kind = inspect.Parameter.KEYWORD_ONLY
        named = [n for n in self.names if n in kwargs] + self._extra(kwargs)
        found += [Parameter(n, kind, False, type_of(kwargs[n])) for n in named]
        return found

    def _extra(self, kwargs: Any) -> list[str]:
        """Return which arguments no parameter is named for."""
        return sorted(k for k in kwargs if k not in self.names)

    def _check_collisions(self, kwargs: Any) -> None:
        extra = self._extra(kwargs)
        clean = {re.sub(r"[^A-Za-z0-9_]", "_", k) for k in extra}
        if len(clean) < len(extra):
            raise ValueError(
                "Name collision after sanitization. Please rename tf.function input "
                f"parameters. Original: {extra}, Sanitized: {sorted(clean)}"
            )

    def _positional(self, index: int) -> str:
        kinds = list(self.signature.parameters.values())
        for p in kinds:
            if p.kind is p.VAR_POSITIONAL and index >= kinds.index(p):
                return f"{p.name}_{index - kinds.index(p)}"
        return self.names[index] if index < len(self.names) else f"args_{index}"


def _is_same(a: Any, b: Any) -> bool:
    """Return whether two structures hold the same objects in the same places."""
    if not nest.is_nested(a):
        return a is b
    if type(a) is not type(b):
        return False
    if isinstance(a, Mapping) and list(a) != list(b):
        return False
    mine, other = list(nest.children(a)), list(nest.children(b))
    return len(mine) == len(other) and all(map(_is_same, mine, other))


def _any(*args: Any, **kwargs: Any) -> None:
    """Have a signature that takes anything."""


_ANYTHING = inspect.signature(_any)


def binding_error(reason: str, args: Any, kwargs: Any, signature: Any) -> TypeError:
    """Return the error for arguments that do not fit."""
    return TypeError(
        f"Binding inputs to tf.function failed due to `{reason}`. Received args: "
        f"{args} and kwargs: {kwargs} for signature: {signature}."
    )


class TraceParameters:
    """The parameters of one trace: what is no tensor has the value traced with.

    Args:
        function_type: Their names and types.
        arguments: The arguments that it was traced with, tensors as specs.
    """

    def __init__(self, function_type: FunctionType, arguments: Any) -> None:
        self._shown = function_type
        args, kwargs = arguments
        parameters = list(function_type.parameters.values())
        positional = [p.name for p in parameters[: len(args)]]
        self._specs = dict(zip(positional, args, strict=True))
        # In the order of the leaves, which is not that of the parameters.
        self._specs |= {name: kwargs[name] for name in sorted(kwargs)}
        found = [
            inspect.Parameter(p.name, p.kind, default=_default(self._specs[p.name]))
            for p in parameters
        ]
        self.signature = inspect.Signature(_with_valid_defaults(found))

    def leaves(self, args: Any, kwargs: Any) -> Leaves:
        """Return the tensors among the arguments of a call.

        Raises:
            TypeError: They do not fit.
        """
        leaves = Leaves()
        try:
            bound = self.signature.bind(*args, **kwargs)
            bound.apply_defaults()
            for name, spec in self._specs.items():
                fitted = fit_nested(bound.arguments[name], spec)
                self._collect(fitted, spec, leaves)
        except TypeError as error:
            raise binding_error(str(error), args, kwargs, self._shown) from None
        return leaves

    @staticmethod
    def _collect(fitted: Any, spec: Any, leaves: Leaves) -> None:
        values, specs = nest.flatten(fitted), nest.flatten(spec)
        traced: list[Variable] = []
        for value, s in zip(values, specs, strict=True):
            if isinstance(s, TypeSpec):
                leaves.extend(nest.flatten(value, True))
            elif isinstance(s, Variable) and not any(s is v for v in traced):
                traced.append(s)
                leaves.variables.append(value)


def _default(spec: Any) -> Any:
    """Return the value of an argument of which nothing varies."""
    varies = any(isinstance(s, TypeSpec | Variable) for s in nest.flatten(spec))
    return inspect.Parameter.empty if varies else spec


def why_not_by_leaf(names: Sequence[str], args: Any, kwargs: Any) -> str:
    """Return why arguments are not one tensor for each of the names."""
    if len(args) > len(names):
        return f" takes {len(names)} positional arguments, got {len(args)}"
    missing = [n for n in names[len(args) :] if n not in kwargs]
    if missing:
        return f" missing required arguments: {', '.join(missing)}"
    for name in names[: len(args)]:
        if name in kwargs:
            return f" got two values for {name!r}"
    unexpected = [name for name in kwargs if name not in names]
    if unexpected:
        return f" got unexpected keyword arguments: {', '.join(sorted(unexpected))}"
    given = [*args, *[kwargs[n] for n in names[len(args) :]]]
    for i, value in enumerate(given):
        if not isinstance(value, Tensor):
            return (
                f": expected argument #{i}(zero-based) to be a Tensor; got "
                f"{type(value).__name__} ({value})"
            )
    return " takes variables besides"


def _with_valid_defaults(found: list[inspect.Parameter]) -> list[inspect.Parameter]:
    """Return the parameters; positional ones have defaults from some point on."""
    needed = [
        i
        for i, p in enumerate(found)
        if p.default is p.empty and p.kind is not p.KEYWORD_ONLY
    ]
    last = needed[-1] if needed else -1
    return [
        p.replace(default=p.empty) if i < last and p.kind is not p.KEYWORD_ONLY else p
        for i, p in enumerate(found)
    ]
