"""What the guide to gradients shows: of a value to itself, of an op without one."""

import pytest

import tensor as tf


@pytest.mark.parametrize("make", [tf.Variable, tf.constant])
@pytest.mark.parametrize("watches", [True, False])
def test_a_value_has_gradient_one_to_itself_even_if_the_tape_saw_nothing(make, watches):
    value, other = make([2.0, 3.0]), make(1.0)
    with tf.GradientTape(True, watches) as tape:
        pass
    own, none = tape.gradient(value, [value, other])
    assert own.numpy().tolist() == [1.0, 1.0]
    assert none is None
    with tf.GradientTape() as tape:
        tripled = tf.reduce_sum(value * 3)
    if make is tf.Variable:
        gradient = tape.gradient([tripled, value], value)
        assert gradient.numpy().tolist() == [4.0, 4.0]


def test_a_traced_tape_gives_a_variable_gradient_one_to_itself():
    value = tf.Variable(2.0)

    @tf.function
    def function():
        with tf.GradientTape() as tape:
            pass
        return tape.gradient(value, value)

    assert function() == 1.0


def test_an_op_without_a_gradient_says_so():
    image, delta = tf.Variable([[[0.5, 0.0, 0.0]]]), tf.Variable(0.1)
    with tf.GradientTape() as tape:
        changed = tf.image.adjust_contrast(image, delta)
    with pytest.raises(LookupError, match="no entry for: AdjustContrastv2"):
        tape.gradient(changed, [image, delta])
