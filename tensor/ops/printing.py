"""tf.print and tf.strings.format."""

from __future__ import annotations

import logging
import pprint
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tensor.core import dtypes, nest
from tensor.core.context import context
from tensor.core.convert import constant_tensor, convert
from tensor.core.log import get_logger
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register
from tensor.core.tensor import EagerTensor, Tensor
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.value_text import text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

# Stands for a tensor in a template; no user's text has it.
_PLACEHOLDER = "\x00tensor\x00"

_LOG_LEVELS = {
    "tf.logging.info": logging.INFO,
    "log(info)": logging.INFO,
    "tf.logging.warning": logging.WARNING,
    "log(warning)": logging.WARNING,
    "tf.logging.error": logging.ERROR,
    "log(error)": logging.ERROR,
}


class StringFormat(Op):
    """A template with its placeholders replaced by the texts of tensors."""

    gradient = NON_DIFFERENTIABLE

    def kernel(
        self,
        *values: Any,
        template: str,
        placeholder: str,
        summarize: int,
        written: tuple[int, ...] = (),
    ) -> Any:
        head, *rest = template.split(placeholder)
        # The values numbered in `written` are texts already.
        texts = [
            v.item().decode(errors="surrogateescape")
            if i in written
            else text_of(v, summarize)
            for i, v in enumerate(values)
        ]
        text = head + "".join(t + r for t, r in zip(texts, rest, strict=True))
        return np.array(text.encode(errors="surrogateescape"), object)

    def infer(self, *values: TensorSpec, **attrs: Any) -> TensorSpec:
        return TensorSpec.of((), dtypes.string)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        attrs = {"template": "{} x", "placeholder": "{}", "summarize": 3}
        yield Sample(rng.normal(size=(2,)), **attrs)


class Print(Op):
    """Writes a string to a stream, each time it runs."""

    type_name = "PrintV2"
    kind = "stateful"
    gradient = NON_DIFFERENTIABLE

    def kernel(self, text: Any, stream: Any, end: str) -> tuple[()]:
        _write(np.asarray(text).item().decode(errors="replace"), stream, end)
        return ()

    def infer(self, text: TensorSpec, stream: Any, end: str) -> tuple[()]:
        return ()

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(np.array(b"", object), stream="file:///dev/null", end="")


string_format = register(StringFormat)
print_op = register(Print)


def _write(text: str, stream: Any, end: str) -> None:
    if stream == "stdout":
        sys.stdout.write(text + end)
        sys.stdout.flush()
    elif stream == "stderr":
        sys.stderr.write(text + end)
        sys.stderr.flush()
    elif stream in _LOG_LEVELS:
        get_logger().log(_LOG_LEVELS[stream], text)
    else:
        with open(stream.removeprefix("file://"), "a", encoding="utf-8") as file:
            file.write(text + end)


def _stream_name(stream: Any) -> str:
    """Return how a stream is kept: by name, so that a later `sys.stdout` is meant.

    Raises:
        ValueError: It is none that tf.print writes to.
    """
    for name in ("stdout", "stderr"):
        if stream is getattr(sys, name) or stream is getattr(sys, f"__{name}__"):
            return name
    if isinstance(stream, str) and (
        stream in _LOG_LEVELS or stream.startswith("file://")
    ):
        return stream
    if callable(stream):
        for level in ("info", "warning", "error"):
            if getattr(stream, "__name__", "") == level:
                return f"tf.logging.{level}"
    raise ValueError(
        f"Unsupported output stream, logging level, or file.{stream}. Supported "
        "streams are sys.stdout, sys.stderr, tf.logging.info, tf.logging.warning, "
        "tf.logging.error. File needs to be in the form of 'file://<filepath>'."
    )


class Written(NamedTuple):
    """A string tensor that is what to print."""

    text: Any


def _is_tensor(value: Any) -> bool:
    return isinstance(value, Tensor) or hasattr(value, "read_for_op")


