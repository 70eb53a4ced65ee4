"""A process's connections to the servers: errors that come back, and when."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

import pytest

import tensor as tf
from strategies.parameter_server.links import ServerLinks
from tests.strategies.parameter_server.conftest import free_address


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


def test_a_server_that_does_not_answer_is_named(cluster) -> None:
    strategy = cluster(1, 1).strategy()
    with strategy.scope():
        links = tf.Variable(1.0).links
    nobody = replace(links._cluster.servers[0], address=free_address())
    alone = replace(links._cluster, servers=(nobody,), start_timeout_s=0.05)
    others = ServerLinks(alone, strategy._context, {}, waits=True)
    with pytest.raises(
        tf.errors.UnavailableError,
        match=r"parameter server 0 .* did not answer within 0\.05 s",
    ):
        others.clients  # noqa: B018  # the first use connects
    others.close(says_bye=False)


def test_after_closing_there_is_nobody_to_ask(cluster) -> None:
    strategy = cluster(1, 1).strategy()
    with strategy.scope():
        variable = tf.Variable(1.0)
    strategy.close()
    with pytest.raises(tf.errors.UnavailableError, match="connections were closed"):
        variable.links.prefetch([variable])


def test_a_lost_server_is_told_before_and_after_a_request(cluster) -> None:
    with cluster(1, 1).strategy().scope():
        variable = tf.Variable(1.0)
    links = variable.links
    number = links._post(0, "pull", {"variables": [variable.number]})
    links.clients[0].lost = "its connection closed"
    with pytest.raises(tf.errors.UnavailableError, match="its connection closed"):
        links._answer(0, number)
    with pytest.raises(tf.errors.UnavailableError, match="its connection closed"):
        links.prefetch([variable])
