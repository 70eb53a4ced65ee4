"""Sequences of one length, and windows over time series; values are those of Keras."""

import numpy as np
import pytest

import tensor as tf

pad = tf.keras.preprocessing.sequence.pad_sequences
windows = tf.keras.utils.timeseries_dataset_from_array


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [[0, 0, 1], [0, 2, 3], [4, 5, 6]]),
        ({"padding": "post", "value": 9}, [[1, 9, 9], [2, 3, 9], [4, 5, 6]]),
        ({"maxlen": 2}, [[0, 1], [2, 3], [5, 6]]),
        ({"maxlen": 2, "truncating": "post"}, [[0, 1], [2, 3], [4, 5]]),
    ],
)
def test_sequences_are_padded(options, expected):
    padded = pad([[1], [2, 3], [4, 5, 6]], **options)
    assert padded.dtype == np.int32
    assert padded.tolist() == expected


def test_vectors_and_words_are_padded():
    assert pad([[[1, 2]], [[3, 4], [5, 6]]]).tolist() == [
        [[0, 0], [1, 2]],
        [[3, 4], [5, 6]],
    ]
    assert pad([["a"], []], dtype=object, value="").tolist() == [["a"], [""]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[1]], None, "int32", "mid"), "Padding type"),
        (([[1]], None, "int32", "pre", "mid"), "Truncating type"),
        ((3,), "must be iterable"),
        (([1, 2],), "Found non-iterable"),
        (([[1]], None, "int32", "pre", "pre", "x"), "not compatible"),
        (([[[1, 2]], [[3]]],), "different from expected shape"),
    ],
)
def test_what_is_no_sequence_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        pad(*arguments)


def listed(dataset):
    return [
        [np.asarray(part).tolist() for part in (b if isinstance(b, tuple) else (b,))]
        for b in dataset
    ]


def test_windows_come_with_their_targets():
    found = listed(windows(np.arange(10), np.arange(10) * 10, 3, 2, batch_size=3))
    assert found == [
        [[[0, 1, 2], [2, 3, 4], [4, 5, 6]], [0, 20, 40]],
        [[[6, 7, 8]], [60]],
    ]
    few = listed(windows(np.arange(10), [5, 6], 3, batch_size=None))
    assert few == [[[0, 1, 2], 5], [[1, 2, 3], 6]]


def test_windows_skip_time_steps():
    found = listed(
        windows(
            np.arange(10),
            None,
            3,
            sampling_rate=2,
            start_index=1,
            end_index=8,
        )
    )
    assert found == [[[[1, 3, 5], [2, 4, 6], [3, 5, 7]]]]


def test_windows_come_in_random_order():
    found = windows(np.arange(10), np.arange(10), 2, shuffle=True, seed=3)
    (rows, targets) = listed(found)[0]
    assert sorted(targets) == list(range(9))
    assert targets != list(range(9))
    assert [r[0] for r in rows] == targets


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"start_index": -1}, "`start_index` must be 0 or greater"),
        ({"end_index": 10}, "`end_index` must be higher than 0 and lower"),
        ({"start_index": 5, "end_index": 4}, "higher than `start_index`"),
        ({"sampling_rate": 0}, "`sampling_rate` must be"),
        ({"sequence_stride": 10}, "`sequence_stride` must be"),
    ],
)
def test_windows_beyond_the_data_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        windows(np.arange(10), None, 3, **options)