def _template_of(value: Any, tensors: list[Any], summarize: int) -> str:
    """Return a value as text with placeholders; its tensors go to `tensors`."""
    if isinstance(value, str):
        return value

    def stand_in(leaf: Any) -> Any:
        if hasattr(leaf, "printed"):
            tensors.append(Written(leaf.printed(summarize)))
            return _PLACEHOLDER
        if hasattr(leaf, "print_parts"):
            text, parts = leaf.print_parts(_PLACEHOLDER)
            tensors.extend(parts)
            return text
        if _is_tensor(leaf):
            tensors.append(convert(leaf))
            return _PLACEHOLDER
        return leaf

    return pprint.pformat(nest.map_structure(stand_in, value))


@export("print")
def print_(*inputs: Any, **kwargs: Any) -> Any:
    """Print tensors and Python values, also from inside traced functions.

    Args:
        *inputs: What to print: tensors, Python values, nested structures of them.
        **kwargs: `output_stream` (sys.stderr by default; sys.stdout, a logging level
            such as "tf.logging.info", or "file://<path>"), `summarize` (how many
            elements to show at both ends of each axis, 3; -1 shows all), `sep`, `end`,
            `name`.

    Raises:
        ValueError: There is another keyword, or no such stream.
    """
    stream = kwargs.pop("output_stream", sys.stderr)
    kwargs.pop("name", None)
    summarize = kwargs.pop("summarize", 3)
    summarize = -1 if summarize is None else int(summarize)
    sep, end = kwargs.pop("sep", " "), kwargs.pop("end", "\n")
    if kwargs:
        raise ValueError(f"Unrecognized keyword arguments for tf.print: {kwargs}")
    stream = _stream_name(stream)
    only: Any = inputs[0] if len(inputs) == 1 else None
    if _is_tensor(only) and only.dtype is dtypes.string and only.ndim == 0:
        text = convert(only)
    else:
        tensors: list[Any] = []
        template = sep.join(_template_of(v, tensors, summarize) for v in inputs)
        # pprint quotes the placeholders, with their zero bytes escaped.
        quoted = repr(_PLACEHOLDER)
        template = template.replace(quoted, _PLACEHOLDER)
        template = template.replace(quoted[1:-1], _PLACEHOLDER)
        text = _formatted(template, tensors, _PLACEHOLDER, summarize)
    if context.graph is not None:
        attrs = {"stream": stream, "end": end}
        return context.graph.call_op(print_op, (text,), attrs) or None
    print_op.kernel(text._array, stream, end)
    return None


def _formatted(
    template: str, tensors: list[Any], placeholder: str, summarize: Any
) -> Any:
    written = tuple(i for i, t in enumerate(tensors) if type(t) is Written)
    tensors = [t.text if type(t) is Written else t for t in tensors]
    attrs = {
        "template": template,
        "placeholder": placeholder,
        "summarize": -1 if summarize is None else int(summarize),
        "written": written,
    }
    if all(type(t) is EagerTensor for t in tensors):
        arrays = [t._array for t in tensors]
        return constant_tensor(string_format.kernel(*arrays, **attrs))
    return string_format(*tensors, **attrs)


@export("strings.format")
def format_(
    template: str,
    inputs: Any,
    placeholder: str = "{}",
    summarize: int = 3,
    name: str | None = None,
) -> Any:
    """Return a template with its placeholders replaced by the texts of tensors.

    Args:
        template: Text with one placeholder for each tensor.
        inputs: A tensor, or a list or tuple of them.
        placeholder: What stands for a tensor.
        summarize: How many elements to show at both ends of each axis; -1 shows all.
        name: A name for the node, in a graph.

    Raises:
        ValueError: The numbers of placeholders and tensors differ.
    """
    values = list(inputs) if isinstance(inputs, list | tuple) else [inputs]
    count = template.count(placeholder)
    if count != len(values):
        raise ValueError(
            f"The template expects {count} tensors, but the inputs only has "
            f"{len(values)}. Please ensure the number of placeholders in template "
            "matches inputs length."
        )
    tensors = [
        Written(v.printed(summarize)) if hasattr(v, "printed") else convert(v)
        for v in values
    ]
    return _formatted(template, tensors, placeholder, summarize)
