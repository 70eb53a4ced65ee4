"""Steps: what training, evaluating and predicting do with one batch."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import tensor as tf
from tensor.graph.autograph import autographed
from tensor.keras.engine.call_context import calls
from tensor.keras.training.batches import unpack
from tensor.keras.training.elsewhere import StepElsewhere


class Steps:
    """The steps of a model, and the functions that run them on every replica."""

    _train_function: Any
    _test_function: Any
    _predict_function: Any

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Tell type checkers that these are methods of a model."""

        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            """Tell type checkers the same."""

    def train_step(self, data: Any) -> Any:
        """Train on one batch, and return the metrics so far by name."""
        x, y, sample_weight = unpack(data)
        with tf.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(x, y, y_pred, sample_weight)
        self._validate_target_and_loss(y, loss)
        self.optimizer.minimize(loss, self.trainable_variables, tape=tape)
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def test_step(self, data: Any) -> Any:
        """Evaluate one batch, and return the metrics so far by name."""
        x, y, sample_weight = unpack(data)
        y_pred = self(x, training=False)
        self.compute_loss(x, y, y_pred, sample_weight)
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def predict_step(self, data: Any) -> Any:
        """Return the predictions for one batch."""
        x, _, _ = unpack(data)
        return self(x, training=False)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
    ) -> Any:
        """Return the total loss of a batch, penalties of layers included.

        It is None if there are neither losses nor penalties.
        """
        return self.compiled_loss(
            y, y_pred, sample_weight, regularization_losses=self.losses
        )

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any) -> Any:
        """Update the metrics with a batch, and return their results by name."""
        self.compiled_metrics.update_state(y, y_pred, sample_weight)
        return self.get_metrics_result()

    def get_metrics_result(self) -> dict[str, Any]:
        """Return the results of all metrics by name."""
        results: dict[str, Any] = {}
        for metric in self.metrics:
            value = metric.result()
            if isinstance(value, Mapping):
                results.update(value)
            else:
                results[metric.name] = value
        return results

    def _validate_target_and_loss(self, y: Any, loss: Any) -> None:
        if self.loss and y is None:
            raise ValueError(
                "Target data is missing. Your model was compiled with "
                f"loss={self.loss}, and therefore expects target data to be provided "
                "in `fit()`."
            )
        if loss is None:
            raise ValueError(
                "No loss found. You may have forgotten to provide a `loss` argument in "
                "the `compile()` method."
            )

    def make_train_function(self, force: bool = False) -> Any:
        """Return the function that takes a batch from an iterator and trains on it."""
        if self._train_function is None or force:
            step = self._on_all_replicas(self.train_step)
            self._train_function = self._from_iterator(step)
        return self._train_function

    def make_test_function(self, force: bool = False) -> Any:
        """Return the function that takes a batch from an iterator and evaluates it."""
        if self._test_function is None or force:
            step = self._on_all_replicas(self.test_step)
            self._test_function = self._from_iterator(step)
        return self._test_function

    def make_predict_function(self, force: bool = False) -> Any:
        """Return the function that takes a batch from an iterator and predicts."""
        if self._predict_function is None or force:
            step: Any = self.predict_step
            if self._replication.num_replicas_in_sync > 1:
                step = functools.partial(self._replication.run, step)
            self._predict_function = self._from_iterator(step)
        return self._predict_function

    def _from_iterator(self, step: Any) -> Any:
        run = step
        if not self.run_eagerly and hasattr(tf, "function"):
            run = tf.function(step)

        known: dict[Any, Any] = {}

        def function(iterator: Any) -> Any:
            batch = next(iterator)
            if isinstance(batch, StepElsewhere):
                return batch.run(step, self, known)
            return run(batch)

        return function

    def _on_all_replicas(self, step: Any) -> Any:
        """Return a step that runs on every replica and gives logs for all of them."""
        replication = self._replication
        if replication.num_replicas_in_sync == 1:
            return step

        def on_one(batch: Any) -> Any:
            # Its metrics' results are not asked of the other replicas at each step.
            outer, calls.keeps_results = calls.keeps_results, True
            try:
                return autographed(step)(batch)
            finally:
                calls.keeps_results = outer

        def distributed(batch: Any) -> Any:
            logs = replication.run(on_one, batch)
            # Across replicas a metric's result is that of all examples.
            results = self.get_metrics_result()
            return {
                name: results[name] if name in results else replication.reduce_mean(v)
                for name, v in logs.items()
            }

        return distributed
