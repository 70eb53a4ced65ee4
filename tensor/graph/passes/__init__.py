"""Passes: each takes a program and returns an equal, better one.

trim                  drop what nobody reads, and what branches and loops need not take
simplify              drop what changes nothing; transpositions into products
forward_writes        a read after a write takes the value written
fold                  compute now what is known
share                 compute once what is computed twice
schedule_collectives  collectives start early and are waited for late
fuse                  elementwise ops become groups that run block by block
pack_updates          equal groups for small variables become one
verify                check that the program is well formed
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.graph.passes.algebra import simplify
from tensor.graph.passes.common import share
from tensor.graph.passes.fold import fold
from tensor.graph.passes.forward_writes import forward_writes
from tensor.graph.passes.fuse import fuse
from tensor.graph.passes.pack_updates import pack_updates
from tensor.graph.passes.schedule_collectives import schedule_collectives
from tensor.graph.passes.trim import trim
from tensor.graph.passes.verify import verify

if TYPE_CHECKING:
    from collections.abc import Callable

    from tensor.graph.program import Node, Program

PASSES: tuple[Callable[[Program], Program], ...] = (
    trim,
    simplify,
    forward_writes,
    fold,
    share,
    simplify,
    trim,
    schedule_collectives,
    fuse,
    pack_updates,
)


def optimize(program: Program, note: Any = None) -> Program:
    """Return the program after all passes.

    Args:
        program: The program.
        note: Called with each pass's name and its result.
    """
    checked: set[Node] = set()
    verify(program, checked=checked)
    for run in PASSES:
        program = run(program)
        verify(program, run.__name__, checked)
        if note is not None:
            note(run.__name__, program)
    return program
