"""A group of ranks, as users see it: NumPy arrays in, NumPy arrays out.

`Group` checks the arguments, brings arrays into the form that transports want (one
dimension, contiguous), numbers the calls, keeps them in order, and hands back what the
caller expects. The moving is done by the group's `Transport`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from dist.arrays import readable, restore, writable
from dist.call import LETTER, make_request
from dist.compressed import all_reduce_compressed, find_wire
from dist.objects import pack, unpack
from dist.ordered_calls import OrderedCalls
from dist.reductions import Array, find_reduction, require_arithmetic

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, DTypeLike

    from dist.call import Call, Request
    from dist.place import Place
    from dist.services import Services
    from dist.transport import Transport
    from dist.watch import Watch
    from dist.work import Work


class Group:
    """Ranks that make the same calls in the same order.

    May be used from several threads, one call at a time; threads that communicate
    independently of each other take a group each (`new_group`), because the order of
    calls must be the same on all ranks. A call that fails leaves the group unusable.

    Attributes:
        name: "world", or made from the parent's name and the ranks.
        rank, size: this process among the group, and how many there are.
        local_rank, local_size: the same among the group's ranks on this host.
        host: the name of this host.
    """

    def __init__(
        self,
        name: str,
        place: Place,
        transport: Transport,
        watch: Watch,
        services: Services,
    ) -> None:
        self.name = name
        self.rank = place.rank
        self.size = place.size
        self.host = place.hosts[place.rank]
        self.local_rank = place.local_ranks.index(place.rank)
        self.local_size = len(place.local_ranks)
        self.world_ranks = place.world_ranks
        self.calls = OrderedCalls(name, watch, services.timeout_s)
        self._place = place
        self._transport = transport
        self._services = services
        self._letters: dict[tuple[str, int], int] = {}

    def __repr__(self) -> str:
        where = f"rank {self.rank} of {self.size}, {self.transport}"
        return f"<Group {self.name!r}: {where}>"

    @property
    def transport(self) -> str:
        """How the ranks are joined: solo, threads, shm, ring or hierarchy."""
        return self._transport.name

    def all_reduce(
        self,
        x: ArrayLike,
        op: str = "sum",
        *,
        wire: str | None = None,
        timeout: float | None = None,
    ) -> Array:
        """Combine `x` over the group, in place; all ranks end with the same bits.

        Args:
            x: an array of numbers, of the same shape and dtype on every rank.
            op: "sum", "mean", "min", "max" or "prod".
            wire: "float16" or "bfloat16" to send fewer bits (see `compressed`).
            timeout: seconds after which to give up; the group's limit by default.

        Returns:
            `x` itself; a new array if `x` was a list or a number.
        """
        return self.calls.now(*self._plan_all_reduce(x, op, wire), timeout)

    def all_reduce_async(
        self,
        x: Array,
        op: str = "sum",
        *,
        wire: str | None = None,
        timeout: float | None = None,
    ) -> Work:
        """Start `all_reduce` and return at once; `x` is the group's until `wait`."""
        return self.calls.later(*self._plan_all_reduce(x, op, wire), timeout)

    def reduce_scatter(
        self, x: ArrayLike, op: str = "sum", *, timeout: float | None = None
    ) -> Array:
        """Combine `x` over the group and return this rank's part of it.

        Args:
            x: an array whose first dimension is divisible by the size of the group; of
                the equal parts along that dimension, part r goes to rank r.
            op: as in `all_reduce`.
            timeout: seconds after which to give up.
        """
        array = np.asarray(x)
        reduction = find_reduction(op, array.dtype)
        if array.ndim == 0 or array.shape[0] % self.size:
            raise ValueError(
                f"reduce_scatter: `x` has shape {array.shape}; expected a first "
                f"dimension divisible by the {self.size} ranks of group {self.name!r}. "
                "Pad it, or use `all_reduce`."
            )
        parts = np.ascontiguousarray(array).reshape(self.size, -1)
        rows = array.shape[0] // self.size
        out = np.empty_like(array, order="C", shape=(rows, *array.shape[1:]))

        def run(call: Call) -> Array:
            self._transport.reduce_scatter(call, parts, out.reshape(-1), reduction)
            return out

        return self.calls.now(self._request("reduce_scatter", array, op), run, timeout)

    def all_gather(self, x: ArrayLike, *, timeout: float | None = None) -> Array:
        """Stack the `x` of all ranks: the result has shape `(size, *x.shape)`."""
        array = readable(x)
        out = np.empty_like(array, order="C", shape=(self.size, *array.shape))

        def run(call: Call) -> Array:
            self._transport.all_gather(
                call, array.reshape(-1), out.reshape(self.size, -1)
            )
            return out

        return self.calls.now(self._request("all_gather", array), run, timeout)

    def broadcast(
        self, x: ArrayLike, root: int = 0, *, timeout: float | None = None
    ) -> Array:
        """Make `x` on every rank what it is on `root`, in place; return it."""
        self._require_rank(root, "root")
        array, flat = writable(x)

        def run(call: Call) -> Array:
            self._transport.broadcast(call, flat, root)
            return restore(array, flat)

        return self.calls.now(
            self._request("broadcast", array, f"root={root}"), run, timeout
        )

    def reduce(
        self,
        x: ArrayLike,
        root: int = 0,
        op: str = "sum",
        *,
        timeout: float | None = None,
    ) -> Array | None:
        """Combine `x` over the group; `root` gets the result, the others None."""
        self._require_rank(root, "root")
        array = np.array(x)
        request = self._request("reduce", array, f"{op}, root={root}")
        reduction = find_reduction(op, array.dtype)

        def run(call: Call) -> Array | None:
            self._transport.all_reduce(call, array.reshape(-1), reduction)
            return array if self.rank == root else None

        return self.calls.now(request, run, timeout)

    def gather(
        self, x: ArrayLike, root: int = 0, *, timeout: float | None = None
    ) -> Array | None:
        """Stack the `x` of all ranks on `root`; the others get None."""
        self._require_rank(root, "root")
        array = readable(x)
        shape = (self.size, *array.shape)
        out = (
            np.empty_like(array, order="C", shape=shape) if self.rank == root else None
        )

        def run(call: Call) -> Array | None:
            outgoing: list[Array | None] = [None] * self.size
            outgoing[root] = array.reshape(-1)
            rows = [None] * self.size if out is None else out.reshape(self.size, -1)
            self._transport.exchange(call, outgoing, list(rows))
            return out

        request = self._request("gather", array, f"root={root}")
        return self.calls.now(request, run, timeout)

    def scatter(
        self, x: ArrayLike, root: int = 0, *, timeout: float | None = None
    ) -> Array:
        """Give row r of the root's `x` to rank r.

        Every rank passes an array of the full shape, because all must know what to
        expect; only the root's values count.
        """
        self._require_rank(root, "root")
        array = readable(x)
        self._require_rows(array, "scatter")
        out = np.empty_like(array, order="C", shape=array.shape[1:])

        def run(call: Call) -> Array:
            rows = list(array.reshape(self.size, -1))
            outgoing = rows if self.rank == root else [None] * self.size
            incoming: list[Array | None] = [None] * self.size
            incoming[root] = out.reshape(-1)
            self._transport.exchange(call, outgoing, incoming)
            return out

        request = self._request("scatter", array, f"root={root}")
        return self.calls.now(request, run, timeout)

    def all_to_all(self, x: ArrayLike, *, timeout: float | None = None) -> Array:
        """Give row r of `x` to rank r; row r of the result comes from rank r."""
        array = readable(x)
        self._require_rows(array, "all_to_all")
        out = np.empty_like(array, order="C")

        def run(call: Call) -> Array:
            outgoing = list(array.reshape(self.size, -1))
            incoming = list(out.reshape(self.size, -1))
            self._transport.exchange(call, outgoing, incoming)
            return out

        return self.calls.now(self._request("all_to_all", array), run, timeout)

    def send(self, x: ArrayLike, to: int, *, timeout: float | None = None) -> None:
        """Send `x` to rank `to`, which calls `recv` with the same shape and dtype."""
        self._require_rank(to, "to")
        array = readable(x)
        flat = array.reshape(-1)
        self._letter(
            ("to", to),
            array,
            lambda call: self._transport.send(call, flat, to),
            timeout,
        )

    def recv(
        self,
        shape: int | Sequence[int],
        dtype: DTypeLike,
        source: int,
        *,
        timeout: float | None = None,
    ) -> Array:
        """Receive an array of this shape and dtype that rank `source` sends."""
        self._require_rank(source, "source")
        array = np.empty(shape, dtype)
        flat = array.reshape(-1)
        self._letter(
            ("from", source),
            array,
            lambda call: self._transport.receive(call, flat, source),
            timeout,
        )
        return array

    def barrier(self, timeout: float | None = None) -> None:
        """Return when all ranks have called it."""
        request = make_request("barrier")
        self.calls.now(request, self._transport.barrier, timeout)

    def all_gather_object(self, obj: Any, *, timeout: float | None = None) -> list[Any]:
        """The `obj` of every rank, in order, as copies.

        Objects travel pickled over the encrypted line to the rendezvous, never over
        data sockets: for arrays, `all_gather` is much faster.
        """
        item = pack(obj)

        def run(call: Call) -> list[Any]:
            self._transport.barrier(call)  # finds out about mismatched calls
            items = self._services.exchange(f"object/{call.sequence}", item, call)
            return [unpack(item) for item in items]

        request = make_request("all_gather_object")
        return self.calls.now(request, run, timeout)

    def new_group(self, ranks: Sequence[int]) -> Group | None:
        """Make a group of some ranks of this one; they are numbered in the given order.

        Every member calls it with the same list; other ranks may, and get None.
        """
        members = [int(rank) for rank in ranks]
        for rank in members:
            self._require_rank(rank, "ranks")
        if not members or len(set(members)) < len(members):
            raise ValueError(
                f"new_group: `ranks` is {members}; expected at least one rank and each "
                "only once."
            )
        if self.rank not in members:
            return None
        self.calls.require_usable()
        return self._services.new_group(self, members, self._place.among(members))

    def empty(self, shape: int | Sequence[int], dtype: DTypeLike = np.float32) -> Array:
        """An uninitialised array that is reduced without a staging copy.

        Inside one host it lies in memory that all ranks share, elsewhere it is an
        ordinary array. Every rank calls it with the same arguments.
        """
        sizes = (shape,) if isinstance(shape, int) else tuple(shape)
        kind = np.dtype(dtype)
        require_arithmetic(kind)
        count = math.prod(sizes)
        request = make_request("empty", "", kind, sizes)
        flat: Array = self.calls.now(
            request, lambda call: self._transport.allocate(call, count, kind), None
        )
        return flat.reshape(sizes)

    def child_name(self, ranks: Sequence[int], count: int = 1) -> str:
        """The name of the group of these ranks that was made `count`-th."""
        name = f"{self.name}/{','.join(map(str, ranks))}"
        return name if count == 1 else f"{name}#{count}"

    def stats(self) -> dict[str, dict[str, Any]]:
        """What each kind of call has cost this rank so far; see `dist.stats`."""
        return self.calls.ledger.summary()

    def close(self, timeout_s: float = 1.0) -> None:
        """Leave the group; calls of other ranks that need this one will fail."""
        # A socket that a thread still waits on must not be closed: libzmq would abort.
        if self.calls.close(timeout_s):
            self._transport.close(0.0 if self.calls.has_failed else timeout_s)

    def _plan_all_reduce(
        self, x: ArrayLike, op: str, wire: str | None
    ) -> tuple[Request, Callable[[Call], Array]]:
        array, flat = writable(x)
        reduction = find_reduction(op, array.dtype)
        if wire is not None:
            sent = find_wire(wire, array.dtype)

            def run_compressed(call: Call) -> Array:
                all_reduce_compressed(self._transport, call, flat, reduction, sent)
                return restore(array, flat)

            request = self._request("all_reduce", array, f"{op}, wire={wire}")
            return request, run_compressed

        def run(call: Call) -> Array:
            self._transport.all_reduce(call, flat, reduction)
            return restore(array, flat)

        return self._request("all_reduce", array, op), run

    def _letter(
        self,
        route: tuple[str, int],
        array: Array,
        body: Callable[[Call], None],
        timeout: float | None,
    ) -> None:
        """Send or receive: numbered per pair of ranks, not per group."""
        require_arithmetic(array.dtype)
        towards, peer = route
        ends = (self.rank, peer) if towards == "to" else (peer, self.rank)
        request = self._request(LETTER, array, f"rank {ends[0]} to rank {ends[1]}")
        number = self._letters[route] = self._letters.get(route, 0) + 1
        self.calls.now(request, body, timeout, sequence=number)

    def _request(self, name: str, array: Array, detail: str = "") -> Request:
        return make_request(name, detail, array.dtype, array.shape)

    def _require_rank(self, rank: int, argument: str) -> None:
        if not 0 <= rank < self.size:
            raise ValueError(
                f"`{argument}` is {rank}; group {self.name!r} has the ranks 0 to "
                f"{self.size - 1}."
            )

    def _require_rows(self, array: Array, name: str) -> None:
        if array.ndim == 0 or array.shape[0] != self.size:
            raise ValueError(
                f"{name}: `x` has shape {array.shape}; expected one row for each of "
                f"the {self.size} ranks of group {self.name!r}."
            )
