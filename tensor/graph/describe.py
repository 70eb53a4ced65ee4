"""Text about traces: signatures, graphs before and after optimisation, what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import nest
from tensor.core.shapes import to_text
from tensor.core.tensor import Tensor
from tensor.core.tensor_spec import TensorSpec
from tensor.graph.program import Program, Value

if TYPE_CHECKING:
    from tensor.graph.binding import Parameters
    from tensor.graph.concrete import ConcreteFunction
    from tensor.graph.program import Node


def what_changed(parameters: Parameters, before: Any, now: Any) -> str:
    """Return which argument differs between two calls, and how."""
    old = parameters.signature.bind_partial(*before[0], **before[1]).arguments
    new = parameters.signature.bind_partial(*now[0], **now[1]).arguments
    changes = [
        f"argument {name!r} changed from {_brief(old.get(name))} to {_brief(value)}"
        for name, value in new.items()
        if _brief(old.get(name)) != _brief(value)
    ]
    return " and ".join(changes) or "an object was replaced by another one"


def _brief(value: Any) -> str:
    leaves = nest.flatten(value, True)
    if len(leaves) > 1:
        return f"{type(value).__name__}({', '.join(_brief(v) for v in leaves)})"
    if isinstance(value, Tensor | TensorSpec):
        return f"a {value.dtype.name} tensor of shape {value.shape}"
    if isinstance(value, np.ndarray | np.generic):
        return f"a {value.dtype} array of shape {np.shape(value)}"
    return repr(value)


# ---- programs


def explain(concrete: ConcreteFunction) -> str:
    """Return the graph of a trace before and after the passes."""
    from tensor.graph.passes import PASSES, optimize

    lines = [f"{concrete.graph.name}{concrete.function_type}", "", "as traced:"]
    lines += program_lines(concrete.program)
    counts: list[str] = []
    before = len(concrete.program.nodes)

    def note(name: str, program: Program) -> None:
        nonlocal before
        if len(program.nodes) != before:
            counts.append(f"  {name}: {before} -> {len(program.nodes)} nodes")
            before = len(program.nodes)

    optimized = optimize(concrete.program, note)
    lines += ["", f"passes ({', '.join(p.__name__ for p in PASSES)}):"]
    lines += counts or ["  nothing to improve"]
    lines += ["", "as run:", *program_lines(optimized)]
    return "\n".join(lines)


def program_lines(program: Program, indent: str = "  ") -> list[str]:
    """Return a program as text, one node on a line, with stable names."""
    names: dict[Value, str] = {}

    def name(value: Any) -> str:
        if type(value) is not Value:
            return repr(value)
        return names.setdefault(value, f"%{len(names)}")

    inputs = ", ".join(f"{name(v)}: {_type(v)}" for v in program.inputs)
    lines = [f"{indent}({inputs})"]
    for node in program.nodes:
        lines += _node_lines(node, name, indent)
    outputs = ", ".join(name(v) for v in program.outputs)
    lines.append(f"{indent}return {outputs}")
    return lines


def _node_lines(node: Node, name: Any, indent: str) -> list[str]:
    arguments = [name(x) for x in node.inputs]
    arguments += [
        f"{k}={_attr(v)}" for k, v in node.attrs.items() if not _is_program(v)
    ]
    arguments += [f"{k}={name(v)}" for k, v in node.parameters.items()]
    call = f"{node.op.type_name}({', '.join(arguments)})"
    results = ", ".join(f"{name(v)}: {_type(v)}" for v in node.outputs)
    lines = [f"{indent}{results} = {call}" if results else f"{indent}{call}"]
    for key, attr in node.attrs.items():
        if _is_program(attr):
            for program in attr if type(attr) is tuple else (attr,):
                lines.append(f"{indent}  {key}:")
                lines += program_lines(program, indent + "    ")
    return lines


def _is_program(attr: Any) -> bool:
    return type(attr) is Program or (
        type(attr) is tuple and len(attr) > 0 and type(attr[0]) is Program
    )


def _attr(value: Any) -> str:
    if isinstance(value, np.ndarray) and value.size > 8:
        return f"array{to_text(value.shape)}"
    if hasattr(value, "read_array"):
        return str(value.name)
    return str(value.tolist() if isinstance(value, np.ndarray | np.generic) else value)


def _type(value: Value) -> str:
    if value.dtype is None:
        return "stack"
    return f"{value.dtype.name}{'?' if value.dims is None else list(value.dims)}"
