"""Who is in the job and what they are told: the rendezvous as a pure state machine.

`RendezvousServer` feeds it what arrives and performs what it returns; it does no I/O
and reads no clock, so every decision is a table in a test.

    vocabulary of the control channel (header: JSON; payloads: bytes, never opened here)
    worker → server   join      rank, host, pid: I am here
                      exchange  key, ranks: hand out my payload and give me theirs
                      failed    error, text: a collective went wrong, tell everybody
                      beat      sent_s, call: I am alive, and busy with this call
                      inquire   what is everybody busy with?
                      leave     account: I am done, and this is what calls have cost
    launcher → server host      node, and what it has to say to the launcher of host 0
    server → worker   welcome   members: all ranks have joined
                      refused   why
                      exchanged key, payloads in the order of ranks
                      failed    error, text
                      lost      rank, cause, orderly
                      pong      sent_s, server_s: for the clock offset
                      progress  what each rank is busy with, should_report
    server → launcher told      what the launcher of host 0 has to say to that host
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Header = dict[str, Any]


@dataclass(frozen=True)
class Send:
    """An instruction to the server: send this to that client."""

    client: bytes
    header: Header
    payloads: tuple[bytes, ...] = ()


@dataclass
class Member:
    """What is known about one rank."""

    client: bytes
    host: str
    pid: int
    call: str = ""
    call_since_s: float = 0.0
    last_beat_s: float = 0.0


@dataclass
class Exchange:
    """Payloads collected so far for one key."""

    ranks: tuple[int, ...]
    payloads: dict[int, bytes] = field(default_factory=dict)


class Membership:
    """All facts about a job of `size` ranks, and the answers to what they send.

    Args:
        size: how many ranks there are.
        report_interval_s: how often one rank tells the user whom all are waiting for.
        attempt: which attempt of a job over several hosts this is; None where there is
            a server for each.
        hosts: the launchers of other hosts that are connected, by number.

    Attributes:
        news: what other hosts' launchers said, for host 0's to take.
        accounts: what communication has cost ranks that left in good order.
    """

    def __init__(
        self,
        size: int,
        *,
        report_interval_s: float = 15.0,
        attempt: int | None = None,
        hosts: dict[int, bytes] | None = None,
    ) -> None:
        self.size = size
        self.attempt = attempt
        self.hosts = hosts if hosts is not None else {}
        self.news: list[Header] = []
        self.members: dict[int, Member] = {}
        self.lost: dict[int, str] = {}
        self.left: set[int] = set()
        self.failure: Header | None = None
        self.accounts: dict[int, Header] = {}
        self._ranks: dict[bytes, int] = {}
        self._exchanges: dict[str, Exchange] = {}
        self._report_interval_s = report_interval_s
        self._next_report_s = 0.0

    @property
    def missing(self) -> list[int]:
        """Ranks that have not joined yet."""
        return [rank for rank in range(self.size) if rank not in self.members]

    @property
    def clients(self) -> list[bytes]:
        """Everybody who is connected and neither left nor lost."""
        return [member.client for member in self._present()]

    @property
    def everybody_gone(self) -> bool:
        """Whether each rank has left or is lost."""
        return len(self.left | self.lost.keys()) >= self.size

    def receive(
        self, client: bytes, header: Header, payloads: tuple[bytes, ...], now_s: float
    ) -> list[Send]:
        """Take in one message; a message that makes no sense is ignored."""
        kind = header.get("kind")
        if kind == "join":
            return self._join(client, header, now_s)
        if kind == "host" and isinstance(header.get("node"), int):
            self.hosts[header["node"]] = client
            self.news.append(header)
            return []
        rank = self._ranks.get(client)
        if rank is None:
            return []
        member = self.members[rank]
        if kind == "beat":
            return [self._beat(member, header, now_s)]
        if kind == "exchange" and len(payloads) == 1:
            return self._exchange(rank, header, payloads[0])
        if kind == "failed":
            return self._fail(header)
        if kind == "inquire":
            return [self._progress(client, now_s)]
        if kind == "leave":
            if header.get("account"):
                self.accounts[rank] = header["account"]
            return self._gone(rank, "it left the job in good order", orderly=True)
        return []

    def worker_lost(self, rank: int, cause: str) -> list[Send]:
        """Note that a process ended badly, even if it has said farewell before.

        An exception ends a script in good order as far as this room can see; the exit
        status that the launcher reports a moment later is the better explanation.
        """
        if rank in self.lost:
            return []
        return self._gone(rank, cause, orderly=False)

    def unreachable(self, client: bytes) -> list[Send]:
        """Note that a client's connection is closed without a farewell."""
        for node, launcher in list(self.hosts.items()):
            if launcher == client:
                del self.hosts[node]
                self.news.append({"kind": "host", "node": node, "said": "lost"})
        rank = self._ranks.get(client)
        if rank is None or rank in self.left:
            return []
        return self.worker_lost(rank, "its connection closed without a farewell")

    def _join(self, client: bytes, header: Header, now_s: float) -> list[Send]:
        rank, size = header.get("rank"), header.get("size")
        why = ""
        if size != self.size or not isinstance(rank, int) or not 0 <= rank < self.size:
            why = (
                f"rank {rank} of {size} wants to join a job of {self.size} ranks. "
                "Start all processes with the same settings."
            )
        elif self.attempt is not None and header.get("attempt", 0) != self.attempt:
            why = (
                f"rank {rank} is of attempt {header.get('attempt', 0)}, and the job is "
                f"at attempt {self.attempt}. It was left over from before a restart."
            )
        elif rank in self.members:
            first = self.members[rank]
            why = (
                f"rank {rank} joined twice: first by process {first.pid} on "
                f"{first.host}, now by process {header.get('pid')} on "
                f"{header.get('host')}. Start each rank once, with its own number."
            )
        if why:
            return [Send(client, {"kind": "refused", "why": why})]
        assert isinstance(rank, int), "checked above"  # noqa: S101 - for mypy
        self.members[rank] = Member(
            client,
            str(header.get("host")),
            int(header.get("pid", 0)),
            last_beat_s=now_s,
        )
        self._ranks[client] = rank
        sends = [
            Send(client, self._lost_header(gone, cause, orderly=False))
            for gone, cause in self.lost.items()
        ]
        if not self.missing:
            sends += self._to_all({"kind": "welcome", "members": self._roster()})
        return sends

    def _beat(self, member: Member, header: Header, now_s: float) -> Send:
        call = str(header.get("call", ""))
        if call != member.call:
            member.call, member.call_since_s = call, now_s
        member.last_beat_s = now_s
        return Send(
            member.client,
            {"kind": "pong", "sent_s": header.get("sent_s"), "server_s": now_s},
        )

    def _exchange(self, rank: int, header: Header, payload: bytes) -> list[Send]:
        key, ranks = str(header.get("key")), tuple(header.get("ranks", ()))
        exchange = self._exchanges.setdefault(key, Exchange(ranks))
        if rank not in exchange.ranks or ranks != exchange.ranks:
            return self._fail(
                {
                    "error": "mismatch",
                    "peer": rank,
                    "text": f"{key}: rank {rank} wants to exchange with the ranks "
                    f"{list(ranks)}, others with {list(exchange.ranks)}. All members "
                    "of a group must make it with the same list of ranks.",
                }
            )
        exchange.payloads[rank] = payload
        if len(exchange.payloads) < len(exchange.ranks):
            return []
        del self._exchanges[key]
        payloads = tuple(exchange.payloads[member] for member in exchange.ranks)
        reply = {"kind": "exchanged", "key": key}
        return [
            Send(self.members[member].client, reply, payloads)
            for member in exchange.ranks
            if member in self.members and member not in self.lost
        ]

    def _fail(self, header: Header) -> list[Send]:
        if self.failure is not None:
            return []  # the first is the cause, the others follow from it
        self.failure = {**header, "kind": "failed"}
        return self._to_all(self.failure)

    def _progress(self, client: bytes, now_s: float) -> Send:
        should_report = now_s >= self._next_report_s
        if should_report:
            self._next_report_s = now_s + self._report_interval_s
        ranks = {
            str(rank): {
                "call": member.call,
                "call_s": now_s - member.call_since_s,
                "silent_s": now_s - member.last_beat_s,
            }
            for rank, member in self.members.items()
        }
        header = {"kind": "progress", "ranks": ranks, "should_report": should_report}
        return Send(client, header)

    def _gone(self, rank: int, cause: str, *, orderly: bool) -> list[Send]:
        if orderly:
            self.left.add(rank)
        else:
            self.lost[rank] = cause
        return self._to_all(self._lost_header(rank, cause, orderly=orderly))

    def _lost_header(self, rank: int, cause: str, *, orderly: bool) -> Header:
        return {"kind": "lost", "rank": rank, "cause": cause, "orderly": orderly}

    def _roster(self) -> list[Header]:
        return [
            {"host": self.members[rank].host, "pid": self.members[rank].pid}
            for rank in range(self.size)
        ]

    def _present(self) -> list[Member]:
        return [
            member
            for rank, member in self.members.items()
            if rank not in self.lost and rank not in self.left
        ]

    def _to_all(self, header: Header) -> list[Send]:
        return [Send(member.client, header) for member in self._present()]
