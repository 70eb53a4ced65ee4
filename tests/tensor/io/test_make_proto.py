"""What tf.make_tensor_proto refuses beside TensorFlow's recorded answers."""

from __future__ import annotations

import pytest

import tensor as tf


def test_rows_of_different_lengths_are_no_tensor() -> None:
    with pytest.raises(ValueError, match="setting an array element with a sequence"):
        tf.make_tensor_proto([[1, 2], [3]])


def test_an_array_may_be_written_to() -> None:
    array = tf.make_ndarray(tf.make_tensor_proto([1, 2]))
    array[0] = 5
    assert array.tolist() == [5, 2]
