"""Runner: optimises and compiles a program when it first runs."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from tensor.graph.executor import CompiledProgram, compile_program
from tensor.graph.passes import optimize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tensor.graph.program import Program


class Runner:
    """Runs one program on arrays."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._compiled: CompiledProgram | None = None
        self._lock = threading.Lock()

    def run(self, arrays: Sequence[Any]) -> tuple[Any, ...]:
        """Return the program's outputs for these inputs."""
        compiled = self._compiled
        if compiled is None:
            with self._lock:
                compiled = self._compiled or compile_program(optimize(self.program))
                self._compiled = compiled
        return compiled.run(arrays)
