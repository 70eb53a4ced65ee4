"""Special functions against values computed with 40 digits."""

import json
import pathlib

import numpy as np
import pytest

import tensor as tf

VALUES = json.loads(
    (pathlib.Path(__file__).parent / "oracle_values" / "special.json").read_text()
)
# Near a zero of an oscillating function only the absolute error can be small.
CROSSING = {"digamma", "expint", "lgamma"}


def function(name):
    return getattr(tf.math, name, None) or getattr(tf.math.special, name)


@pytest.mark.parametrize("name", sorted(VALUES["one"]))
def test_function_of_one_argument_is_exact_to_double_precision(name):
    x, expected = (
        np.array(column, float) for column in zip(*VALUES["one"][name], strict=True)
    )
    found = function(name)(tf.constant(x)).numpy()
    atol = 2e-15 if name in CROSSING or name.startswith(("bessel_j", "bessel_y")) else 0
    np.testing.assert_allclose(found, expected, rtol=5e-13, atol=atol)


@pytest.mark.parametrize("name", sorted(VALUES["two"]))
def test_function_of_two_arguments_is_exact_to_double_precision(name):
    a, x, expected = (
        np.array(column, float) for column in zip(*VALUES["two"][name], strict=True)
    )
    found = function(name)(tf.constant(a), tf.constant(x)).numpy()
    np.testing.assert_allclose(found, expected, rtol=2e-12, atol=1e-300)


def test_betainc_is_exact_to_double_precision():
    a, b, x, expected = (
        np.array(column) for column in zip(*VALUES["betainc"], strict=True)
    )
    found = tf.math.betainc(a, b, x).numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_igamma_has_a_gradient_by_its_order():
    a, x, expected = (
        np.array(column) for column in zip(*VALUES["igamma_slopes"], strict=True)
    )
    order = tf.constant(a)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(order)
        lower, upper = tf.math.igamma(order, x), tf.math.igammac(order, x)
    np.testing.assert_allclose(tape.gradient(lower, order), expected, rtol=1e-9)
    np.testing.assert_allclose(tape.gradient(upper, order), -expected, rtol=1e-9)


def test_second_gradient_of_igamma_by_its_order_is_refused_by_name():
    a = tf.constant(2.0)
    with tf.GradientTape() as outer:
        outer.watch(a)
        with tf.GradientTape() as inner:
            inner.watch(a)
            z = tf.math.igamma(a, 1.0)
        slope = inner.gradient(z, a)
    with pytest.raises(LookupError, match="IgammaGradA"):
        outer.gradient(slope, a)


def central(f, x, step=1e-6):
    return (f(x + step) - f(x - step)) / (2 * step)


@pytest.mark.parametrize(
    ("f", "low", "high"),
    [
        (lambda x: tf.math.igamma(np.float64(2.5), x), 0.2, 6),
        (lambda x: tf.math.igammac(np.float64(2.5), x), 0.2, 6),
        (lambda x: tf.math.betainc(np.float64(2.0), np.float64(3.0), x), 0.1, 0.9),
        (lambda x: tf.math.zeta(np.float64(3.0), x), 0.5, 4),
        (lambda x: tf.math.polygamma(np.float64(2.0), x), 0.5, 4),
        (tf.math.erfcinv, 0.1, 1.9),
        (lambda x: tf.math.lbeta(tf.stack([x, x * x], axis=-1)), 0.5, 4),
    ],
)
def test_gradient_agrees_with_the_central_difference(f, low, high):
    x = tf.constant(np.linspace(low, high, 7))
    with tf.GradientTape() as tape:
        tape.watch(x)
        z = f(x)
    found = tape.gradient(z, x).numpy()
    np.testing.assert_allclose(found, central(f, x).numpy(), rtol=1e-7)


