"""What several hosts make of an attempt: reports in, one verdict out."""

import pytest

from launcher.agreement import HostReport, Verdict, agree

OK_0, OK_1 = HostReport(0, 0), HostReport(1, 0)
BAD_0 = HostReport(0, 3, "rank 0 failed")
BAD_1 = HostReport(1, 4, "rank 2 failed")
AFTER_1 = HostReport(0, 1, "rank 0 lost rank 2", is_consequence=True)
STOPPED_1 = HostReport(1, 130, "ended by Ctrl-C", is_final=True)
NEVER = HostReport(1, 1, "its launcher never came", is_final=True)

RESTART, OVER = True, False


@pytest.mark.parametrize(
    ("reports", "present", "may_restart", "waited_long", "expected"),
    [
        # Not all that are there have reported.
        ([], {0, 1}, True, False, None),
        ([OK_0], {0, 1}, True, False, None),
        ([BAD_0], {0, 1}, True, False, None),
        # All went well.
        ([OK_0, OK_1], {0, 1}, True, False, Verdict(OVER)),
        # A failure, restarts left or not.
        ([BAD_0, OK_1], {0, 1}, True, False, Verdict(RESTART, 3, BAD_0)),
        ([BAD_0, OK_1], {0, 1}, False, False, Verdict(OVER, 3, BAD_0)),
        # The cause is not what follows from it, whoever reports first.
        ([AFTER_1, BAD_1], {0, 1}, True, False, Verdict(RESTART, 4, BAD_1)),
        # The first of two causes.
        ([BAD_1, BAD_0], {0, 1}, True, False, Verdict(RESTART, 4, BAD_1)),
        # Nobody waits, and nothing starts again, when the user has had enough.
        ([STOPPED_1], {0, 1}, True, False, Verdict(OVER, 130, STOPPED_1)),
        ([BAD_0, STOPPED_1], {0, 1}, True, False, Verdict(OVER, 130, STOPPED_1)),
        # A host that has not come yet does not keep others from starting again…
        ([BAD_0], {0}, True, False, Verdict(RESTART, 3, BAD_0)),
        ([BAD_0], {0}, False, False, Verdict(OVER, 3, BAD_0)),
        # … but the job has not succeeded without it.
        ([OK_0], {0}, True, False, None),
        ([OK_0], {0}, True, True, Verdict(OVER, 1, NEVER)),
    ],
)
def test_hosts_agree(reports, present, may_restart, waited_long, expected):
    found = agree(
        {report.node: report for report in reports},
        present,
        2,
        may_restart=may_restart,
        waited_long=waited_long,
    )
    assert found == expected
