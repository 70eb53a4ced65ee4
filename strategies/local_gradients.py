"""Gradients through values that the replicas of one process bring together.

Each replica of a process has tapes of its own, and what happens between replicas
happens outside of them. So a replica's tapes record its part of a meeting as one op:
what went in from this replica, and what came out. On the way back they meet again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core.call import ArraySpec, Call
from tensor.core.context import context
from tensor.core.registry import Op, get_op
from tensor.core.tape import track
from tensor.core.tensor import EagerTensor, Tensor, wrap
from tensor.ops.array import shape_for

if TYPE_CHECKING:
    from strategies.contexts import ReplicaContext


class Meeting(Op):
    """A value that a replica gave to a meeting, and what it got."""

    kind = "collective"
    keeps_inputs: bool | tuple[int, ...] = False

    def gradient(self, call: Call, dz: Any) -> Any:
        """Return the gradient for this replica's value, from that of its result.

        Raises:
            RuntimeError: The replicas do not run any more.
        """
        replica: ReplicaContext = call.attrs["replica"]
        if context.replica is not replica:
            raise RuntimeError(
                "The gradient of a value that replicas combined was asked for outside "
                "of the replica. Call `tape.gradient` inside `strategy.run`, where the "
                "tape recorded."
            )
        is_plain = not isinstance(dz, Tensor)
        result = self.back(replica, call, wrap(dz) if is_plain else dz)
        return result._array if is_plain else result

    def back(self, replica: ReplicaContext, call: Call, dz: Any) -> Any:
        """Return the gradient as a tensor, from that of the result."""
        raise NotImplementedError(f"{type(self).__name__} must define `back`.")


class Reduced(Meeting):
    """y_r = Σ_s x_s, or the mean: the gradient is combined in the same way."""

    def back(self, replica: ReplicaContext, call: Call, dz: Any) -> Any:
        """Return the gradient as a tensor, from that of the result."""
        return replica.all_reduce(call.attrs["how"], dz)


class Gathered(Meeting):
    """The values of all replicas joined: the gradient is the own part of their sum."""

    def back(self, replica: ReplicaContext, call: Call, dz: Any) -> Any:
        """Return the gradient as a tensor, from that of the result."""
        axis = call.attrs["axis"]
        total = replica.all_reduce("SUM", dz)
        length = shape_for(call.inputs[0])[axis]
        mine = wrap(np.array([length])) if isinstance(length, int) else length[None]
        lengths = replica.all_gather(mine, axis=0)
        start = get_op("Sum")(lengths[: replica.replica_id], axis=None, keepdims=False)
        index = [slice(None)] * axis
        return total[(*index, slice(start, start + length))]


reduced = Reduced()
gathered = Gathered()


def note(
    op: Meeting, replica: ReplicaContext, value: Any, result: Any, **attrs: Any
) -> None:
    """Record a meeting on the tapes that are the replica's own and follow `value`."""
    outer = () if replica.thread is None else replica.thread.outer_tapes
    inside = [tape for tape in context.tapes if tape not in outer]
    number = getattr(value, "_track_id", 0)
    for tape in inside:
        if number in tape.tracked:
            call = Call(
                op,
                (_lightened(value),),
                _lightened(result),
                {"replica": replica, **attrs},
                (number,),
                (track(result),),
            )
            tape.add(call)


def _lightened(tensor: Any) -> Any:
    return ArraySpec(tensor._array) if type(tensor) is EagerTensor else tensor
