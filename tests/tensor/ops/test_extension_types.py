"""tf.experimental.ExtensionType: fields, specs, and where its values go."""

# ruff: noqa: ARG002  # signatures are those of an encoder

from __future__ import annotations

import inspect
import pickle
import typing

import numpy as np
import pytest

import tensor as tf
from tensor.ops.extension_types.construction import WithFields

ExtensionType = tf.experimental.ExtensionType


class Masked(ExtensionType):
    values: tf.Tensor
    mask: tf.Tensor

    def __validate__(self) -> None:
        self.values.shape.assert_is_compatible_with(self.mask.shape)

    def with_default(self, default: int) -> tf.Tensor:
        return tf.where(self.mask, self.values, default)


class Everything(ExtensionType):
    i: int
    f: float = 1.5
    d: tf.DType = tf.int32
    h: tf.TensorShape = tf.TensorShape([1, None])
    t: tuple[int, str] = (1, "a")
    u: tuple[int | str, ...] = (1, "two")
    m: typing.Mapping[str, tf.Tensor] = {}
    n: None = None
    r: tf.RaggedTensor | None = None


class Node(ExtensionType):
    x: tf.Tensor
    label: str | None = None


class Stacking(tf.experimental.BatchableExtensionType):
    values: tf.Tensor
    rows: tf.RaggedTensor


X = Masked([1, 2, 3, 4], [True, False, True, False])
Y = Masked([5, 6, 7, 8], [False, True, True, False])


def values_of(x: Masked) -> list[int]:
    return x.values.numpy().tolist()


def test_values_have_a_constructor_and_a_text_of_their_fields() -> None:
    assert repr(X) == f"Masked(values={X.values!r}, mask={X.mask!r})"
    assert list(inspect.signature(Everything.__init__).parameters) == [
        *("self", "i", "f", "d", "h", "t", "u", "m", "n", "r")
    ]
    value = Everything(3, d="float32", h=[1, 2], m={"a": [1, 2]})
    assert value.d is tf.float32
    assert value.h == [1, 2]
    assert value.m["a"].numpy().tolist() == [1, 2]
    assert "ImmutableDict({'a'" in repr(value)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"i": "a"}, "i: expected 'int', got 'str'"),
        ({"i": 1, "d": "nothing"}, r"d: expected 'tf.DType', got 'str'"),
        ({"i": 1, "t": (1, 2)}, r"t\[1\]: expected 'str', got 'int'"),
        ({"i": 1, "t": (1,)}, "t: expected tuple with length 2, got 'tuple'"),
        ({"i": 1, "t": 3}, "t: expected tuple, got 'int'"),
        ({"i": 1, "u": (1, 2.5)}, r"u\[1\]: expected .*, got 'float'"),
        ({"i": 1, "m": 3}, "m: expected mapping, got 'int'"),
        ({"i": 1, "m": {3: 1}}, r"m\[<key>\]: expected 'str', got 'int'"),
        ({"i": 1, "m": {"a": X}}, r"m\['a'\]: expected a Tensor, got 'Masked'"),
        ({"i": 1, "n": 3}, "n: expected 'NoneType', got 'int'"),
        ({"i": 1, "r": [1]}, "r: expected .*, got 'list'"),
        ({}, "missing a required argument: 'i'"),
    ],
)
def test_values_that_do_not_fit_their_annotations_are_refused(
    fields: dict[str, object], words: str
) -> None:
    with pytest.raises(TypeError, match=words):
        Everything(**fields)


def test_a_single_composite_field_wants_a_value_of_its_class() -> None:
    with pytest.raises(TypeError, match="rows: expected 'RaggedTensor', got 'list'"):
        Stacking([1], [[1]])
    with pytest.raises(TypeError, match="a TypeSpec for 'RaggedTensor', got 'int'"):
        Stacking.Spec(tf.TensorSpec([1]), 3)
    with pytest.raises(TypeError, match="values: expected a TensorSpec, got 'int'"):
        Masked.Spec(3, tf.TensorSpec([1]))


def make_class(annotations: dict[str, object], **body: object) -> type:
    namespace = {"__annotations__": annotations, "__module__": __name__, **body}
    return type("Made", (ExtensionType,), namespace)


