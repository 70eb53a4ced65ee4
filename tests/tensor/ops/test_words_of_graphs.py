"""What does not fit is refused, while a graph is built, in the words of graphs too.

TensorFlow's kernels and its rules for static shapes say the same in different words;
the words here are those of its rules.
"""

# ruff: noqa: ARG005  # each case is a function of tf.zeros
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import tensor as tf

if TYPE_CHECKING:
    from collections.abc import Callable

EQUAL = "Dimensions must be equal, but are"
CASES: list[tuple[Callable[[Any], Any], str]] = [
    (lambda z: tf.logical_and([True, False], [True] * 3), f"{EQUAL} 2 and 3"),
    (lambda z: z([2, 5]) < z([5, 2]), f"{EQUAL} 2 and 5"),
    (lambda z: z([2, 3]) @ z([2, 3]), f"{EQUAL} 3 and 2"),
    (lambda z: tf.matmul(z([2]), z([2, 3])), "rank 2 but is rank 1"),
    (lambda z: tf.reshape(z([3]), [2, 2]), "Cannot reshape a tensor with 3 elements"),
    (
        lambda z: tf.concat([z([2, 3]), z([3, 2])], 0),
        r"Dimension 0 in both shapes must be equal, but are 3 and 2. Shapes are \[3\]",
    ),
    (lambda z: tf.concat([z([2]), z([3, 3])], 0), "Shapes must be equal rank"),
    (lambda z: tf.stack([z([2]), z([3])]), "must be equal, but are 2 and 3"),
    (lambda z: tf.transpose(z([2, 3]), [0, 1, 2]), "Dimension must be 2 but is 3"),
    (lambda z: tf.gather(z([]), 0), "Shape must be at least rank 1 but is rank 0"),
    (lambda z: tf.expand_dims(z([2]), 5), r"dim 5 not in the interval \[-2, 1\]"),
    (lambda z: tf.tile(z([2]), [1, 2]), "Shape must be rank 1 but is rank 2"),
    (lambda z: tf.pad(z([2]), [[1, 2]] * 2), "Shape must be rank 2 but is rank 1"),
    (lambda z: tf.slice(z([2]), [0, 0], [1, 1]), "Shape must be rank 2 but is rank 1"),
    (lambda z: tf.split(z([5]), 2), "Dimension size must be evenly divisible by 2"),
    (lambda z: tf.unstack(z([2]), num=3), "Dimension must be 3 but is 2"),
    (lambda z: tf.broadcast_to(z([2]), [3]), "Dimensions must be equal"),
    (lambda z: tf.where([True, False], z([2]), z([3])), "Dimensions must be equal"),
    (lambda z: tf.clip_by_value(z([2]), z([3]), 1.0), "Dimensions must be equal"),
    (lambda z: tf.linalg.inv(z([2, 3])), f"{EQUAL} 2 and 3"),
    (lambda z: tf.linalg.solve(z([2, 2]), z([3, 1])), f"{EQUAL} 2 and 3"),
    (lambda z: tf.linalg.diag_part(z([2])), "at least rank 2 but is rank 1"),
    (lambda z: tf.einsum("ij,jk", z([2, 3]), z([2, 3])), f"{EQUAL} 3 and 2"),
    (lambda z: tf.tensordot(z([2, 3]), z([2, 3]), 1), f"{EQUAL} 3 and 2"),
    (lambda z: tf.one_hot([1], [2]), "Input must be scalar but has rank 1"),
    (lambda z: tf.fill([-1], 2), "Fill dimensions must be >= 0"),
    (lambda z: tf.math.segment_sum(z([2]), [[0, 1]]), "rank 1 but is rank 2"),
    (
        lambda z: tf.math.unsorted_segment_sum(z([2]), [0, 1, 2], 3),
        "Dimensions must be equal",
    ),
    (lambda z: tf.unique([[1]]), "Shape must be rank 1 but is rank 2"),
    (lambda z: tf.add_n([z([2]), z([3])]), "Dimension 0 in both shapes must be equal"),
    (lambda z: tf.math.in_top_k([0], z([2, 3]), 1), f"{EQUAL} 2 and 1"),
    (lambda z: tf.bitcast(z([3]), tf.float64), "due to shape. 3 does not match 2"),
    (
        lambda z: tf.nn.depth_to_space(z([1, 3, 3, 3]), 2),
        "Dimension size must be evenly divisible by 4 but is 3",
    ),
    (
        lambda z: tf.tensor_scatter_nd_update(z([3]), [[0]], z([2])),
        r"Dimensions \[0,1\) of indices",
    ),
]


@pytest.mark.parametrize(("build", "words"), CASES)
def test_graphs_refuse_what_does_not_fit(
    build: Callable[[Any], Any], words: str
) -> None:
    with tf.Graph().as_default(), pytest.raises(ValueError, match=words):
        build(tf.zeros)
