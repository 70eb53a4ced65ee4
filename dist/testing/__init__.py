"""Run a function on several ranks, from a test, in milliseconds or for real.

    from dist.testing import kill, run_ranks

    def body(group):
        return group.all_reduce(np.ones(3))

    results = run_ranks(body, 4)                           # threads around a table
    results = run_ranks(body, 4, transport="ring")         # threads joined by sockets
    results = run_ranks(body, 4, processes=True)           # real processes
    outcomes = run_ranks(body, 4, processes=True, fault=kill(2), check=False)

Every wait has a limit, no process or thread is left behind, and the first rank that
failed by itself is the one whose error is raised.
"""

from dist.testing.faults import (
    Fault as Fault,
    delay as delay,
    drop as drop,
    kill as kill,
    pause as pause,
)
from dist.testing.outcome import Outcome as Outcome, RankFailedError as RankFailedError
from dist.testing.ranks import run_ranks as run_ranks
