"""Arguments of traced functions: what fits, and what is said if it does not."""
# ruff: noqa: ARG001, ARG005  # what counts is the parameters

from __future__ import annotations

import functools
from typing import Any

import pytest

import tensor as tf

C = tf.constant


@tf.function
def func(x: Any, y: Any = 5, *varargs: Any, **kwargs: Any) -> Any:
    """Return the first argument."""
    return x


@pytest.mark.parametrize(
    ("traced", "traced_by_name", "given", "given_by_name", "message"),
    [
        ((1, C(2)), {}, (1,), {}, "missing a required argument: 'y'"),
        ((1, 2, C(1.0)), {}, (1, 2), {}, "missing a required argument: 'varargs_0'"),
        ((1, 2), {}, (1, 2, 3), {}, "too many positional arguments"),
        ((1, 2), {"c": C(1.0)}, (1, 2), {}, "missing a required .*argument: 'c'"),
        ((1, 2), {}, (1, 2), {"c": C(1.0)}, "got an unexpected keyword argument"),
        (({"a": C(1)},), {}, (C(1), 5), {}, "Can not cast .*Tensor.* to a Dict"),
        (({"a": C(1)},), {}, ({"b": C(1)}, 5), {}, "has different keys"),
        (((C(1), C(2)),), {}, (C(1), 5), {}, "Can not cast .*Tensor.* to tuple"),
        (((C(1), C(2)),), {}, ((C(1),), 5), {}, "to tuple type with 2 parts"),
        ((C(1),), {}, (C(1.0), 5), {}, "dtype=tf.float32.* to .*dtype=tf.int32"),
        ((5,), {}, (8, 5), {}, r"Can not cast 8 to Literal\[5\]"),
        ((5,), {}, (C(6), 5), {}, r"Can not cast .*Tensor.* to Literal\[5\]"),
        ((1, 2), {}, (1, 2), {"x": 3}, "unexpected keyword argument 'x'"),
        ((tf.Variable(1.0),), {}, (C(1.0), 5), {}, "Can not cast"),
    ],
)
def test_a_trace_says_which_argument_does_not_fit(
    traced: Any, traced_by_name: Any, given: Any, given_by_name: Any, message: str
) -> None:
    concrete = func.get_concrete_function(*traced, **traced_by_name)
    with pytest.raises(TypeError, match=f"Binding inputs .*{message}"):
        concrete(*given, **given_by_name)


def test_a_trace_takes_its_arguments_in_any_form() -> None:
    @tf.function
    def f(x: Any, y: Any) -> Any:
        return x["a"] + x["b"], y[0] + y[1]

    a, b, c = C(1000), C(200), C(30)
    d, e = {"a": a, "b": b}, (c, 4)
    for concrete in (
        f.get_concrete_function(d, e),
        f.get_concrete_function(y=e, x=d),
    ):
        for result in (
            concrete(d, e),
            concrete(d, y=e),
            concrete(y=e, x=d),
            concrete(a, b, c),
        ):
            assert [int(r) for r in result] == [1200, 34]


def test_values_that_are_no_tensors_may_be_left_out() -> None:
    f = tf.function(lambda x, y: x["a"] + y[0])
    a, b = {"a": 5000}, (50, 5)
    concrete = f.get_concrete_function(a, b)
    assert [int(r) for r in (concrete(), concrete(a, b), concrete(x=a))] == [5050] * 3


def test_leaves_have_names_of_their_own() -> None:
    @tf.function
    def f(x: Any, **kwargs: Any) -> Any:
        a, b, c = x
        return a + 10 * b + 100 * c + 1000 * kwargs["d"]

    spec = tf.TensorSpec(None)
    concrete = f.get_concrete_function((spec, spec, spec), d=spec)
    ones = [C(float(n)) for n in (1, 2, 3, 4)]
    assert float(concrete(x=ones[0], x_1=ones[1], x_2=ones[2], d=ones[3])) == 4321
    assert float(concrete(*ones)) == 4321


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x.append(C(0.0)),
        lambda x: x.pop(),
        lambda x: x.reverse(),
        lambda x: x.clear(),
        lambda x: x.insert(0, C(0.0)),
        lambda x: x[0].append(x[1]),
    ],
)
def test_lists_that_are_passed_in_may_not_be_changed(change: Any) -> None:
    @tf.function
    def changer(mine: Any, x: Any) -> None:
        change(x)

    match = r"changer\(mine.*should not modify its Python .* modified: x$"
    with pytest.raises(ValueError, match=match):
        changer([C(1.0)], [[C(0.0)], C(1.0)])


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.clear(),
        lambda m: m.pop("a"),
        lambda m: m.popitem(),
        lambda m: m.update(a=C(3.0)),
        lambda m: m.setdefault("c", C(3.0)),
    ],
)
def test_dictionaries_that_are_passed_in_may_not_be_changed(change: Any) -> None:
    with pytest.raises(ValueError, match="should not modify"):
        tf.function(lambda m: change(m))({"a": C(0.0), "b": C(1.0)})


