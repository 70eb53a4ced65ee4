"""Traces for chrome://tracing and ui.perfetto.dev, one file a rank or one for all.

With RINGFLOW_TIMELINE=DIRECTORY (`launch --timeline`) every rank writes `rank3.json`
when it leaves. The clocks of all ranks are corrected already, so merging is putting the
lists together:

    python -m dist.timeline DIRECTORY        # writes DIRECTORY/timeline.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dist.ledger import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dist.call import Call
    from dist.ledger import Ledger


def events(rank: int, ledgers: Mapping[str, Ledger]) -> list[dict[str, Any]]:
    """The records of one rank in Chrome's trace format: a process per rank."""
    listed: list[dict[str, Any]] = [
        {
            "name": "process_name",
            "ph": "M",
            "pid": rank,
            "args": {"name": f"rank {rank}"},
        },
        {
            "name": "process_sort_index",
            "ph": "M",
            "pid": rank,
            "args": {"sort_index": rank},
        },
    ]
    for thread, (group, ledger) in enumerate(ledgers.items()):
        name = {"name": f"group {group}"}
        listed.append(
            {"name": "thread_name", "ph": "M", "pid": rank, "tid": thread, "args": name}
        )
        listed += [
            {
                **_describe(record),
                "ph": "X",
                "pid": rank,
                "tid": thread,
                "dur": 1e6 * record.duration_s,
            }
            for record in list(ledger.records)
        ]
    return listed


def _describe(record: Call | Span) -> dict[str, Any]:
    if isinstance(record, Span):
        return {"name": record.name, "ts": 1e6 * record.start_s}
    details = {
        "call": record.text,
        "bytes": record.request.nbytes,
        "waited_us": round(1e6 * record.waited_s, 1),
        "last_rank": record.last_rank,
        "lag_us": round(1e6 * record.lag_s, 1),
    }
    return {"name": record.request.name, "ts": 1e6 * record.arrived_s, "args": details}


def write(path: Path, listed: list[dict[str, Any]]) -> None:
    """Write a whole file or none: a reader never meets half a trace."""
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps({"traceEvents": listed}))
    draft.replace(path)


def merge(directory: Path) -> Path:
    """Put the files of all ranks together; return the file that was written."""
    files = sorted(directory.glob("rank*.json"))
    if not files:
        raise FileNotFoundError(
            f"{str(directory)!r} has no rank*.json. Set RINGFLOW_TIMELINE to this "
            "directory when the job runs."
        )
    merged = directory / "timeline.json"
    write(merged, _all_events(files))
    return merged


def merge_all(directory: str | Path, file: Path) -> int:
    """Put everything below a directory into one file; return how many ranks it shows.

    Nobody may have left a part: the file then holds an empty timeline.
    """
    parts = sorted(Path(directory).rglob("rank*.json"))
    write(file, _all_events(parts))
    return len({part.name for part in parts})


def _all_events(parts: Iterable[Path]) -> list[dict[str, Any]]:
    return [e for part in parts for e in json.loads(part.read_text())["traceEvents"]]


if __name__ == "__main__":
    print(merge(Path(sys.argv[1])))  # noqa: T201 - the result of a command
