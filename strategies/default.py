"""The default strategy: one replica, always there, changing nothing."""

from __future__ import annotations

import contextlib
import functools
from typing import TYPE_CHECKING, Any

from strategies.contexts import ReplicaContext
from strategies.strategy import Strategy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class DefaultStrategy(Strategy):
    """What `tf.distribute.get_strategy()` returns outside of every scope."""

    @contextlib.contextmanager
    def scope(self) -> Iterator[Strategy]:
        """Return a context that changes nothing."""
        yield self

    def run(
        self,
        fn: Callable[..., Any],
        args: Any = (),
        kwargs: Any = None,
        options: Any = None,
    ) -> Any:
        """Call `fn`."""
        return fn(*args, **(kwargs or {}))

    def experimental_distribute_dataset(self, dataset: Any, options: Any = None) -> Any:
        """Return the dataset as it is."""
        return dataset


@functools.cache
def default_strategy() -> DefaultStrategy:
    """Return the one default strategy."""
    return DefaultStrategy()


@functools.cache
def default_replica_context() -> ReplicaContext:
    """Return the replica in which all code runs outside of every strategy."""
    return ReplicaContext(default_strategy(), 0)
