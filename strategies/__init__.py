"""`tf.distribute`: the same training code on one replica or on many.

Strategies stand on `tensor` and `dist` and are reached as `tf.distribute.…`, which
imports this package on first use; nothing in `tensor` or `dist` imports it otherwise.

The map, from the ground up:
    reduce_op, options, values   what users pass in and get back
    collectives                  the ops that combine values over processes
    contexts                     in a replica, across replicas, or outside of both
    replica_threads              several replicas in one process, taking turns
    local_gradients              tapes and what these replicas bring together
    variables                    equal on all replicas, or combined when read
    gradient_buckets             sums that go on during the backward pass
    gradient_sync                how gradients meet between replicas
    extended, strategy           the base of all strategies: `scope`, `run`, `reduce`
    old_names                    what strategies were called before
    default, mirrored            the strategies themselves
    input_distribution           splits global batches and shards the data
    distributed_dataset          how the parts are iterated and saved
    saving                       what variables are saved as, and by whom
    cluster_resolver             where the tasks of a job are
"""
