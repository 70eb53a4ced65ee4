"""Passes: each takes a program and returns an equal, better one.

prune       drop what nobody reads
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.graph.passes.prune import prune as prune

if TYPE_CHECKING:
    from collections.abc import Callable

    from tensor.graph.program import Program

PASSES: tuple[Callable[[Program], Program], ...] = (prune,)


def optimize(program: Program, note: Any = None) -> Program:
    """Return the program after all passes.

    Args:
        program: The program.
        note: Called with each pass's name and its result.
    """
    for run in PASSES:
        program = run(program)
        if note is not None:
            note(run.__name__, program)
    return program
