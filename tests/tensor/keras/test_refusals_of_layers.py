"""What layers refuse when they are built, joined and called."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensor as tf

keras = tf.keras
layers = keras.layers
X = tf.ones([2, 3])


class Pair(layers.Layer):
    """A layer with two outputs."""

    def call(self, inputs: Any) -> Any:
        return [inputs, inputs]


def add_symbolic_loss() -> None:
    layer = Pair()
    outputs = layer(layers.Input((3,)))
    layer.add_loss(tf.reduce_sum(outputs[0]))


def reset_one_of_two_states() -> None:
    layer = layers.LSTM(2, stateful=True)
    layer(tf.ones([1, 2, 3]))
    layer.reset_states([np.ones((1, 2))])


def lambda_of_nothing() -> Any:
    config = layers.Lambda(abs).get_config()
    return layers.Lambda.from_config({**config, "function": "nowhere"})


def both_ways(backward: Any) -> Any:
    forward = layers.LSTM(2, return_sequences=True)
    return layers.Bidirectional(forward, backward_layer=backward)


REFUSED: dict[str, tuple[Any, type[Exception], str]] = {
    "a loss inside a layer": (
        add_symbolic_loss,
        ValueError,
        "can be added to functional models only",
    ),
    "a keyword of a metric": (
        lambda: layers.Dense(1).add_metric(1.0, name="a", wrong=1),
        TypeError,
        r"Unknown keyword arguments: \['wrong'\]",
    ),
    "two outputs in a row of layers": (
        lambda: keras.Sequential([layers.Input((3,)), Pair()]),
        ValueError,
        "should have a single output tensor",
    ),
    "normalizing features of unknown number": (
        lambda: layers.BatchNormalization().build((2, None)),
        ValueError,
        "Input has undefined `axis` dimension",
    ),
    "normalizing rows of unknown length": (
        lambda: layers.LayerNormalization().build((2, None)),
        ValueError,
        r"along axis=\[1\] must be known",
    ),
    "normalizing groups of unknown size": (
        lambda: layers.GroupNormalization(1).build((2, None)),
        ValueError,
        "of input tensor should have a defined dimension",
    ),
    "channels of unknown number": (
        lambda: layers.Conv2D(1, 1).build((None, 2, 2, None)),
        ValueError,
        "channel dimension of the inputs should be defined",
    ),
    "transposed, of another rank": (
        lambda: layers.Conv2DTranspose(1, 1).build((None, 2, 2)),
        ValueError,
        "Inputs should have rank 4",
    ),
    "local, of unknown length": (
        lambda: layers.LocallyConnected1D(1, 1).build((None, None, 2)),
        ValueError,
        "should be fully-defined",
    ),
    "a kernel of no size": (
        lambda: layers.Conv2D(1, 2.5),
        ValueError,
        "argument must be a tuple of 2 integers. Received: 2.5",
    ),
    "einsum of other sizes": (
        lambda: layers.EinsumDense("abc,cd->abd", (5, 4)).build((None, 3, 2)),
        ValueError,
        "do not match at shared dimension 'b'",
    ),
    "a function that is not there": (
        lambda_of_nothing,
        ValueError,
        "Unknown function: 'nowhere'. Pass it in `custom_objects`",
    ),
    "merging one tensor": (
        lambda: layers.Add().call(X),
        ValueError,
        "merge layer should be called on a list of inputs",
    ),
    "joining one tensor": (
        lambda: layers.Concatenate().call(X),
        ValueError,
        "`Concatenate` layer should be called on a list of inputs",
    ),
    "states": (
        reset_one_of_two_states,
        ValueError,
        "expects 2 states, but it received 1 state values",
    ),
    "both ways forward": (
        lambda: both_ways(layers.LSTM(2)),
        ValueError,
        "should have different `go_backwards` value",
    ),
    "both ways, one of them in sequences": (
        lambda: both_ways(layers.LSTM(2, go_backwards=True)),
        ValueError,
        'the same value for attribute "return_sequences"',
    ),
}


@pytest.mark.parametrize(
    ("call", "error", "words"), REFUSED.values(), ids=REFUSED.keys()
)
def test_refused(call: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda: layers.DenseFeatures(
                [tf.feature_column.categorical_column_with_identity("a", 3)]
            ),
            "wrap a categorical column",
        ),
        (
            lambda: layers.HashedCrossing(3, output_mode="odd"),
            "Allowed values are: .*'one_hot'.*Received: odd",
        ),
    ],
)
def test_what_layers_of_features_do_not_take_is_named(make: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make()
