"""Steps: what training, evaluating and predicting do with one batch."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import tensor as tf
from tensor.core import nest
from tensor.graph.autograph import autographed
from tensor.keras.engine.call_context import calls
from tensor.keras.training.batches import unpack
from tensor.keras.training.elsewhere import StepElsewhere
from tensor.keras.training.predictions import as_arrays, joined


class Steps:
    """The steps of a model, and the functions that run them on every replica."""

    train_function: Any
    test_function: Any
    predict_function: Any

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
        if self.train_function is not None and not force:
            return self.train_function
        step = self._on_all_replicas(self.train_step)
        return self._executing(self._from_iterator(step, self._train_counter))

    def make_test_function(self, force: bool = False) -> Any:
        """Return the function that takes a batch from an iterator and evaluates it."""
        if self.test_function is not None and not force:
            return self.test_function
        step = self._on_all_replicas(self.test_step)
        return self._executing(self._from_iterator(step, self._test_counter))

    def make_predict_function(self, force: bool = False) -> Any:
        """Return the function that takes a batch from an iterator and predicts."""
        if self.predict_function is not None and not force:
            return self.predict_function
        step: Any = self.predict_step
        if self._replication.num_replicas_in_sync > 1:
            step = functools.partial(self._replication.run, step)
        predict = self._from_iterator(step, self._predict_counter)
        return self._executing(predict, _as_one)

    def _executing(self, function: Any, join: Any = None) -> Any:
        """Return a function that runs as many steps as run in one go.

        It gives the last one's results, unless `join` makes one of all.
        """
        steps = self._steps_per_execution
        if steps is None or int(steps) == 1:
            return function

        def execute(iterator: Any) -> Any:
            results = [function(iterator) for _ in range(int(steps))]
            return results[-1] if join is None else join(results)

        return execute

    def _from_iterator(self, step: Any, counter: Any) -> Any:
        run = step if self.run_eagerly else tf.function(step, reduce_retracing=True)
        known: dict[Any, Any] = {}
        spec: Any = None
        trace: Any = None

        def function(iterator: Any) -> Any:
            nonlocal spec, trace
            batch = next(iterator)
            if isinstance(batch, StepElsewhere):
                return batch.run(step, self, known)
            its_spec = getattr(iterator, "element_spec", None)
            if its_spec is None or run is step:
                result = run(batch)
            else:
                # One trace for all of the iterator's batches, whatever their sizes.
                if its_spec is not spec:
                    spec, trace = its_spec, run.get_concrete_function(its_spec)
                flat = [x for x in nest.flatten(batch, True) if x is not None]
                # Binding a call's arguments takes as long as a small step.
                result = trace.call_flat(flat) if trace.takes(flat) else trace(batch)
            counter.assign_add(1)
            return result

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


def _as_one(outputs: list[Any]) -> Any:
    """Return the outputs of several steps as tensors."""
    return nest.map_structure(tf.convert_to_tensor, joined(as_arrays(outputs)))
