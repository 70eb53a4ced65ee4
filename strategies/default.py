"""The default strategy: one replica, always there, changing nothing."""

from __future__ import annotations

import contextlib
import functools
from typing import TYPE_CHECKING, Any

from strategies.contexts import ReplicaContext
from strategies.extended import StrategyExtended
from strategies.strategy import Strategy
from tensor.core.context import context

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class _DefaultReplicaContext(ReplicaContext):
    """The replica in which all code runs outside of every strategy."""

    @property
    def replica_id_in_sync_group(self) -> int:
        """Zero; a plain number here, as in TensorFlow."""
        return 0


class _DefaultExtended(StrategyExtended):
    """The default strategy's: it has the variables that no other has."""

    def variable_created_in_scope(self, variable: Any) -> bool:
        """Return whether `variable` was created outside of every scope."""
        return not hasattr(variable, "distribute_strategy")


class DefaultStrategy(Strategy):
    """What `tf.distribute.get_strategy()` returns outside of every scope."""

    def __init__(self) -> None:
        """Create it; `default_strategy` does, once."""
        super().__init__()
        self.extended = _DefaultExtended(self, None, ("CPU:0",))

    @contextlib.contextmanager
    def scope(self) -> Iterator[Strategy]:
        """Return a context that changes nothing.

        Raises:
            RuntimeError: Another strategy's scope is open.
        """
        if context.replica is not None:
            raise RuntimeError(
                "Must not nest tf.distribute.Strategy scopes. The default strategy is "
                f"in force only outside of the scope of {context.replica.strategy}."
            )
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
    return _DefaultReplicaContext(default_strategy(), 0)
