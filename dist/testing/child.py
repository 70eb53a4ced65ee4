"""The other end of `run_ranks(processes=True)`: one rank in a process of its own."""

from __future__ import annotations

import faulthandler
import os
import sys
import traceback

import dist
from dist.contract import identity_from_environment
from dist.objects import pack, unpack


def main(answer_end: int) -> int:
    """Run the function that arrives on standard input, answer on a pipe."""
    faulthandler.enable()
    body, arguments, fault = unpack(sys.stdin.buffer.read())
    identity = identity_from_environment()
    is_struck = fault is not None and fault.rank == identity.rank
    value, error = None, None
    try:
        if is_struck and fault.at == 0:
            fault.strike(is_process=True)
        group = dist.init(timeout=identity.start_timeout_s)
        if is_struck:
            value = fault.run(body, group, arguments, is_process=True)
        else:
            value = body(group, *arguments)
        dist.destroy()
    except BaseException as caught:
        # Whatever it is, the test wants to see it.
        error = caught
        error.add_note(traceback.format_exc())
    with os.fdopen(answer_end, "wb") as answers:
        answers.write(pack((value, error)))
    return 0 if error is None else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
