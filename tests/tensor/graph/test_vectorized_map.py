"""tf.vectorized_map: what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

import tensor as tf


@pytest.mark.parametrize(
    ("elems", "words"),
    [
        ([], "which does not contain any Tensors"),
        (1.0, r"must be 1\+ dimensional Tensors, not scalars"),
        (([1.0, 2.0, 3.0], [1.0, 2.0]), "not scalars"),
        ((tf.zeros([3]), tf.zeros([2])), "Dimensions 2 and 3 are not compatible"),
    ],
)
def test_what_has_no_slices_or_too_few_is_refused(elems: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        tf.vectorized_map(lambda x: x, elems)


def test_rows_of_ragged_results_stay_rows() -> None:
    lengths = tf.constant([1, 3])
    rows = tf.vectorized_map(
        lambda n: tf.RaggedTensor.from_row_lengths([n], [1]), lengths
    )
    assert rows.to_list() == [[[1]], [[3]]]
