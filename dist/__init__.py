"""Processes that talk: collectives on NumPy arrays that never hang and never lie.

    import dist

    group = dist.init()              # from the environment; a group of one when alone
    group.all_reduce(gradients)      # in place, same bits on every rank
    dist.destroy()                   # optional: also done at exit

The map, from the ground up: `errors`, `job_key`, `contract` (the environment) →
`membership`, `rendezvous_server`, `control` (who is alive) → `call`, `watch` (what is
being waited for) → transports (`threads`, `shared_memory`, `ring`, `hierarchy`) →
`ordered_calls`, `group`, `session`; `testing` runs functions on several ranks.
`docs/dist.md` tells the protocol.

Importing this package is cheap on purpose: the launcher does it. NumPy and ZeroMQ are
loaded by the first use of a name that needs them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from dist.errors import (
    CollectiveError as CollectiveError,
    CollectiveMismatchError as CollectiveMismatchError,
    CollectiveTimeoutError as CollectiveTimeoutError,
    ConfigurationError as ConfigurationError,
    DistError as DistError,
    GroupClosedError as GroupClosedError,
    RendezvousError as RendezvousError,
    StartTimeoutError as StartTimeoutError,
    WorkerLostError as WorkerLostError,
)

if TYPE_CHECKING:
    from dist.buckets import Buckets as Buckets
    from dist.group import Group as Group
    from dist.session import (
        destroy as destroy,
        init as init,
        is_initialized as is_initialized,
        span as span,
        stats as stats,
        write_timeline as write_timeline,
    )
    from dist.thread_world import thread_groups as thread_groups
    from dist.work import Work as Work

_LAZY = {
    "Buckets": "dist.buckets",
    "Group": "dist.group",
    "Work": "dist.work",
    "init": "dist.session",
    "destroy": "dist.session",
    "is_initialized": "dist.session",
    "span": "dist.session",
    "stats": "dist.session",
    "write_timeline": "dist.session",
    "thread_groups": "dist.thread_world",
}


def __getattr__(name: str) -> Any:
    module = _LAZY.get(name)
    if module is None:
        raise AttributeError(f"module 'dist' has no attribute {name!r}")
    value = getattr(import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
