"""A class that leaves out what it has to define is told so by name.

The methods are found in the sources: those that do nothing but raise
NotImplementedError with the name of the class.
"""

import ast
import importlib
import inspect
from pathlib import Path

import pytest

from tests.support.program import ROOT

ROOMS = ("tensor", "dist", "strategies", "launcher")


def not_implemented(node):
    """Return whether this is `raise NotImplementedError`, with or without words."""
    if not isinstance(node, ast.Raise):
        return False
    raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"


def raising_functions():
    """Yield file, class and method of all whose last statement raises it."""
    for path in sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py")):
        for owner in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(owner, ast.ClassDef):
                for method in owner.body:
                    if isinstance(method, ast.FunctionDef) and not_implemented(
                        method.body[-1]
                    ):
                        yield path.relative_to(ROOT), owner.name, method


def is_abstract(method):
    statements = [s for s in method.body if not isinstance(s, ast.Expr)]
    return len(statements) == 1 and "type(self).__name__" in ast.unparse(method.body)


FOUND = list(raising_functions())
ABSTRACT = [(path, owner, m.name) for path, owner, m in FOUND if is_abstract(m)]


def test_no_method_leaves_its_reader_without_words():
    wordless = [
        f"{path}:{method.lineno}"
        for path, _, method in FOUND
        if isinstance(method.body[-1].exc, ast.Name)
    ]
    assert wordless == []


def test_the_sources_are_searched():
    assert len(ABSTRACT) > 40


@pytest.mark.parametrize(
    ("path", "owner", "name"), ABSTRACT, ids=[f"{o}.{n}" for _, o, n in ABSTRACT]
)
def test_a_subclass_that_leaves_out_a_method_is_named(path: Path, owner, name):
    module = importlib.import_module(".".join(path.with_suffix("").parts))
    base = getattr(module, owner)
    method = inspect.getattr_static(base, name)
    function = method.fget if isinstance(method, property) else method
    careless = type("Careless", (base,), {"__repr__": object.__repr__})
    required = [
        p
        for p in inspect.signature(function).parameters.values()
        if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD
    ]
    arguments = [None] * (len(required) - 1)
    with pytest.raises(NotImplementedError) as raised:
        function(object.__new__(careless), *arguments)
    assert "Careless" in str(raised.value)
    assert f"`{name}" in str(raised.value)
