"""Shared memory that cannot be had: the next kind, or the next transport."""

import errno
import os

import numpy as np
import pytest

import dist.segment
from dist import RendezvousError
from dist.testing import run_ranks


def full(*_):
    raise OSError(errno.ENOSPC, "No space left on device")


def total(group):
    return group.transport, group.all_reduce(np.ones(5))[0], group.empty(4).shape


def test_a_full_shared_memory_is_one_line_and_sockets(monkeypatch, capfd):
    monkeypatch.setattr(os, "posix_fallocate", full)
    assert run_ranks(total, 3, transport="auto") == [("ring", 3.0, (4,))] * 3
    printed = capfd.readouterr().err
    assert printed.count("\n") == 1
    assert "No space left on device" in printed
    assert "using sockets" in printed


def test_without_anonymous_files_there_are_named_ones(monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(os, "memfd_create", refuse)
    assert run_ranks(total, 2, transport="shm") == [("shm", 2.0, (4,))] * 2


def test_other_systems_have_no_anonymous_files(monkeypatch):
    monkeypatch.setattr(dist.segment.sys, "platform", "darwin")
    assert run_ranks(total, 2, transport="shm") == [("shm", 2.0, (4,))] * 2


def test_a_segment_that_only_one_rank_cannot_open_is_used_by_none(monkeypatch):
    opened = dist.segment._open

    def fail_for_readers(descriptor, name, nbytes):
        if descriptor < 0:
            raise PermissionError(errno.EACCES, "Permission denied")
        return opened(descriptor, name, nbytes)

    monkeypatch.setattr(dist.segment, "_open", fail_for_readers)
    assert run_ranks(total, 2, transport="auto") == [("ring", 2.0, (4,))] * 2


def test_a_segment_of_another_size_is_not_opened(tmp_path):
    file = tmp_path / "other"
    file.write_bytes(bytes(10))
    with pytest.raises(OSError, match="not the segment that was announced"):
        dist.segment._open(-1, str(file), 4096)


def test_forcing_shared_memory_where_there_is_none_is_an_error(monkeypatch):
    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(RendezvousError, match="cannot share memory"):
        run_ranks(total, 2, transport="shm")


@pytest.mark.parametrize("transport", ["shm", "ipc"])
def test_forcing_what_ends_at_the_host_between_hosts_is_an_error(transport):
    with pytest.raises(RendezvousError, match="spans 2 hosts"):
        run_ranks(total, 3, transport=transport, hosts=["a", "b", "a"])


def test_a_host_without_shared_memory_makes_the_hierarchy_a_ring(monkeypatch, capfd):
    monkeypatch.setattr(os, "posix_fallocate", full)
    results = run_ranks(total, 4, transport="auto", hosts=["a", "a", "b", "b"])
    assert results == [("ring", 4.0, (4,))] * 4
    assert "using sockets" in capfd.readouterr().err


def test_transports_follow_the_hosts():
    def name(group):
        return group.transport

    assert run_ranks(name, 2, transport="auto", hosts=["a", "b"]) == ["ring"] * 2
    assert run_ranks(name, 2, transport="auto", hosts=["a", "a"]) == ["shm"] * 2
    mixed = ["a", "b", "b"]
    assert run_ranks(name, 3, transport="auto", hosts=mixed) == ["hierarchy"] * 3
