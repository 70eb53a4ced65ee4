"""`tf.distribute`: the same training code on one replica or on many.

Strategies stand on `tensor` and `dist` and are reached as `tf.distribute.…`, which
imports this package on first use; nothing in `tensor` or `dist` imports it otherwise.

The map:
    strategy        the base: `scope`, `run`, `reduce`, replica and input contexts
    mirrored        one replica in each process, or one on each thread of a process
    values          per-replica and mirrored values
    input_sharding  splits the global batch and shards the data
    gradient_sync   how gradients meet between replicas
"""
