"""Runner: optimises and compiles a program when it first runs."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from tensor.core.log import get_logger
from tensor.graph.executor import CompiledProgram, compile_program
from tensor.graph.passes import optimize
from tensor.graph.passes.specialize import is_open, specialize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tensor.graph.program import Program

# Programs for particular shapes that one function keeps; each has memory of its own.
_MOST_SHAPES = 16


class Runner:
    """Runs one program on arrays.

    A program with open dimensions runs as it is when it meets shapes for the first
    time; met again, it gets a version of its own for them, with planned memory.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.compiled: CompiledProgram | None = None
        self._lock = threading.Lock()
        self._is_open = is_open(program)
        self._by_shapes: dict[Any, CompiledProgram | None] = {}

    def run(self, arrays: Sequence[Any]) -> tuple[Any, ...]:
        """Return the program's outputs for these inputs."""
        if self._is_open:
            shapes = tuple([getattr(a, "shape", ()) for a in arrays])
            special = self._by_shapes.get(shapes)
            if special is None:
                special = self._specialized(shapes)
            if special is not None:
                return special.run(arrays)
        compiled = self.compiled
        if compiled is None:
            with self._lock:
                compiled = self.compiled or compile_program(optimize(self.program))
                self.compiled = compiled
        return compiled.run(arrays)

    def _specialized(self, shapes: Any) -> CompiledProgram | None:
        """Return the version for shapes that were met before, if there may be one."""
        with self._lock:
            if shapes not in self._by_shapes:
                if len(self._by_shapes) < _MOST_SHAPES:
                    self._by_shapes[shapes] = None
                    if len(self._by_shapes) == _MOST_SHAPES:
                        get_logger().warning(
                            "%r was called with %d different shapes; for further ones "
                            "it runs without memory planned for them.",
                            self.program.name,
                            _MOST_SHAPES,
                        )
                return None
            try:
                program = optimize(specialize(self.program, shapes))
            except ValueError:
                # The general program tells in the user's terms what does not fit.
                return None
            compiled = self._by_shapes[shapes] = compile_program(program)
            return compiled
