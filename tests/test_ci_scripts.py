"""The scripts under .ci/ find what they are there to find."""

import importlib.util
import re

import pytest

from tests.support.program import ROOT


def load(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / ".ci" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def file_sizes():
    return load("file_sizes")


@pytest.fixture(scope="module")
def conformance():
    return load("conformance")


@pytest.fixture(scope="module")
def untested():
    return load("untested_raises")


class TestFileSizes:
    def test_a_file_at_the_limit_is_fine(self, file_sizes):
        assert file_sizes.problems({"dist/ring.py": file_sizes.LIMIT}, {}) == []

    def test_a_longer_file_is_a_problem_with_a_way_out(self, file_sizes):
        (problem,) = file_sizes.problems({"dist/ring.py": 401}, {})
        assert "dist/ring.py has 401 lines" in problem
        assert "Split it by concept" in problem

    def test_a_reason_excuses_a_long_file(self, file_sizes):
        assert file_sizes.problems({"dist/ring.py": 401}, {"dist/ring.py": "why"}) == []

    @pytest.mark.parametrize("counts", [{"dist/ring.py": 12}, {}])
    def test_a_reason_that_is_no_longer_needed_is_a_problem(self, file_sizes, counts):
        (problem,) = file_sizes.problems(counts, {"dist/ring.py": "why"})
        assert "Remove it from the list" in problem

    def test_the_repository_is_counted(self, file_sizes):
        counts = file_sizes.line_counts(ROOT)
        assert counts["tests/conftest.py"] > 10
        assert {path.partition("/")[0] for path in counts} >= {"dist", "launcher"}
        assert "tests/conftest.py" not in file_sizes.report({"dist/ring.py": 5})


class TestConformanceList:
    NOW = "# a comment\nc001_tensor_create\n\nretired c029_old: left the suite\n"

    def test_names_are_read_without_comments_and_retired_ones(self, conformance):
        assert conformance.listed(self.NOW) == ["c001_tensor_create"]
        assert conformance.retired(self.NOW) == {"c029_old"}

    def test_retiring_needs_a_reason(self, conformance):
        assert conformance.retired("retired c029_old\nretired c030_odd: \n") == set()

    def test_a_name_that_was_ever_added_may_not_be_dropped(self, conformance):
        log = (
            "+++ b/.ci/conformance.txt\n-c007_tensor_select\n+c007_tensor_select\n"
            "+# a comment\n+c029_old\n+c001_tensor_create\n"
        )
        assert conformance.dropped(self.NOW, log) == ["c007_tensor_select"]
        assert conformance.dropped(self.NOW, "") == []


class TestUntestedRaises:
    SOURCE = (
        "class Ring:\n"
        "    def add(self, x):\n"
        "        if x < 0: raise ValueError('é')\n"
        "        try:\n"
        "            return 1 / x\n"
        "        except ZeroDivisionError:\n"
        "            raise\n"
    )

    def test_every_raise_has_a_name_that_outlives_edits_elsewhere(self, untested):
        first, second = untested.raises(self.SOURCE, "ring.py")
        assert first.name.startswith("ring.py:Ring.add:")
        assert first.name != second.name
        edited = self.SOURCE.replace(
            "        try", "        if not x: raise\n        try"
        )
        one, other, last = untested.raises(edited, "ring.py")
        assert (one.name, one.line) == (first.name, 3)
        assert (other.name, other.line) == (second.name, 4)
        assert last.name == second.name.removesuffix("1") + "2"

    def test_marks_leave_lines_where_they_are(self, untested):
        marked = untested.instrumented(self.SOURCE, "ring.py").splitlines()
        assert len(marked) == 7
        assert re.search(r"mark\('ring.py:Ring.add:\w+:1'\); raise ValueErr", marked[2])
        assert marked[6].startswith("            __import__('raised').mark(")

    def test_what_tests_do_not_raise_is_listed(self, untested, tmp_path):
        for room in untested.ROOMS:
            (tmp_path / "here" / room).mkdir(parents=True)
        (tmp_path / "here" / "dist" / "ring.py").write_text(self.SOURCE)
        (tmp_path / "here" / "test_ring.py").write_text(
            "import pytest\nfrom dist.ring import Ring\n"
            "def test_negative():\n"
            "    with pytest.raises(ValueError, match='é'):\n"
            "        Ring().add(-1)\n"
        )
        seen = untested.seen_by(tmp_path / "here", [])
        assert seen == {untested.raises(self.SOURCE, "dist/ring.py")[0].name}
        texts = untested.sources(tmp_path / "here")
        assert untested.report(texts, seen, "") == (["dist/ring.py:7: raise"], 2)
        assert untested.report(texts, seen, "tensor/") == ([], 0)
