"""tf.experimental.dispatch_for_*: users' functions that stand in for TensorFlow's.

A target is registered for a public function (an API) and the types of its arguments.
Composite arguments make a public function ask here (`core/composites.py`), so calls
with tensors pay nothing. Handlers of a whole family, such as the elementwise functions,
are targets that are also told which function was called.
"""

from __future__ import annotations

import collections.abc
import functools
import inspect
import types
import typing
from typing import TYPE_CHECKING, Any, NamedTuple

from tensor.core.elementwise_names import ASSERTIONS, BINARY, UNARY
from tensor.core.public_api import export, names_in

if TYPE_CHECKING:
    from collections.abc import Callable

Matcher = dict[str, Any]  # the annotation of each parameter that counts


class Target(NamedTuple):
    """A function that stands in for an API.

    Attributes:
        function: What the user registered.
        matchers: It is meant if the arguments match one of them.
        call: Calls it with the API's arguments.
    """

    function: Callable[..., Any]
    matchers: tuple[Matcher, ...]
    call: Callable[..., Any]


class Handler(NamedTuple):
    """A function that stands in for each API of a family.

    Attributes:
        function: What the user registered.
        types: The annotations of the first arguments.
    """

    function: Callable[..., Any]
    types: tuple[Any, ...]


_TARGETS: dict[Any, list[Target]] = {}
_FAMILIES: dict[str, tuple[str, ...]] = {
    "unary elementwise": UNARY,
    "binary elementwise": BINARY,
    "binary elementwise assert": ASSERTIONS,
}
_HANDLERS: dict[str, list[Handler]] = {family: [] for family in _FAMILIES}


