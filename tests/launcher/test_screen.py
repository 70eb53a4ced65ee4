"""What reaches the user: the writer thread, terminals, and styles of output."""

import io
import os
import threading

import pytest

from launcher.output import KEPT_ERROR_LINES, Output, open_logs
from launcher.screen import (
    BACKLOG_BYTES,
    STDERR,
    STDOUT,
    Screen,
    Writer,
    descriptor_write,
)

CLEAR = b"\r\x1b[K"


class Shown:
    """A screen that keeps what is written to it."""

    def __init__(self, is_terminal=(False, False), columns=80):
        self._parts = ([], [])
        self.writer = Writer([part.append for part in self._parts])
        self.screen = Screen(self.writer, is_terminal, lambda: columns)

    def read(self, stream=STDOUT):
        assert self.screen.wait_written(5.0)
        return b"".join(self._parts[stream])


@pytest.fixture
def shown():
    made = []

    def make(*args, **options):
        made.append(Shown(*args, **options))
        return made[-1]

    yield make
    for one in made:
        one.screen.close()


def test_lines_go_above_the_unfinished_line_which_is_drawn_again(shown):
    view = shown((True, True))
    view.screen.show_unfinished(STDOUT, b"50%")
    view.screen.show_lines(STDOUT, [b"message"])

    assert view.read() == CLEAR + b"50%" + CLEAR + b"message\n50%"


def test_an_unfinished_line_is_fitted_to_the_terminal_unless_it_has_colours(shown):
    view = shown((True, True), columns=6)
    view.screen.show_unfinished(STDOUT, "äöüß-long".encode())
    view.screen.show_unfinished(STDOUT, b"\x1b[1mcolour\x1b[0m")

    assert view.read() == CLEAR + "äöüß-".encode() + CLEAR + b"\x1b[1mcolour\x1b[0m"


def test_without_a_terminal_unfinished_lines_are_not_drawn(shown):
    view = shown()
    view.screen.show_unfinished(STDOUT, b"50%")
    view.screen.show_lines(STDOUT, [b"message"])

    assert view.read() == b"message\n"


def test_a_message_does_not_stick_to_bytes_passed_through(shown):
    view = shown((True, True))
    view.screen.pass_through(STDOUT, b"no newline")
    view.screen.show_lines(STDOUT, [b"launch: done"])

    assert view.read() == b"no newline\nlaunch: done\n"


def test_a_writer_that_is_stuck_makes_the_screen_fall_behind():
    go_on = threading.Event()
    writer = Writer([lambda _: go_on.wait(10), lambda _: None])
    screen = Screen(writer)
    screen.show_lines(STDOUT, [b"x" * BACKLOG_BYTES])

    assert screen.is_behind
    assert not screen.wait_written(0.01)
    go_on.set()
    assert screen.wait_written(5.0)
    assert not screen.is_behind
    screen.close()


def test_a_target_that_fails_is_written_no_more():
    def fail(_):
        raise BrokenPipeError

    heard = []
    screen = Screen(Writer([fail, heard.append]))
    screen.show_lines(STDOUT, [b"lost"])
    screen.show_lines(STDERR, [b"heard"])

    assert screen.wait_written(5.0)
    assert screen.is_closed
    assert heard == [b"heard\n"]
    screen.close()


def test_a_descriptor_that_does_not_block_is_written_to_the_end():
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    data = os.urandom(1 << 18)
    received = []

    def receive():
        while chunk := os.read(read_end, 1 << 16):
            received.append(chunk)

    reader = threading.Thread(target=receive)
    reader.start()
    descriptor_write(write_end)(data)
    os.close(write_end)
    reader.join(5)
    os.close(read_end)

    assert b"".join(received) == data


def test_a_progress_bar_of_the_chief_is_drawn_with_its_rank(shown):
    view = shown((True, True))
    output = Output(view.screen, range(2))
    output.received(0, STDOUT, b"\r1/2", 1.0)
    output.received(0, STDOUT, b"\b\b\b\r2/2", 1.1)
    output.received(1, STDOUT, b"\rsecret bar", 1.1)
    output.received(0, STDOUT, b"\n", 1.2)

    assert view.read() == b"".join(
        [CLEAR, b"[0] 1/2", CLEAR, b"[0] 2/2", CLEAR, b"[0] 2/2\n"]
    )


def test_a_line_of_the_chief_appears_before_the_bar_that_follows_it(shown):
    view = shown((True, True))
    output = Output(view.screen, range(2))
    output.received(0, STDOUT, b"Epoch 1\n\r1/2", 1.0)

    assert view.read() == b"[0] Epoch 1\n" + CLEAR + b"[0] 1/2"


def test_a_finished_bar_keeps_only_its_last_state_off_a_terminal(shown):
    view = shown()
    output = Output(view.screen, range(2))
    output.received(1, STDOUT, b"\r1/2\r2/2\n", 1.0)

    assert view.read() == b"[1] 2/2\n"


def test_windows_line_ends_become_plain_ones(shown):
    view = shown()
    output = Output(view.screen, range(2), is_merged=(False, False))
    output.received(0, STDOUT, b"one\r\n", 1.0)

    assert view.read() == b"one\n"


def test_the_last_errors_of_a_hidden_rank_are_kept(shown, tmp_path):
    view = shown()
    output = Output(view.screen, range(2), shown=frozenset({0}),
                    logs=open_logs(tmp_path, range(2)))  # fmt: skip
    for number in range(KEPT_ERROR_LINES + 2):
        output.received(1, STDERR, b"%d\n" % number, 1.0)
    output.received(1, STDERR, b"end", 1.0)
    output.ended(1, 1.0)
    output.close()

    assert view.read(STDERR) == b""
    assert output.last_errors(0) == []
    last = output.last_errors(1)
    assert len(last) == KEPT_ERROR_LINES
    assert last[-1] == "end"
    assert (tmp_path / "rank1.log").read_text().startswith("0\n1\n")


def test_closing_shows_what_still_waits(shown):
    view = shown()
    output = Output(view.screen, range(2))
    output.received(0, STDOUT, b"waiting\n", 1.0)
    assert output.deadline == 1.5
    output.close()

    assert view.read() == b"[0] waiting\n"


def test_text_streams_can_be_a_screen():
    from launcher.call import _text_write

    stream = io.StringIO()
    _text_write(stream)("ü".encode() + b"\xff")

    assert stream.getvalue() == "ü\ufffd"
