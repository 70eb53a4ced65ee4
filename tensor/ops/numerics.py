"""tf.debugging.enable_check_numerics: the first op that gives infinity or NaN is named.

Checks cost nothing while they are off. Eager kernels all run through `context.run`,
which is another function while they are on; traced functions get a node that checks
after each op, and are traced anew. The backward pass runs on tensors meanwhile, so that
its ops are checked too.
"""

from __future__ import annotations

import functools
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tensor.core import errors
from tensor.core.context import context
from tensor.core.dtypes import from_numpy
from tensor.core.elementwise import compute
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, all_ops, register
from tensor.core.tensor import Tensor, wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tensor.core.tensor_spec import TensorSpec

_PACKAGE = str(Path(__file__).parents[1])

# What hands numbers on, or calls other ops: what they give, another op gave before.
_SAFE = frozenset(
    (
        *(
            "Concat",
            "ConcatV2",
            "ExpandDims",
            "Fill",
            "Gather",
            "Identity",
            "IdentityN",
        ),
        *("Maximum", "Minimum", "Pack", "Reshape", "Slice", "Squeeze", "Stack"),
        *("StridedSlice", "StridedSliceGrad", "Transpose", "Unpack"),
        *("Cond", "If", "While", "WhileLoop", "CheckNumerics", "NumericsCheck"),
    )
)


class NumericsChecks(NamedTuple):
    """That checks are on in this thread, and how long their texts may be.

    Attributes:
        stack_height: How many frames a text has at most, None for all.
        path_length: How many characters of a path, None for all.
        run: The `context.run` of before.
    """

    stack_height: int | None
    path_length: int | None
    run: Callable[..., Any]


class NumericsCheck(Op):
    """Raises an error with a text if a tensor has infinity or NaN in it."""

    kind = "stateful"
    gradient = NON_DIFFERENTIABLE

    def kernel(self, x: Any, text: str) -> tuple[()]:
        found = _found(np.asarray(x))
        if found:
            raise _odd_numbers(text, found)
        return ()

    def infer(self, x: TensorSpec, text: str) -> tuple[()]:
        return ()

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2,)), text="x")


numerics_check = register(NumericsCheck)


@export("debugging.enable_check_numerics")
def enable_check_numerics(
    stack_height_limit: int | None = 30, path_length_limit: int | None = 50
) -> None:
    """Let ops raise an error as soon as one gives infinity or NaN, in this thread.

    The InvalidArgumentError names the op, dtype and shape of what it gave, and its
    inputs; for traced functions also where the op was made.

    Args:
        stack_height_limit: How many frames to show of where an op was made.
        path_length_limit: How many characters to show of a file's path.
    """
    before = context.numerics
    run = context.run if before is None else before.run
    context.numerics = NumericsChecks(stack_height_limit, path_length_limit, run)

    def checked(function: Any, *arrays: Any, **attrs: Any) -> Any:
        results = run(function, *arrays, **attrs)
        if function is compute:
            function, arrays = arrays[0], arrays[1:]
        op = _ops_by_operator().get(function) or getattr(function, "__self__", None)
        if isinstance(op, Op):
            _check(op, results, arrays)
        return results

    context.run = checked


@export("debugging.disable_check_numerics")
def disable_check_numerics() -> None:
    """Undo `enable_check_numerics`, in this thread."""
    if context.numerics is not None:
        context.run = context.numerics.run
        context.numerics = None


@functools.cache
def _ops_by_operator() -> dict[Any, Op]:
    """Return the elementwise ops that compute with one of Python's own operators."""
    return {f: op for op in all_ops() if (f := getattr(op, "operator", None))}


def _check(op: Op, results: Any, arrays: Any) -> None:
    """Check what the kernel of an op gave."""
    if op.type_name in _SAFE:
        return
    several = results if type(results) is tuple else (results,)
    for slot, result in enumerate(several):
        if not isinstance(result, np.ndarray | np.generic) or not _is_float(result):
            continue
        found = _found(result)
        if found:
            counts = "".join(
                f"  # of {'+' * (sign == 'NaN')}{sign} elements: {n}\n"
                for sign, n in found
            )
            inputs = [str(wrap(np.asarray(a)[()])) for a in arrays]
            place = slot, len(several)
            text = _head(op, place, "eagerly-executing", result.dtype, result.shape)
            raise _odd_numbers(f"{text}{counts}{_inputs(inputs)}\n", found)


def add_checks(op: Op, inputs: tuple[Any, ...], outputs: Any) -> None:
    """Add nodes that check what an op gives to the graph being traced."""
    if op.type_name in _SAFE:
        return
    several = outputs if type(outputs) is tuple else (outputs,)
    for slot, output in enumerate(several):
        if not (isinstance(output, Tensor) and output.dtype.is_floating):
            continue
        graph, dtype = context.graph, output.dtype.numpy_dtype
        text = _head(op, (slot, len(several)), "graph", dtype, output.shape)
        text += _inputs([str(x) for x in inputs])
        text += f'  Graph name: "{graph.name}"\n{_stack()}\n'
        graph.call_op(numerics_check, (output,), {"text": text})


def _is_float(array: Any) -> bool:
    return array.dtype.kind in "fV" and from_numpy(array.dtype).is_floating


def _found(array: Any) -> list[tuple[str, int]]:
    """Return how many of which odd numbers an array has."""
    if np.isfinite(array).all():
        return []
    counts = (
        ("-Inf", np.isneginf(array)),
        ("+Inf", np.isposinf(array)),
        ("NaN", np.isnan(array)),
    )
    return [(sign, int(where.sum())) for sign, where in counts if where.any()]


def _odd_numbers(text: str, found: list[tuple[str, int]]) -> Exception:
    *others, last = [sign for sign, _ in found]
    signs = f"{', '.join(others)}{',' * (len(others) > 1)} and {last}"
    return errors.because(
        errors.InvalidArgumentError,
        f"{text} : Tensor had {signs if others else last} values [Op:CheckNumericsV2]",
    )


def _head(op: Op, place: tuple[int, int], how: str, dtype: Any, shape: Any) -> str:
    slot, count = place
    return (
        f"\n\n!!! Detected Infinity or NaN in output {slot} of {how} op "
        f'"{op.type_name}" (# of outputs: {count}) !!!\n'
        f"  dtype: {from_numpy(np.dtype(dtype))}\n  shape: {shape}\n"
    )


def _inputs(texts: list[str]) -> str:
    if len(texts) == 1:
        return f"\n  Input tensor: {texts[0]}\n"
    lines = "".join(f"         {i}: {text}\n" for i, text in enumerate(texts))
    return f"\n  Input tensors ({len(texts)}):\n{lines}" if texts else ""


def _stack() -> str:
    """Return where the user's code makes an op, frame by frame."""
    checks = context.numerics
    frames = traceback.extract_stack()
    shown = frames if checks.stack_height is None else frames[-checks.stack_height :]
    lines = ['\n  Stack trace of op\'s creation ("->": inferred user code):\n']
    if len(shown) < len(frames):
        lines.append(f"    + ... (Omitted {len(frames) - len(shown)} frames)\n")
    for frame in shown:
        path, limit = frame.filename, checks.path_length
        if limit is not None and len(path) > limit:
            path = f"...{path[len(path) - limit :]}"
        lines.append(f"    + {path} (L{frame.lineno}) {frame.name}\n")
        mark = "    " if frame.filename.startswith(_PACKAGE) else " -> "
        if frame.line:
            lines.append(f"{mark}|   {frame.line}\n")
    return "".join(lines)
