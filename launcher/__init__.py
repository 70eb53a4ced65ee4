"""`launch -n 4 train.py`: starts the workers of a job, watches them and ends them.

The arrows go one way, and decisions are apart from what carries them out:

    cli → options, config   the command line and LAUNCH_* variables, checked once
        → job               what is the same for all workers and attempts
        → supervisor        the loop: waits, asks the policy, does what it says
            policy          what happened and the clock → what to do; pure
            causes          why a job stops
            server_jobs     the policy's rules for jobs with parameter servers
            roles           who is coordinator, worker or server in these
            council         the launchers of several hosts: one line to host 0's
            agreement       what these make of an attempt; pure
            attempt         all workers of one attempt: what happened to them
            process         one worker: started, watched, signalled, reaped
            guardian        ends the workers if this process is killed
            output          lines of several workers made one readable stream:
            lines, merge      whole lines; equal lines collapsed; both pure
            screen            what the terminal shows, and who writes it
            failure         what a worker reported before it died
            autopsy           how a worker ended, in words
            report          the sentences that `launch` itself prints
            signals         SIGINT, SIGTERM … as events of the loop
        → threads, cgroup   the cores a worker may use, the limits it lives under
    entry → recorder        inside a worker: runs the script, records its failure
    call → remote_call      `launcher.run(function, n=4)`
    doctor                  `launch doctor`

From `dist` the launcher takes only what describes a job; it never imports `tensor`,
so it starts in an instant and the framework cannot break it. Heavy modules are
imported where they are used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from launcher.call import run as run


def __getattr__(name: str) -> object:
    """Import `run` on first use: `launch --help` does without it."""
    if name == "run":
        from launcher.call import run

        return run
    raise AttributeError(f"module 'launcher' has no attribute {name!r}")
