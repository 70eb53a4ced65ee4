"""What functions and their traces say of parameters and results, as TensorFlow does.

The texts are those that TensorFlow 2.21 gives.
"""

from __future__ import annotations

import collections
import copy
import inspect
from typing import Any

import pytest

import tensor as tf
from tensor.graph.function_type import FunctionType, Parameter

Pair = collections.namedtuple("Pair", "a b")
SCALAR = tf.TensorSpec([], tf.int32)


@tf.function
def mixed(x: Any, y: Any = 2, *args: Any, z: Any, w: Any = 3.0, **kw: Any) -> Any:
    del y, args, z, w, kw
    return x


@tf.function
def one(*args: Any) -> Any:
    del args
    return 1


def test_a_trace_tells_names_kinds_and_types() -> None:
    concrete = mixed.get_concrete_function(
        tf.TensorSpec([None, 2]), z=tf.constant([1]), q=tf.TensorSpec([], name="qq")
    )
    one_line = (
        "(x: TensorSpec(shape=(None, 2), dtype=tf.float32, name=None), y: Literal[2], "
        "/, *, z: TensorSpec(shape=(1,), dtype=tf.int32, name=None), w: Literal[3.0], "
        "q: TensorSpec(shape=(), dtype=tf.float32, name='qq')) -> "
        "TensorSpec(shape=(None, 2), dtype=tf.float32, name=None)"
    )
    assert concrete.pretty_printed_signature(verbose=False) == one_line
    assert str(concrete.function_type) == one_line
    assert repr(concrete).startswith(f"<ConcreteFunction {one_line} at 0x")
    verbose = """Input Parameters:
  x (POSITIONAL_ONLY): TensorSpec(shape=(None, 2), dtype=tf.float32, name=None)
  y (POSITIONAL_ONLY): Literal[2]
  z (KEYWORD_ONLY): TensorSpec(shape=(1,), dtype=tf.int32, name=None)
  w (KEYWORD_ONLY): Literal[3.0]
  q (KEYWORD_ONLY): TensorSpec(shape=(), dtype=tf.float32, name='qq')
Output Type:
  TensorSpec(shape=(None, 2), dtype=tf.float32, name=None)
Captures:
  None"""
    assert concrete.pretty_printed_signature() == verbose
    assert repr(concrete.function_type) == verbose
    assert str(concrete) == f"ConcreteFunction {verbose}"
    assert concrete.structured_input_signature == (
        (tf.TensorSpec([None, 2], name="x"), 2),
        {
            "z": tf.TensorSpec([1], tf.int32, name="z"),
            "w": 3.0,
            "q": tf.TensorSpec([], name="qq"),
        },
    )
    assert list(concrete.structured_input_signature[1]) == ["z", "w", "q"]
    assert concrete.name.startswith(b"__inference_mixed_")


def test_traces_are_told_in_the_order_in_which_they_were_made() -> None:
    f = tf.function(lambda x: x, reduce_retracing=True)
    for count in (1, 2, 3):
        f(tf.zeros([count]))
    assert f.pretty_printed_concrete_signatures(verbose=False).split("\n") == [
        "(x: TensorSpec(shape=(1,), dtype=tf.float32, name=None)) -> "
        "TensorSpec(shape=(1,), dtype=tf.float32, name=None)",
        "(x: TensorSpec(shape=(None,), dtype=tf.float32, name=None)) -> "
        "TensorSpec(shape=(None,), dtype=tf.float32, name=None)",
    ]
    concrete = f.get_concrete_function(tf.zeros([4]))
    assert concrete.structured_input_signature[0] == (tf.TensorSpec([None], name="x"),)


@pytest.mark.parametrize(
    ("value", "text", "names"),
    [
        (
            Pair(1, [tf.constant(1), tf.constant(2)]),
            f"Pair[['a', Literal[1]], ['b', List[{SCALAR!r}, {SCALAR!r}]]]",
            ["args_0_b_0", "args_0_b_1"],
        ),
        (
            {"b": "s", "a a": (tf.constant(1), None)},
            f"Dict[['b', Literal['s']], ['a a', Tuple[{SCALAR!r}, Literal[None]]]]",
            ["args_0_a_a_0"],
        ),
        (
            tf.ragged.constant([[1]]),
            "RaggedTensorSpec(TensorShape([1, None]), tf.int32, 1, tf.int64)",
            [],
        ),
        (
            tf.Variable([1.0]),
            "VariableSpec(shape=(1,), dtype=tf.float32, trainable=True, alias_id=0)",
            [],
        ),
    ],
)
def test_types_of_arguments(value: Any, text: str, names: list[str]) -> None:
    concrete = one.get_concrete_function(value)
    parameter = concrete.function_type.parameters["args_0"]
    assert repr(parameter.type_constraint) == text
    leaves = tf.nest.flatten(concrete.structured_input_signature)
    assert [s.name for s in leaves if isinstance(s, tf.TensorSpec)] == names


