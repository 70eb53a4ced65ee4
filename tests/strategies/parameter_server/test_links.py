"""A process's connections to the servers: errors that come back, and when."""

from __future__ import annotations

from collections import deque

import pytest

import tensor as tf


def test_what_a_server_refuses_is_raised_where_values_are_pulled_ahead(cluster) -> None:
    strategy = cluster(1, 1).strategy()
    with strategy.scope():
        variable = tf.Variable([1.0, 2.0])
    variable.links.tell_all("forget", {"variables": [variable.number]})
    with pytest.raises(KeyError):
        variable.links.prefetch([variable])


def test_after_a_refused_push_no_answer_is_left_over(cluster) -> None:
    strategy = cluster(1, 2).strategy()
    with strategy.scope():
        links = tf.Variable(1.0).links
    links._waits = False
    links._send(0, "no such request", {}, ())
    links._send(1, "nothing", {}, ())
    with pytest.raises(KeyError):
        links.flush()
    assert [client._replies or client._pending for client in links.clients] == [
        deque(),
        deque(),
    ]
