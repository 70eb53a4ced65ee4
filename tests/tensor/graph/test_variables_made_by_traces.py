"""Variables made while a function is traced: by its first call only."""

import pytest

import tensor as tf


def counting(body):
    """Return a tf.function around `body`, and the list that grows with each trace."""
    traces = []

    @tf.function
    def function(*args):
        traces.append(1)
        return body(*args)

    return function, traces


class Holder:
    variable = None

    def get(self, scope):
        if self.variable is None:
            with scope():
                self.variable = tf.Variable(1.0)
        return self.variable


def test_a_first_call_that_makes_variables_in_an_init_scope_is_traced_twice():
    holder = Holder()
    function, traces = counting(lambda x: x + holder.get(tf.init_scope))
    assert function(tf.constant(1.0)) == 2.0
    assert len(traces) == 2
    function(tf.constant(3.0))
    assert len(traces) == 2


@pytest.mark.parametrize("first_makes_one", [True, False])
def test_a_later_trace_may_not_make_variables_even_in_an_init_scope(first_makes_one):
    first, second = Holder(), Holder()
    if not first_makes_one:
        first.variable = tf.Variable(1.0)
    function, _ = counting(lambda x, holder: x + holder.get(tf.init_scope))
    function(tf.constant(1.0), first)
    with pytest.raises(ValueError, match="only supports singleton"):
        function(tf.constant(1.0), second)
    assert tf.Variable(2.0) == 2.0  # outside, variables are made as ever


def test_a_failed_first_trace_leaves_the_next_one_its_right_to_make_variables():
    holder = Holder()

    def body(x):
        if x.shape.rank == 0:
            raise ValueError("no scalars")
        return x + holder.get(tf.init_scope)

    function, _ = counting(body)
    with pytest.raises(ValueError, match="no scalars"):
        function(tf.constant(1.0))
    assert function(tf.constant([1.0])).numpy().tolist() == [2.0]


def test_a_second_optimizer_in_one_train_step_is_refused_as_in_the_guide():
    weight = tf.Variable(2.0)

    @tf.function
    def train_step(optimizer):
        with tf.GradientTape() as tape:
            loss = weight**2
        optimizer.apply_gradients([(tape.gradient(loss, weight), weight)])

    train_step(tf.keras.optimizers.Adam(0.1))
    assert train_step.experimental_get_tracing_count() == 2
    with pytest.raises(ValueError, match="only supports singleton"):
        train_step(tf.keras.optimizers.Adam(0.1))