def test_variables_are_told_apart() -> None:
    u, v = tf.Variable(1), tf.Variable(1)
    concrete = one.get_concrete_function([u, v, u], {"q": v})
    args = concrete.structured_input_signature[0]
    assert [s.alias_id for s in tf.nest.flatten(args)] == [0, 1, 0, 1]
    assert not concrete.function_type.captures


def test_captures_are_told_by_the_object() -> None:
    weight, variable = tf.constant([3.0]), tf.Variable(1.0)
    f = tf.function(lambda x: (x + weight * variable, [None, 1]))
    kind = f.get_concrete_function(tf.constant([1.0])).function_type
    assert kind.captures == {
        id(weight): tf.TensorSpec([1]),
        id(variable): tf.TensorSpec([], tf.resource),
    }
    assert repr(kind.output) == f"Tuple[{tf.TensorSpec([1])!r}, " + (
        f"List[Literal[None], {SCALAR!r}]]"
    )


def test_function_types_are_signatures() -> None:
    kinds = [
        tf.function(lambda x: x).get_concrete_function(tf.constant([1.0])).function_type
        for _ in range(2)
    ]
    kind = kinds[0]
    assert isinstance(kind, inspect.Signature)
    assert kind == kinds[1]
    assert hash(kind) == hash(kinds[1])
    assert kind.bind(1).arguments == {"x": 1}
    assert kind.output == tf.TensorSpec([1])
    assert copy.deepcopy(kind.parameters["x"]) == kind.parameters["x"]
    assert repr(kind.parameters["x"]) == (
        "Parameter(name=x, kind=POSITIONAL_OR_KEYWORD, optional=False, "
        f"type_constraint={tf.TensorSpec([1])!r})"
    )
    empty = tf.function(lambda: None).get_concrete_function().function_type
    assert repr(empty).startswith("Input Parameters:\n  None\nOutput Type:\n  Literal")


def test_functions_tell_what_they_take_before_they_are_traced() -> None:
    assert str(mixed.function_type) == (
        "(x, y=<captured_default_value>, *args, z, w=<captured_default_value>, **kw)"
    )
    assert mixed.function_type.output is None
    signature = [tf.TensorSpec([None]), {"a": SCALAR}]
    f = tf.function(lambda x, d: (x, d), input_signature=signature)
    assert str(f.function_type) == (
        "(x: TensorSpec(shape=(None,), dtype=tf.float32, name=None), "
        f"d: Dict[['a', {SCALAR!r}]])"
    )
    assert not f.function_type.parameters["x"].optional
    made = FunctionType.from_callable(lambda a, b=2: a + b)
    assert repr(made) == "<FunctionType (a, b=2)>"
    assert f.name == "<lambda>"


def test_classes_have_public_names() -> None:
    names = tf.types.experimental
    assert isinstance(mixed, names.PolymorphicFunction)
    assert isinstance(mixed, names.GenericFunction)
    f = tf.function(lambda: 1).get_concrete_function()
    assert isinstance(f, names.ConcreteFunction)
    assert isinstance(f.function_type, names.FunctionType)
    assert isinstance(SCALAR, names.TraceType)
    assert Parameter.__mro__[1] is inspect.Parameter


class Kind(tf.types.experimental.TraceType):  # type: ignore[misc, name-defined]
    """The type of fruits of one sort."""

    def __init__(self, sort: str) -> None:
        self.sort = sort

    def placeholder_value(self, placeholder_context: Any = None) -> Any:
        assert placeholder_context is None
        return Fruit(self.sort, "any")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Kind) and other.sort == self.sort

    def __hash__(self) -> int:
        return hash(self.sort)


class Fruit:
    """An object that says itself what counts for traces."""

    def __init__(self, sort: str, name: str) -> None:
        self.sort, self.name = sort, name

    def __tf_tracing_type__(self, context: Any) -> Any:
        return Kind(self.sort)


def test_objects_say_which_of_them_share_a_trace() -> None:
    assert isinstance(Fruit("a", "b"), tf.types.experimental.SupportsTracingProtocol)
    seen = []

    @tf.function
    def f(fruit: Any) -> Any:
        seen.append((fruit.sort, fruit.name))
        return tf.constant(fruit.sort)

    results = [f(Fruit(*pair)).numpy() for pair in ("a1", "a2", "b1")]
    assert results == [b"a", b"a", b"b"]
    assert seen == [("a", "any"), ("b", "any")]
    assert Kind("a").is_subtype_of(Kind("a"))


def test_types_without_a_placeholder_are_refused() -> None:
    class Bare(tf.types.experimental.TraceType):  # type: ignore[misc, name-defined]
        pass

    class Has:
        def __tf_tracing_type__(self, context: Any) -> Any:
            return Bare()

    with pytest.raises(NotImplementedError, match="must define `placeholder_value`"):
        one(Has())


ONE = tf.constant(1)


