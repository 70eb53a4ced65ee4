"""`tf.distribute`: the same training code on one replica or on many.

Strategies stand on `tensor` and `dist` and are reached as `tf.distribute.…`, which
imports this package on first use; nothing in `tensor` or `dist` imports it otherwise.

The map, from the ground up:
    reduce_op, options, values   what users pass in and get back
    collectives                  the ops that combine values over processes
    contexts                     in a replica, across replicas, or outside of both
    replica_threads              several replicas in one process, taking turns
    variables                    equal on all replicas, or combined when read
    gradient_sync                how gradients meet between replicas
    extended, strategy           the base of all strategies: `scope`, `run`, `reduce`
    default, mirrored            the strategies themselves
    input_distribution           splits global batches and shards the data
    cluster_resolver             where the tasks of a job are
"""
