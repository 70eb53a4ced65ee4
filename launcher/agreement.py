"""What several hosts make of an attempt: a pure function of what each of them reports.

Host 0 asks `agree` and tells the others; all do the same, so no host starts an attempt
that others do not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


@dataclass(frozen=True)
class HostReport:
    """How an attempt ended on one host.

    Attributes:
        node: the host's number.
        status: its exit status, 0 if its workers ended well.
        why: its cause in words, if it failed.
        is_final: nobody wants another attempt: the user asked for the end, or the
            host's launcher is gone.
        is_consequence: it only ended because of another host.
    """

    node: int
    status: int
    why: str = ""
    is_final: bool = False
    is_consequence: bool = False


@dataclass(frozen=True)
class Verdict:
    """What all hosts do next.

    Attributes:
        restarts: whether there is another attempt; else the job is over.
        status: the exit status of the job that is over.
        cause: the report that explains a failure, None after success.
    """

    restarts: bool
    status: int = 0
    cause: HostReport | None = None


def agree(
    reports: Mapping[int, HostReport],
    present: Collection[int],
    nodes: int,
    *,
    may_restart: bool,
    waited_long: bool,
) -> Verdict | None:
    """Say what all hosts do next, None while something is still to be heard.

    Args:
        reports: what hosts have said about this attempt, in the order of arrival.
        present: the hosts that are connected, host 0 among them.
        nodes: how many hosts the job has.
        may_restart: whether restarts are left.
        waited_long: whether a host that never came is not to be waited for any more.
    """
    failed = [report for report in reports.values() if report.status]
    failed.sort(key=lambda report: report.is_consequence)
    final = next((report for report in failed if report.is_final), None)
    if final is not None:
        return Verdict(restarts=False, status=final.status, cause=final)
    if any(node not in reports for node in present):
        return None
    if failed:
        return Verdict(may_restart, failed[0].status, failed[0])
    absent = [node for node in range(nodes) if node not in reports]
    if not absent:
        return Verdict(restarts=False)
    if not waited_long:
        return None
    never = HostReport(absent[0], 1, "its launcher never came", is_final=True)
    return Verdict(restarts=False, status=1, cause=never)
