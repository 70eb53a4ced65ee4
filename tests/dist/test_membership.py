"""The rendezvous as a table: a message in, messages out."""

from dist.membership import Membership, Send


def joined(size):
    membership = Membership(size)
    for rank in range(size):
        join(membership, rank, size)
    return membership


def join(membership, rank, size, client=None, pid=None):
    header = {
        "kind": "join",
        "rank": rank,
        "size": size,
        "host": f"h{rank}",
        "pid": pid or rank + 100,
    }
    return membership.receive(client or f"c{rank}".encode(), header, (), 0.0)


def post(membership, rank, payloads=(), now_s=0.0, **header):
    return membership.receive(f"c{rank}".encode(), header, payloads, now_s)


def kinds(sends):
    return [(send.client, send.header["kind"]) for send in sends]


def test_everybody_is_welcomed_when_the_last_has_come():
    membership = Membership(2)
    assert join(membership, 1, 2) == []
    assert membership.missing == [0]
    sends = join(membership, 0, 2)
    assert kinds(sends) == [(b"c1", "welcome"), (b"c0", "welcome")]
    assert sends[0].header["members"] == [
        {"host": "h0", "pid": 100},
        {"host": "h1", "pid": 101},
    ]


def test_a_rank_that_joins_twice_is_refused_with_both_processes():
    membership = Membership(2)
    join(membership, 0, 2)
    [refusal] = join(membership, 0, 2, client=b"other", pid=7)
    assert refusal.client == b"other"
    assert "process 100 on h0" in refusal.header["why"]
    assert "process 7 on h0" in refusal.header["why"]


def test_another_idea_of_the_jobs_size_is_refused():
    [refusal] = join(Membership(2), 0, 3)
    assert "rank 0 of 3" in refusal.header["why"]
    [refusal] = join(Membership(2), 5, 2)
    assert "rank 5 of 2" in refusal.header["why"]


def test_an_exchange_ends_when_all_its_ranks_have_posted():
    membership = joined(3)
    request = {"kind": "exchange", "key": "k", "ranks": [2, 0]}
    assert post(membership, 0, (b"zero",), **request) == []
    sends = post(membership, 2, (b"two",), **request)
    reply = {"kind": "exchanged", "key": "k"}
    assert sends == [
        Send(b"c2", reply, (b"two", b"zero")),
        Send(b"c0", reply, (b"two", b"zero")),
    ]


def test_an_exchange_with_different_lists_fails_everywhere():
    membership = joined(3)
    post(membership, 0, (b"",), kind="exchange", key="k", ranks=[0, 1])
    sends = post(membership, 1, (b"",), kind="exchange", key="k", ranks=[0, 1, 2])
    assert [kind for _, kind in kinds(sends)] == ["failed"] * 3
    assert "[0, 1, 2]" in sends[0].header["text"]


def test_a_loss_is_told_to_the_others_once():
    membership = joined(3)
    sends = membership.worker_lost(1, "killed by SIGKILL")
    assert kinds(sends) == [(b"c0", "lost"), (b"c2", "lost")]
    assert sends[0].header["cause"] == "killed by SIGKILL"
    assert membership.unreachable(b"c1") == []
    assert membership.worker_lost(1, "again") == []


def test_a_loss_is_told_to_those_who_join_later():
    membership = Membership(3)
    join(membership, 0, 3)
    membership.worker_lost(1, "exited with status 3")
    [send] = join(membership, 2, 3)
    assert (send.client, send.header["kind"], send.header["rank"]) == (b"c2", "lost", 1)


def test_a_closed_connection_is_a_loss_unless_there_was_a_farewell():
    membership = joined(3)
    assert "farewell" in membership.unreachable(b"c0")[0].header["cause"]
    sends = post(membership, 1, kind="leave")
    assert sends[0].header["orderly"]
    assert membership.unreachable(b"c1") == []
    assert membership.unreachable(b"stranger") == []


def test_an_exit_status_explains_a_farewell_better():
    membership = joined(2)
    post(membership, 1, kind="leave")
    [send] = membership.worker_lost(1, "exited with status 1")
    assert not send.header["orderly"]
    post(membership, 0, kind="leave")
    assert membership.everybody_gone


def test_the_first_failure_is_the_cause():
    membership = joined(2)
    first = post(membership, 0, kind="failed", error="mismatch", text="a", peer=1)
    assert [send.header["text"] for send in first] == ["a", "a"]
    assert post(membership, 1, kind="failed", error="lost", text="b", peer=0) == []


def test_a_stall_is_reported_by_one_rank_at_a_time():
    membership = joined(2)
    post(membership, 1, kind="beat", call="barrier", sent_s=0.5, now_s=1.0)
    post(membership, 1, kind="beat", call="barrier", sent_s=0.6, now_s=4.0)
    [answer] = post(membership, 0, kind="inquire", now_s=9.0)
    assert answer.header["should_report"]
    assert answer.header["ranks"]["1"] == {
        "call": "barrier",
        "call_s": 8.0,
        "silent_s": 5.0,
    }
    [again] = post(membership, 1, kind="inquire", now_s=10.0)
    assert not again.header["should_report"]


def test_a_beat_is_answered_with_the_servers_clock():
    [pong] = post(joined(1), 0, kind="beat", sent_s=3.0, call="", now_s=7.0)
    assert pong.header == {"kind": "pong", "sent_s": 3.0, "server_s": 7.0}


def test_what_makes_no_sense_is_ignored():
    membership = joined(2)
    assert post(membership, 0, kind="dance") == []
    assert post(membership, 0) == []
    assert post(membership, 0, kind="exchange", key="k", ranks=[0, 1]) == []
    assert membership.receive(b"stranger", {"kind": "leave"}, (), 0.0) == []


def test_what_calls_have_cost_is_kept_from_the_farewell():
    membership = joined(2)
    post(membership, 0, kind="leave", account={"waiting_s": 1.0})
    post(membership, 1, kind="leave", account=None)
    assert membership.accounts == {0: {"waiting_s": 1.0}}


def test_a_rank_left_over_from_before_a_restart_is_refused():
    membership = Membership(2, attempt=1)
    [refusal] = join(membership, 0, 2)
    assert (
        "rank 0 is of attempt 0, and the job is at attempt 1" in refusal.header["why"]
    )
    header = {"kind": "join", "rank": 0, "size": 2, "attempt": 1}
    assert membership.receive(b"c0", header, (), 0.0) == []
    assert membership.missing == [1]


def test_launchers_of_other_hosts_are_heard_and_missed():
    membership = Membership(4)
    said = {"kind": "host", "node": 1, "said": "here"}
    assert membership.receive(b"launcher", said, (), 0.0) == []
    assert membership.hosts == {1: b"launcher"}
    assert membership.unreachable(b"launcher") == []
    lost = {"kind": "host", "node": 1, "said": "lost"}
    assert membership.news == [said, lost]
    assert membership.hosts == {}


def test_a_host_without_a_number_is_ignored():
    membership = Membership(4)
    assert membership.receive(b"x", {"kind": "host", "said": "here"}, (), 0.0) == []
    assert membership.news == []
