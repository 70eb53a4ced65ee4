"""A worker's side of the closures: functions, iterators, and running them.

No Python of the user's runs here, save what his datasets bring: functions arrive as
programs. What a program reads first is pulled before it starts, what it writes is
pushed while it goes on, and it has ended when the servers have done all of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from strategies.parameter_server.arrays import as_array, as_value
from strategies.parameter_server.codec import packed_error, unpack
from strategies.parameter_server.per_worker import current_worker
from strategies.parameter_server.updates import ServerStep
from strategies.parameter_server.variables import Handle, ServerVariable
from tensor.core import dtypes
from tensor.core.devices import current_device
from tensor.core.tensor import next_track_id
from tensor.core.variable_creation import (
    VariableAggregation,
    VariableSynchronization,
)
from tensor.data.iterator import OwnedIterator
from tensor.data.seeds import DrawnSeeds, EpochSeeds, seed_pair
from tensor.graph.passes.prune import prune
from tensor.graph.runner import Runner
from tensor.graph.state import ReadVariable

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import zmq

    from dist.messages import Message
    from strategies.parameter_server.cluster import Cluster
    from tensor.graph.program import Program

from strategies.parameter_server.links import ServerLinks


class ClosureRunner:
    """What one worker has for one coordinator."""

    def __init__(
        self,
        cluster: Cluster,
        context: zmq.Context[zmq.Socket[bytes]],
        index: int,
        session: str,
    ) -> None:
        self._index = index
        hello = {"role": "worker", "index": index, "session": session}
        self._links = ServerLinks(cluster, context, hello, waits=False)
        self._variables: dict[int, ServerVariable] = {}
        self._iterators: dict[int, _WorkerIterator] = {}
        self._functions: dict[int, _Function] = {}

    def answer(self, request: Message) -> tuple[dict[str, Any], Sequence[np.ndarray]]:
        """Do what is asked: take over a function or an iterator, or run a closure."""
        fields, arrays = request.fields, request.arrays
        what = fields["do"]
        if what == "run":
            return self._run_all(fields, arrays)
        if what == "define":
            program, captured = unpack(arrays[0], self._resolve)
            self._functions[fields["function"]] = _Function(program, captured)
        elif what == "iterator":
            dataset = unpack(arrays[0], self._resolve)
            self._iterator(fields["iterator"]).begin(dataset)
        return {}, ()

    def close(self) -> None:
        """Leave the servers."""
        self._links.close()
        self._iterators.clear()

    def _run_all(
        self, fields: Any, arrays: Any
    ) -> tuple[dict[str, Any], list[np.ndarray]]:
        """Run closures of one function one after the other, up to one that fails.

        Returns:
            How many arrays each gave, -1 for one that failed, and the arrays: results,
            or the packed error.
        """
        function = self._functions[fields["function"]]
        counts: list[int] = []
        results: list[np.ndarray] = []
        taken = fields["arity"]
        for i, number in enumerate(fields["closures"]):
            self._links.closure = number if fields["is_kept"] else None
            try:
                found = self._run(function, arrays[i * taken : (i + 1) * taken])
            except BaseException as error:
                return {"counts": [*counts, -1]}, [*results, packed_error(error)]
            counts.append(len(found))
            results += found
        return {"counts": counts}, results

    def _run(self, function: _Function, arrays: Any) -> list[np.ndarray]:
        links = self._links
        current_worker.index = self._index
        try:
            if function.reads:
                links.prefetch(function.reads)
            results = function.run(arrays)
            links.flush()
        except BaseException:
            links.forget_unanswered()
            raise
        finally:
            current_worker.index = None
        return [as_array(r) for r in results]

    def _resolve(self, shipped: tuple[str, Any]) -> Any:
        facts: Any
        kind, facts = shipped
        if kind == "variable":
            number = facts["variable"]
            if number not in self._variables:
                self._variables[number] = _stand_in(facts, self._links)
            return self._variables[number]
        if kind == "step":
            number, server, written = facts
            return ServerStep(number, server, written, self._links)
        return self._iterator(facts)

    def _iterator(self, number: int) -> _WorkerIterator:
        return self._iterators.setdefault(number, _WorkerIterator())


class _WorkerIterator:
    """This worker's iterator over its dataset, which may begin anew."""

    def __init__(self) -> None:
        self._iterator: OwnedIterator | None = None

    def begin(self, dataset: Any) -> None:
        """Begin at the start of a dataset, in an order of our own if it is shuffled."""
        draw_seeds(dataset)
        self._iterator = OwnedIterator(dataset)

    def __call__(self) -> Any:
        """Return the next element's components."""
        assert self._iterator is not None, "sent before"  # noqa: S101 - own rule
        return self._iterator._next_or_fail()


def draw_seeds(dataset: Any) -> None:
    """Draw new seeds where nobody chose any: workers are to see different orders."""
    seeds = getattr(dataset, "seeds", None)
    if isinstance(seeds, EpochSeeds) and isinstance(seeds.seeds, DrawnSeeds):
        dataset.seeds = EpochSeeds(seed_pair(None), seeds.changes)
    for source in dataset.inputs:
        draw_seeds(source)


class _Function:
    """A program with what it captured, and the variables to pull before it runs."""

    def __init__(self, program: Program, captured: list[np.ndarray]) -> None:
        self._runner = Runner(program)
        self._captured = [as_value(a) for a in captured]
        self.reads = _first_reads(prune(program))

    def run(self, arrays: Sequence[np.ndarray]) -> tuple[Any, ...]:
        """Run on the closure's tensors."""
        return self._runner.run([*[as_value(a) for a in arrays], *self._captured])


def _first_reads(program: Program) -> list[ServerVariable]:
    """Return the variables that the program reads before it may write to them."""
    found: dict[int, ServerVariable] = {}
    written: set[int] = set()
    for node in program.nodes:
        variable = node.attrs.get("variable")
        if isinstance(node.op, ReadVariable):
            if (
                type(node.op) is not Handle
                and isinstance(variable, ServerVariable)
                and variable.number not in written
            ):
                found[variable.number] = variable
            continue
        for inner in (node, *[n for p in node.programs() for n in p.all_nodes()]):
            changed = inner.attrs.get("variable")
            if isinstance(changed, ServerVariable):
                written.add(changed.number)
            step = inner.attrs.get("step")
            if isinstance(step, ServerStep):
                written.update(step.written)
    return list(found.values())


def _stand_in(facts: dict[str, Any], links: ServerLinks) -> ServerVariable:
    """Return what stands for a server's variable on this worker."""
    variable = ServerVariable.__new__(ServerVariable)
    dims = facts["dims"]
    vars(variable).update(
        _dims=None if dims is None else tuple(dims),
        _dtype=dtypes.as_dtype(facts["dtype"]),
        _name=facts["name"],
        _trainable=facts["trainable"],
        _constraint=None,
        _synchronization=VariableSynchronization.AUTO,
        _aggregation=VariableAggregation.NONE,
        _device=current_device(),
        _track_id=next_track_id(),
    )
    variable.settle(facts["variable"], facts["server"], links)
    return variable
