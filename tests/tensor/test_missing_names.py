"""Names that are not there, and imports that go wrong."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

import tensor as tf
from tests.support.program import run_program

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(tf.__file__).parent


@pytest.mark.parametrize("namespace", ["types", "distribute", "experimental"])
def test_a_missing_name_is_named_in_full(namespace: str) -> None:
    words = f"tf.{namespace}.nothing is not part of ringflow. docs/api.md lists"
    with pytest.raises(AttributeError, match=words):
        getattr(tf, namespace).nothing  # noqa: B018  # the access is the test


def test_a_missing_name_of_an_inner_namespace_is_named() -> None:
    with pytest.raises(AttributeError, match="nothing is not part of ringflow"):
        tf.distribute.experimental.nothing  # noqa: B018


@pytest.fixture
def namespaces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "needs_more.py").write_text("import not_installed_at_all\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(tf._LAZY, "needs_more", "needs_more")
    monkeypatch.setitem(tf._LAZY, "not_here", "tensor.not_here")
    yield
    sys.modules.pop("needs_more", None)


@pytest.mark.usefixtures("namespaces")
def test_what_a_namespace_lacks_is_not_mistaken_for_the_namespace() -> None:
    with pytest.raises(ModuleNotFoundError, match="not_installed_at_all"):
        tf.needs_more  # noqa: B018
    with pytest.raises(AttributeError, match=r"tf\.not_here is not part of ringflow"):
        tf.not_here  # noqa: B018


def test_a_folder_of_the_users_that_hides_strategies_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    theirs = ModuleType("strategies")
    theirs.__file__ = str(tmp_path / "strategies" / "__init__.py")
    monkeypatch.setitem(sys.modules, "strategies", theirs)
    with pytest.raises(ImportError, match="which is not ringflow's: it hides"):
        runpy.run_path(str(HERE / "distribute.py"))


def test_optionals_are_there_before_datasets_are_used() -> None:
    program = "import tensor as tf; print(tf.experimental.Optional.__name__)"
    assert run_program("-c", program).stdout == "Optional\n"
