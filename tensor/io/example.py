"""tf.train.Example and its parts: what the records of a TFRecord file usually hold."""

from __future__ import annotations

from tensor.core.public_api import export
from tensor.io.field import Field
from tensor.io.message import Message


@export("train.BytesList")
class BytesList(Message):
    """A list of byte strings."""

    fields = (Field(1, "value", "bytes", repeated=True),)


@export("train.FloatList")
class FloatList(Message):
    """A list of 32-bit floats."""

    fields = (Field(1, "value", "float", repeated=True),)


@export("train.Int64List")
class Int64List(Message):
    """A list of 64-bit integers."""

    fields = (Field(1, "value", "int64", repeated=True),)


@export("train.Feature")
class Feature(Message):
    """One named list of an example: bytes, floats or integers."""

    fields = (
        Field(1, "bytes_list", BytesList, oneof="kind"),
        Field(2, "float_list", FloatList, oneof="kind"),
        Field(3, "int64_list", Int64List, oneof="kind"),
    )


@export("train.Features")
class Features(Message):
    """Features by name."""

    fields = (Field(1, "feature", "map", map_of=Feature),)


@export("train.Example")
class Example(Message):
    """One example: features by name."""

    fields = (Field(1, "features", Features),)


@export("train.FeatureList")
class FeatureList(Message):
    """A sequence of features, one for each step."""

    fields = (Field(1, "feature", Feature, repeated=True),)


@export("train.FeatureLists")
class FeatureLists(Message):
    """Sequences by name."""

    fields = (Field(1, "feature_list", "map", map_of=FeatureList),)


@export("train.SequenceExample")
class SequenceExample(Message):
    """One example with features that hold for all of it, and some for every step."""

    fields = (
        Field(1, "context", Features),
        Field(2, "feature_lists", FeatureLists),
    )