def test_no_gradient_flows_to_orders():
    x = tf.constant(2.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        z = tf.math.zeta(x, 3.0)
        p = tf.math.polygamma(x, 3.0)
        b = tf.math.betainc(x, 3.0, 0.5)
    assert [tape.gradient(v, x) for v in (z, p, b)] == [None] * 3


NAN, INF = np.nan, np.inf


@pytest.mark.parametrize(
    ("name", "x", "expected"),
    [
        ("erf", [-INF, INF, NAN], [-1, 1, NAN]),
        ("erfc", [-INF, INF, 30], [2, 0, 0]),
        ("erfinv", [-1, 1, 1.5, NAN], [-INF, INF, NAN, NAN]),
        ("ndtri", [0, 1, -1, 0.5], [-INF, INF, NAN, 0]),
        ("erfcinv", [0, 1, 2, 3], [INF, 0, -INF, NAN]),
        ("lgamma", [0, -3, -INF, INF, NAN], [INF, INF, INF, INF, NAN]),
        ("digamma", [0, -3, -INF, INF], [NAN, NAN, NAN, INF]),
        ("bessel_k0", [0, -1, INF], [INF, INF, 0]),
        ("bessel_k1e", [0, -1, INF], [INF, INF, 0]),
        ("bessel_y0", [0, -1], [-INF, -INF]),
        ("bessel_y1", [0, -1], [-INF, -INF]),
        ("bessel_i0e", [-INF, INF], [0, 0]),
        ("bessel_j1", [0.0], [0]),
        ("dawsn", [-INF, INF, NAN], [0, 0, NAN]),
        ("expint", [0, -1, INF], [-INF, NAN, INF]),
        ("fresnel_sin", [-INF, INF, NAN], [-0.5, 0.5, NAN]),
        ("fresnel_cos", [-INF, INF, 1e10], [-0.5, 0.5, 0.5]),
        ("spence", [0, 1, -1], [np.pi**2 / 6, 0, NAN]),
    ],
)
def test_limits_and_what_lies_outside_the_domain(name, x, expected):
    found = function(name)(tf.constant(x, tf.float64))
    np.testing.assert_allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize(
    ("name", "a", "x", "expected"),
    [
        ("igamma", 2.0, [0, INF, -1, NAN], [0, 1, NAN, NAN]),
        ("igamma", INF, [0, 3], [0, 0]),
        ("igamma", -1.0, [0, 3], [0, NAN]),
        ("igammac", 2.0, [0, INF, -1, NAN], [1, 0, NAN, NAN]),
        ("igammac", INF, [0, 3], [1, 1]),
        ("igammac", -1.0, [0, 3], [NAN, NAN]),
        ("zeta", 1.0, [0, 3], [INF, INF]),
        ("zeta", 0.5, [3], [NAN]),
        ("zeta", 2.0, [0, -1, INF, NAN], [INF, INF, 0, NAN]),
        ("zeta", 2.5, [-0.5], [NAN]),
        ("zeta", INF, [0.5, 1, 2], [INF, 1, 0]),
        ("polygamma", 0.5, [1], [NAN]),
        ("polygamma", -1.0, [1], [NAN]),
        ("polygamma", 1.0, [0, -1, INF], [INF, INF, 0]),
        ("polygamma", 2.0, [0, -1, NAN], [NAN, NAN, NAN]),
    ],
)
def test_limits_of_functions_of_two_arguments(name, a, x, expected):
    found = function(name)(tf.constant(a, tf.float64), tf.constant(x, tf.float64))
    np.testing.assert_array_equal(found, expected)


def test_betainc_at_the_ends_and_outside():
    x = tf.constant([0.0, 1.0, -1.0, 2.0, NAN])
    np.testing.assert_array_equal(tf.math.betainc(0.5, 0.5, x), [0, 1, NAN, NAN, NAN])
    np.testing.assert_array_equal(tf.math.betainc(0.0, 0.5, x), [NAN] * 5)


def test_betainc_names_the_shapes_that_differ():
    with pytest.raises(
        tf.errors.InvalidArgumentError, match="a and b are inconsistent"
    ):
        tf.math.betainc([0.5, 0.5], [0.5], [0.1, 0.2])


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_narrow_dtypes_are_kept_and_rounded_once(dtype):
    x = tf.cast([0.3, 1.7], dtype)
    exact = tf.math.erf(tf.cast(x, tf.float64))
    found = tf.math.erf(x)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, tf.cast(exact, dtype))


def test_integers_are_refused():
    with pytest.raises(
        tf.errors.InvalidArgumentError, match="of int32 is not in the list"
    ):
        tf.math.lgamma(3)


def test_lbeta_of_nothing_and_of_one():
    np.testing.assert_allclose(
        tf.math.lbeta([[1.0, 2], [3, 4]]), [-0.6931472, -4.0943446]
    )
    assert tf.math.lbeta([1.0]).numpy() == 0
    np.testing.assert_array_equal(tf.math.lbeta(tf.zeros([3, 0])), [-INF] * 3)


def test_large_arrays_are_computed_in_blocks():
    x = np.random.default_rng(0).normal(size=(300, 70))
    np.testing.assert_array_equal(
        tf.math.erf(tf.constant(x.T)).numpy(), tf.math.erf(tf.constant(x)).numpy().T
    )


def test_result_may_go_to_an_array_that_is_not_contiguous():
    x = np.linspace(-2, 2, 12).reshape(3, 4)
    out = np.empty((4, 3)).T
    tf.math.erf.op.kernel(x, out=out)
    np.testing.assert_array_equal(out, tf.math.erf.op.kernel(x))
