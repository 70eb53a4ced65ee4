"""What became of each rank of a test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dist.errors import CollectiveError, DistError


class RankFailedError(DistError):
    """A rank did not return: it was killed, paused, or took too long."""


@dataclass(frozen=True)
class Outcome:
    """What one rank came to: a value or an error, and what its process printed."""

    rank: int
    value: Any = None
    error: BaseException | None = None
    output: str = ""


def raise_first_cause(outcomes: list[Outcome]) -> None:
    """Raise the error that was a cause, rather than one that followed from it."""
    failed = [outcome for outcome in outcomes if outcome.error is not None]
    causes = [one for one in failed if not isinstance(one.error, CollectiveError)]
    for outcome in causes or failed:
        if outcome.error is not None:
            note = f"raised on rank {outcome.rank} of {len(outcomes)}"
            outcome.error.add_note(f"{note}\n{outcome.output}".rstrip())
            raise outcome.error
