"""Where a function's source is: its node in the syntax tree of its file."""

from __future__ import annotations

import ast
import linecache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import CodeType, FunctionType

FunctionNode = ast.FunctionDef | ast.Lambda

# Trees by file name, with the lines that they were parsed from.
_trees: dict[str, tuple[list[str], ast.Module]] = {}


class SourceError(Exception):
    """The source of a function cannot be found or is ambiguous."""


def find_node(function: FunctionType) -> FunctionNode:
    """Return the syntax tree of a function or lambda.

    Raises:
        SourceError: There is no source, or it does not hold the function.
    """
    code = function.__code__
    tree = _tree_of(code.co_filename, function.__globals__)
    if code.co_name == "<lambda>":
        return _find_lambda(tree, code)
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and node.name == code.co_name
        and _first_line(node) == code.co_firstlineno
    ]
    if len(found) != 1:
        raise SourceError(
            f"{code.co_filename} has {len(found)} definitions of {code.co_name!r} at "
            f"line {code.co_firstlineno}: was it changed after it was imported?"
        )
    return found[0]


def _tree_of(filename: str, module_globals: dict[str, Any]) -> ast.Module:
    lines = linecache.getlines(filename, module_globals)
    if not lines:
        raise SourceError(f"the source of {filename} is not available")
    known = _trees.get(filename)
    if known is None or known[0] != lines:
        try:
            tree = ast.parse("".join(lines), filename)
        except SyntaxError as error:
            raise SourceError(f"{filename} cannot be parsed: {error}") from None
        known = _trees[filename] = (lines, tree)
    return known[1]


def _first_line(node: ast.FunctionDef) -> int:
    return min([node.lineno, *[d.lineno for d in node.decorator_list]])


def _find_lambda(tree: ast.Module, code: CodeType) -> ast.Lambda:
    """Return the innermost lambda around all the places that the code comes from."""
    places = [
        (line, column, end_line, end_column)
        for line, end_line, column, end_column in code.co_positions()
        # Instructions that the compiler adds come from nowhere.
        if line and end_line and end_column
    ]
    arguments = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Lambda)
        and tuple(a.arg for a in _plain_arguments(node)) == arguments
        and all(_is_inside(place, node.body) for place in places)
    ]
    innermost = [
        node
        for node in found
        if not any(_is_inside(_place(other), node.body) for other in found)
    ]
    if len(innermost) != 1 or not places:
        raise SourceError(
            f"{code.co_filename}, line {code.co_firstlineno}: the lambda cannot be "
            "told from others"
        )
    return innermost[0]


def _plain_arguments(node: ast.Lambda) -> list[ast.arg]:
    return [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]


def _place(node: ast.expr) -> tuple[Any, ...]:
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset


def _is_inside(place: tuple[Any, ...], node: ast.expr) -> bool:
    around = _place(node)
    return around[:2] <= place[:2] and place[2:] <= around[2:]
