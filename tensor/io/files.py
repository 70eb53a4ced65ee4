"""Ops on files: read_file, write_file, matching_files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register
from tensor.core.shapes import to_brackets
from tensor.core.tensor_spec import TensorSpec
from tensor.io import gfile
from tensor.io.decoding import strings

if TYPE_CHECKING:
    from collections.abc import Iterator


class ReadFile(Op):
    """The content of a file, as one string."""

    names = ("io.read_file",)
    gradient: Any = NON_DIFFERENTIABLE
    kind = "stateful"

    def public(self, filename: Any, name: str | None = None) -> Any:
        return self(convert(filename, dtypes.string), name=name)

    def kernel(self, filename: Any) -> Any:
        if np.ndim(filename):
            raise errors.invalid(
                "ReadFile",
                "Input filename tensor must be scalar, but had shape: "
                f"{to_brackets(np.shape(filename))}",
            )
        path = np.asarray(filename).item()
        with gfile.tensorflow_errors(os.fsdecode(path)), open(path, "rb") as file:
            return np.array(file.read(), object)

    def infer(self, filename: TensorSpec) -> Any:
        return TensorSpec.of((), dtypes.string)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(np.array(os.devnull.encode(), object))


class WriteFile(Op):
    """Write a string to a file, which is replaced; returns the name."""

    gradient: Any = NON_DIFFERENTIABLE
    kind = "stateful"
    names = ("io.write_file",)

    def public(self, filename: Any, contents: Any, name: str | None = None) -> Any:
        self(convert(filename, dtypes.string), convert(contents, dtypes.string))

    def kernel(self, filename: Any, contents: Any) -> Any:
        path = os.fsdecode(np.asarray(filename).item())
        with gfile.tensorflow_errors(path):
            os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
            with open(path, "wb") as file:
                file.write(np.asarray(contents).item())
        return np.asarray(filename)

    def infer(self, filename: TensorSpec, contents: TensorSpec) -> Any:
        return filename

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(
            np.array(os.devnull.encode(), object), np.array(b"content", object)
        )


class MatchingFiles(Op):
    """The paths that fit patterns, sorted."""

    shape_depends_on_values = True
    names = ("io.matching_files",)
    gradient: Any = NON_DIFFERENTIABLE
    kind = "stateful"

    def public(self, pattern: Any, name: str | None = None) -> Any:
        return self(convert(pattern, dtypes.string), name=name)

    def kernel(self, pattern: Any) -> Any:
        found = {p for one in np.ravel(pattern) for p in gfile.glob(one)}
        paths = [os.fsencode(p) for p in sorted(found)]
        return strings(paths, len(paths))

    def infer(self, pattern: TensorSpec) -> Any:
        return TensorSpec.of((None,), dtypes.string)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(np.array(b"/dev/nul*", object))


read_file = register(ReadFile)
write_file = register(WriteFile)
matching_files = register(MatchingFiles)
