"""No tool skips one of our packages.

`dist` is a name that ruff, pytest, setuptools and ignore files pass over by default and
without a word. So these tests ask the tools themselves what they see.
"""

import shutil
import subprocess
import sys
import tomllib
import zipfile

import pytest

from tests.support.program import ROOT, run_program

PACKAGES = ("tensor", "dist", "strategies", "launcher")
CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))

BUILD_WHEEL = """
import sys
from setuptools import build_meta
print(build_meta.build_wheel(sys.argv[1]))
"""
LIST_MYPY_SOURCES = """
from mypy.main import process_options
for source in process_options([])[0]:
    print(source.path)
"""


def source_files(package):
    paths = sorted((ROOT / package).rglob("*.py"))
    assert paths, f"{package}/ holds no Python file"
    return {path.relative_to(ROOT).as_posix() for path in paths}


def copy_of(tmp_path, *names):
    """A copy of some of the repository: tools may write beside what they read."""
    for name in names:
        source = ROOT / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, tmp_path / name, ignore=ignored)
        else:
            shutil.copy(source, tmp_path / name)
    return tmp_path


def output_of(done):
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def linted():
    shown = output_of(run_program("-m", "ruff", "check", "--show-files", "."))
    return {line.removeprefix(f"{ROOT}/") for line in shown.splitlines()}


@pytest.fixture(scope="module")
def type_checked():
    shown = output_of(run_program("-c", LIST_MYPY_SOURCES))
    return {line.removeprefix(f"{ROOT}/") for line in shown.splitlines()}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel as setuptools builds it; needs no network."""
    source = copy_of(
        tmp_path_factory.mktemp("source"),
        "pyproject.toml",
        "README.md",
        "LICENSE",
        *PACKAGES,
    )
    (source / "out").mkdir()
    name = output_of(run_program("-c", BUILD_WHEEL, "out", cwd=source)).split()[-1]
    with zipfile.ZipFile(source / "out" / name) as archive:
        yield archive


@pytest.mark.parametrize("package", PACKAGES)
def test_every_file_is_linted_and_formatted(linted, package):
    assert source_files(package) <= linted


@pytest.mark.parametrize("package", PACKAGES)
def test_every_file_is_type_checked(type_checked, package):
    assert source_files(package) <= type_checked
    assert CONFIG["tool"]["mypy"]["strict"] is True


def test_tests_of_every_package_are_collected(tmp_path):
    for package in PACKAGES:
        folder = tmp_path / "tests" / package
        folder.mkdir(parents=True)
        (folder / "test_something.py").write_text("def test_it(): pass\n")
    copy_of(tmp_path, "pyproject.toml")
    shown = output_of(run_program("-m", "pytest", "--collect-only", "-q", cwd=tmp_path))
    for package in PACKAGES:
        assert f"tests/{package}/test_something.py::test_it" in shown


@pytest.mark.parametrize("package", PACKAGES)
def test_every_file_is_packaged(wheel, package):
    assert source_files(package) | {f"{package}/py.typed"} <= set(wheel.namelist())


def test_nothing_but_the_packages_is_packaged(wheel):
    tops = {name.partition("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)


def test_the_wheel_installs_the_launch_command(wheel):
    (entry_points,) = (n for n in wheel.namelist() if n.endswith("entry_points.txt"))
    assert "launch = launcher.cli:main" in wheel.read(entry_points).decode()


def test_imports_between_all_packages_are_checked():
    config = CONFIG["tool"]["importlinter"]
    assert sorted(config["root_packages"]) == sorted(PACKAGES)


@pytest.mark.parametrize(
    ("module", "imported"),
    [
        ("dist/link.py", "tensor"),
        ("tensor/dense.py", "dist"),
        ("tensor/dense.py", "strategies"),
        ("launcher/start.py", "strategies"),
        ("tensor/core/shape.py", "tensor.ops"),
    ],
)
def test_an_import_that_points_upward_is_rejected(tmp_path, module, imported):
    for folder in (*PACKAGES, "tensor/core", "tensor/ops"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "__init__.py").touch()
    copy_of(tmp_path, "pyproject.toml")
    lint = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports())"
    command = [sys.executable, "-c", lint]
    allowed = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    (tmp_path / module).write_text(f"import {imported}\n")
    rejected = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert (allowed.returncode, rejected.returncode) == (0, 1), rejected.stdout.decode()


@pytest.mark.parametrize("package", PACKAGES)
def test_git_ignores_no_package(package):
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    git = ["git", "check-ignore", "--no-index", f"{package}/__init__.py"]
    assert subprocess.run(git, cwd=ROOT, check=False).returncode == 1
