"""Binding: which argument of a call goes to which parameter, and whether it fits."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tensor.core import nest
from tensor.core.tensor_spec import TypeSpec
from tensor.core.variable import Variable
from tensor.graph.signature import described, fit_nested
from tensor.graph.trace_key import Leaves

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Parameters:
    """The parameters of a Python function, for binding calls to them.

    Args:
        function: The function.
        specs: What the first parameters must fit, if an input signature says so.
    """

    def __init__(
        self, function: Callable[..., Any], specs: Sequence[Any] | None = None
    ) -> None:
        try:
            self.signature = inspect.signature(function)
        except (TypeError, ValueError):
            self.signature = _ANYTHING
        parameters = list(self.signature.parameters.values())
        self.names = [p.name for p in parameters]
        positional = all(
            p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters
        )
        # A call with this many positional arguments needs no binding.
        self.simple_count = len(parameters) if positional else -1
        self._shown = self.signature
        self._unconstrained: list[str] = []
        if specs is not None:
            self._constrain(specs)

    def _constrain(self, specs: Sequence[Any]) -> None:
        """Let the first parameters show their specs; note those that need one."""
        shown = []
        remaining = list(specs)
        for p in self.signature.parameters.values():
            if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and remaining:
                p = p.replace(annotation=remaining.pop(0))
            elif p.kind is p.VAR_POSITIONAL:
                remaining.clear()
            elif p.kind is not p.VAR_KEYWORD and p.default is p.empty:
                self._unconstrained.append(p.name)
                self.simple_count = -1
            shown.append(p)
        self._shown = self.signature.replace(parameters=shown)

    def bind(self, args: Any, kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the arguments in canonical form, with defaults filled in.

        Raises:
            TypeError: They do not fit the function, or the input signature says nothing
                of a parameter that needs a value.
        """
        if self._unconstrained:
            names = ", ".join(self._unconstrained)
            raise TypeError(f"input_signature missing type constraint for {names}")
        try:
            bound = self.signature.bind(*args, **kwargs)
        except TypeError as error:
            raise self.error(str(error), args, kwargs) from None
        bound.apply_defaults()
        return bound.args, bound.kwargs

    def error(self, reason: str, args: Any, kwargs: Any) -> TypeError:
        """Return the error for arguments that do not fit."""
        return binding_error(reason, args, kwargs, self._shown)

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

    def name_leaves(self, args: Any, kwargs: Any) -> list[str]:
        """Return for each leaf of the arguments the name of its parameter.

        Raises:
            ValueError: Two names become the same when they are made fit for nodes.
        """
        names: list[str] = []
        for i, arg in enumerate(args):
            names += [self._positional(i)] * len(nest.flatten(arg, True))
        for key in sorted(kwargs):
            names += [key] * len(nest.flatten(kwargs[key], True))
        self._check_collisions(kwargs)
        return names

    def _check_collisions(self, kwargs: Any) -> None:
        extra = sorted(k for k in kwargs if k not in self.names)
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
        return self.names[index] if index < len(self.names) else "args"


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
        parameters: Those of the Python function.
        args, kwargs: The arguments that it was traced with, tensors as specs.
    """

    def __init__(self, parameters: Parameters, args: Any, kwargs: Any) -> None:
        self._specs: dict[str, Any] = {}
        found = []
        own = list(parameters.signature.parameters.values())
        varying = any(p.kind is p.VAR_POSITIONAL for p in own)
        kind: Any = inspect.Parameter.POSITIONAL_OR_KEYWORD
        for i, spec in enumerate(args):
            fixed = i < len(own) and own[i].kind is not inspect.Parameter.VAR_POSITIONAL
            name = own[i].name if fixed else self._varying_name(own, i)
            only = varying or (fixed and own[i].kind is own[i].POSITIONAL_ONLY)
            kind = inspect.Parameter.POSITIONAL_ONLY if only else kind
            found.append(self._parameter(name, kind, spec))
        for name in sorted(kwargs):
            kind = inspect.Parameter.KEYWORD_ONLY
            found.append(self._parameter(name, kind, kwargs[name]))
        self.signature = inspect.Signature(_with_valid_defaults(found))

    @staticmethod
    def _varying_name(own: Any, index: int) -> str:
        for i, p in enumerate(own):
            if p.kind is p.VAR_POSITIONAL:
                return f"{p.name}_{index - i}"
        return f"args_{index}"

    def _parameter(self, name: str, kind: Any, spec: Any) -> inspect.Parameter:
        self._specs[name] = spec
        leaves = nest.flatten(spec)
        default = inspect.Parameter.empty
        if not any(isinstance(s, TypeSpec | Variable) for s in leaves):
            default = spec
        return inspect.Parameter(name, kind, default=default)

    def leaves(self, args: Any, kwargs: Any) -> Leaves:
        """Return the tensors among the arguments of a call.

        Raises:
            TypeError: They do not fit.
        """
        leaves = Leaves()
        try:
            bound = self.signature.bind(*args, **kwargs)
            bound.apply_defaults()
            for name, value in bound.arguments.items():
                spec = self._specs[name]
                fitted = fit_nested(value, spec)
                self._collect(fitted, spec, leaves)
        except TypeError as error:
            raise binding_error(str(error), args, kwargs, self) from None
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

    def __str__(self) -> str:
        from tensor.graph.describe import spec_text

        parts = [f"{n}: {spec_text(described(s))}" for n, s in self._specs.items()]
        return f"({', '.join(parts)})"


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
