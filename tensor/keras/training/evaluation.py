"""Evaluation: `model.evaluate` and `model.predict`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import nest
from tensor.core.log import get_logger
from tensor.keras.callbacks.callback import as_numbers
from tensor.keras.callbacks.callback_list import CallbackList
from tensor.keras.training.data_adapter import DataAdapter
from tensor.keras.training.elsewhere import adapter_for
from tensor.keras.training.interactive_logging import verbosity
from tensor.keras.training.peekable import Peekable, flat_logs
from tensor.keras.training.scope import at_top_level


class Evaluation:
    """One pass over data without training."""

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Tell type checkers that these are methods of a model."""

        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            """Tell type checkers the same."""

    @at_top_level
    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: Any = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        max_queue_size: int = 10,
        workers: int = 1,
        use_multiprocessing: bool = False,
        return_dict: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Return loss and metrics on data: a number, a list, or a dictionary.

        The arguments are those of `fit`.

        Raises:
            RuntimeError: The model is not compiled.
            TypeError: A keyword is unknown.
        """
        self._assert_compiled()
        kwargs.pop("_use_callback_list", None)
        if kwargs:
            raise TypeError(f"Invalid keyword arguments: {list(kwargs)}")
        self._warn_of_weights(x, sample_weight)
        verbose = verbosity(verbose)
        data = adapter_for(
            x, y, sample_weight, batch_size=batch_size, steps_per_epoch=steps
        )
        if not isinstance(callbacks, CallbackList):
            callbacks = CallbackList(
                callbacks,
                add_progbar=verbose != 0,
                model=self,
                verbose=verbose,
                epochs=1,
                steps=data.steps,
            )
        test = self.make_test_function()
        callbacks.on_test_begin()
        logs: Any = None
        for _, batches in data.epochs():
            self.reset_metrics()
            upcoming = Peekable(batches)
            step = 0
            while upcoming.has_next():
                callbacks.on_test_batch_begin(step)
                logs = test(upcoming)
                callbacks.on_test_batch_end(step, logs)
                step += 1
        if logs is None:
            raise ValueError(
                "Unexpected result of `test_function` (Empty Logs). There were no "
                "batches to evaluate."
            )
        logs = as_numbers(flat_logs(logs))
        callbacks.on_test_end(logs)
        if return_dict:
            return logs
        values = list(logs.values())
        return values[0] if len(values) == 1 else values

    def _warn_of_weights(self, x: Any, sample_weight: Any) -> None:
        """Say that weights do not count for the metrics of this model."""
        spec = getattr(x, "element_spec", None)
        has_weights = isinstance(spec, tuple) and len(spec) == 3
        has_weights = has_weights or sample_weight is not None
        if has_weights and not self.compiled_metrics.has_weighted:
            get_logger().warning(
                "`evaluate()` received a value for `sample_weight`, but "
                "`weighted_metrics` were not provided. Did you mean to pass metrics to "
                "`weighted_metrics` in `compile()`? If this is intentional you can "
                "pass `weighted_metrics=[]` to `compile()` in order to silence this "
                "warning."
            )

    @at_top_level
    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: Any = "auto",
        steps: int | None = None,
        callbacks: Any = None,
        max_queue_size: int = 10,
        workers: int = 1,
        use_multiprocessing: bool = False,
    ) -> Any:
        """Return the predictions for all inputs as NumPy arrays.

        The arguments are those of `fit`.
        """
        verbose = verbosity(verbose)
        data = DataAdapter(x, batch_size=batch_size, steps_per_epoch=steps)
        if not isinstance(callbacks, CallbackList):
            callbacks = CallbackList(
                callbacks,
                add_progbar=verbose != 0,
                model=self,
                verbose=verbose,
                epochs=1,
                steps=data.steps,
            )
        predict = self.make_predict_function()
        callbacks.on_predict_begin()
        parts: list[Any] = []
        for _, batches in data.epochs():
            upcoming = Peekable(batches)
            while upcoming.has_next():
                step = len(parts)
                callbacks.on_predict_batch_begin(step)
                outputs = self._replication.concatenate(predict(upcoming))
                outputs = nest.map_structure(_part, outputs)
                parts.append(outputs)
                callbacks.on_predict_batch_end(step, {"outputs": outputs})
        if not parts:
            raise ValueError(
                "Unexpected result of `predict_function` (Empty batch_outputs). There "
                "were no batches to predict."
            )
        callbacks.on_predict_end()
        return nest.map_structure(lambda *a: np.concatenate(a, axis=0), *parts)


def _part(output: Any) -> Any:
    """Return a batch's output as an array."""
    return output.numpy() if hasattr(output, "numpy") else np.asarray(output)