def answer(api: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return what a registered target makes of a call, or NotImplemented.

    Raises:
        ValueError: Several targets are meant.
    """
    targets = [*_TARGETS.get(api, ()), *_of_families(api)]
    if not targets:
        return NotImplemented
    try:
        arguments = signature_of(api).bind(*args, **kwargs).arguments
    except TypeError:
        return NotImplemented
    meant = [t for t in targets if any(_all_match(m, arguments) for m in t.matchers)]
    if len(meant) > 1:
        both = " and ".join(str(t.function) for t in meant)
        raise ValueError(
            f"Multiple dispatch targets that were registered with tf.dispatch_for "
            f"({both}) match the arguments to {api.__name__}"
        )
    return meant[0].call(*args, **kwargs) if meant else NotImplemented


def _of_families(api: Any) -> list[Target]:
    """Return a target for each handler of a family that an API is one of."""
    found = []
    for family, handlers in _HANDLERS.items():
        if not handlers or not any(f is api for f in _members(family)):
            continue
        names = list(signature_of(api).parameters)
        for handler in handlers:
            matcher = dict(zip(names, handler.types, strict=False))
            call = functools.partial(_call_handler, handler, api)
            found.append(Target(handler.function, (matcher,), call))
    return found


def _call_handler(handler: Handler, api: Any, *args: Any, **kwargs: Any) -> Any:
    """Call a handler with the API, bound to its other arguments, and the first ones."""
    bound = signature_of(api).bind(*args, **kwargs).arguments
    first = [bound.pop(name) for name in list(bound)[: len(handler.types)]]
    bound.pop("name", None)
    return handler.function(functools.partial(api, **bound) if bound else api, *first)


def operands_of_elementwise(api: Any) -> int:
    """Return how many operands an elementwise function has, 0 if it is none."""
    for count, family in enumerate(("unary elementwise", "binary elementwise"), 1):
        if any(f is api for f in _members(family)):
            return count
    return 0


def _members(family: str) -> list[Any]:
    found = []
    for full_name in _FAMILIES[family]:
        namespace, _, name = full_name.rpartition(".")
        found.append(names_in(namespace).get(name))
    return found


@functools.cache
def signature_of(api: Any) -> inspect.Signature:
    """Return parameters without annotations."""
    signature = inspect.signature(api)
    bare = [
        p.replace(annotation=inspect.Parameter.empty)
        for p in signature.parameters.values()
    ]
    return inspect.Signature(bare)


# ---- what matches


def _all_match(matcher: Matcher, arguments: dict[str, Any]) -> bool:
    return all(
        name in arguments and _matches(arguments[name], annotation)
        for name, annotation in matcher.items()
    )


def _matches(value: Any, annotation: Any) -> bool:
    """Return whether an argument is of the annotated type."""
    origin = typing.get_origin(annotation)
    if origin in (typing.Union, types.UnionType):
        return any(_matches(value, a) for a in typing.get_args(annotation))
    if origin is not None:
        (element,) = typing.get_args(annotation)
        return isinstance(value, list | tuple) and all(
            _matches(v, element) for v in value
        )
    return isinstance(value, types.NoneType if annotation is None else annotation)


def _check_annotation(annotation: Any) -> None:
    """Check that arguments can be matched with an annotation.

    Raises:
        ValueError: They cannot.
    """
    origin = typing.get_origin(annotation)
    if origin in (typing.Union, types.UnionType):
        for part in typing.get_args(annotation):
            _check_annotation(part)
    elif origin in (list, collections.abc.Sequence):
        _check_annotation(typing.get_args(annotation)[0])
    elif origin is not None or not isinstance(annotation, type | None):
        raise ValueError(
            f"Type annotation {annotation} is not currently supported by dispatch.  "
            "Supported annotations: type objects,  List[...], and Union[...]"
        )


# ---- what users call


@export("experimental.dispatch_for_api")
def dispatch_for_api(api: Any, *signatures: Any) -> Callable[..., Any]:
    """Decorate a function that stands in for `api` where arguments have some types.

    Args:
        api: A public function of TensorFlow, such as `tf.concat`.
        *signatures: Dictionaries from parameters, by name or place, to the types of
            their arguments; one of them must match. By default the decorated
            function's annotations.

    Raises:
        ValueError: `api` takes no composite arguments; or parameters of the function
            are not those of `api`; or an annotation is not supported.
        TypeError: A signature is no dictionary.
    """
    if not _takes_targets(api):
        raise ValueError(f"{api} does not support dispatch.")
    theirs = signature_of(api)
    for signature in signatures:
        if not isinstance(signature, dict):
            raise TypeError(
                "signatures must be dictionaries mapping parameter names to type "
                "annotations."
            )

    def decorate(function: Any) -> Any:
        mine, takes_name = _with_name(signature_of(function), theirs)
        _check_parameters(mine, theirs)
        given = signatures or (_annotations(function),)
        matchers = tuple([_by_name(s, list(theirs.parameters)) for s in given])
        call = function if takes_name else _without_name(function)
        _TARGETS.setdefault(api, []).append(Target(function, matchers, call))
        return function

    return decorate


def _takes_targets(api: Any) -> bool:
    """Return whether a public function asks what to do with composite arguments."""
    return hasattr(api, "op") or hasattr(api, "takes_composites")


def _annotations(function: Any) -> dict[str, Any]:
    hints = typing.get_type_hints(function)
    hints.pop("return", None)
    return hints


def _with_name(
    mine: inspect.Signature, theirs: inspect.Signature
) -> tuple[inspect.Signature, bool]:
    """Return a signature with the `name` that targets may leave out, and if it has."""
    if "name" not in theirs.parameters or "name" in mine.parameters:
        return mine, True
    if any(p.kind is p.VAR_KEYWORD for p in mine.parameters.values()):
        return mine, True
    added = [*mine.parameters.values(), theirs.parameters["name"]]
    return mine.replace(parameters=added), False


def _without_name(function: Any) -> Any:
    def call(*args: Any, name: Any = None, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return call


def _check_parameters(mine: inspect.Signature, theirs: inspect.Signature) -> None:
    kinds = [p.kind for p in mine.parameters.values()]
    if kinds == [inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD]:
        return
    if list(mine.parameters) != list(theirs.parameters):
        raise ValueError(
            f"Dispatch function's signature {mine} does not match API's signature "
            f"{theirs}."
        )


def _by_name(signature: dict[Any, Any], names: list[str]) -> Matcher:
    """Return annotations by the names of parameters, none by their places.

    Raises:
        ValueError: There is no such parameter, or an annotation is not supported.
    """
    result = {}
    for key, annotation in signature.items():
        is_place = isinstance(key, int) and -len(names) <= key < len(names)
        name = names[key] if is_place else key
        if name not in names:
            raise ValueError(
                f"signature includes annotation for unknown parameter {key!r}."
            )
        _check_annotation(annotation)
        result[name] = annotation
    return result


def _registers_handler(family: str, *annotations: Any) -> Callable[..., Any]:
    for annotation in annotations:
        _check_annotation(annotation)

    def decorate(function: Any) -> Any:
        for other in _HANDLERS[family]:
            if other.types == annotations:
                what = annotations[0] if len(annotations) == 1 else annotations
                raise ValueError(
                    f"A {family} dispatch handler ({other.function}) has already been "
                    f"registered for {what}."
                )
        _HANDLERS[family].append(Handler(function, annotations))
        return function

    return decorate


@export("experimental.dispatch_for_unary_elementwise_apis")
def dispatch_for_unary_elementwise_apis(x_type: Any) -> Callable[..., Any]:
    """Decorate `handler(api, x)` for all elementwise functions of one argument.

    Raises:
        ValueError: The type has a handler, or the annotation is not supported.
    """
    return _registers_handler("unary elementwise", x_type)


@export("experimental.dispatch_for_binary_elementwise_apis")
def dispatch_for_binary_elementwise_apis(
    x_type: Any, y_type: Any
) -> Callable[..., Any]:
    """Decorate `handler(api, x, y)` for all elementwise functions of two arguments.

    Raises:
        ValueError: The types have a handler, or an annotation is not supported.
    """
    return _registers_handler("binary elementwise", x_type, y_type)


@export("experimental.dispatch_for_binary_elementwise_assert_apis")
def dispatch_for_binary_elementwise_assert_apis(
    x_type: Any, y_type: Any
) -> Callable[..., Any]:
    """Decorate `handler(api, x, y)` for assertions that compare two tensors.

    Raises:
        ValueError: The types have a handler, or an annotation is not supported.
    """
    return _registers_handler("binary elementwise assert", x_type, y_type)


@export("experimental.unregister_dispatch_for")
def unregister_dispatch_for(dispatch_target: Any) -> None:
    """Forget a function that was registered by one of the decorators.

    Raises:
        ValueError: It was not.
    """
    found = False
    registered: list[list[Any]] = [*_TARGETS.values(), *_HANDLERS.values()]
    for entries in registered:
        kept = [e for e in entries if e.function is not dispatch_target]
        found = found or len(kept) < len(entries)
        entries[:] = kept
    if not found:
        raise ValueError(
            f"Function {dispatch_target} was not registered using a "
            "`@dispatch_for_*` decorator."
        )