def test_names_that_become_the_same_are_refused() -> None:
    f = tf.function(lambda **kwargs: kwargs["a_b"] + kwargs["a/b"])
    with pytest.raises(ValueError, match="Name collision after sanitization"):
        f(**{"a_b": 1, "a/b": 2})


@pytest.mark.parametrize(
    "function",
    [
        lambda a, b, c: None,
        lambda a, b, c, **kwargs: None,
        lambda a, b, c, d=4, **kwargs: None,
        functools.partial(lambda a, b, c, d: None, d=5),
    ],
)
def test_an_input_signature_must_speak_of_all_that_is_needed(function: Any) -> None:
    f = tf.function(function, input_signature=[tf.TensorSpec([], tf.int32)])
    with pytest.raises(TypeError, match="input_signature missing type constraint"):
        f(1, 2, 3)


def test_an_input_signature_leaves_defaults_alone() -> None:
    spec = [tf.TensorSpec([], tf.int32)]
    f = tf.function(lambda a, b=4, **kwargs: a + b, input_signature=spec)
    assert int(f(1)) == 5
    g = functools.partial(lambda a, b, c, d=4: a + b + c + d, 1, 2, d=5)
    assert int(tf.function(g, input_signature=spec)(3)) == 11


def test_an_input_signature_is_shown_where_arguments_do_not_fit() -> None:
    f = tf.function(lambda a: a, input_signature=[tf.TensorSpec((2,))])
    with pytest.raises(TypeError, match=r"signature: \(a: TensorSpec\(shape=\(2,\)"):
        f(tf.ones([3]))
    with pytest.raises(TypeError, match=r"got invalid args \[2, 3\] with types"):
        tf.function(lambda a, b: None, input_signature=[(2, 3), tf.TensorSpec([])])


def test_signatures_are_printed_as_tensorflow_prints_them() -> None:
    @tf.function
    def f(x: Any, kangaroo: Any = None, octopus: int = 7) -> Any:
        return {"x": x}

    concrete = f.get_concrete_function(C(5), {"k": C([1, 2, 3])})
    scalar = "TensorSpec(shape=(), dtype=tf.int32, name=None)"
    vector = "TensorSpec(shape=(3,), dtype=tf.int32, name=None)"
    assert concrete.pretty_printed_signature(verbose=False) == (
        f"(x: {scalar}, kangaroo: Dict[['k', {vector}]], octopus: Literal[7]) -> "
        f"Dict[['x', {scalar}]]"
    )
    assert "  octopus (POSITIONAL_OR_KEYWORD): Literal[7]" in str(concrete)


def test_further_arguments_are_named_by_their_place() -> None:
    @tf.function
    def f(x: Any, *args: Any, **kwargs: Any) -> Any:
        return x

    scalar, named = tf.TensorSpec([]), tf.TensorSpec([], name="second")
    concrete = f.get_concrete_function(scalar, scalar, named, scalar, z=scalar)
    names = [t.op.name for t in concrete.inputs]
    assert names == ["x", "args_0", "second", "args_2", "z"]


def test_what_an_input_signature_does_not_mention_has_its_default() -> None:
    spec = [tf.TensorSpec([])]
    f = tf.function(lambda x, *, k=3: x + k, input_signature=spec)
    assert float(f(1.0)) == float(f(1.0, k=3)) == 4.0
    with pytest.raises(TypeError, match=r"Can not cast 4 to Literal\[3\]"):
        f(1.0, k=4)
    with pytest.raises(TypeError, match=r"Can not cast 5 to Literal\[2\]"):
        tf.function(lambda x, y=2: x + y, input_signature=spec)(1.0, 5)
    with pytest.raises(TypeError, match="got an unexpected keyword argument 'q'"):
        tf.function(lambda x, **_: x, input_signature=spec)(1.0, q=2)
    with pytest.raises(TypeError, match="keyword-only parameter `k` must have a def"):
        tf.function(lambda x, *, k: x + k, input_signature=spec)(1.0, k=2)
    with pytest.raises(TypeError, match="contains 1 extra type constraints"):
        tf.function(lambda x: x, input_signature=spec * 2)
    g = tf.function(lambda *xs, k=2: sum(xs) * k, input_signature=spec * 3)
    assert float(g(1.0, 2.0, 3.0)) == 12.0
