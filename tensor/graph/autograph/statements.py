"""`if`, `while` and `for` as calls of AutoGraph's operators.

A statement's blocks become inner functions that share the names they assign with the
function around them (`nonlocal`). The operator gets them together with two functions
that read and set those names, so that it can run the blocks as they are, or trace each
of them and set the names to the results.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from tensor.graph.autograph.jumps import located
from tensor.graph.autograph.names import (
    Liveness,
    assigned,
    changed,
    declared,
    dotted,
    read_by_closures,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# What the names of the functions that blocks become start with.
BLOCK_NAMES = (
    "if_body_",
    "else_body_",
    "loop_body_",
    "loop_test_",
    "get_state_",
    "set_state_",
)


class Statements:
    """Replaces the control flow of one function."""

    def __init__(
        self,
        function: ast.FunctionDef,
        new_name: Callable[[str], str],
    ) -> None:
        self._new_name = new_name
        body = function.body
        self._globals = declared(body, ast.Global)
        self._nonlocals = declared(body, ast.Nonlocal)
        arguments = function.args
        plain = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        self._parameters = {a.arg for a in plain}
        self._parameters |= {
            a.arg for a in (arguments.vararg, arguments.kwarg) if a is not None
        }
        self._closures = read_by_closures(body)
        self._liveness = Liveness(body)
        self._local = {n for n in assigned(body) if "." not in n} - self._globals
        # Names that blocks share with the function: they need a value from the start.
        self._shared: set[str] = set()

    def convert(self, body: Sequence[ast.stmt]) -> list[ast.stmt]:
        """Return the function's body without control flow of its own."""
        result = self._block(body)
        unbound = sorted(
            self._shared - self._parameters - self._globals - self._nonlocals
        )
        if not unbound:
            return result
        checked = _CheckedReads(set(unbound))
        result = [checked.visit(s) for s in result]
        at = body[0]
        first = [
            _statement(f"{name} = ag__.Undefined({name!r})", at) for name in unbound
        ]
        return [*_docstring(result), *first, *result[len(_docstring(result)) :]]

    def _block(self, body: Sequence[ast.stmt]) -> list[ast.stmt]:
        result: list[ast.stmt] = []
        for node in body:
            if isinstance(node, ast.If):
                result += self._if(node)
            elif isinstance(node, ast.While):
                result += self._while(node)
            elif isinstance(node, ast.For):
                result += self._for(node)
            else:
                if not isinstance(node, ast.FunctionDef | ast.ClassDef):
                    for name in ("body", "orelse", "finalbody"):
                        if getattr(node, name, None):
                            setattr(node, name, self._block(getattr(node, name)))
                    for handler in getattr(node, "handlers", []):
                        handler.body = self._block(handler.body)
                result.append(node)
        return result

    # ---- which names

    def _written(self, nodes: Sequence[ast.AST]) -> set[str]:
        """Return the names that a block binds, or changes the elements of.

        The latter matters for the function's own names: what comes from outside is
        changed while the function is traced, as by any Python code.
        """
        own = self._local | self._parameters | self._nonlocals
        return assigned(nodes) | (changed(nodes) & own)

    def _later(self, names: set[str], live: set[str]) -> list[str]:
        """Return those of the assigned names that matter outside the block."""
        wanted = live | self._closures | self._globals | self._nonlocals
        return sorted(n for n in names if "." in n or n in wanted)

    # ---- statements

    def _if(self, node: ast.If) -> list[ast.stmt]:
        names = self._written([*node.body, *node.orelse])
        results = self._later(names, self._liveness.after[node])
        inside = self._liveness.inside[node]
        others = sorted(n for n in names if n in inside and n not in results)
        body, orelse = self._block(node.body), self._block(node.orelse)
        functions, state = self._functions(
            node, [*results, *others], {"if_body": body, "else_body": orelse}
        )
        call = _statement(
            f"ag__.if_(None, {functions['if_body']}, {functions['else_body']}, "
            f"{state}, {len(results)})",
            node,
        )
        call.value.args[0] = node.test
        return [*self._definitions, call]

    def _while(self, node: ast.While) -> list[ast.stmt]:
        written = self._written([node.test, *node.body])
        names = self._later(written, self._liveness.again[node])
        options, block = _loop_options(node)
        # No lambda: it could not set names, as `(n := f()) > 0` does.
        test = ast.copy_location(ast.Return(node.test), node.test)
        functions, state = self._functions(
            node, names, {"loop_test": [test], "loop_body": self._block(block)}
        )
        call = _statement(
            f"ag__.while_({functions['loop_test']}, {functions['loop_body']}, {state})",
            node,
        )
        call.value.args += options
        return [*self._definitions, call]

    def _for(self, node: ast.For) -> list[ast.stmt]:
        live = self._liveness.again[node]
        names = self._later(self._written([node.target, *node.body]), live)
        element = self._new_name("element_")
        take = _statement(f"target = {element}", node)
        take.targets = [node.target]
        options, block = _loop_options(node)
        body = [take, *self._block(block)]
        functions, state = self._functions(
            node, names, {"loop_body": body}, parameter=element
        )
        extra = getattr(node, "extra_test", None)
        call = _statement(
            f"ag__.for_(None, {'None' if extra is None else 'lambda: None'}, "
            f"{functions['loop_body']}, {state}, {_names_in(node.target)!r})",
            node,
        )
        call.value.args[0] = node.iter
        if extra is not None:
            call.value.args[1].body = extra
        call.value.args += options
        return [*self._definitions, call]

    # ---- inner functions

    def _functions(
        self,
        node: ast.stmt,
        names: Sequence[str],
        blocks: dict[str, list[ast.stmt]],
        parameter: str = "",
    ) -> tuple[dict[str, str], str]:
        """Define the inner functions of a statement, in `_definitions`.

        Returns:
            Their names, by role, and the text of the arguments that give access to
            the shared names: a reader, a writer, and the names themselves.
        """
        plain = [n for n in names if "." not in n]
        self._shared.update(n for n in plain if n not in self._globals)
        share = self._sharing(plain, node)
        reader, writer = self._new_name("get_state_"), self._new_name("set_state_")
        values = "".join(
            f"{n}, " if "." not in n else f"ag__.attribute(lambda: {n}, {n!r}), "
            for n in names
        )
        definitions = [_statement(f"def {reader}():\n    return ({values})", node)]
        setter = _statement(f"def {writer}(values_):\n    pass", node)
        targets = "".join(f"{n}, " for n in names)
        setter.body = [
            *self._sharing(plain, node),
            _statement(f"({targets}) = values_" if names else "pass", node),
        ]
        definitions.append(setter)
        found = {}
        for role, block in blocks.items():
            found[role] = self._new_name(role + "_")
            function = _statement(f"def {found[role]}({parameter}):\n    pass", node)
            function.body = [*share, *(block or [_statement("pass", node)])]
            definitions.append(function)
        self._definitions = definitions
        return found, f"{reader}, {writer}, {tuple(names)!r}"

    def _sharing(self, names: Sequence[str], node: ast.stmt) -> list[ast.stmt]:
        result: list[ast.stmt] = []
        for keyword, chosen in (
            ("global", [n for n in names if n in self._globals]),
            ("nonlocal", [n for n in names if n not in self._globals]),
        ):
            if chosen:
                result.append(_inner_statement(f"{keyword} {', '.join(chosen)}", node))
        return result


