"""Make tests/strategies/oracle_values/variables.json with TensorFlow (2.21).

    python tests/oracle/strategy_variables.py

For every synchronization and aggregation: what two replicas that assign 1 and 2 to a
variable that was 1, or an assignment of 10 across replicas, leave behind. "local" is
what each replica reads then, "across" what is read outside; null stands for ValueError.
"""

import json
from pathlib import Path

import tensorflow as tf

OUTPUT = Path(__file__).parent.parent / "strategies/oracle_values/variables.json"


def make(strategy, synchronization, aggregation):
    """Return a variable of value 1."""
    with strategy.scope():
        return tf.Variable(
            1.0,
            synchronization=tf.VariableSynchronization[synchronization],
            aggregation=tf.VariableAggregation[aggregation],
        )


def read(strategy, variable):
    """Return what replicas and the code across them read."""
    local = strategy.run(lambda: tf.identity(variable.read_value()))
    try:
        across = float(variable.read_value())
    except ValueError:
        across = None
    values = strategy.experimental_local_results(local)
    return {"local": [float(v) for v in values], "across": across}


def measure(strategy, synchronization, aggregation, how, where):
    """Return what an assignment leaves behind, None if it is refused."""
    variable = make(strategy, synchronization, aggregation)
    assign = getattr(variable, how)

    def replica():
        context = tf.distribute.get_replica_context()
        assign(tf.cast(context.replica_id_in_sync_group + 1, tf.float32))

    try:
        if where == "replica":
            strategy.run(replica)
        else:
            with strategy.scope():
                assign(10.0)
    except ValueError:
        return None
    return read(strategy, variable)


def main():
    """Measure everything and write it down."""
    (cpu,) = tf.config.list_physical_devices("CPU")
    two = [tf.config.LogicalDeviceConfiguration()] * 2
    tf.config.set_logical_device_configuration(cpu, two)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    table = {
        f"{synchronization} {aggregation} {how} {where}": measure(
            strategy, synchronization, aggregation, how, where
        )
        for synchronization in ("AUTO", "ON_WRITE", "ON_READ")
        for aggregation in ("NONE", "SUM", "MEAN", "ONLY_FIRST_REPLICA")
        for how in ("assign", "assign_add", "assign_sub")
        for where in ("replica", "across")
    }
    lines = [f"{json.dumps(k)}: {json.dumps(v)}" for k, v in table.items()]
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
