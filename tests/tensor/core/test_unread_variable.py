"""What assignments return."""

import copy
import pickle

import pytest

import tensor as tf

ROW = tf.IndexedSlices(tf.constant([7.0]), tf.constant([1]))


@pytest.mark.parametrize(
    "assign",
    [
        lambda v: v.assign([3.0, 4.0]),
        lambda v: v.assign_add([1.0, 1.0]),
        lambda v: v.assign_sub([1.0, 1.0]),
        lambda v: v[0].assign(9.0),
        lambda v: v.scatter_update(ROW),
    ],
)
def test_an_assignment_returns_the_variable_under_tensorflows_name(assign):
    variable = tf.Variable([1.0, 2.0], name="weights")
    result = assign(variable)
    text = repr(variable).replace("weights:0", "UnreadVariable")
    assert repr(result) == text
    assert isinstance(result, tf.Variable)
    assert assign(result).name == "UnreadVariable"
    variable.assign([5.0, 6.0])
    assert result.numpy().tolist() == [5.0, 6.0]


def test_it_writes_to_the_variable_and_has_its_gradient():
    variable = tf.Variable([1.0, 2.0])
    variable.assign([3.0, 4.0]).assign_add([1.0, 1.0])
    assert variable.numpy().tolist() == [4.0, 5.0]
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(variable.assign_add([1.0, 1.0]) ** 2)
    assert tape.gradient(total, variable).numpy().tolist() == [10.0, 12.0]


def test_copies_of_it_are_copies_of_the_variable():
    result = tf.Variable([1.0], name="weights").assign([2.0])
    for copied in (
        copy.deepcopy(result),
        pickle.loads(pickle.dumps(result)),  # noqa: S301  # ours
    ):
        assert type(copied) is tf.Variable
        assert copied.name == "weights:0"
        assert copied.numpy().tolist() == [2.0]
