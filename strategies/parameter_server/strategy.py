"""ParameterServerStrategy: variables on servers, steps on workers.

The process that is the coordinator makes the strategy and goes on with the script. In a
worker's or server's process the same line serves the coordinator until it ends, and
then ends the process: scripts need not branch on their role.
"""

from __future__ import annotations

import atexit
import secrets
import sys
import threading
import time
import weakref
from typing import Any

import zmq

from dist.control import FIRST_REPORT_S, NEXT_REPORTS_S
from dist.session import EXIT_LIMIT_S
from strategies.cluster_resolver import TFConfigClusterResolver
from strategies.parameter_server.cluster import Cluster, cluster_of
from strategies.parameter_server.dispatch import Dispatcher
from strategies.parameter_server.links import ServerLinks
from strategies.parameter_server.placement import ParameterServerExtended
from strategies.parameter_server.rounds import MODES, Rounds
from strategies.strategy import Strategy
from tensor.core import errors

# How many closures may wait for workers before `schedule` waits too.
MOST_PENDING = 100_000


class ParameterServerStrategy(Strategy):
    """Training with parameter servers: asynchronous, bounded, or in step."""

    def __init__(
        self,
        cluster_resolver: Any = None,
        variable_partitioner: Any = None,
        *,
        updates: str = "asynchronous",
        max_staleness: int | None = None,
        max_pending: int = MOST_PENDING,
    ) -> None:
        """Connect to the parameter servers; waits until all are there.

        Args:
            cluster_resolver: Describes the cluster; by default TF_CONFIG, which
                `launch --ps` sets, does.
            variable_partitioner: Says into how many shards each variable is cut, such
                as `tf.distribute.experimental.partitioners.MinSizePartitioner()`.
            updates: "asynchronous": each step's gradients are applied at once, whatever
                other steps did meanwhile. "bounded": likewise, but a step starts only
                when at most `max_staleness` earlier ones have not ended.
                "synchronous": the steps of one round, one for each worker, see the same
                variables, and their gradients are averaged.
            max_staleness: The bound for "bounded".
            max_pending: How many scheduled functions may wait before `schedule` waits.

        Raises:
            ValueError: An argument is out of range, or the cluster lacks a role.
            UnavailableError: A parameter server did not come in time.
            SystemExit: In a worker's or server's process, when the coordinator has
                ended.
        """
        resolver = cluster_resolver or TFConfigClusterResolver()
        self._resolver = resolver
        spec = resolver.cluster_spec()
        cluster = cluster_of(spec)
        self.rounds = _rounds(updates, max_staleness, len(cluster.workers))
        if max_pending < 1:
            raise ValueError(
                f"`max_pending` must be at least 1, got {max_pending}: it is how many "
                "functions may wait for workers."
            )
        self.max_pending = max_pending
        if resolver.task_type in ("worker", "ps"):
            from strategies.parameter_server.task_server import serve_and_exit

            serve_and_exit(spec, resolver.task_type, int(resolver.task_id or 0))
        super().__init__()
        session = secrets.token_hex(8)
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        hello = {"role": "coordinator", "session": session}
        links = ServerLinks(cluster, self._context, hello, waits=True)
        try:
            _await_servers(cluster, links)
        except BaseException:
            links.close(says_bye=False)
            self._context.term()
            raise
        self.num_workers = len(cluster.workers)
        self.coordinator: Any = None  # there is one: see ClusterCoordinator
        self.dispatcher = Dispatcher(
            cluster, self._context, session, links, self.rounds
        )
        self.extended = ParameterServerExtended(
            self, links, len(cluster.servers), variable_partitioner
        )
        self.dispatcher.start()
        parts = self.dispatcher, links, self._context
        self._closer = weakref.finalize(self, _close, *parts)
        self._closer.atexit = False
        atexit.register(self._closer)

    @property
    def cluster_resolver(self) -> Any:
        """The resolver that describes the cluster."""
        return self._resolver

    def close(self) -> None:
        """Tell workers and servers that all is over; also done at exit."""
        atexit.unregister(self._closer)
        self._closer()

    def experimental_distribute_dataset(self, dataset: Any, options: Any = None) -> Any:
        """Return the dataset: each worker takes its own steps on it."""
        return dataset

    def distribute_datasets_from_function(
        self, dataset_fn: Any, options: Any = None
    ) -> Any:
        """Return the dataset that a function of an InputContext makes.

        Call it in the function that is passed to `create_per_worker_dataset`, so that
        each worker has its own.
        """
        from strategies.input_distribution import InputContext

        return dataset_fn(InputContext())

    experimental_distribute_datasets_from_function = distribute_datasets_from_function


def _close(dispatcher: Dispatcher, links: ServerLinks, context: Any) -> None:
    dispatcher.close()
    links.close()
    # Ending the context waits for all its sockets: not for ever.
    ending = threading.Thread(target=context.term, daemon=True)
    ending.start()
    ending.join(EXIT_LIMIT_S)


def _rounds(updates: str, max_staleness: int | None, workers: int) -> Rounds:
    """Return the rule of which functions may run now.

    Raises:
        ValueError: There is no such rule.
    """
    if updates not in MODES:
        raise ValueError(
            f"`updates` must be one of {', '.join(map(repr, MODES))}, got {updates!r}."
        )
    if (max_staleness is not None) != (updates == "bounded") or (
        max_staleness is not None and max_staleness < 0
    ):
        raise ValueError(
            f"`max_staleness` is {max_staleness} and `updates` is {updates!r}; "
            "expected a number of steps, 0 or more, with updates='bounded', and None "
            "otherwise."
        )
    return Rounds(updates, max_staleness or 0, workers)


def _await_servers(cluster: Cluster, links: ServerLinks) -> None:
    """Wait until all servers are there; say who is missing meanwhile.

    Raises:
        UnavailableError: Some did not come in time.
    """
    started_s = time.monotonic()
    next_report_s = FIRST_REPORT_S
    while True:
        missing = links.connect(timeout_s=0.2)
        if not missing:
            return
        waited_s = time.monotonic() - started_s
        names = ", ".join(str(cluster.servers[i]) for i in missing)
        if waited_s >= cluster.start_timeout_s:
            raise errors.because(
                errors.UnavailableError,
                f"The coordinator waited {waited_s:.0f} s for {names}. See their own "
                "output; raise the limit with `--start-timeout` "
                "(RINGFLOW_START_TIMEOUT_S) if they are only slow.",
            )
        if waited_s >= next_report_s:
            next_report_s += NEXT_REPORTS_S
            sys.stderr.write(
                f"coordinator: waiting for {names} since {waited_s:.0f} s\n"
            )
            sys.stderr.flush()
