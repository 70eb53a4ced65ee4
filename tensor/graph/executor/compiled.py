"""A program as a Python function on arrays."""

from __future__ import annotations

import contextvars
import itertools
import linecache
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors
from tensor.graph.executor.codegen import generate
from tensor.graph.program import Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tensor.graph.program import Node, Program

_number = itertools.count()


class CompiledProgram:
    """A program that can run: on any thread, on several at once, and re-entrantly.

    Attributes:
        source: The generated Python, for readers and tracebacks.
    """

    def __init__(self, program: Program) -> None:
        """Compile `program`."""
        generated = generate(program)
        self.name = program.name
        self.source = generated.source
        self._filename = f"<ringflow {program.name} {next(_number)}>"
        namespace = generated.namespace
        exec(compile(self.source, self._filename, "exec"), namespace)
        self._function = namespace["run"]
        linecache.cache[self._filename] = (
            len(self.source),
            None,
            self.source.splitlines(keepends=True),
            self._filename,
        )
        self._generated = generated
        # Each run takes a context and memory, which no other may use meanwhile.
        self._idle: list[tuple[contextvars.Context, Any]] = []

    def run(self, arrays: Sequence[Any]) -> tuple[Any, ...]:
        """Run on arrays; return the outputs as arrays.

        Raises:
            OpError: A kernel failed; the message names the op and the user's line.
        """
        try:
            place = self._idle.pop()
        except IndexError:
            place = _quiet_context(), self._generated.workspace()
        try:
            return place[0].run(self._function, place[1], *arrays)
        except Exception as error:
            raise self._explained(error) from error.__cause__
        finally:
            self._idle.append(place)

    def _explained(self, error: Exception) -> Exception:
        """Return an error that names the node at which a kernel failed."""
        node, values = self._failure(error)
        if node is None:
            return error
        explained: Exception = error
        if not isinstance(error, errors.OpError):
            try:
                node.op.recover(error, values, node.attrs)
            except Exception as recovered:
                explained = recovered
        if node.source is not None and not hasattr(explained, "graph_node"):
            file, line = node.source
            text = linecache.getline(file, line).strip()
            explained.graph_node = node.name  # type: ignore[attr-defined]
            explained.add_note(
                f"Graph execution error at node {node.name!r}, made by\n"
                f'  File "{file}", line {line}\n    {text}'
            )
        return explained.with_traceback(error.__traceback__)

    def _failure(self, error: Exception) -> tuple[Node | None, list[Any]]:
        """Return the node whose statement raised an error, and its inputs."""
        found, scope = None, {}
        trace = error.__traceback__
        while trace is not None:
            frame = trace.tb_frame
            if frame.f_code.co_filename == self._filename:
                found = self._generated.node_of_line.get(trace.tb_lineno)
                if frame.f_code.co_name == "run":
                    scope = {**self._generated.namespace, **frame.f_locals}
            trace = trace.tb_next
        if found is None:
            return None, []
        names = self._generated.names
        return found, [
            scope.get(names.get(x, "")) if type(x) is Value else x for x in found.inputs
        ]


def _quiet_context() -> contextvars.Context:
    """Return a context in which NumPy's floating point warnings are off."""
    quiet = contextvars.copy_context()
    quiet.run(np.seterr, all="ignore")
    return quiet


def compile_program(program: Program) -> CompiledProgram:
    """Return the program ready to run."""
    return CompiledProgram(program)
