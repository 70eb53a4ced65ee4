"""The seam that `strategies` plugs into: which strategy and which replica is current.

The engine and Keras ask only the questions below. With no strategy there is one replica
and each has a plain answer, given here; `strategies` installs objects of its own.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from tensor.core.context import context

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Replication:
    """One replica alone: the plain answers.

    Attributes:
        num_replicas_in_sync: How many replicas train together.
        replica_id: This replica's number, from 0.
        is_chief: Whether this process prints progress and writes files.
        is_across: Whether the code stands across replicas, in none of them.
        random_stream: Which of the streams of random numbers that one seed stands for
            ops draw from: each process has its own, and so masks of dropout differ.
    """

    num_replicas_in_sync = 1
    replica_id = 0
    is_chief = True
    is_across = False
    random_stream = 0

    @property
    def trace_key(self) -> Any:
        """What tells traces of functions made here from those made elsewhere."""
        return None

    # ---- for variables

    def create_variable(self, make: Callable[..., Any]) -> Any:
        """Return a new variable; `make()` makes an ordinary one, `make(cls)` that."""
        return make()

    # ---- for optimizers

    def reduce_gradients(self, grads_and_vars: list[tuple[Any, Any]]) -> list[Any]:
        """Return the gradients summed over all replicas.

        A gradient may be None, on some replicas or on all: it counts as zeros where
        another replica has one, and stays None where none has.
        """
        return [grad for grad, _ in grads_and_vars]

    def summed_gradients(self, grads_and_vars: list[tuple[Any, Any]]) -> list[Any]:
        """Return gradients that the caller has summed over all replicas already.

        Raises:
            ValueError: The replicas of this process have different ones.
        """
        return [grad for grad, _ in grads_and_vars]

    def across(self, call: Callable[[], Any]) -> Any:
        """Return what `call()` gives across the replicas, where variables are combined.

        Every replica has to come to it.
        """
        return call()

    def update_once(self, update: Callable[[], Any]) -> Any:
        """Change variables as all replicas agree to, from values equal on all of them.

        Optimizers apply reduced gradients this way. `update` runs once in each process,
        and assignments in it are not aggregated.
        """
        return update()

    # ---- for training loops such as Keras's

    def scope(self) -> contextlib.AbstractContextManager[Any]:
        """Return a context in which this replication is the current one."""
        return contextlib.nullcontext()

    def distribute(self, dataset: Any) -> Any:
        """Return an iterable of what the replicas of this process get of each batch."""
        return dataset

    def split(self, batch: Any) -> Any:
        """Return the parts of a global batch that the replicas of this process get.

        Args:
            batch: A structure of tensors of the same number of rows.
        """
        return batch

    def data_elsewhere(self, x: Any, y: Any, sample_weight: Any, **how: Any) -> Any:
        """Return what gives batches of other processes, None if there are none.

        The arguments are those of Keras's `adapter_for`.
        """
        return None

    def map(self, function: Callable[[Any], Any], value: Any) -> Any:
        """Return `value` with `function` applied to each local replica's part."""
        return function(value)

    def from_chief(self, array: Any) -> Any:
        """Return what the chief's process has; all processes pass the same shape."""
        return array

    def run(self, step: Callable[..., Any], *args: Any) -> Any:
        """Run `step` on every replica; return its results by replica."""
        return step(*args)

    def concatenate(self, value: Any) -> Any:
        """Return per-replica results of all processes as one tensor along axis 0."""
        return value

    def reduce_sum(self, values: list[Any]) -> list[Any]:
        """Return tensors summed over all replicas."""
        return values

    def reduce_mean(self, value: Any) -> Any:
        """Return per-replica results averaged over all replicas."""
        return value

    def any(self, flag: bool) -> bool:
        """Return whether any process says yes; each gets the same answer."""
        return flag

    # ---- for checkpoints and saved models

    def saving(self, objects: list[Any]) -> contextlib.AbstractContextManager[bool]:
        """Return a context in which variables and iterators are as they will be saved.

        Its value says whether this process is the one that writes them.
        """
        return contextlib.nullcontext(self.is_chief)

    def alone(self) -> contextlib.AbstractContextManager[Any]:
        """Return a context in which functions are traced as for one replica.

        Who loads what was saved has one; and a layer's shapes depend on none. Variables
        count as plain ones.
        """
        return contextlib.nullcontext()


DEFAULT = Replication()


def current() -> Replication:
    """Return the replication in force in this thread."""
    return context.replica or DEFAULT


@contextlib.contextmanager
def nowhere() -> Iterator[None]:
    """Enter a context without a strategy: variables made in it are plain ones."""
    outer, context.replica = context.replica, None
    try:
        yield
    finally:
        context.replica = outer


def saving(objects: list[Any]) -> contextlib.AbstractContextManager[bool]:
    """Return a context for saving `objects`, and whether this process writes them.

    What counts is the strategy that variables and iterators belong to, not the scope
    that the caller stands in: a job's files are written once, wherever `save` is
    called. All processes should call it; where something is combined from what each
    has, all have to.
    """
    return owner_of(objects).saving(objects)


def owner_of(objects: list[Any]) -> Replication:
    """Return the replication that objects belong to; the current one if to none."""
    owners = (getattr(one, "replication", None) for one in objects)
    return next((one for one in owners if one is not None), current())
