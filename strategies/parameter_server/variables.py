"""ServerVariable: stands for a variable that lives on a parameter server.

Reading pulls the value, writing pushes it, looking up rows pulls only these. On the
coordinator it is an ordinary variable to look at; in a traced function its nodes are
those of any variable, and do the same wherever the function runs.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import numpy as np

from strategies.parameter_server.arrays import as_array, as_value
from strategies.parameter_server.codec import pack
from strategies.parameter_server.updates import ServerGraph, update_on_server
from strategies.variables import DistributedVariable
from tensor.core.context import context
from tensor.core.convert import convert
from tensor.core.tensor import wrap
from tensor.core.tensor_spec import TensorSpec
from tensor.graph.state import ReadVariable, WriteVariable, check_assignable
from tensor.ops.gather import Gather

if TYPE_CHECKING:
    from collections.abc import Iterator

    from strategies.parameter_server.links import ServerLinks
    from strategies.parameter_server.sharded_variable import Shards


class ServerVariable(DistributedVariable):
    """A variable of a parameter server.

    Attributes:
        number: its number in the cluster.
        server: the number of the server that has it.
        links: this process's connections.
        whole: what it is a part of, if the variable is cut into shards.
    """

    number: int
    server: int
    links: ServerLinks
    whole: Shards | None = None

    def settle(self, number: int, server: int, links: ServerLinks) -> None:
        """Become the stand-in for variable `number` of a server."""
        self.number, self.server, self.links = number, server, links

    def shipped(self) -> Any:
        """Return what stands for this variable in another process."""
        return "variable", {
            "variable": self.number,
            "server": self.server,
            "dims": self._dims,
            "dtype": self._dtype.name,
            "name": self._name,
            "trainable": self._trainable,
        }

    @property
    def _array(self) -> Any:
        return as_value(self.links.fetch(self))

    @property
    def device(self) -> str:
        """The server's device."""
        return f"/job:ps/replica:0/task:{self.server}/device:CPU:0"

    @property
    def row_bytes(self) -> int:
        """The size of one entry along the first axis; 0 where it may change."""
        dims = (self._dims or (None,))[1:]
        if None in dims or self._dtype.numpy_dtype.hasobject:
            return 0
        sizes = [d for d in dims if d is not None]
        return int(np.prod(sizes)) * self._dtype.numpy_dtype.itemsize

    @property
    def nbytes(self) -> int:
        """The size of the value; 0 where it may change."""
        if not self._dims:
            return 0
        return (self._dims[0] or 0) * self.row_bytes

    # ---- reading

    def sparse_read(self, indices: Any, name: str | None = None) -> Any:
        """Return the rows at `indices`; only they leave the server."""
        if isinstance(context.graph, ServerGraph):
            return super().sparse_read(indices, name)
        return gather_from_server(
            self._handle(), convert(indices), variable=self, axis=0, batch_dims=0
        )

    def _handle(self) -> Any:
        """Return a tensor that tapes take for this variable, without its value."""
        if context.graph is not None:
            return _handle_in_graph(self)
        tensor = wrap(handle.kernel(variable=self))
        tensor._track_id = self._track_id
        if self._trainable:
            for tape in context.tapes:
                tape.saw_variable(self)
        return tensor

    # ---- writing

    def _update(self, how: str, value: Any, read_value: bool) -> Any:
        graph = context.graph
        if graph is None or isinstance(graph, ServerGraph):
            return super()._update(how, value, read_value)
        value = convert(value, self._dtype)
        check_assignable(self, how, value.static_shape)
        graph.write_variable(push, (value,), {"variable": self, "how": how})
        return self if read_value else None

    def write_array(self, how: str, array: Any) -> None:
        """Let the server write an array of fitting shape and dtype."""
        self.links.push(self, "assign", {"how": how}, [as_array(array)])

    def write_rows(self, combine: Any, key: tuple[Any, ...], rows: Any) -> None:
        """Let the server write rows where the index arrays in `key` point."""
        name = None if combine is None else combine.__name__
        arrays = [as_array(a) for a in (rows, *key)]
        self.links.push(self, "write_rows", {"combine": name}, arrays)

    def write_slice(self, index: Any, how: str, array: Any) -> None:
        """Let the server write to `self[index]`."""
        arrays = [pack(index), as_array(array)]
        self.links.push(self, "write_slice", {"how": how}, arrays)

    # ---- for optimizers

    def updated_by(self, step: Any, gradient: Any) -> None:
        """Let the server take an optimizer's step, if a function is being traced."""
        if context.graph is None:
            step(gradient, self)
        else:
            update_on_server(self, step, gradient)

    @contextlib.contextmanager
    def beside(self, name: str) -> Iterator[None]:
        """Let variables that are made in the `with` block live on the same server.

        They do so even outside of every scope: an optimizer makes its slots when it is
        first used.
        """
        extended: Any = self._strategy.extended
        with contextlib.ExitStack() as stack:
            if context.replica is None:
                stack.enter_context(self._strategy.scope())
            stack.enter_context(extended.placing_beside(self, name))
            yield

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError(
            f"{self.name!r} lives on a parameter server and cannot be pickled. Save it "
            "by tf.train.Checkpoint, or take its value by numpy()."
        )


class Handle(ReadVariable):
    """Stands for a variable of a server, without its value."""

    type_name = "VarHandleOp"

    def kernel(self, *before: Any, variable: Any) -> Any:
        dims = tuple([d or 0 for d in variable.static_shape])
        return np.broadcast_to(np.zeros((), variable.dtype.numpy_dtype), dims)

    def reapply(self, inputs: list[Any], attrs: dict[str, Any], name: str) -> Any:
        return attrs["variable"]._handle()


class Push(WriteVariable):
    """Assign to a server's variable, add to it or subtract from it.

    An op of its own, because a value that is read after it must be the server's: others
    write to the variable too.
    """

    type_name = "PushVariableOp"


class GatherFromServer(Gather):
    """The rows of a server's variable that the indices name.

    Its first input stands for the variable, so that tapes know where gradients go.
    """

    type_name = "ResourceGather"
    kind = "stateful"

    def kernel(  # type: ignore[override]  # the variable comes beside its stand-in
        self, params: Any, indices: Any, variable: Any, axis: int, batch_dims: int
    ) -> Any:
        return as_value(variable.links.gather(variable, np.asarray(indices)))

    def infer(  # type: ignore[override]  # likewise
        self, params: TensorSpec, indices: TensorSpec, variable: Any, **attrs: Any
    ) -> TensorSpec:
        return super().infer(params, indices, **attrs)

    def reapply(self, inputs: list[Any], attrs: dict[str, Any], name: str) -> Any:
        return attrs["variable"].sparse_read(inputs[1])


def _handle_in_graph(variable: ServerVariable) -> Any:
    from tensor.graph.program import Node

    graph = context.graph
    graph.outside.add_variables([variable])
    if variable.trainable:
        for tape in context.tapes:
            tape.saw_variable(variable)
    node = Node(handle, (), {"variable": variable}, {})
    spec = TensorSpec.of(variable.static_shape, variable.dtype)
    tensor = graph.add_node(node, spec, f"{variable.name.rpartition(':')[0]}/handle")
    tensor._track_id = variable._track_id
    return tensor


handle = Handle()
push = Push()
gather_from_server = GatherFromServer()
