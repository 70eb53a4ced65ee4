"""Evaluation: `model.evaluate` and `model.predict`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core.log import get_logger
from tensor.keras.callbacks.callback import as_numbers
from tensor.keras.callbacks.callback_list import CallbackList
from tensor.keras.training.data_adapter import DataAdapter
from tensor.keras.training.elsewhere import adapter_for
from tensor.keras.training.interactive_logging import verbosity
from tensor.keras.training.logs import flat_logs, in_order
from tensor.keras.training.predictions import as_arrays, joined
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
            x,
            y,
            sample_weight,
            batch_size=batch_size,
            steps_per_epoch=steps,
            model=self,
            steps_per_execution=self._steps_per_execution,
            is_fit=False,
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
        self.test_function = self.make_test_function()
        self._test_counter.assign(0)
        callbacks.on_test_begin()
        logs: Any = {}
        for _, batches in data.epochs():
            self.reset_metrics()
            with data.until_data_end():
                for step, last in data.executions():
                    callbacks.on_test_batch_begin(step)
                    logs = self.test_function(batches)
                    callbacks.on_test_batch_end(last, logs)
        logs = as_numbers(self._latest(flat_logs(logs)))
        callbacks.on_test_end(logs)
        return logs if return_dict else in_order(logs, self.metrics_names)

    def _latest(self, logs: dict[str, Any]) -> dict[str, Any]:
        """Return the metrics' results where logs are just these.

        They may have changed since a step made the logs: by a callback, or where steps
        of several replicas end in any order.
        """
        if self._replication.num_replicas_in_sync > 1:
            return logs  # which are the results of all replicas
        results = self.get_metrics_result()
        return results if set(results) == set(logs) else logs

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
        data = DataAdapter(
            x,
            batch_size=batch_size,
            steps_per_epoch=steps,
            model=self,
            steps_per_execution=self._steps_per_execution,
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
        self.predict_function = self.make_predict_function()
        self._predict_counter.assign(0)
        callbacks.on_predict_begin()
        parts: list[Any] = []
        for _, batches in data.epochs():
            with data.until_data_end():
                for step, last in data.executions():
                    callbacks.on_predict_batch_begin(step)
                    outputs = self.predict_function(batches)
                    outputs = self._replication.concatenate(outputs)
                    parts.append(as_arrays(outputs))
                    callbacks.on_predict_batch_end(last, {"outputs": parts[-1]})
        if not parts:
            raise ValueError(
                "Unexpected result of `predict_function` (Empty batch_outputs). There "
                "were no batches to predict. Please use `Model.compile(..., "
                "run_eagerly=True)`, or `tf.config.run_functions_eagerly(True)` for "
                "more information of where went wrong."
            )
        callbacks.on_predict_end()
        return joined(parts)
