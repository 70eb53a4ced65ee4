"""`break`, `continue` and early `return` as flags and conditions.

What follows an `if` that always jumps goes into its `else`; where that is not possible,
a flag is set and what follows is run only if it is not. The functions that a staged
conditional or loop consists of cannot jump out of themselves.
"""

from __future__ import annotations

import ast
import copy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_JUMPS = (ast.Return, ast.Break, ast.Continue)
_LOOPS = (ast.While, ast.For)
RETURN_VALUE = "retval_"


def lower_jumps(body: list[ast.stmt], new_name: Callable[[str], str]) -> list[ast.stmt]:
    """Return a function's body without jumps except for a last `return`."""
    flagged = _needs_flag(body)
    if flagged and not _always_jumps(body):
        # Otherwise nothing would tell that no value was returned.
        body = [*body, located(ast.Return(ast.Constant(None)), body[-1])]  # type: ignore[list-item]
    body = _restructured(body)
    if _returns_early(body):
        kind = "GuardedReturnValue" if flagged else "UndefinedReturnValue"
        flag = new_name("do_return")
        lowering = _Returns(flag)
        body = lowering.block(body, in_loop=False)
        first = [_parsed(f"{RETURN_VALUE} = ag__.{kind}()", body[0])]
        if lowering.flag_is_read:
            first.append(_parsed(f"{flag} = False", body[0]))
        else:
            body = _without(body, flag)
        last = _parsed_return(body[-1])
        body = [*first, *body, last]
    return _Loops(new_name).block(body)


def _returns_early(body: Sequence[ast.stmt]) -> bool:
    """Return whether there is a `return` that is not the body's own last statement."""
    return any(
        isinstance(n, ast.Return)
        for statement in body
        if not isinstance(statement, ast.Return)
        for n in _own_nodes(statement)
    )


def _needs_flag(body: Sequence[ast.stmt]) -> bool:
    """Return whether statements have to ask if a `return` was met before them."""
    lowering = _Returns("flag")
    lowering.block(_restructured(copy.deepcopy(list(body))), in_loop=False)
    return lowering.flag_is_read


