"""To which script, such as Latin or Greek, a code point belongs."""

from __future__ import annotations

import functools
import json
import pathlib
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.composites import takes_composites
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register
from tensor.core.tensor_spec import TensorSpec

if TYPE_CHECKING:
    from collections.abc import Iterator

# The table is made by tests/oracle/unicode_scripts.py, and read when first needed.
_FILE = pathlib.Path(__file__).with_name("scripts.json")
_END = 0x110000
_NO_CODE_POINT = -1


@functools.cache
def _stretches() -> tuple[np.ndarray, np.ndarray]:
    """Return where stretches of code points of one script begin, and their scripts."""
    steps, scripts = json.loads(_FILE.read_text())
    return np.cumsum(steps), np.array(scripts, np.int32)


# ICU's numbers of scripts by the names that regular expressions give them.
_NAMES = {
    "Common": 0, "Arabic": 2, "Armenian": 3, "Bengali": 4, "Bopomofo": 5, "Cherokee": 6,
    "Cyrillic": 8, "Devanagari": 10, "Ethiopic": 11, "Georgian": 12, "Greek": 14,
    "Gujarati": 15, "Gurmukhi": 16, "Han": 17, "Hangul": 18, "Hebrew": 19,
    "Hiragana": 20, "Kannada": 21, "Katakana": 22, "Khmer": 23, "Lao": 24, "Latin": 25,
    "Malayalam": 26, "Mongolian": 27, "Myanmar": 28, "Sinhala": 33, "Syriac": 34,
    "Tamil": 35, "Telugu": 36, "Thai": 38, "Tibetan": 39,
}  # fmt: skip


def script_ranges(name: str) -> list[tuple[int, int]]:
    """Return the first and last code points of stretches of one script.

    Raises:
        KeyError: There is no script of that name.
    """
    starts, scripts = _stretches()
    ends = np.append(starts[1:], _END)
    found = scripts == _NAMES[name]
    return [
        (int(a), int(b) - 1) for a, b in zip(starts[found], ends[found], strict=True)
    ]


class UnicodeScript(Op):
    """The number that ICU gives the script of each code point, -1 for no code point."""

    gradient = NON_DIFFERENTIABLE

    def kernel(self, x: Any) -> Any:
        starts, scripts = _stretches()
        found = scripts[np.searchsorted(starts, np.maximum(x, 0), side="right") - 1]
        return np.where((x >= 0) & (x < _END), found, np.int32(_NO_CODE_POINT))[()]

    def infer(self, x: TensorSpec) -> TensorSpec:
        return TensorSpec.of(x.dims, dtypes.int32)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(np.array([65, 0x430, -1, _END], np.int32))


unicode_script_op = register(UnicodeScript)


@export("strings.unicode_script")
@takes_composites
def unicode_script(input: Any, name: str | None = None) -> Any:
    """Return the script of each code point, as ICU numbers them; -1 for none.

    Args:
        input: Code points, int32.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: They are of another dtype.
    """
    x = convert(input, None if hasattr(input, "dtype") else dtypes.int32)
    if x.dtype is not dtypes.int32:
        raise errors.invalid(
            "UnicodeScript",
            "cannot compute UnicodeScript as input #0(zero-based) was expected to be a "
            f"int32 tensor but is a {dtypes.short_name(x.dtype)} tensor",
        )
    return unicode_script_op(x, name=name)
