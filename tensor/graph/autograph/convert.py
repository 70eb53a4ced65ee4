"""Conversion of a function: its source in, an equal function with ag__ calls out."""

from __future__ import annotations

import ast
import copy
import inspect
import itertools
import threading
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, NamedTuple

from tensor.graph.autograph.expressions import Expressions
from tensor.graph.autograph.jumps import lower_jumps
from tensor.graph.autograph.source import SourceError, find_node
from tensor.graph.autograph.statements import BLOCK_NAMES, Statements

if TYPE_CHECKING:
    from collections.abc import Callable

_lock = threading.RLock()
# By code and file: equal functions of two files have equal code.
_converted: dict[tuple[CodeType, str], CodeType] = {}
# The code of converted functions, inner ones included: not to be converted again.
_results: dict[CodeType, Place] = {}


class Place(NamedTuple):
    """Where converted code belongs in the user's.

    Attributes:
        root: The code of the converted function, of which this may be a block.
        name: The name of the user's function around it.
    """

    root: CodeType
    name: str


def is_converted(function: FunctionType) -> bool:
    """Return whether a function is a result of conversion."""
    return function.__code__ in _results


def place_in_users_code(code: CodeType) -> Place | None:
    """Return where converted code belongs; None for code that was not converted."""
    return _results.get(code)


def convert_function(function: FunctionType) -> FunctionType:
    """Return the function with its control flow in AutoGraph's hands.

    It shares globals, closure and defaults with the original, and its lines are those
    of the original's file: tracebacks and debuggers show the user's source.

    Raises:
        SourceError: The function's source is not available, or not supported.
    """
    code = function.__code__
    with _lock:
        key = code, code.co_filename
        new_code = _converted.get(key)
        if new_code is None:
            new_code = _converted[key] = _convert_code(function)
            _note_places(new_code, new_code, code.co_name)
    return _assembled(function, new_code)


def converted_source(function: FunctionType) -> str:
    """Return the text of the converted function.

    Raises:
        SourceError: The function's source is not available, or not supported.
    """
    return ast.unparse(_convert_node(find_node(function), function))


def _convert_code(function: FunctionType) -> CodeType:
    """Return the code of the converted function, compiled as if where it stood."""
    code = function.__code__
    node: Any = _convert_node(find_node(function), function)
    path = ["factory", node.name]
    around: Any = ast.parse("def factory():\n    pass").body[0]
    around.args.args = [
        ast.arg(name) for name in (*code.co_freevars, "ag__") if name != "ag__"
    ]
    around.args.args.append(ast.arg("ag__"))
    around.body = [node]
    if node.name not in code.co_freevars:
        # Else the function would find itself, not yet converted, by that name.
        around.body.insert(0, ast.Global([node.name]))
    owner = _class_around(code.co_qualname.split("."))
    if owner is not None:
        # Names that begin with two underscores are the class's own.
        within: Any = ast.parse(f"class {owner}:\n    pass").body[0]
        within.body = [node]
        around.body = [within]
        path.insert(1, owner)
    ast.copy_location(around, node)
    module = ast.Module([around], [])
    ast.fix_missing_locations(module)
    found = compile(module, code.co_filename, "exec")
    for name in path:
        found = _code_named(found, name)
    return found


def _class_around(path: list[str]) -> str | None:
    """Return the name of the class in which the last of the names is defined."""
    for name, inner in reversed(list(itertools.pairwise(path))):
        if name.isidentifier() and inner != "<locals>":
            return name
    return None


def _code_named(code: CodeType, name: str) -> CodeType:
    return next(
        c for c in code.co_consts if isinstance(c, CodeType) and c.co_name == name
    )


def _note_places(code: CodeType, root: CodeType, name: str) -> None:
    """Note a converted function and those inside it, methods left out.

    The bodies of classes run as they are: their methods are converted when called.
    """
    _results[code] = Place(root, name)
    for inner in code.co_consts:
        if isinstance(inner, CodeType) and inner.co_flags & inspect.CO_OPTIMIZED:
            is_users = not inner.co_name.startswith(("<", *BLOCK_NAMES))
            _note_places(inner, root, inner.co_name if is_users else name)


def _assembled(function: FunctionType, code: CodeType) -> FunctionType:
    from types import CellType

    from tensor.graph.autograph import operators

    cells = dict(
        zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    )
    closure = tuple(
        [
            CellType(operators) if name == "ag__" else cells[name]
            for name in code.co_freevars
        ]
    )
    result = FunctionType(
        code, function.__globals__, function.__name__, function.__defaults__, closure
    )
    result.__kwdefaults__ = function.__kwdefaults__
    result.__qualname__ = function.__qualname__
    result.__doc__ = function.__doc__
    result.__module__ = function.__module__
    return result


# ---- the tree


def _convert_node(
    original: ast.FunctionDef | ast.Lambda, function: FunctionType
) -> ast.FunctionDef:
    node: Any = copy.deepcopy(original)
    if isinstance(node, ast.Lambda):
        node = _as_function(node)
    node.decorator_list = []
    node.returns = None
    _check_supported(node)
    taken = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    return _convert_definition(node, _Names(taken))


def _as_function(node: ast.Lambda) -> ast.FunctionDef:
    result: Any = ast.parse("def lambda_():\n    return None").body[0]
    result.args = node.args
    result.body[0].value = node.body
    ast.copy_location(result.body[0], node.body)
    return ast.copy_location(result, node)  # type: ignore[no-any-return]


class _Names:
    """Makes names that the function does not use."""

    def __init__(self, taken: set[str]) -> None:
        self._taken = taken
        self._counts: dict[str, Any] = {}

    def __call__(self, prefix: str) -> str:
        counter = self._counts.setdefault(prefix, itertools.count(1))
        names = (f"{prefix}{number}" for number in counter)
        return next(name for name in names if name not in self._taken)


def _convert_definition(
    node: ast.FunctionDef, new_name: Callable[[str], str]
) -> ast.FunctionDef:
    """Convert a function, its inner functions first."""
    node.body = [_InnerFunctions(new_name).visit(s) for s in node.body]
    node.body = lower_jumps(node.body, new_name)
    positional = [*node.args.posonlyargs, *node.args.args]
    expressions = Expressions(positional[0].arg if positional else None)
    node.body = [_visited(expressions, s) for s in node.body]
    node.body = Statements(node, new_name).convert(node.body)
    ast.fix_missing_locations(node)
    return node


def _visited(expressions: Expressions, statement: ast.stmt) -> Any:
    if getattr(statement, "is_converted", False):
        return statement
    return expressions.visit(statement)


class _InnerFunctions(ast.NodeTransformer):
    def __init__(self, new_name: Callable[[str], str]) -> None:
        self._new_name = new_name

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        if _unsupported(node):
            return node
        result: Any = _convert_definition(node, self._new_name)
        result.is_converted = True
        return result

    def visit_ClassDef(self, node: ast.ClassDef) -> Any:
        return node


_UNSUPPORTED = (ast.Yield, ast.YieldFrom, ast.Await, ast.AsyncFor, ast.AsyncWith)


def _unsupported(node: ast.FunctionDef) -> bool:
    stack: list[ast.AST] = list(node.body)
    while stack:
        n = stack.pop()
        if isinstance(n, _UNSUPPORTED):
            return True
        if not isinstance(n, ast.FunctionDef | ast.Lambda | ast.ClassDef):
            stack.extend(ast.iter_child_nodes(n))
    return False


def _check_supported(node: ast.FunctionDef) -> None:
    if _unsupported(node):
        raise SourceError(
            f"{node.name!r} is a generator or coroutine, which AutoGraph leaves alone"
        )
