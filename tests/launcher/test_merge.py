"""Lines: assembled from bytes, merged over ranks."""

import random

import pytest

from launcher.lines import MAX_LINE_BYTES, LineAssembler, is_redrawn, visible
from launcher.merge import MAX_WAITING, LineMerger, MergedLine, rank_ranges

OUT, ERR = 0, 1


def shown(lines):
    return [f"{rank_ranges(line.ranks)} {line.text.decode()}" for line in lines]


def test_lines_are_whole_whatever_the_pieces():
    text = b"first\n\nthird, longer\nlast"
    for cut in range(len(text)):
        assembler = LineAssembler()
        lines = assembler.feed(text[:cut]) + assembler.feed(text[cut:])
        assert lines == [b"first", b"", b"third, longer"]
        assert assembler.unfinished == b"last"
        assert assembler.finish() == [b"last"]
        assert assembler.finish() == []


def test_a_line_without_end_is_cut_to_bound_memory():
    assembler = LineAssembler()

    assert assembler.feed(b"x" * (MAX_LINE_BYTES + 1)) == [b"x" * (MAX_LINE_BYTES + 1)]
    assert assembler.unfinished == b""


def test_a_progress_bar_without_end_keeps_its_last_state():
    assembler = LineAssembler()
    for step in range(MAX_LINE_BYTES // 8):
        assert assembler.feed(b"\r%9d" % step) == []

    assert len(assembler.unfinished) < MAX_LINE_BYTES
    assert visible(assembler.unfinished).strip() == b"%d" % step


@pytest.mark.parametrize(
    ("line", "seen", "redrawn"),
    [
        (b"plain", b"plain", False),
        (b"windows\r", b"windows", False),
        (b"\r1/3\r2/3\r3/3", b"3/3", True),
        (b"1/3\b\b\b\b\b\r2/3\b\b\b\r", b"2/3", True),
        (b"\r", b"", False),
    ],
)
def test_what_a_terminal_would_still_show(line, seen, redrawn):
    assert visible(line) == seen
    assert is_redrawn(line) == redrawn


def test_a_line_goes_out_when_all_ranks_have_printed_it():
    merger = LineMerger(range(3))

    assert merger.add(0, OUT, b"a", 1.0) == []
    assert merger.add(2, OUT, b"a", 1.1) == []
    assert merger.add(1, OUT, b"a", 1.2) == [MergedLine((0, 1, 2), OUT, b"a")]
    assert merger.deadline is None


def test_a_line_that_stays_alone_goes_out_after_the_window():
    merger = LineMerger(range(2))
    merger.add(0, OUT, b"a", 1.0)

    assert merger.deadline == 1.5
    assert merger.due(1.49) == []
    assert shown(merger.due(1.5)) == ["0 a"]


def test_a_line_goes_out_early_when_the_others_are_already_past_it():
    merger = LineMerger(range(2))
    merger.add(0, OUT, b"only zero", 1.0)

    assert shown(merger.add(1, OUT, b"common", 1.1)) == ["0 only zero"]
    assert shown(merger.add(0, OUT, b"common", 1.2)) == ["0-1 common"]


def test_streams_are_not_mixed_up():
    merger = LineMerger(range(2))
    merger.add(0, OUT, b"a", 1.0)
    merger.add(1, ERR, b"a", 1.0)

    assert [(line.stream, line.ranks) for line in merger.flush()] == [
        (OUT, (0,)),
        (ERR, (1,)),
    ]


def test_repeated_lines_of_one_rank_meet_their_likes_in_order():
    merger = LineMerger(range(2))
    merger.add(0, OUT, b"a", 1.0)
    merger.add(0, OUT, b"a", 1.0)

    assert shown(merger.add(1, OUT, b"a", 1.1)) == ["0-1 a"]
    assert shown(merger.add(1, OUT, b"a", 1.1)) == ["0-1 a"]


def test_a_rank_that_left_is_not_waited_for():
    merger = LineMerger(range(3))
    merger.add(0, OUT, b"a", 1.0)
    merger.add(1, OUT, b"a", 1.0)

    assert shown(merger.leave(2, 1.1)) == ["0-1 a"]


def test_what_waits_can_be_had_up_to_a_ranks_latest_line():
    merger = LineMerger(range(3))
    merger.add(1, OUT, b"before", 1.0)
    merger.add(0, OUT, b"mine", 1.0)
    merger.add(1, OUT, b"after", 1.0)

    assert shown(merger.flush(0)) == ["1 before", "0 mine"]
    assert merger.flush(2) == []
    assert shown(merger.flush()) == ["1 after"]


def test_a_flood_is_not_held_back():
    merger = LineMerger(range(2))
    lines = [
        line
        for number in range(MAX_WAITING + 5)
        for line in merger.add(0, OUT, b"%d" % number, 1.0)
    ]

    assert shown(lines) == [f"0 {number}" for number in range(5)]


def test_nothing_is_lost_and_each_rank_keeps_its_order():
    source = random.Random(7)
    merger, now, out = LineMerger(range(4)), 0.0, []
    printed = {rank: [] for rank in range(4)}
    for _ in range(3000):
        now += source.choice([0.0, 0.01, 0.3])
        rank, text = source.randrange(4), b"%d" % source.randrange(6)
        printed[rank].append(text)
        out += merger.add(rank, OUT, text, now)
    out += merger.flush()

    for rank, lines in printed.items():
        assert [line.text for line in out if rank in line.ranks] == lines


@pytest.mark.parametrize(
    ("ranks", "text"),
    [
        ([0], "0"),
        ([0, 1, 2, 3], "0-3"),
        ([3, 0], "0,3"),
        ([5, 0, 1, 2, 7, 8], "0-2,5,7-8"),
    ],
)
def test_ranks_in_short(ranks, text):
    assert rank_ranges(ranks) == text
