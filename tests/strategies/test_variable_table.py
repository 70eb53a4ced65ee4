"""Every synchronization and aggregation, assigned to everywhere, as TensorFlow does."""

import json
from pathlib import Path
from typing import Any

import pytest

import tensor as tf

TABLE = json.loads(
    (Path(__file__).parent / "oracle_values" / "variables.json").read_text()
)


@pytest.fixture(scope="module")
def strategy():
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])


def make(strategy: Any, synchronization: str, aggregation: str, value: Any = 1.0):
    with strategy.scope():
        return tf.Variable(
            value,
            synchronization=tf.VariableSynchronization[synchronization],
            aggregation=tf.VariableAggregation[aggregation],
        )


def read(strategy: Any, variable: Any) -> dict[str, Any]:
    local = strategy.run(lambda: tf.identity(variable.read_value()))
    try:
        across = float(variable.read_value())
    except ValueError:
        across = None
    values = strategy.experimental_local_results(local)
    return {"local": [float(v) for v in values], "across": across}


@pytest.mark.parametrize("traced", [False, True], ids=["eager", "traced"])
@pytest.mark.parametrize("case", TABLE)
def test_assigning_leaves_what_it_leaves_in_tensorflow(strategy, case, traced) -> None:
    synchronization, aggregation, how, where = case.split()
    variable = make(strategy, synchronization, aggregation)
    assign = getattr(variable, how)

    def replica() -> None:
        context = tf.distribute.get_replica_context()
        assign(tf.cast(context.replica_id_in_sync_group + 1, tf.float32))

    def act() -> None:
        if where == "replica":
            strategy.run(replica)
        else:
            with strategy.scope():
                assign(10.0)

    act = tf.function(act) if traced else act
    expected = TABLE[case]
    drifts = aggregation == "NONE" and where == "replica" and "ON_READ" not in case
    if drifts or expected is None:
        # TensorFlow lets mirrored copies drift apart; here that is an error.
        with pytest.raises(ValueError, match=r"drift apart|Could not|does not support"):
            act()
        return
    act()
    assert read(strategy, variable) == expected


@pytest.mark.parametrize("aggregation", ["NONE", "SUM", "MEAN", "ONLY_FIRST_REPLICA"])
def test_what_a_variable_says_of_itself(strategy, aggregation: str) -> None:
    mirrored = make(strategy, "AUTO", aggregation)
    assert mirrored.synchronization is tf.VariableSynchronization.ON_WRITE
    assert mirrored.aggregation is tf.VariableAggregation[aggregation]
    assert mirrored.trainable
    on_read = make(strategy, "ON_READ", aggregation)
    assert on_read.synchronization is tf.VariableSynchronization.ON_READ
    assert not on_read.trainable
    assert len(strategy.experimental_local_results(on_read)) == 2


def test_what_cannot_be_created(strategy) -> None:
    with pytest.raises(ValueError, match="`NONE` variable synchronization mode"):
        make(strategy, "NONE", "SUM")
    for synchronization in ("AUTO", "ON_READ"):
        with pytest.raises(ValueError, match="aggregation=MEAN and a non-floating"):
            make(strategy, synchronization, "MEAN", value=1)


def test_variables_print_as_their_copies(strategy) -> None:
    with strategy.scope():
        variable = tf.Variable([1.0, 2.0], name="weight")
    array = "shape=(2,) dtype=float32, numpy=array([1., 2.], dtype=float32)>"
    assert (
        repr(variable)
        == str(variable)
        == (
            f"MirroredVariable:{{\n  0: <tf.Variable 'weight:0' {array},\n"
            f"  1: <tf.Variable 'weight/replica_1:0' {array}\n}}"
        )
    )
    with tf.distribute.OneDeviceStrategy("CPU:0").scope():
        variable = tf.Variable([1.0, 2.0], name="weight")
    assert repr(variable) == f"<tf.Variable 'weight:0' {array}"


def test_values_of_each_replica_are_reduced(strategy) -> None:
    variable = make(strategy, "ON_READ", "SUM")
    assert float(strategy.reduce("SUM", variable, axis=None)) == 2.0
    assert float(strategy.reduce("MEAN", variable, axis=None)) == 1.0