def _names_in(target: ast.expr) -> tuple[str, ...]:
    return tuple([n.id for n in ast.walk(target) if isinstance(n, ast.Name)])


def _loop_options(node: ast.While | ast.For) -> tuple[list[Any], list[ast.stmt]]:
    """Return what a loop's block gives to `set_loop_options`, and the rest of it.

    The first is a list of at most one function that returns the keyword arguments.
    """
    for index, statement in enumerate(node.body):
        call = statement.value if isinstance(statement, ast.Expr) else None
        if not isinstance(call, ast.Call) or len(call.args) != 3:
            continue
        path = dotted(call.args[0])
        if path is not None and path.rpartition(".")[2] == "set_loop_options":
            thunk = _statement("lambda: None", node).value
            thunk.body = call.args[2]
            rest = [*node.body[:index], *node.body[index + 1 :]]
            return [thunk], rest or [_statement("pass", node)]
    return [], node.body


class _CheckedReads(ast.NodeTransformer):
    """Makes reads of names fail as Python would if they have no value yet."""

    def __init__(self, names: set[str]) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> Any:
        if node.id not in self._names or not isinstance(node.ctx, ast.Load):
            return node
        call = _statement(f"ag__.read({node.id})", node)
        return call.value

    def visit_Delete(self, node: ast.Delete) -> Any:
        """Give a deleted name the stand-in for no value: blocks can hand it on."""
        gone = [
            _statement(f"{target.id} = ag__.Undefined({target.id!r})", node)
            for target in node.targets
            if isinstance(target, ast.Name) and target.id in self._names
        ]
        node.targets = [
            target
            for target in node.targets
            if not (isinstance(target, ast.Name) and target.id in self._names)
        ]
        return [*gone, self.generic_visit(node)] if node.targets else gone

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        node.value = self.visit(node.value)
        if not isinstance(node.target, ast.Name):
            node.target = self.visit(node.target)
        elif node.target.id in self._names:
            return [_statement(f"ag__.read({node.target.id})", node), node]
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        if node.name.startswith("get_state_"):
            return node
        own = assigned(node.body) - declared(node.body, ast.Nonlocal)
        plain = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        own |= {a.arg for a in plain}
        outer, self._names = self._names, self._names - own
        self.generic_visit(node)
        self._names = outer
        return node

    def visit_Lambda(self, node: ast.Lambda) -> Any:
        plain = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        outer, self._names = self._names, self._names - {a.arg for a in plain}
        self.generic_visit(node)
        self._names = outer
        return node

    def visit_Call(self, node: ast.Call) -> Any:
        if (
            isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "ag__"
            and node.func.attr in ("read", "returned")
        ):
            return node
        return self.generic_visit(node)


def _docstring(body: Sequence[ast.stmt]) -> list[ast.stmt]:
    first = body[0] if body else None
    is_text = (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    )
    return [first] if is_text and first is not None else []


def _statement(text: str, at: ast.AST) -> Any:
    """Return one statement from text, located where another node is."""
    return located(ast.parse(text).body[0], at)


def _inner_statement(text: str, at: ast.AST) -> Any:
    """Return a statement that is only allowed inside a function."""
    function: Any = ast.parse(f"def f():\n    {text}").body[0]
    return located(function.body[0], at)