def _own_nodes(node: ast.AST) -> Any:
    """Yield a node and those under it that are in the same function."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.Lambda | ast.ClassDef):
            yield from _own_nodes(child)


def _jumps(node: ast.stmt, kinds: Any) -> bool:
    """Return whether a statement may jump in one of these ways out of itself."""
    if isinstance(node, kinds):
        return True
    if isinstance(node, _LOOPS):
        kinds = tuple(k for k in kinds if k is ast.Return)
        inner = [*node.body, *node.orelse] if kinds else node.orelse
        return any(_jumps(s, kinds or (ast.Break, ast.Continue)) for s in inner)
    return any(_jumps(s, kinds) for block in _blocks(node) for s in block)


def _blocks(node: ast.stmt) -> list[list[ast.stmt]]:
    if isinstance(node, ast.If):
        return [node.body, node.orelse]
    if isinstance(node, ast.With):
        return [node.body]
    if isinstance(node, ast.Try | ast.TryStar):
        handlers = [h.body for h in node.handlers]
        return [node.body, node.orelse, node.finalbody, *handlers]
    return []


def _always_jumps(body: Sequence[ast.stmt]) -> bool:
    if not body:
        return False
    last = body[-1]
    if isinstance(last, (*_JUMPS, ast.Raise)):
        return True
    if isinstance(last, ast.If):
        return _always_jumps(last.body) and _always_jumps(last.orelse)
    return isinstance(last, ast.With) and _always_jumps(last.body)


def _restructured(body: Sequence[ast.stmt]) -> list[ast.stmt]:
    """Move what follows a conditional jump into the branch that does not jump."""
    result: list[ast.stmt] = []
    for index, node in enumerate(body):
        rest = list(body[index + 1 :])
        if isinstance(node, _JUMPS):
            return [*result, node]
        if isinstance(node, ast.If) and _jumps(node, _JUMPS):
            node.body = _restructured(node.body)
            node.orelse = _restructured(node.orelse)
            if rest and _always_jumps(node.body):
                node.orelse = _restructured([*node.orelse, *rest])
                return [*result, node]
            if rest and _always_jumps(node.orelse):
                node.body = _restructured([*node.body, *rest])
                return [*result, node]
        elif isinstance(node, _LOOPS):
            node.body = _restructured(node.body)
            node.orelse = _restructured(node.orelse)
        else:
            for block in _blocks(node):
                block[:] = _restructured(block)
        result.append(node)
    return result


class _Returns:
    """Replaces `return` by a flag and a value, and a `break` inside loops."""

    def __init__(self, flag: str) -> None:
        self._flag = flag
        self.flag_is_read = False

    def block(self, body: Sequence[ast.stmt], in_loop: bool) -> list[ast.stmt]:
        """Return statements without `return`."""
        result: list[ast.stmt] = []
        for index, node in enumerate(body):
            rest = body[index + 1 :]
            if isinstance(node, ast.Return):
                return [*result, *self._replaced(node, in_loop)]
            if not _jumps(node, (ast.Return,)):
                result.append(node)
                continue
            self._inside(node, in_loop)
            result.append(node)
            if isinstance(node, _LOOPS) and in_loop:
                self.flag_is_read = True
                result.append(_parsed(f"if {self._flag}:\n    break", node))
            elif rest and not (in_loop and not isinstance(node, _LOOPS)):
                self.flag_is_read = True
                guard = _parsed(f"if not {self._flag}:\n    pass", node)
                guard.body = self.block(rest, in_loop)  # type: ignore[attr-defined]
                return [*result, guard]
        return result

    def _inside(self, node: ast.stmt, in_loop: bool) -> None:
        if isinstance(node, _LOOPS):
            node.body = self.block(node.body, True)
            node.orelse = self.block(node.orelse, in_loop)
        else:
            for block in _blocks(node):
                block[:] = self.block(block, in_loop)

    def _replaced(self, node: ast.Return, in_loop: bool) -> list[ast.stmt]:
        value = node.value or ast.copy_location(ast.Constant(None), node)
        assign = _parsed(f"{RETURN_VALUE} = None", node)
        assign.value = value  # type: ignore[attr-defined]
        # The value first: what raises has not returned.
        result = [assign, _parsed(f"{self._flag} = True", node)]
        if in_loop:
            result.append(ast.copy_location(ast.Break(), node))
        return result


class _Loops:
    """Replaces `break` and `continue` by flags."""

    def __init__(self, new_name: Callable[[str], str]) -> None:
        self._new_name = new_name

    def block(self, body: Sequence[ast.stmt]) -> list[ast.stmt]:
        """Return statements whose loops do not jump."""
        result: list[ast.stmt] = []
        for node in body:
            if isinstance(node, _LOOPS):
                result += self._loop(node)
                continue
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                result.append(node)
                continue
            for block in _blocks(node):
                block[:] = self.block(block)
            result.append(node)
        return result

    def _loop(self, node: Any) -> list[ast.stmt]:
        before: list[ast.stmt] = []
        body = node.body
        if any(_jumps(s, (ast.Continue,)) for s in body):
            flag = self._new_name("continue_")
            body, is_read = _guarded(body, ast.Continue, flag)
            if is_read:
                body = [_parsed(f"{flag} = False", node), *body]
            else:
                body = _without(body, flag)
        after: list[ast.stmt] = []
        if any(_jumps(s, (ast.Break,)) for s in body):
            flag = self._new_name("break_")
            body, _ = _guarded(body, ast.Break, flag)
            before.append(_parsed(f"{flag} = False", node))
            self._stop_when(node, flag)
            if node.orelse:
                guard = _parsed(f"if not {flag}:\n    pass", node)
                guard.body = self.block(node.orelse)  # type: ignore[attr-defined]
                after.append(guard)
        else:
            after += self.block(node.orelse)
        node.orelse = []
        node.body = self.block(body) or [_parsed("pass", node)]
        return [*before, node, *after]

    @staticmethod
    def _stop_when(node: Any, flag: str) -> None:
        if isinstance(node, ast.While):
            go_on = _parsed(f"not {flag}", node).value  # type: ignore[attr-defined]
            both = ast.BoolOp(ast.And(), [go_on, node.test])
            node.test = ast.copy_location(both, node.test)
        else:
            # No field of the node, so that what converts expressions does not see it.
            go_on = _parsed(f"ag__.not_({flag})", node).value  # type: ignore[attr-defined]
            node.extra_test = go_on


def _guarded(
    body: Sequence[ast.stmt], kind: type[ast.stmt], flag: str
) -> tuple[list[ast.stmt], bool]:
    """Return statements that set a flag where they jumped; whether it is read."""
    result: list[ast.stmt] = []
    is_read = False
    for index, node in enumerate(body):
        if isinstance(node, kind):
            return [*result, _parsed(f"{flag} = True", node)], is_read
        result.append(node)
        if isinstance(node, _LOOPS) or not _jumps(node, (kind,)):
            continue
        for block in _blocks(node):
            block[:], inner = _guarded(block, kind, flag)
            is_read |= inner
        rest = body[index + 1 :]
        if rest:
            guard = _parsed(f"if not {flag}:\n    pass", node)
            guard.body, _ = _guarded(rest, kind, flag)  # type: ignore[attr-defined]
            return [*result, guard], True
    return result, is_read


def _without(body: list[ast.stmt], flag: str) -> list[ast.stmt]:
    """Return statements without assignments to a flag that nobody reads."""

    class Remove(ast.NodeTransformer):
        def visit_Assign(self, node: ast.Assign) -> ast.stmt:
            target = node.targets[0]
            if isinstance(target, ast.Name) and target.id == flag:
                return ast.copy_location(ast.Pass(), node)
            return node

    return [Remove().visit(s) for s in body]


def _parsed(text: str, at: ast.AST) -> ast.stmt:
    """Return one statement from text, located where another node is."""
    statement = ast.parse(text).body[0]
    return located(statement, at)  # type: ignore[return-value]


def _parsed_return(at: ast.AST) -> ast.stmt:
    statement = ast.parse(f"def f():\n    return ag__.returned({RETURN_VALUE})").body[0]
    return located(statement.body[0], at)  # type: ignore[attr-defined, return-value]


def located(node: ast.AST, at: ast.AST) -> ast.AST:
    """Give a node and all under it the place of another one in the source.

    That of a statement with a block is where it starts: a call that ends lines below
    would count as happening there.
    """
    place: Any = at
    last = (place.end_lineno, place.end_col_offset)
    if hasattr(at, "body") and isinstance(at, ast.stmt):
        last = (place.lineno, place.col_offset)
    for n in ast.walk(node):
        if "lineno" in n._attributes:
            n.lineno = place.lineno  # type: ignore[attr-defined]
            n.col_offset = place.col_offset  # type: ignore[attr-defined]
            n.end_lineno, n.end_col_offset = last  # type: ignore[attr-defined]
    return node
