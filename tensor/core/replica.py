"""The seam that `strategies` plugs into: which strategy and which replica is current.

The engine and Keras ask only these questions; with no strategy there is one replica,
whose gradients need no reduction. `strategies` installs its own `Replication` objects.
"""

from __future__ import annotations

from typing import Any

from tensor.core.context import context


class Replication:
    """One replica alone: the default for everything strategies may change.

    Attributes:
        num_replicas_in_sync: How many replicas train together.
        replica_id: This replica's number, from 0.
        is_chief: Whether this process prints progress and writes files.
    """

    num_replicas_in_sync = 1
    replica_id = 0
    is_chief = True

    def create_variable(self, make: Any) -> Any:
        """Return a new variable; `make()` makes an ordinary one."""
        return make()

    def reduce_gradients(self, grads_and_vars: list[tuple[Any, Any]]) -> list[Any]:
        """Return gradients summed over all replicas, for `optimizer.apply_gradients`."""
        return [grad for grad, _ in grads_and_vars]

    def reduce_sum(self, values: list[Any]) -> list[Any]:
        """Return arrays summed over all replicas: losses, metrics, counts."""
        return values

    def any(self, flag: bool) -> bool:
        """Return whether any replica says yes; every replica gets the same answer."""
        return flag


DEFAULT = Replication()


def current() -> Replication:
    """Return the replication in force in this thread."""
    return context.replica or DEFAULT
