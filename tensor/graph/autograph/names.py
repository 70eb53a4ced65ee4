"""Which names statements assign and read, and which are read later."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_BINDING = (ast.Store, ast.Del)


def assigned(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the names that statements bind in their own scope.

    Attributes of plain names count too, as `self.x`.
    """
    found: set[str] = set()
    for node in nodes:
        _collect_assigned(node, found)
    return found


def _collect_assigned(node: ast.AST, found: set[str]) -> None:
    if isinstance(node, _SCOPES):
        if not isinstance(node, ast.Lambda):
            found.add(node.name)
        return
    if isinstance(node, _COMPREHENSIONS):
        return
    if isinstance(node, ast.Name) and isinstance(node.ctx, _BINDING):
        found.add(node.id)
    elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
        path = dotted(node)
        if path:
            found.add(path)
    elif isinstance(node, ast.alias):
        found.add((node.asname or node.name).partition(".")[0])
    elif isinstance(node, ast.ExceptHandler) and node.name:
        found.add(node.name)
    for child in ast.iter_child_nodes(node):
        _collect_assigned(child, found)


def changed(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the names whose elements statements assign, as `x[0] = 1` does."""
    found: set[str] = set()
    stack = list(nodes)
    while stack:
        node = stack.pop()
        if isinstance(node, _SCOPES):
            continue
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            base: ast.expr = node
            while isinstance(base, ast.Subscript):
                base = base.value
            if isinstance(base, ast.Name):
                found.add(base.id)
        stack.extend(ast.iter_child_nodes(node))
    return found


def dotted(node: ast.expr) -> str | None:
    """Return `a.b.c` for an attribute of plain names, else None."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        base = dotted(node.value)
        return None if base is None else f"{base}.{node.attr}"
    return None


def read(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the names that are read anywhere in nodes, inner functions included."""
    found: set[str] = set()
    for node in nodes:
        for n in ast.walk(node):
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load):
                found.add(n.id)
            elif isinstance(n, ast.AugAssign) and isinstance(n.target, ast.Name):
                found.add(n.target.id)
    return found


def read_by_closures(body: Sequence[ast.stmt]) -> set[str]:
    """Return the names that inner functions read, whenever they are called."""
    found: set[str] = set()
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, ast.FunctionDef):
                found |= read(node.body)
            elif isinstance(node, ast.Lambda) and not hasattr(node, "is_generated"):
                found |= read([node.body])
    return found


def declared(
    body: Sequence[ast.stmt], kind: type[ast.Global | ast.Nonlocal]
) -> set[str]:
    """Return the names declared `global` or `nonlocal` in a function's own scope."""
    found: set[str] = set()
    stack: list[ast.AST] = list(body)
    while stack:
        node = stack.pop()
        if isinstance(node, kind):
            found.update(node.names)
        if not isinstance(node, _SCOPES):
            stack.extend(ast.iter_child_nodes(node))
    return found


class Liveness:
    """For each `if`, `while` and `for`: the names that are read after it.

    `after[node]` are those read once it is done; `again[node]`, of loops, those read
    when its next round begins.
    """

    def __init__(self, body: Sequence[ast.stmt]) -> None:
        self.after: dict[ast.stmt, set[str]] = {}
        self.again: dict[ast.stmt, set[str]] = {}
        self.inside: dict[ast.stmt, set[str]] = {}
        self._statements(body, set())

    def _statements(self, statements: Sequence[ast.stmt], live: set[str]) -> set[str]:
        for statement in reversed(statements):
            live = self._statement(statement, live)
        return live

    def _statement(self, node: ast.stmt, live: set[str]) -> set[str]:
        if isinstance(node, ast.If):
            self.after[node] = live
            inside = self._statements(node.body, live)
            inside = inside | self._statements(node.orelse, live)
            self.inside[node] = inside
            return inside | read([node.test])
        if isinstance(node, ast.While | ast.For):
            return self._loop(node, live)
        if isinstance(node, ast.With):
            bound = assigned(node.items)
            return (self._statements(node.body, live) - bound) | read(node.items)
        if isinstance(node, ast.Try | ast.TryStar):
            return self._attempt(node, live)
        if isinstance(node, ast.Return):
            return read([node])
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            plain = {t.id for t in targets if isinstance(t, ast.Name)}
            return (live - plain) | read([node])
        if isinstance(node, ast.FunctionDef):
            return (live - {node.name}) | read([node])
        return live | read([node])

    def _loop(self, node: ast.While | ast.For, live: set[str]) -> set[str]:
        after = self._statements(node.orelse, live)
        header = set(after)
        test = [node.test] if isinstance(node, ast.While) else []
        extra = getattr(node, "extra_test", None)
        header |= read([*test, *([extra] if extra is not None else [])])
        targets = (
            {n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)}
            if isinstance(node, ast.For)
            else set()
        )
        for _ in range(3):
            grown = header | (self._statements(node.body, header) - targets)
            if grown == header:
                break
            header = grown
        self.after[node] = after
        self.again[node] = header
        if isinstance(node, ast.For):
            return header | read([node.iter])
        return header

    def _attempt(self, node: ast.Try | ast.TryStar, live: set[str]) -> set[str]:
        after = live | read([node])
        for block in (node.body, node.orelse, node.finalbody):
            self._statements(block, after)
        for handler in node.handlers:
            self._statements(handler.body, after)
        return after
