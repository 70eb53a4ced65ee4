"""Which server gets a variable, and whether it is cut into shards.

The server with the fewest bytes so far gets the next variable, so that none becomes a
bottleneck; with equal variables that is round robin. What belongs beside another
variable, such as an optimizer's slots, goes where that is.
"""

from __future__ import annotations

import contextlib
import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from strategies.extended import StrategyExtended
from strategies.parameter_server.arrays import as_array
from strategies.parameter_server.partitioners import shard_sizes
from strategies.parameter_server.sharded_variable import ShardedVariable, Shards
from strategies.parameter_server.variables import ServerVariable
from strategies.variables import DistributedVariable
from tensor.core.shapes import TensorShape
from tensor.core.tensor import wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from strategies.parameter_server.links import ServerLinks
    from strategies.strategy import Strategy
    from tensor.core.variable import Variable

# What a variable whose size may change counts, and what a string does.
_BYTES_OF_UNKNOWN = 1024


class Placement:
    """Bytes by server."""

    def __init__(self, servers: int) -> None:
        self.bytes = [0] * servers

    def next_server(self, nbytes: int) -> int:
        """Return the server for a variable of this size, and count it there."""
        server = self.bytes.index(min(self.bytes))
        self.put(server, nbytes)
        return server

    def put(self, server: int, nbytes: int) -> None:
        """Count a variable of a server."""
        self.bytes[server] += nbytes


class ParameterServerExtended(StrategyExtended):
    """Makes the variables of a parameter-server strategy."""

    def __init__(
        self, strategy: Strategy, links: ServerLinks, servers: int, partitioner: Any
    ) -> None:
        super().__init__(strategy, None, ("CPU:0",))
        self.links = links
        self.placement = Placement(servers)
        self.parameter_devices = tuple(
            f"/job:ps/replica:0/task:{i}/device:CPU:0" for i in range(servers)
        )
        self._partitioner = partitioner
        self._numbers = itertools.count(1)
        self._beside: tuple[ServerVariable, str] | None = None
        self._slots: dict[tuple[int, str], Shards] = {}

    def create_variable(self, make: Callable[..., Any]) -> Any:
        """Return a new variable that lives on a server, or several of them.

        Raises:
            ValueError: The partitioner asks for something else than shards of rows.
        """
        # The arguments say what it must be: make it here first.
        draft = make(_Draft)
        array = vars(draft)["_array"]
        count = self._shard_count(draft)
        if count == 1:
            return self._settled(draft, array)
        starts = np.cumsum([0, *shard_sizes(array.shape[0], count)])
        name = draft.name.rpartition(":")[0]
        parts = []
        for i, (start, end) in enumerate(itertools.pairwise(starts.tolist())):
            part = type.__call__(
                _Draft,
                wrap(array[start:end]),
                trainable=draft.trainable,
                name=f"{name}/part_{i}",
                constraint=draft.constraint,
                synchronization=draft.synchronization,
                aggregation=draft.aggregation,
            )
            # Not inside the name scopes that are open: these are in the name already.
            part._name = f"{name}/part_{i}"
            parts.append(self._settled(part, array[start:end]))
        return ShardedVariable(parts, name=name)

    def _settled(self, draft: Any, array: Any) -> ServerVariable:
        """Move a variable that was made here to a server."""
        del draft._array
        draft.__class__ = ServerVariable
        variable: ServerVariable = draft
        variable._strategy = self._strategy
        array = as_array(array)
        nbytes = array.nbytes if array.dtype != object else _BYTES_OF_UNKNOWN
        if self._beside is not None:
            server = self._beside[0].server
            self.placement.put(server, nbytes)
        else:
            server = self.placement.next_server(nbytes)
        variable.settle(next(self._numbers), server, self.links)
        fields = {
            "variable": variable.number,
            "name": variable._name,
            "dtype": variable.dtype.name,
            "shape": array.shape,
            "dims": variable.static_shape,
        }
        self.links.create(server, fields, array)
        self._note_slot(variable)
        return variable

    # ---- shards

    def _shard_count(self, draft: Variable) -> int:
        dims = draft.static_shape
        if self._partitioner is None or self._beside is not None or not dims:
            return 1
        if None in dims:
            return 1
        counts = self._partitioner(shape=TensorShape(dims), dtype=draft.dtype)
        if not counts or counts[0] == 0 or any(n != 1 for n in counts[1:]):
            raise ValueError(
                "variable_partitioner must return a list/tuple whose elements are 1 "
                f"besides the first element (non-zero), got: {counts!r}"
            )
        return max(1, min(int(counts[0]), dims[0] or 1))

    # ---- slots

    @contextlib.contextmanager
    def placing_beside(self, variable: ServerVariable, name: str) -> Iterator[None]:
        """Put what is made in the `with` block on a variable's server."""
        before, self._beside = self._beside, (variable, name)
        try:
            yield
        finally:
            self._beside = before

    def _note_slot(self, slot: ServerVariable) -> None:
        """Let the slots of all shards of a variable be one in checkpoints."""
        if self._beside is None or self._beside[0].whole is None:
            return
        beside, name = self._beside
        whole = beside.whole
        if slot.static_shape != beside.static_shape or whole is None:
            return
        key = id(whole), name
        if key not in self._slots:
            self._slots[key] = Shards(whole._starts)
        slot.whole = self._slots[key]
        slot.whole.add(slot)

    def data_elsewhere(self, x: Any, y: Any, sample_weight: Any, **how: Any) -> Any:
        """Return what gives Keras the workers' batches, None if a step runs here."""
        from strategies.parameter_server.fit import closures_for

        return closures_for(self._strategy, x, y, sample_weight, **how)

    def _require_equal(self, values: tuple[Any, ...], name: str) -> None:
        """Nothing: there is one replica a step, and one variable for all."""

    def variable_created_in_scope(self, variable: Any) -> bool:
        """Return whether `variable` belongs to this strategy."""
        if isinstance(variable, ShardedVariable):
            variable = variable.variables[0]
        return super().variable_created_in_scope(variable)


class _Draft(DistributedVariable):
    """A variable before it is moved to its server."""
