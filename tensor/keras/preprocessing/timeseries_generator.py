"""TimeseriesGenerator: windows over a series, batch by batch."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from tensor.keras.utils.sequence import Sequence


class TimeseriesGenerator(Sequence):
    """Batches of (window, target): what comes after each window of a series."""

    def __init__(
        self,
        data: Any,
        targets: Any,
        length: int,
        sampling_rate: int = 1,
        stride: int = 1,
        start_index: int = 0,
        end_index: int | None = None,
        shuffle: bool = False,
        reverse: bool = False,
        batch_size: int = 128,
    ) -> None:
        """Take the series, and how windows lie in it.

        Args:
            data: The series, its first axis time.
            targets: A target for each time step.
            length: The steps that a window spans.
            sampling_rate: Every how many steps of a window are taken.
            stride: The steps between the beginnings of two windows.
            start_index: Where the first window begins.
            end_index: The last step that is a target.
            shuffle: Whether windows are drawn at random.
            reverse: Whether windows run backwards in time.
            batch_size: The windows in a batch.

        Raises:
            ValueError: Data and targets differ in length, or no window fits.
        """
        if len(data) != len(targets):
            raise ValueError(
                "Data and targets have to be of same length. Data length is "
                f"{len(data)} while target length is {len(targets)}"
            )
        self.data = data
        self.targets = targets
        self.length = length
        self.sampling_rate = sampling_rate
        self.stride = stride
        self.start_index = start_index + length
        self.end_index = len(data) - 1 if end_index is None else end_index
        self.shuffle = shuffle
        self.reverse = reverse
        self.batch_size = batch_size
        if self.start_index > self.end_index:
            raise ValueError(
                f"`start_index+length={self.start_index} > end_index={self.end_index}` "
                "is disallowed, as no part of the sequence would be left to be used as "
                "current step."
            )

    def __len__(self) -> int:
        step = self.batch_size * self.stride
        return (self.end_index - self.start_index + step) // step

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        if self.shuffle:
            rows = np.random.randint(  # noqa: NPY002  # Keras's order
                self.start_index, self.end_index + 1, size=self.batch_size
            )
        else:
            step = self.batch_size * self.stride
            first = self.start_index + step * index
            rows = np.arange(first, min(first + step, self.end_index + 1), self.stride)
        windows = [
            self.data[row - self.length : row : self.sampling_rate] for row in rows
        ]
        targets = np.array([self.targets[row] for row in rows])
        samples = np.array(windows)
        return (samples[:, ::-1, ...] if self.reverse else samples), targets

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal generator; the series as JSON.

        Raises:
            TypeError: JSON cannot hold the series.
        """
        return {
            "data": _as_json(self.data, "Data"),
            "targets": _as_json(self.targets, "Targets"),
            "length": self.length,
            "sampling_rate": self.sampling_rate,
            "stride": self.stride,
            "start_index": self.start_index,
            "end_index": self.end_index,
            "shuffle": self.shuffle,
            "reverse": self.reverse,
            "batch_size": self.batch_size,
        }

    def to_json(self, **kwargs: Any) -> str:
        """Return class and configuration as JSON; keywords go to `json.dumps`."""
        described = {"class_name": type(self).__name__, "config": self.get_config()}
        return json.dumps(described, **kwargs)


def _as_json(values: Any, what: str) -> str:
    if isinstance(values, np.ndarray):
        values = values.tolist()
    try:
        return json.dumps(values)
    except TypeError as error:
        raise TypeError(f"{what} not JSON Serializable:", values) from error
