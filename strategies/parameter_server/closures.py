"""Closures: functions on their way to workers, and what will come of them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from strategies.parameter_server.arrays import as_array, as_value
from strategies.parameter_server.codec import pack_with_references
from tensor.core import errors, nest
from tensor.core.tensor import EagerTensor, wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np

# What waits for closures waits on this: closures end by the thousand, waits are few.
_ended = threading.Condition()
WAIT_SLICE_S = 0.1


class RemoteValue:
    """What a scheduled function will return."""

    def __init__(self, pack: Callable[[Sequence[Any]], Any]) -> None:
        self._pack = pack
        self._arrays: Sequence[np.ndarray] | None = None
        self._error: Exception | None = None

    def fetch(self) -> Any:
        """Wait for the result; return it as NumPy.

        Raises:
            CancelledError: The function was cancelled, because another one failed.
            Exception: What the function raised.
        """
        return nest.map_structure(_to_numpy, self.get())

    def get(self) -> Any:
        """Wait for the result; return it as tensors. Raises as `fetch` does."""
        with _ended:
            while not self.is_ready:
                _ended.wait(WAIT_SLICE_S)
        if self._error is not None:
            raise self._error
        arrays = self._arrays or ()
        return self._pack([wrap(as_value(a)) for a in arrays])

    @property
    def is_ready(self) -> bool:
        """Whether there is a result, or an error."""
        return self._arrays is not None or self._error is not None

    def settle(self, arrays: Sequence[np.ndarray]) -> None:
        """Take the result; `tell_ended` wakes those who wait."""
        self._arrays = arrays

    def fail(self, error: Exception) -> None:
        """Take the error."""
        self._error = error
        tell_ended()

    def __repr__(self) -> str:
        state = "ready" if self.is_ready else "pending"
        return f"<RemoteValue: {state}>"


def tell_ended() -> None:
    """Wake those who wait for closures."""
    with _ended:
        _ended.notify_all()


def _to_numpy(value: Any) -> Any:
    return value.numpy() if isinstance(value, EagerTensor) else value


class RemoteFunction:
    """A traced function, as workers get it once.

    Attributes:
        number: Its number.
        name: Its name, for messages.
        blob: The program, packed.
        resources: What each worker must have of its own before it runs this.
    """

    def __init__(self, number: int, concrete: Any) -> None:
        self.number = number
        self.name = concrete.graph.name
        self.pack = concrete._pack
        captured = []
        for tensor in concrete.captured_tensors:
            if not isinstance(tensor, EagerTensor):
                raise ValueError(
                    f"The function {self.name!r} uses {tensor!r} of a function that is "
                    "being traced. Schedule functions outside of others."
                )
            captured.append(as_array(tensor._array))
        self.blob, references = pack_with_references((concrete.program, captured))
        self.resources = [r for r in references if hasattr(r, "blob_for")]


class Closure:
    """One call of a function on a worker.

    Attributes:
        number: Its place in the order of scheduling.
        function: What is called.
        arrays: The tensors that it is called with.
        value: What the user holds for the result.
        losses: On how many workers that were lost it may have been the one that ran.
    """

    __slots__ = ("arrays", "function", "losses", "number", "value")

    def __init__(
        self, number: int, function: RemoteFunction, arrays: Any, value: RemoteValue
    ) -> None:
        self.number = number
        self.function = function
        self.arrays = arrays
        self.value = value
        self.losses = 0

    def cancel(self) -> None:
        """Tell who waits that it will not run."""
        self.value.fail(
            errors.CancelledError(
                None,
                None,
                "The corresponding function is cancelled. Please reschedule the "
                "function.",
            )
        )

    def __str__(self) -> str:
        return f"closure {self.number} ({self.function.name})"
