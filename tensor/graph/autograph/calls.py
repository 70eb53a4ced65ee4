"""Calls from converted code: the user's functions are converted in turn."""

from __future__ import annotations

import functools
import inspect
import sys
import sysconfig
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

from tensor.core.log import warn_once
from tensor.graph.autograph.builtins import replacement_for
from tensor.graph.autograph.convert import convert_function, is_converted
from tensor.graph.autograph.source import SourceError

# Packages whose functions run as they are: they are not written for AutoGraph.
_LIBRARIES = frozenset(
    (
        "tensor",
        "dist",
        "strategies",
        "launcher",
        "numpy",
        "scipy",
        "sklearn",
        "matplotlib",
        "pandas",
        "PIL",
        "pytest",
        "_pytest",
        "tqdm",
        "gymnasium",
        "threading",
        "multiprocessing",
    )
)
_STANDARD = (sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"))


def call(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call `function(*args, **kwargs)`, converted first if it is the user's."""
    if isinstance(function, BuiltinFunctionType | type):
        other = replacement_for(function)
        return (function if other is None else other)(*args, **kwargs)
    converted = convert(function)
    return (function if converted is None else converted)(*args, **kwargs)


def convert(function: Any) -> Any:
    """Return the converted form of a callable, or None if it runs as it is."""
    if isinstance(function, functools.partial):
        inner = convert(function.func)
        if inner is None:
            return None
        return functools.partial(inner, *function.args, **function.keywords)
    if isinstance(function, MethodType):
        inner = convert(function.__func__)
        return None if inner is None else MethodType(inner, function.__self__)
    if not isinstance(function, FunctionType):
        return _convert_object(function)
    weak_method = getattr(function, "__wrapped_method__", None)
    if weak_method is not None:
        inner = convert(weak_method[0])
        return None if inner is None else functools.partial(inner, weak_method[1]())
    if not _is_convertible(function):
        return None
    try:
        return convert_function(function)
    except SourceError as error:
        warn_once(
            f"AutoGraph could not transform {function!r} and will run it as-is: "
            f"{error}. Decorate it with @tf.autograph.experimental.do_not_convert to "
            "silence this."
        )
        return None


def _convert_object(thing: Any) -> Any:
    """Return the converted `__call__` of an object of the user's, or None."""
    method = inspect.getattr_static(type(thing), "__call__", None)
    if isinstance(method, FunctionType):
        inner = convert(method)
        return None if inner is None else MethodType(inner, thing)
    return None


def _is_convertible(function: FunctionType) -> bool:
    if is_converted(function) or getattr(function, "ag_do_not_convert", False):
        return False
    if hasattr(function, "__wrapped__"):
        # A decorator's wrapper calls what it wraps itself; converting it would make
        # AutoGraph responsible for code that is not meant for it.
        return not inspect.isgeneratorfunction(function) and _is_users(function)
    return _is_users(function)


def _is_users(function: FunctionType) -> bool:
    module = function.__module__ or ""
    root = module.partition(".")[0]
    if root in _LIBRARIES or root in sys.builtin_module_names:
        return False
    filename = function.__code__.co_filename
    if filename.startswith("<") and not filename.startswith("<ipython"):
        return False
    in_standard_library = any(filename.startswith(p) for p in _STANDARD if p)
    return not in_standard_library or "site-packages" in filename
