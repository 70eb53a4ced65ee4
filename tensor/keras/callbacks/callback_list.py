"""CallbackList: calls every callback at each moment of a training."""

from __future__ import annotations

from typing import Any

from tensor.core import nest, replica
from tensor.keras.callbacks.batch_times import BatchTimes
from tensor.keras.callbacks.callback import Callback, as_numbers
from tensor.keras.callbacks.history import History
from tensor.keras.callbacks.progress import ProgbarLogger


class CallbackList:
    """The callbacks of one `fit`, `evaluate` or `predict`."""

    def __init__(
        self,
        callbacks: Any = None,
        add_history: bool = False,
        add_progbar: bool = False,
        model: Any = None,
        **params: Any,
    ) -> None:
        """Take the user's callbacks, and add the usual ones.

        Args:
            callbacks: The user's.
            add_history: Whether a History is kept.
            add_progbar: Whether a progress bar is shown.
            model: The model.
            **params: verbose, epochs, steps: what callbacks see as `params`.
        """
        self.callbacks: list[Any] = nest.flatten(callbacks) if callbacks else []
        if not replica.current().is_chief:
            self.callbacks = [c for c in self.callbacks if not c._chief_worker_only]
            add_progbar = False
        history = next((c for c in self.callbacks if isinstance(c, History)), None)
        has_bar = any(isinstance(c, ProgbarLogger) for c in self.callbacks)
        if add_history and history is None:
            history = History()
            self.callbacks.append(history)
        if add_progbar and not has_bar:
            self.callbacks.append(ProgbarLogger(count_mode="steps"))
        self.model = model
        self.params = params
        if model is not None:
            if history is not None:
                model.history = history
            for callback in self.callbacks:
                callback.set_model(model)
        if params:
            for callback in self.callbacks:
                callback.set_params(params)
        self._times = BatchTimes()
        self._sort()

    def _sort(self) -> None:
        """Find out which callbacks look at batches of which kind."""
        self._train = [c for c in self.callbacks if _hooks(c, "train")]
        self._test = [c for c in self.callbacks if _hooks(c, "test")]
        self._predict = [c for c in self.callbacks if _hooks(c, "predict")]
        own = __name__.rpartition(".")[0]
        self._watches = any(not type(c).__module__.startswith(own) for c in self._train)

    def append(self, callback: Callback) -> None:
        """Add a callback."""
        self.callbacks.append(callback)
        self._sort()

    def __iter__(self) -> Any:
        return iter(self.callbacks)

    @property
    def _should_call_train_batch_hooks(self) -> bool:
        return bool(self._train)

    @property
    def _should_call_test_batch_hooks(self) -> bool:
        return bool(self._test)

    @property
    def _should_call_predict_batch_hooks(self) -> bool:
        return bool(self._predict)

    @property
    def _batch_hooks_support_tf_logs(self) -> bool:
        looking = [*self._train, *self._test, *self._predict]
        return all(callback._supports_tf_logs for callback in looking)

    def _each(self, callbacks: list[Any], method: str, *args: Any, logs: Any) -> None:
        numbers = None
        for callback in callbacks:
            if callback._supports_tf_logs:
                getattr(callback, method)(*args, logs)
            else:
                if numbers is None:
                    numbers = as_numbers(logs or {})
                getattr(callback, method)(*args, numbers)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """An epoch of training begins."""
        self._each(self.callbacks, "on_epoch_begin", epoch, logs=logs)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """An epoch of training ends."""
        self._each(self.callbacks, "on_epoch_end", epoch, logs=logs)

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """A training batch begins."""
        if self._train:
            if self._watches:
                self._times.begin()
            self._each(self._train, "on_train_batch_begin", batch, logs=logs)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """A training batch ends."""
        if self._train:
            self._times.computed()
            self._each(self._train, "on_train_batch_end", batch, logs=logs)
            if self._watches:
                self._watches = self._times.end()

    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
        """An evaluation batch begins."""
        if self._test:
            self._each(self._test, "on_test_batch_begin", batch, logs=logs)

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        """An evaluation batch ends."""
        if self._test:
            self._each(self._test, "on_test_batch_end", batch, logs=logs)

    def on_predict_batch_begin(self, batch: int, logs: Any = None) -> None:
        """A batch of `predict` begins."""
        if self._predict:
            self._each(self._predict, "on_predict_batch_begin", batch, logs=logs)

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        """A batch of `predict` ends."""
        if self._predict:
            self._each(self._predict, "on_predict_batch_end", batch, logs=logs)

    def on_train_begin(self, logs: Any = None) -> None:
        """The training begins."""
        self._each(self.callbacks, "on_train_begin", logs=logs)

    def on_train_end(self, logs: Any = None) -> None:
        """The training ends."""
        self._each(self.callbacks, "on_train_end", logs=logs)

    def on_test_begin(self, logs: Any = None) -> None:
        """An evaluation begins."""
        self._each(self.callbacks, "on_test_begin", logs=logs)

    def on_test_end(self, logs: Any = None) -> None:
        """An evaluation ends."""
        self._each(self.callbacks, "on_test_end", logs=logs)

    def on_predict_begin(self, logs: Any = None) -> None:
        """`predict` begins."""
        self._each(self.callbacks, "on_predict_begin", logs=logs)

    def on_predict_end(self, logs: Any = None) -> None:
        """`predict` ends."""
        self._each(self.callbacks, "on_predict_end", logs=logs)


def _hooks(callback: Any, what: str) -> bool:
    return bool(getattr(callback, f"_implements_{what}_batch_hooks")())
