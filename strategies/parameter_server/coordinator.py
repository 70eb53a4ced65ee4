"""ClusterCoordinator: schedules functions on the workers of a cluster.

A function that fails stops everything: what has not begun is cancelled, what runs is
waited for, and the next call of `schedule`, `join` or `done` raises its error; after
that the coordinator can be used again.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from strategies.parameter_server.arrays import as_array
from strategies.parameter_server.closures import Closure, RemoteFunction, RemoteValue
from strategies.parameter_server.per_worker import PerWorkerDataset
from strategies.parameter_server.strategy import ParameterServerStrategy
from tensor.core import nest
from tensor.graph.concrete import ConcreteFunction
from tensor.graph.function import Function

if TYPE_CHECKING:
    from collections.abc import Callable

WAIT_SLICE_S = 0.1


class ClusterCoordinator:
    """Runs functions on the workers; there is one for each strategy."""

    def __new__(cls, strategy: Any) -> ClusterCoordinator:
        """Return the strategy's coordinator.

        Raises:
            ValueError: The strategy has no workers to run functions on.
        """
        if not isinstance(strategy, ParameterServerStrategy):
            raise ValueError(
                "Only `tf.distribute.experimental.ParameterServerStrategy` is "
                "supported to work with `tf.distribute.experimental.coordinator."
                f"ClusterCoordinator` currently, got {strategy!r}."
            )
        if strategy.coordinator is None:
            strategy.coordinator = super().__new__(cls)
            strategy.coordinator._start(strategy)
        found: ClusterCoordinator = strategy.coordinator
        return found

    def __init__(self, strategy: Any) -> None:
        """Take the strategy, whose workers will run the functions."""

    def _start(self, strategy: ParameterServerStrategy) -> None:
        self._strategy = strategy
        self._dispatcher = strategy.dispatcher
        self._queue = self._dispatcher.queue
        self._rounds = strategy.rounds
        self._most_pending = strategy.max_pending
        self._numbers = itertools.count(1)
        self._function_numbers = itertools.count(1)
        # For Keras: the datasets that it has iterated over, with the iterators.
        self.iterators: list[tuple[Any, Any]] = []
        self._functions: dict[ConcreteFunction, RemoteFunction] = {}

    @property
    def strategy(self) -> Any:
        """The strategy that this coordinator works for."""
        return self._strategy

    # ---- functions

    def schedule(
        self, fn: Callable[..., Any], args: Any = None, kwargs: Any = None
    ) -> RemoteValue:
        """Queue a function for some worker, and return at once.

        If the worker is lost before the function has ended, it runs again on another,
        so parts of it may run twice. When `max_pending` functions wait already, this
        waits until there is room.

        Args:
            fn: A `tf.function` or concrete function.
            args: Its positional arguments. Of an iterator over a per-worker dataset,
                the function gets the worker's own.
            kwargs: Its keyword arguments.

        Returns:
            What will hold its result.

        Raises:
            TypeError: `fn` is not a `tf.function`.
            ValueError: An argument is the RemoteValue of another function.
            Exception: What a function scheduled before raised.
            UnavailableError: A parameter server was lost.
        """
        if not isinstance(fn, Function | ConcreteFunction):
            raise TypeError(
                "`tf.distribute.experimental.coordinator.ClusterCoordinator.schedule` "
                f"only accepts a `tf.function` or a concrete function, got {fn!r}."
            )
        args, kwargs = tuple(args or ()), dict(kwargs or {})
        for value in nest.flatten((args, kwargs)):
            if isinstance(value, RemoteValue):
                raise ValueError(
                    "`tf.distribute.experimental.coordinator.RemoteValue` used as an "
                    "input to scheduled function is not yet supported. Fetch it first."
                )
        function, arrays = self._bound(fn, args, kwargs)
        value = RemoteValue(function.pack)
        queue = self._queue
        with queue.changed:
            self._raise_if_failed()
            while len(queue.pending) >= self._most_pending:
                queue.wait(WAIT_SLICE_S)
                self._raise_if_failed()
            queue.pending.append(Closure(next(self._numbers), function, arrays, value))
        self._dispatcher.wake()
        return value

    def join(self) -> None:
        """Wait until all functions scheduled so far have ended.

        Raises:
            Exception: What one of them raised.
            UnavailableError: A parameter server was lost.
        """
        queue = self._queue
        with queue.changed:
            self._raise_if_failed()
            queue.waits += 1
            self._dispatcher.wake(surely=True)
            try:
                while not (queue.is_idle and not self._rounds.is_open):
                    self._raise_if_failed()
                    queue.changed.wait(WAIT_SLICE_S)
            finally:
                queue.waits -= 1
            self._raise_if_failed()

    def done(self) -> bool:
        """Return whether all functions scheduled have ended. Raises as `join`."""
        with self._queue.changed:
            self._raise_if_failed()
            return self._queue.is_idle and not self._rounds.is_open

    def fetch(self, val: Any) -> Any:
        """Wait for the RemoteValues in a structure; return it with their results."""
        return nest.map_structure(
            lambda v: v.fetch() if isinstance(v, RemoteValue) else v, val
        )

    def create_per_worker_dataset(self, dataset_fn: Any) -> PerWorkerDataset:
        """Make a dataset on each worker.

        Args:
            dataset_fn: A function without arguments that returns a `tf.data.Dataset`,
                called once for each worker; or a dataset for all of them.

        Returns:
            Pass `iter()` of it to the functions.
        """
        return PerWorkerDataset(dataset_fn, self._strategy.num_workers)

    # ---- how

    def _bound(self, fn: Any, args: Any, kwargs: Any) -> tuple[RemoteFunction, Any]:
        """Return the trace for these arguments, and the tensors among them."""
        if isinstance(fn, Function):
            concrete, leaves = fn.trace_for(args, kwargs)
        else:
            concrete, leaves = fn, fn.tensors_for(args, kwargs)
        found = self._functions.get(concrete)
        if found is None:
            number = next(self._function_numbers)
            found = self._functions[concrete] = RemoteFunction(number, concrete)
        return found, [as_array(leaf._array) for leaf in leaves]

    def _raise_if_failed(self) -> None:
        """Raise what went wrong; a function's error once, when nothing runs any more.

        Call with the queue's lock held.
        """
        queue = self._queue
        if queue.failure is not None:
            raise queue.failure
        if queue.error is None:
            if queue.is_closed:
                raise RuntimeError(
                    "The coordinator's strategy was closed: make a new one."
                )
            return
        while queue.running and queue.failure is None:
            queue.wait(WAIT_SLICE_S)
        error, queue.error = queue.error, None
        raise error