@pytest.mark.parametrize(
    ("traced", "called", "reason"),
    [
        ((1, ONE), (1,), "(y): expected argument #0(zero-based) to be a Tensor; got "),
        ((1, 2), (1, 2, 3), "() takes 0 positional arguments, got 3"),
        ((ONE, ONE), (ONE,), "(x, y) missing required arguments: y"),
        ((ONE, ONE), (ONE, {"x": ONE, "y": ONE}), "(x, y) got two values for 'x'"),
        ((ONE,), (ONE, {"c": ONE}), "(x) got unexpected keyword arguments: c"),
        ((tf.Variable(1), ONE), (ONE, ONE), "(y) takes 1 positional arguments, got 2"),
        ((tf.Variable(1), ONE), (ONE,), "(y) takes variables besides"),
    ],
)
def test_calls_of_traces_that_fit_in_no_way(
    traced: Any, called: Any, reason: str
) -> None:
    @tf.function
    def func(x: Any, y: Any = 5, *varargs: Any) -> Any:
        del y, varargs
        return x

    concrete = func.get_concrete_function(*traced)
    kwargs = called[-1] if isinstance(called[-1], dict) else {}
    args = called[:-1] if kwargs else called
    with pytest.raises(TypeError, match="Binding inputs to") as info:
        concrete(*args, **kwargs)
    last = f"Fallback to flat signature also failed due to: func{reason}"
    assert str(info.value).split("\n")[-1].startswith(last)


def test_inputs_know_the_names_that_users_gave() -> None:
    spec = tf.TensorSpec([], name="custom")
    concrete = one.get_concrete_function(ONE, spec)
    names = [t.op.get_attr("_user_specified_name") for t in concrete.inputs]
    assert names == [b"args_0", b"custom"]
    assert [t.op.name for t in concrete.inputs] == ["args_0", "custom"]


def test_results_are_named_as_in_tensorflow() -> None:
    f = tf.function(lambda x: {"same": x, "twice": [x * 2, None, x]})
    concrete = f.get_concrete_function(SCALAR)
    names = ["Identity:0", "Identity_1:0", "Identity_2:0"]
    assert [t.name for t in concrete.outputs] == names
    leaves = tf.nest.flatten(concrete.structured_outputs)
    assert [t if t is None else t.name for t in leaves] == [*names[:2], None, names[2]]
    assert [t.op.type for t in concrete.outputs] == ["Identity"] * 3
    assert [t.op.inputs[0].name for t in concrete.outputs] == ["x:0", "mul:0", "x:0"]
    assert int(concrete(ONE)["twice"][0]) == 2


def test_inputs_and_captures_of_a_function_show_variables_by_their_handles():
    v, w = tf.Variable(1.0), tf.constant([2.0])
    table = tf.Variable([1.0], trainable=False)

    @tf.function
    def f(x):
        if x > 0:
            table.assign_add([1.0])
        return {"a": v * x + w, "b": (table, None)}

    concrete = f.get_concrete_function(tf.TensorSpec([], name="x"))
    graph = concrete.graph
    found = concrete.captured_inputs
    assert found[0] is table.handle
    assert found[1] is v.handle
    assert found[2] is w
    assert graph.external_captures[0] is table.handle
    dtypes = [tf.float32, tf.resource, tf.resource, tf.float32]
    assert [t.dtype for t in concrete.inputs] == [t.dtype for t in graph.inputs]
    assert [t.dtype for t in concrete.inputs] == dtypes
    assert [inner.dtype for _, inner in graph.captures] == dtypes[1:]
    assert concrete.variables == (table, v)
    assert [t.name for t in graph.outputs] == ["Identity:0", "Identity_1:0"]
    assert graph.get_operation_by_name("Identity_1").type == "Identity"
    assert graph.structured_input_signature == concrete.structured_input_signature
    assert concrete.output_shapes["b"][1] == tf.TensorShape(None)
    assert concrete(tf.constant(2.0))["a"].numpy() == 4.0


def test_results_of_a_loop_are_numbered_after_its_counters():
    @tf.function
    def f(x):
        return tf.while_loop(lambda x: x < 9, lambda x: x * 2, [x])[0] + 1

    graph = f.get_concrete_function(tf.TensorSpec([])).graph
    assert graph.get_tensor_by_name("while:2").op.type == "StatelessWhile"
    assert graph.get_operation_by_name("add").inputs[0].name == "while:2"


def test_placeholders_know_what_users_call_them():
    v = tf.Variable(1.0)
    f = tf.function(lambda a, b: a + b[0]["x"] + b[1] + v)
    spec = tf.TensorSpec([2])
    inputs = f.get_concrete_function(spec, [{"x": spec}, spec]).inputs
    called = [t.op.get_attr("_user_specified_name") for t in inputs]
    assert called == [b"a", b"b", b"b", b"resource"]
    assert [t.op.name for t in inputs[:3]] == ["a", "b", "b_1"]
    facts = [inputs[0].op.get_attr(name) for name in ("dtype", "shape")]
    assert facts == [tf.float32, tf.TensorShape([2])]
    with pytest.raises(ValueError, match="has no attr named 'nothing'"):
        inputs[0].op.get_attr("nothing")
    assert f.function_spec.arg_names == ["a", "b"]
