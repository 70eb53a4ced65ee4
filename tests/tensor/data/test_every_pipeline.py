"""What holds for every kind of dataset: blocks, resuming, counting, specs."""

from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np
import pytest

import tensor as tf
from tensor.data.elements import stack
from tests.tensor.data.pipelines import PIPELINES

MANY = 40


def values(iterator: Any) -> list[Any]:
    """Elements as lists, which compare by value."""
    return [
        [np.asarray(leaf).tolist() for leaf in tf.nest.flatten(element)]
        for element in islice(iterator, MANY)
    ]


@pytest.mark.parametrize("name", PIPELINES)
def test_blocks_are_the_elements_stacked(name: str) -> None:
    one_by_one = list(islice(PIPELINES[name]().open(), MANY))
    shapes = {tuple(np.shape(c) for c in row) for row in one_by_one}
    if len(shapes) > 1:
        return  # elements of different shapes do not stack
    blocks = PIPELINES[name]().open()
    for start in range(0, len(one_by_one), 4):
        expected = one_by_one[start : start + 4]
        size, block = blocks.next_block(4)
        assert size == len(expected)
        for got, wanted in zip(block, stack(expected), strict=True):
            assert got.dtype == wanted.dtype
            np.testing.assert_array_equal(got, wanted)
    with pytest.raises(StopIteration):
        blocks.next_block(4)
    blocks.close()


@pytest.mark.parametrize("name", PIPELINES)
def test_a_saved_iterator_goes_on_where_it_stood(name: str) -> None:
    dataset = PIPELINES[name]()
    whole = iter(dataset)
    expected, states = [], [whole.save()]
    for element in islice(whole, MANY):
        expected.append(element)
        states.append(whole.save())
    for position, state in list(enumerate(states))[:: max(1, len(states) // 5)]:
        again = iter(PIPELINES[name]())
        next(again, None)  # wherever it stands
        again.restore(state)
        assert values(again) == values(expected[position:])


@pytest.mark.parametrize("name", PIPELINES)
def test_count_and_spec_say_what_the_elements_are(name: str) -> None:
    dataset = PIPELINES[name]()
    elements = list(islice(dataset, MANY))
    if dataset.count() >= 0:
        assert len(elements) == len(dataset) == int(dataset.cardinality())
    for element in elements:
        tf.nest.assert_same_structure(element, dataset.element_spec)
        for leaf, spec in zip(
            tf.nest.flatten(element), tf.nest.flatten(dataset.element_spec), strict=True
        ):
            assert spec.is_compatible_with(leaf)


@pytest.mark.parametrize("name", PIPELINES)
def test_an_ended_iterator_stays_at_its_end(name: str) -> None:
    iterator = iter(PIPELINES[name]())
    for _ in iterator:
        pass
    with pytest.raises(StopIteration):
        next(iterator)
    with pytest.raises(tf.errors.OutOfRangeError, match="End of sequence"):
        iterator.get_next()
