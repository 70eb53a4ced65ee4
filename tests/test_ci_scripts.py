"""The scripts under .ci/ find what they are there to find."""

import importlib.util

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
