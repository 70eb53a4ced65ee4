"""Sequences: padded to one length, and time series cut into windows."""

from __future__ import annotations

from typing import Any

import numpy as np

import tensor as tf


def pad_sequences(
    sequences: Any,
    maxlen: int | None = None,
    dtype: Any = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: Any = 0.0,
) -> Any:
    """Return sequences as rows of one length.

    Args:
        sequences: Lists or arrays that differ in length.
        maxlen: The length; that of the longest by default.
        dtype: The dtype of the array.
        padding: Whether short ones are filled up before ("pre") or after ("post").
        truncating: Whether long ones lose their beginning ("pre") or end ("post").
        value: What to fill up with.

    Raises:
        ValueError: They are no sequences, do not fit together, or a word is unknown.
    """
    _check_sequences(sequences, padding, truncating)
    is_text = np.issubdtype(dtype, np.str_)
    if isinstance(value, str) and np.dtype(dtype) != object and not is_text:
        raise ValueError(
            f"`dtype` {dtype} is not compatible with `value`'s type: "
            f"{type(value)}\n"
            "You should set `dtype=object` for variable length strings."
        )
    length = max(map(len, sequences), default=0) if maxlen is None else maxlen
    inner = next((np.asarray(row).shape[1:] for row in sequences if len(row)), ())
    result = np.full((len(sequences), length, *inner), value, dtype=dtype)
    for i, row in enumerate(sequences):
        if not len(row):
            continue
        found = np.asarray(row).shape[1:]
        if found != inner:
            raise ValueError(
                f"Shape of sample {found} of sequence at position {i} is different "
                f"from expected shape {inner}"
            )
        kept = np.asarray(row, dtype=dtype)
        kept = (
            kept[max(len(row) - length, 0) :] if truncating == "pre" else kept[:length]
        )
        begin = 0 if padding == "post" else length - len(kept)
        result[i, begin : begin + len(kept)] = kept
    return result


def _check_sequences(sequences: Any, padding: str, truncating: str) -> None:
    for word, name in ((padding, "Padding"), (truncating, "Truncating")):
        if word not in ("pre", "post"):
            raise ValueError(f'{name} type "{word}" not understood')
    if not hasattr(sequences, "__len__"):
        raise ValueError(f"`sequences` must be iterable. Got {sequences!r}.")
    for row in sequences:
        if not hasattr(row, "__len__"):
            raise ValueError(
                f"`sequences` must be a list of iterables. Found non-iterable: {row}"
            )


def timeseries_dataset_from_array(
    data: Any,
    targets: Any,
    sequence_length: int,
    sequence_stride: int = 1,
    sampling_rate: int = 1,
    batch_size: int | None = 128,
    shuffle: bool = False,
    seed: int | None = None,
    start_index: int | None = None,
    end_index: int | None = None,
) -> Any:
    """Return a dataset of windows over a time series, with a target each.

    Args:
        data: The series, time along its first axis.
        targets: `targets[i]` belongs to the window that starts at i; or None.
        sequence_length: How many time steps a window has.
        sequence_stride: How far windows begin from each other.
        sampling_rate: Every so many-th time step is taken.
        batch_size: How many windows come together; None for one by one.
        shuffle: Whether windows come in random order.
        seed: Says in which.
        start_index: Time steps before are left out.
        end_index: Time steps from here on are left out.

    Raises:
        ValueError: A number is out of its range.
    """
    for name, number, least in (
        ("start_index", start_index or 0, 0),
        ("end_index", len(data) - 1 if end_index is None else end_index, 1),
        ("sampling_rate", sampling_rate, 1),
        ("sequence_stride", sequence_stride, 1),
    ):
        if not least <= number < len(data):
            rule = "0 or greater" if least == 0 else "higher than 0"
            raise ValueError(
                f"`{name}` must be {rule} and lower than the length of the data. "
                f"Received: {name}={number}, for data of length {len(data)}"
            )
    first, last = start_index or 0, end_index or len(data)
    if last <= first:
        raise ValueError(
            "`end_index` must be higher than `start_index`. Received: "
            f"start_index={start_index}, and end_index={end_index}"
        )
    # A window is given by where it starts.
    starts = np.arange(first, last - (sequence_length - 1) * sampling_rate)
    if targets is not None:
        starts = starts[: len(targets)]
    starts = starts[::sequence_stride]
    if shuffle:
        if seed is None:
            seed = int(np.random.randint(1_000_000))  # noqa: NPY002  # Keras's too
        np.random.RandomState(seed).shuffle(starts)
    steps = np.arange(sequence_length) * sampling_rate
    series = tf.constant(np.asarray(data))
    dataset = tf.data.Dataset.from_tensor_slices(starts.astype("int64"))
    windows = dataset.map(lambda i: tf.gather(series, i + steps))
    if targets is not None:
        wanted = tf.constant(np.asarray(targets))
        answers = dataset.map(lambda i: tf.gather(wanted, i))
        windows = tf.data.Dataset.zip((windows, answers))
    if shuffle:
        windows = windows.shuffle(1024 if batch_size is None else batch_size * 8, seed)
    if batch_size is not None:
        windows = windows.batch(batch_size)
    return windows.prefetch(tf.data.AUTOTUNE)
