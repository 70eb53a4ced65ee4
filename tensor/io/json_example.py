"""tf.io.decode_json_example: examples written as JSON, as serialized messages."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register
from tensor.io.example import (
    BytesList,
    Example,
    Feature,
    Features,
    FloatList,
    Int64List,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tensor.core.tensor_spec import TensorSpec

# A list's name in JSON and in the message, its class, and how a value is read.
_LISTS: tuple[tuple[str, str, Any, Callable[[Any], Any]], ...] = (
    (
        "bytesList",
        "bytes_list",
        BytesList,
        lambda v: base64.b64decode(v, validate=True),
    ),
    ("floatList", "float_list", FloatList, float),
    ("int64List", "int64_list", Int64List, int),
)


class DecodeJSONExample(Op):
    """Each example written as JSON, as a serialized tf.train.Example."""

    names = ("io.decode_json_example",)
    gradient: Any = NON_DIFFERENTIABLE

    def public(self, json_examples: Any, name: str | None = None) -> Any:
        return self(convert(json_examples, dtypes.string), name=name)

    def kernel(self, x: Any) -> Any:
        result = np.empty(np.shape(x), object)
        flat = result.reshape(-1)
        for i, text in enumerate(np.ravel(x)):
            flat[i] = _example(text).SerializeToString()
        return result

    def infer(self, x: TensorSpec) -> TensorSpec:
        return x

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(np.array([b'{"features": {}}'], object))


def _example(text: bytes) -> Any:
    try:
        features = json.loads(text).get("features", {}).get("feature", {})
        made = {name: _feature(value) for name, value in features.items()}
    except (ValueError, TypeError, AttributeError, binascii.Error) as error:
        raise errors.invalid(
            "DecodeJSONExample", f"Error while parsing JSON: {error}"
        ) from error
    return Example(features=Features(feature=made))


def _feature(value: dict[str, Any]) -> Any:
    for in_json, field, kind, read in _LISTS:
        found = value.get(in_json, value.get(field))
        if found is not None:
            values = [read(v) for v in found.get("value", ())]
            return Feature(**{field: kind(value=values)})
    return Feature()


decode_json_example = register(DecodeJSONExample)