@pytest.mark.parametrize(
    ("annotations", "error", "words"),
    [
        ({"v": list[int]}, TypeError, "In field 'v': Unsupported type annotation list"),
        ({"v": complex}, TypeError, "Unsupported type annotation 'complex'"),
        (
            {"v": typing.Mapping[tf.Tensor, int]},
            TypeError,
            "Mapping had a key 'Tensor'",
        ),
        ({"Spec": int}, ValueError, "Field 'Spec' is reserved"),
    ],
)
def test_annotations_of_other_kinds_are_refused(
    annotations: dict[str, object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        make_class(annotations)


def test_names_without_annotation_and_defaults_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="Field w is missing a type annotation"):
        make_class({"v": int}, w=3)
    with pytest.raises(TypeError, match="default value for v: expected 'int'"):
        make_class({"v": int}, v="a")
    with pytest.raises(ValueError, match="only be defined for BatchableExtensionType"):
        make_class({"v": int}, __batch_encoder__=None)
    with pytest.raises(ValueError, match="defines a variable 'v' which shadows"):
        make_class({"v": tf.Tensor}, Spec=type("Spec", (), {"v": 3}))
    with pytest.raises(
        TypeError, match=r"Unresolved forward reference|Unsupported type"
    ):
        make_class({"v": "Nothing"})(3)  # type: ignore[call-arg]  # made from fields
    with pytest.raises(AssertionError, match="an abstract base class"):
        ExtensionType()


def test_values_never_change() -> None:
    for name in ("values", "other"):
        with pytest.raises(AttributeError, match=f"Cannot mutate attribute `{name}`"):
            setattr(X, name, 3)
    with pytest.raises(AttributeError, match="Cannot mutate attribute `mask`"):
        del X.mask
    with pytest.raises(TypeError, match="unhashable"):
        hash(X)


def test_a_constructor_of_the_users_may_assign_to_fields_only() -> None:
    class Summary(ExtensionType):
        values: tf.Tensor
        mean: tf.Tensor

        def __init__(self, values: list[float], forgets: bool = False) -> None:
            self.values = values
            if not forgets:
                self.mean = tf.reduce_mean(values)

    assert float(Summary([1.0, 3.0]).mean) == 2
    with pytest.raises(ValueError, match=r"Missing required fields: {'mean'}"):
        Summary([1.0], forgets=True)


def test_validate_and_missing_defaults() -> None:
    with pytest.raises(ValueError, match="incompatible"):
        Masked([1, 2], [True])
    mixed = make_class({"a": int, "b": int, "c": int}, b=2)
    assert str(inspect.signature(mixed.__init__)).startswith(
        "(self, a: int, b: int = 2, *, c: int)"
    )


def test_equality_is_by_type_fields_shape_and_content() -> None:
    assert bool(Masked([1, 2, 3, 4], [True, False, True, False]) == X)
    assert not bool(X == Y)
    assert bool(X != Y)
    assert X.__eq__(Masked([1.0, 2, 3, 4], X.mask)) is False
    assert X.__ne__(3) is True


def test_specs_describe_fields_and_compare() -> None:
    spec = X._type_spec
    assert repr(spec) == (
        "Masked.Spec(values=TensorSpec(shape=(4,), dtype=tf.int32, name=None), "
        "mask=TensorSpec(shape=(4,), dtype=tf.bool, name=None))"
    )
    assert spec == Y._type_spec
    assert hash(spec) == hash(Y._type_spec)
    longer = Masked([1] * 5, [True] * 5)._type_spec
    common = spec.most_specific_compatible_type(longer)
    assert common.values == tf.TensorSpec([None], tf.int32)
    assert common.is_compatible_with(X)
    assert spec.is_subtype_of(common)
    assert not longer.is_compatible_with(X)
    assert not spec.is_compatible_with(3)
    assert spec.most_specific_common_supertype([Node(1)._type_spec]) is None
    with pytest.raises(ValueError, match="No TypeSpec is compatible with both"):
        Node(1)._type_spec.most_specific_compatible_type(Node(1, "a")._type_spec)
    with pytest.raises(AttributeError, match="constructor of ExtensionTypeSpec"):
        spec.values = 3
    full = Everything(1, m={"a": 3})._type_spec
    assert full._deserialize(full._serialize()) == full
    assert pickle.loads(pickle.dumps(spec)) == spec  # noqa: S301  # our own bytes


def test_the_body_of_a_class_may_say_how_its_spec_is_made() -> None:
    class Sized(ExtensionType):
        values: tf.Tensor

        class Spec:
            def __init__(self, shape: list[int]) -> None:
                self.values = tf.TensorSpec(shape)

            def __repr__(self) -> str:
                return f"Sized.Spec({self.values.shape})"

    assert repr(Sized.Spec([2])) == "Sized.Spec((2,))"
    assert Sized([1.0, 2.0])._type_spec == Sized.Spec([2])


def test_nest_takes_values_apart_and_puts_them_together() -> None:
    value = Everything(1, m={"b": 2, "a": 1}, r=tf.ragged.constant([[1], [2, 3]]))
    parts = tf.nest.flatten(value, expand_composites=True)
    assert [p.shape.rank for p in parts] == [0, 0, 1, 1]
    assert [int(p) for p in parts[:2]] == [1, 2]
    again = tf.nest.pack_sequence_as(value._type_spec, parts, expand_composites=True)
    assert bool(again == value)
    assert tf.experimental.extension_type.as_dict(X)["mask"] is X.mask
    assert not tf.is_tensor(X)


def test_functions_take_and_return_values_and_trace_by_spec() -> None:
    traces = []

    @tf.function
    def double(x: Masked) -> Masked:
        traces.append(x)
        return Masked(x.values * 2, x.mask)

    assert values_of(double(X)) == [2, 4, 6, 8]
    assert values_of(double(Y)) == [10, 12, 14, 16]
    assert len(traces) == 1
    label = tf.function(lambda n: n.label or "none")
    assert label(Node(1)).numpy() == b"none"
    assert label(Node(1, "a")).numpy() == b"a"

    signature = Masked.Spec(
        tf.TensorSpec([None], tf.int32), tf.TensorSpec([None], tf.bool)
    )
    fixed = tf.function(lambda x: x.with_default(0), input_signature=[signature])
    assert fixed(X).numpy().tolist() == [1, 0, 3, 0]
    with pytest.raises(TypeError, match="Can not cast"):
        fixed(3)


def test_values_go_through_branches_and_loops() -> None:
    @tf.function
    def choose(first: bool) -> Masked:
        return tf.cond(first, lambda: X, lambda: Y)

    assert values_of(choose(tf.constant(False))) == [5, 6, 7, 8]

    @tf.function
    def grow(x: Masked, n: tf.Tensor) -> Masked:
        for _ in tf.range(n):
            x = Masked(x.values * 2, x.mask)
        return x

    assert values_of(grow(X, tf.constant(3))) == [8, 16, 24, 32]

    @tf.function
    def differ(first: bool) -> Masked:
        return tf.cond(first, lambda: X, lambda: Node([1]))

    with pytest.raises(TypeError, match="Incompatible CompositeTensor TypeSpecs"):
        differ(tf.constant(True))
    with pytest.raises(ValueError, match="is a sequence, while substructure"):
        tf.nest.assert_same_structure(X, X.values, expand_composites=True)


def test_tapes_follow_the_tensors_of_values() -> None:
    value = Node([1.0, 2.0])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(value)
        y = tf.reduce_sum(value.x * value.x)
    assert tape.gradient(y, value.x).numpy().tolist() == [2, 4]
    with pytest.raises(ValueError, match="Type Node is not supported as a gradient"):
        tape.gradient(y, value)


def test_data_sets_map_slice_and_batch_values() -> None:
    made = tf.data.Dataset.range(2).map(lambda i: Masked([i, i], [True, False]))
    assert [values_of(x) for x in made] == [[0, 0], [1, 1]]
    whole = Stacking([[1, 2], [3, 4]], tf.ragged.constant([[1], [2, 3]]))
    slices = tf.data.Dataset.from_tensor_slices(whole)
    _, second = slices
    assert second.values.numpy().tolist() == [3, 4]
    assert second.rows.numpy().tolist() == [2, 3]
    (batch,) = slices.batch(2)
    assert batch.rows.to_list() == [[1], [2, 3]]
    assert next(iter(slices.batch(2).unbatch())).values.numpy().tolist() == [1, 2]
    with pytest.raises(TypeError, match="do not stack"):
        made.batch(2)
    with pytest.raises(TypeError, match="have no slices"):
        tf.data.Dataset.from_tensor_slices(X)
    with pytest.raises(TypeError, match="Masked has no slices"):
        X.slice_at(0)
    with pytest.raises(TypeError, match="Masked has no slices"):
        X.slice_count()
    with pytest.raises(TypeError, match="do not stack"):
        X._type_spec.stacked([X])


def test_map_fn_takes_and_makes_values_that_stack() -> None:
    class Pair(tf.experimental.BatchableExtensionType):
        a: tf.Tensor
        b: tf.Tensor

    pairs = Pair([1, 2], [[1.0, 2.0], [3.0, 4.0]])
    doubled = tf.map_fn(lambda p: Pair(p.a * 2, p.b), pairs)
    assert doubled.a.numpy().tolist() == [2, 4]
    assert doubled.b.shape == [2, 2]
    spec = Pair.Spec(tf.TensorSpec([], tf.int32), tf.TensorSpec([], tf.int32))
    made = tf.map_fn(
        lambda v: Pair(v, -v), np.int32([0, 1, 2]), fn_output_signature=spec
    )
    assert made.b.numpy().tolist() == [0, -1, -2]
    with pytest.raises(ValueError, match="only supported for rank >= 1"):
        spec.unbatched()


def test_an_encoder_of_the_users_says_how_values_stack() -> None:
    class Wide(tf.experimental.ExtensionTypeBatchEncoder):
        """Values of one number, which are rows of one column in a batch."""

        def batch(self, spec: object, batch_size: int | None) -> object:
            return Number.Spec(tf.TensorSpec([batch_size, 1], tf.int32))

        def encode(self, spec: object, value: object, minimum_rank: int = 0) -> list:
            return [tf.reshape(value.n, [1])]

        def encoding_specs(self, spec: object) -> list[object]:
            return [tf.TensorSpec([1], tf.int32)]

    class Number(tf.experimental.BatchableExtensionType):
        n: tf.Tensor
        __batch_encoder__ = Wide()

    numbers = tf.data.Dataset.range(3, output_type=tf.int32).map(Number)
    (batch,) = numbers.batch(3)
    assert batch.n.numpy().tolist() == [[0], [1], [2]]


def test_a_class_without_fields_is_named() -> None:
    with pytest.raises(NotImplementedError, match="WithFields must define `_fields`"):
        WithFields._fields()
