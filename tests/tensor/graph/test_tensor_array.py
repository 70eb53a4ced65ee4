"""tf.TensorArray in traced functions: what is refused when the graph runs."""

from __future__ import annotations

from typing import Any

import pytest

import tensor as tf


def array(size: int = 3, **how: Any) -> tf.TensorArray:
    return tf.TensorArray(tf.float32, size, infer_shape=False, **how)


REFUSED: dict[str, tuple[Any, str]] = {
    "text among numbers": (
        lambda: array().write(0, "wrong").stack(),
        "op elements string but list elements float",
    ),
    "before the first": (
        lambda: array().write(-1, 3.0).stack(),
        "Trying to modify element -1 in a list with 3 elements",
    ),
    "reading before the first": (
        lambda: array().read(-1),
        "Trying to access element -1 in a list with 3 elements",
    ),
    "what was not written": (
        lambda: array().read(0),
        "element_shape is not fully defined: <unknown> and no list element is set",
    ),
    "joining scalars": (
        lambda: array(1).write(0, 3.0).concat(),
        "Concat saw a scalar shape at index 0 but requires at least vectors",
    ),
    "joining ranks": (
        lambda: array(2).write(0, [3.0]).write(1, [[3.0]]).concat(),
        "Incompatible ranks during merge: 0 vs. 1",
    ),
    "stacking shapes": (
        lambda: array(2).write(0, [1.0]).write(1, [1.0, 2.0]).stack(),
        r"Incompatible shapes during merge: \[1\] vs. \[2\]",
    ),
    "pieces that leave something": (
        lambda: array().split([1.0, 2.0, 3.0], [1]).stack(),
        "Unused values in tensor. Length of tensor: 3 Values used: 1",
    ),
    "pieces of more than there is": (
        lambda: array().split([1.0], [1, 2]).stack(),
        "Not enough values in tensor",
    ),
    "more elements than declared": (
        lambda: array(2).split([1.0], [1]).stack(),
        "expected a list with 2 elements but got a list with 1 elements",
    ),
    "gathering beyond the end": (
        lambda: array(2).unstack([1.0, 2.0]).gather([5]),
        "Index 5 out of range; list only has 2 elements",
    ),
    "scattering beyond the end": (
        lambda: array(2).scatter([3], [1.0]).stack(),
        "Trying to modify element 3 in a list with 2 elements",
    ),
    "scattering fewer": (
        lambda: array(2).scatter([1], [1.0, 2.0]).stack(),
        r"len\(indices\) == tensor.shape\[0\], but saw: 1 vs. 2",
    ),
    "slices of a scalar": (
        lambda: array(1).unstack(tf.reshape(tf.range(1.0)[0], [])).stack(),
        r"Tensor must be at least a vector, but saw shape: \[\]",
    ),
    "stacking nothing": (
        lambda: array(0, element_shape=[None]).stack(),
        r"empty list with non-fully-defined element_shape: \[\?\]",
    ),
}


@pytest.mark.parametrize(("f", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_in_a_graph(f: Any, words: str) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match=words):
        tf.function(f, autograph=False)()


@pytest.mark.parametrize("pieces", [lambda: (1.0, [1]), lambda: ([1.0], 1)])
def test_pieces_need_an_axis(pieces: Any) -> None:
    with pytest.raises(ValueError, match="Shape must be at least rank 1 but is rank 0"):
        tf.function(lambda: array().split(*pieces()).stack(), autograph=False)()


def test_a_size_has_to_be_given() -> None:
    with pytest.raises(ValueError, match="Argument `size` must be provided"):
        tf.TensorArray(tf.float32)


def test_a_spec_makes_arrays_of_what_left_a_graph() -> None:
    spec = tf.TensorArraySpec([], tf.float32)
    (part,) = spec.composite_components()
    assert part.dtype == tf.variant
    flow = tf.function(lambda: array(2).write(1, 5.0).write(0, 4.0).flow)()
    assert spec.composite_from([flow]).stack().numpy().tolist() == [4, 5]


def test_elements_of_an_empty_list_of_known_shape_join() -> None:
    f = tf.function(lambda: array(0, element_shape=[None, 2]).concat())
    assert f().shape == [0, 2]
