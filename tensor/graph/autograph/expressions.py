"""Expressions that AutoGraph takes over: calls, logic, comparisons, assertions."""

from __future__ import annotations

import ast
from typing import Any

from tensor.graph.autograph.jumps import located

# Names that only work when the interpreter sees them called directly.
_UNTOUCHED = frozenset(("super", "locals", "globals", "vars", "dir", "eval", "exec"))
_OPERATORS = {ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge"}
_OPERATORS |= {ast.Eq: "eq", ast.NotEq: "ne", ast.Is: "is_", ast.IsNot: "is_not"}
_OPERATORS |= {ast.In: "in_", ast.NotIn: "not_in"}


class Expressions(ast.NodeTransformer):
    """Replaces expressions by calls of AutoGraph's operators, named `ag__`.

    Args:
        first_parameter: The name of the function's first parameter, for `super()`.
    """

    def __init__(self, first_parameter: str | None) -> None:
        self._first_parameter = first_parameter

    def visit_Call(self, node: ast.Call) -> Any:
        """Let AutoGraph decide how to call: `ag__.call(f, (args), {keywords})`."""
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        self.generic_visit(node)
        if name == "super" and not node.args and self._first_parameter:
            # Inside the functions that blocks become it finds no arguments itself.
            names = ("__class__", self._first_parameter)
            node.args = [
                ast.copy_location(ast.Name(n, ast.Load()), node) for n in names
            ]
        if name in _UNTOUCHED or _is_operator(node.func):
            return node
        keywords = ast.Dict(
            [None if k.arg is None else ast.Constant(k.arg) for k in node.keywords],
            [k.value for k in node.keywords],
        )
        positional = ast.Tuple(node.args, ast.Load())
        return _call("call", node, [node.func, positional, keywords])

    def visit_BoolOp(self, node: ast.BoolOp) -> Any:
        """`a and b` becomes `ag__.and_(lambda: a, lambda: b)`."""
        self.generic_visit(node)
        if _binds_names(node):
            return node
        name = "and_" if isinstance(node.op, ast.And) else "or_"
        return _call(name, node, [_thunk(v) for v in node.values])

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Any:
        """`not a` becomes `ag__.not_(a)`."""
        self.generic_visit(node)
        if not isinstance(node.op, ast.Not):
            return node
        return _call("not_", node, [node.operand])

    def visit_Compare(self, node: ast.Compare) -> Any:
        """`a < b < c` becomes `ag__.compare(a, "lt", lambda: b, "lt", lambda: c)`."""
        self.generic_visit(node)
        if len(node.ops) == 1 or _binds_names(node):
            return node
        arguments: list[ast.expr] = [node.left]
        for op, value in zip(node.ops, node.comparators, strict=True):
            arguments += [ast.Constant(_OPERATORS[type(op)]), _thunk(value)]
        return _call("compare", node, arguments)

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        """`a if c else b` is `ag__.if_expression(c, lambda: a, lambda: b, "c")`."""
        text = ast.Constant(ast.unparse(node.test))
        self.generic_visit(node)
        if _binds_names(node):
            return node
        parts = [node.test, _thunk(node.body), _thunk(node.orelse), text]
        return _call("if_expression", node, parts)

    def visit_Assert(self, node: ast.Assert) -> Any:
        """`assert c, text` becomes `ag__.assert_(c, lambda: text)`."""
        self.generic_visit(node)
        message = node.msg or ast.Constant(None)
        call = _call("assert_", node, [node.test, _thunk(message)])
        return ast.copy_location(ast.Expr(call), node)

    def visit_ClassDef(self, node: ast.ClassDef) -> Any:
        """Leave classes as they are; their methods are converted when called."""
        return node


def _is_operator(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "ag__"
    )


def _binds_names(node: ast.AST) -> bool:
    """Return whether an expression cannot move into a lambda."""
    return any(
        isinstance(n, ast.NamedExpr | ast.Await | ast.Yield | ast.YieldFrom)
        for n in ast.walk(node)
    )


def _thunk(value: ast.expr) -> ast.Lambda:
    arguments = ast.arguments([], [], None, [], [], None, [])
    thunk = ast.copy_location(ast.Lambda(arguments, value), value)
    if not hasattr(value, "lineno"):
        return thunk
    thunk.is_generated = True  # type: ignore[attr-defined]
    return thunk


def _call(name: str, at: ast.AST, arguments: list[Any]) -> ast.Call:
    """Return `ag__.name(arguments)` in the place of another expression."""
    function = ast.Attribute(ast.Name("ag__", ast.Load()), name, ast.Load())
    located(function, at)
    call = ast.copy_location(ast.Call(function, arguments, []), at)
    for argument in arguments:
        if not hasattr(argument, "lineno"):
            located(argument, at)
    return call
