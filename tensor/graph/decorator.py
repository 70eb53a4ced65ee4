"""tf.function, as decorator and as call."""

from __future__ import annotations

from typing import Any

from tensor.core.public_api import export
from tensor.graph.function import Function


@export("function")
def function(
    func: Any = None,
    input_signature: Any = None,
    autograph: bool = True,
    jit_compile: bool | None = None,
    reduce_retracing: bool = False,
    experimental_implements: Any = None,
    experimental_autograph_options: Any = None,
    experimental_attributes: Any = None,
    experimental_relax_shapes: bool | None = None,
    experimental_compile: bool | None = None,
    experimental_follow_type_hints: bool | None = None,
) -> Any:
    """Make a function that runs as a graph: `@tf.function`, with or without arguments.

    The Python function is called once for each new signature of its arguments, to
    trace the ops that it applies; later calls run those. Python's own effects (print,
    appending to lists) therefore happen while tracing only.

    Args:
        func: The Python function; None if used as a decorator with arguments.
        input_signature: A sequence of `tf.TensorSpec`s: one trace for all calls.
        autograph: Whether Python control flow on tensors becomes part of the graph.
        jit_compile: Accepted: every function is compiled by the same executor.
        reduce_retracing: Whether a second shape of an argument makes a trace for any.
        experimental_implements: Accepted for compatibility.
        experimental_autograph_options: Accepted for compatibility.
        experimental_attributes: Accepted for compatibility.
        experimental_relax_shapes: The former name of `reduce_retracing`.
        experimental_compile: The former name of `jit_compile`.
        experimental_follow_type_hints: Accepted for compatibility.

    Raises:
        TypeError: `func` is not callable, or `input_signature` holds no specs.
    """
    if experimental_relax_shapes is not None:
        reduce_retracing = experimental_relax_shapes

    def decorate(python_function: Any) -> Any:
        if not callable(python_function):
            raise TypeError(
                f"{python_function!r} is not a callable object: tf.function needs one."
            )
        if isinstance(python_function, Function):
            python_function = python_function.python_function
        return Function(
            python_function,
            None,
            input_signature,
            autograph,
            jit_compile if jit_compile is not None else experimental_compile,
            reduce_retracing,
            experimental_autograph_options,
        )

    return decorate if func is None else decorate(func)
