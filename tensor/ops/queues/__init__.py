"""tf.queue: elements that one thread puts in and another takes out."""

from tensor.ops.queues import kinds as kinds
