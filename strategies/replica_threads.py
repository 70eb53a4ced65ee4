"""Several replicas in one process: threads that take turns.

Replica 0 runs until it finishes or wants to merge, then replica 1, and so on; when all
want to merge, the merging function runs once and each continues with its part of the
result. Only one runs at a time, so that results never depend on timing and tracing a
graph from several replicas is safe. The kernels inside use all cores anyway.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

from strategies.contexts import CrossReplicaContext, ReplicaContext, entered
from strategies.values import regroup, select
from tensor.core.context import context

if TYPE_CHECKING:
    from collections.abc import Callable

    from strategies.strategy import Strategy


# What replicas may add to the names of variables that are one.
_NUMBER = re.compile(r"_\d(?=/|$)")


class _Abandoned(BaseException):
    """Another replica failed: unwind this one."""


class ReplicaThread(threading.Thread):
    """One replica: runs while the conductor waits for it, and the other way round."""

    def __init__(
        self,
        strategy: Strategy,
        local_replica: int,
        call: Callable[[], Any],
        variables: dict[tuple[str, int], Any],
    ) -> None:
        super().__init__(name=f"replica {local_replica}", daemon=True)
        self._replica = ReplicaContext(strategy, local_replica)
        self._replica_thread_call = call
        self._may_run = threading.Semaphore(0)
        self._has_paused = threading.Semaphore(0)
        self._is_abandoned = False
        # What the replicas of this run have created, by name and number.
        self._variables = variables
        self._created: Counter[str] = Counter()
        # What tracing and recording are going on in the thread that called `run`.
        self._graph, self.outer_tapes = context.graph, tuple(context.tapes)
        self._name_scopes = list(context.name_scopes)
        self.result: Any = None
        self.error: BaseException | None = None
        self.merge: tuple[Callable[..., Any], Any, Any] | None = None
        self.merged: Any = None
        self.is_done = False

    def run(self) -> None:
        """Run the replica's function; called by `start`."""
        self._may_run.acquire()
        try:
            if not self._is_abandoned:
                context.graph, context.tapes = self._graph, list(self.outer_tapes)
                context.name_scopes = self._name_scopes
                self._replica.thread = self
                with entered(self._replica):
                    self.result = self._replica_thread_call()
        except _Abandoned:
            self.result = None  # the replica that failed has the error
        except BaseException as error:  # raised again by the conductor
            self.error = error
        finally:
            self.is_done = True
            self._has_paused.release()

    def advance(self) -> None:
        """Let the replica run until it finishes or wants to merge."""
        self._may_run.release()
        self._has_paused.acquire()

    def meet(self, merge_fn: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Wait in the replica for the others; return its part of the merged result.

        Raises:
            RuntimeError: The replica traces a function or a branch of its own, which
                the others have not come to yet.
        """
        if context.graph is not self._graph:
            raise RuntimeError(
                "`merge_call` called while defining a new graph or a tf.function: the "
                "function given to `strategy.run` meets the other replicas (it applies "
                "gradients, reduces, or assigns to an aggregated variable) inside a "
                "nested `@tf.function`, a branch or a loop. Make the function given to "
                "`strategy.run`, or what calls `strategy.run`, the tf.function, and "
                "move the branch or loop out of it."
            )
        self.merge = (merge_fn, args, kwargs)
        self._has_paused.release()
        self._may_run.acquire()
        if self._is_abandoned:
            raise _Abandoned
        return self.merged

    def create_once(self, name: str, create: Callable[[], Any]) -> Any:
        """Return the variable that the first replica has created.

        It goes on with it at once, so that what it builds, such as the weights of a
        layer, is complete when the next replica comes to it.

        Raises:
            RuntimeError: The first replica has created no such variable.
        """
        shared = _NUMBER.sub("", name)
        key = shared, self._created[shared]
        self._created[shared] += 1
        if key not in self._variables:
            replica = self._replica.local_replica
            if replica > 0:
                raise RuntimeError(
                    f"Tried to create variable {name} with mismatching name on device "
                    f"{replica}: the first replica has created "
                    f"{sorted({name for name, _ in self._variables})}. All replicas "
                    "create the same variables, by the same names."
                )
            self._variables[key] = create()
        return self._variables[key]

    def abandon(self) -> None:
        """Unwind a replica that waits to merge, and end its thread."""
        if not self.is_done:
            self._is_abandoned = True
            self.advance()
        self.join()


def run_replicas(strategy: Strategy, calls: list[Callable[[], Any]]) -> Any:
    """Run one function per local replica; return their results, regrouped.

    Raises:
        RuntimeError: Some replicas finished while others wait to merge.
    """
    variables: dict[tuple[str, int], Any] = {}
    threads = [
        ReplicaThread(strategy, i, call, variables) for i, call in enumerate(calls)
    ]
    for thread in threads:
        thread.start()
    try:
        while not all(t.is_done for t in threads):
            for thread in threads:
                thread.advance()
                if thread.error is not None:
                    raise thread.error
            _merge(strategy, threads)
    finally:
        for thread in threads:
            thread.abandon()
    return regroup([t.result for t in threads])


def _merge(strategy: Strategy, threads: list[ReplicaThread]) -> None:
    """Call the merging function that all replicas wait for, if they do."""
    waiting = [t for t in threads if not t.is_done]
    if not waiting:
        return
    if len(waiting) < len(threads):
        done = [i for i, t in enumerate(threads) if t.is_done]
        raise RuntimeError(
            f"Replica(s) {done} finished while others wait in merge_call (all_reduce, "
            "apply_gradients …). Every replica must make the same such calls, in the "
            "same order."
        )
    merges = [t.merge for t in threads if t.merge is not None]
    merge_fn = merges[0][0]
    args = tuple(
        regroup(list(part)) for part in zip(*[m[1] for m in merges], strict=True)
    )
    kwargs = {k: regroup([m[2][k] for m in merges]) for k in merges[0][2]}
    with entered(CrossReplicaContext(strategy, merging=True)):
        merged = merge_fn(strategy, *args, **kwargs)
    for i, thread in enumerate(threads):
        thread.merge = None
        thread.merged = select(i, merged)
