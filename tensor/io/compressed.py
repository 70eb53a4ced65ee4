"""tf.io.decode_compressed: strings that zlib or gzip made smaller."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tensor.core.tensor_spec import TensorSpec

# How zlib is told which header to expect.
_WINDOWS = {"ZLIB": zlib.MAX_WBITS, "GZIP": 16 + zlib.MAX_WBITS}


class DecodeCompressed(Op):
    """The strings that were compressed."""

    names = ("io.decode_compressed",)
    gradient: Any = NON_DIFFERENTIABLE

    def public(
        self, bytes: Any, compression_type: str = "", name: str | None = None
    ) -> Any:
        kind = compression_type
        if kind not in ("", "NONE", *_WINDOWS):
            raise errors.invalid(
                self.type_name,
                "Only ZLIB, ZSTD, GZIP or NONE are supported compressions, got "
                f"{kind!r}; ZSTD is not available here",
            )
        return self(convert(bytes, dtypes.string), kind=kind, name=name)

    def kernel(self, x: Any, *, kind: str) -> Any:
        if kind not in _WINDOWS:
            return x
        result = np.empty(np.shape(x), object)
        flat = result.reshape(-1)
        for i, value in enumerate(np.ravel(x)):
            try:
                flat[i] = zlib.decompress(value, _WINDOWS[kind])
            except zlib.error as error:
                number, _, cause = str(error).partition(" while decompressing data")
                raise errors.because(
                    errors.DataLossError,
                    f"inflate() failed with {number.lower()}{cause} "
                    "[Op:DecodeCompressed]",
                ) from None
        return result

    def infer(self, x: TensorSpec, *, kind: str) -> TensorSpec:
        return x

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(np.array([zlib.compress(b"abc")], object), kind="ZLIB")


decode_compressed = register(DecodeCompressed)
