"""Trainer: the methods of a model that train, evaluate and predict."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

import tensor as tf
from tensor.core import nest, replica
from tensor.keras import optimizers
from tensor.keras.callbacks.callback import as_numbers
from tensor.keras.callbacks.callback_list import CallbackList
from tensor.keras.engine.weights import unique
from tensor.keras.training.compiled_loss import CompiledLoss
from tensor.keras.training.compiled_metrics import CompiledMetrics
from tensor.keras.training.data_adapter import (
    DataAdapter,
    train_validation_split,
    unpack,
)


def in_scope(method: Any) -> Any:
    """Let a method of a model run in the scope of the strategy that made the model."""

    @functools.wraps(method)
    def scoped(self: Any, *args: Any, **kwargs: Any) -> Any:
        with self._replication.scope():
            return method(self, *args, **kwargs)

    return scoped


class Trainer:
    """compile, fit, evaluate, predict, and the steps they are made of.

    A step sees one batch. `train_step`, `test_step` and `predict_step` may be
    overridden; they run inside a `tf.function` unless `run_eagerly` is set.
    """

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Tell type checkers that a trainer is also a layer."""

        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            """Tell type checkers the same."""

    def _start_training(self) -> None:
        self.stop_training = False
        self._replication = replica.current()
        self.optimizer: Any = None
        self.loss: Any = None
        self.compiled_loss: Any = None
        self.compiled_metrics: Any = None
        self.loss_tracker: Any = None
        self.history: Any = None
        self._is_compiled = False
        self._run_eagerly: bool | None = None
        self._train_function: Any = None
        self._test_function: Any = None
        self._predict_function: Any = None
        self._compile_arguments: dict[str, Any] | None = None
        self._steps_per_execution = 1

    # ---- compile

    @in_scope
    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        metrics: Any = None,
        loss_weights: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool | None = None,
        steps_per_execution: int | None = None,
        jit_compile: bool | None = None,
        pss_evaluation_shards: int = 0,
        **kwargs: Any,
    ) -> None:
        """Say how to train: by what optimizer, what loss, and what to report.

        Args:
            optimizer: An optimizer or its name.
            loss: A loss, function or name; a list or dictionary for several outputs.
            metrics: What to report, likewise.
            loss_weights: What each output's loss counts.
            weighted_metrics: Metrics that take sample weights into account.
            run_eagerly: Whether steps run as plain Python.
            steps_per_execution: Accepted for compatibility.
            jit_compile: Accepted for compatibility.
            pss_evaluation_shards: Accepted for compatibility.
            **kwargs: `experimental_run_tf_function`, ignored.

        Raises:
            TypeError: A keyword is unknown.
        """
        kwargs.pop("experimental_run_tf_function", None)
        kwargs.pop("sample_weight_mode", None)
        if kwargs:
            raise TypeError(
                f"Invalid keyword argument(s) in `compile()`: {set(kwargs)}. Valid "
                'keyword arguments include "cloning", "experimental_run_tf_function", '
                '"distribute", "target_tensors", or "sample_weight_mode".'
            )
        self._compile_arguments = {
            "optimizer": optimizer,
            "loss": loss,
            "metrics": metrics,
            "loss_weights": loss_weights,
            "weighted_metrics": weighted_metrics,
            "run_eagerly": run_eagerly,
            "steps_per_execution": steps_per_execution,
            "jit_compile": jit_compile,
        }
        self._run_eagerly = run_eagerly
        self.optimizer = optimizers.get(optimizer)
        names = self.output_names
        self.compiled_loss = (
            loss
            if isinstance(loss, CompiledLoss)
            else CompiledLoss(loss, loss_weights, output_names=names)
        )
        self.compiled_metrics = CompiledMetrics(
            metrics, weighted_metrics, output_names=names
        )
        self.loss = loss if loss is not None else {}
        self._reset_functions()
        self._is_compiled = True

    def _reset_functions(self) -> None:
        self._train_function = None
        self._test_function = None
        self._predict_function = None

    def _assert_compiled(self) -> None:
        if not self._is_compiled:
            raise RuntimeError(
                "You must compile your model before training/testing. Use "
                "`model.compile(optimizer, loss)`."
            )

    @property
    def run_eagerly(self) -> bool:
        """Whether steps run as plain Python."""
        if self.dynamic:
            return True
        return bool(self._run_eagerly) or _all_functions_run_eagerly()

    @run_eagerly.setter
    def run_eagerly(self, value: bool | None) -> None:
        self._run_eagerly = value
        self._reset_functions()

    @property
    def metrics(self) -> list[Any]:
        """The loss, the compiled metrics, and those of layers."""
        found = []
        if self._is_compiled:
            found += self.compiled_loss.metrics + self.compiled_metrics.metrics
        return unique(
            found + [m for layer in self._flatten_layers() for m in layer._metrics]
        )

    @property
    def metrics_names(self) -> list[str]:
        """The names of the metrics; known once the model saw data."""
        return [m.name for m in self.metrics]

    def reset_metrics(self) -> None:
        """Start all metrics anew."""
        for metric in self.metrics:
            metric.reset_state()

    def get_compile_config(self) -> Any:
        """Return the arguments of `compile`, as a configuration."""
        if not self._is_compiled or self._compile_arguments is None:
            return None
        from tensor.keras.serialization import plain

        config = {
            k: plain(v)
            for k, v in self._compile_arguments.items()
            if k != "run_eagerly"
        }
        config["optimizer"] = plain(self.optimizer)
        return config

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile with what `get_compile_config` returned."""
        from tensor.keras.saving.compile_config import compile_from_config

        compile_from_config(self, config)

    # ---- steps

    def train_step(self, data: Any) -> Any:
        """Train on one batch, and return the metrics so far by name."""
        x, y, sample_weight = unpack(data)
        with tf.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(x, y, y_pred, sample_weight)
        self._validate_target_and_loss(y, loss)
        variables = self.trainable_variables
        gradients = tape.gradient(loss, variables)
        self.optimizer.apply_gradients(zip(gradients, variables, strict=True))
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
        """Return the total loss of a batch, penalties of layers included."""
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

        def function(iterator: Any) -> Any:
            return run(next(iterator))

        return function

    def _on_all_replicas(self, step: Any) -> Any:
        """Return a step that runs on every replica and gives logs for all of them."""
        replication = self._replication
        if replication.num_replicas_in_sync == 1:
            return step

        def distributed(batch: Any) -> Any:
            logs = replication.run(step, batch)
            # Across replicas a metric's result is that of all examples.
            results = self.get_metrics_result()
            return {
                name: results[name] if name in results else replication.reduce_mean(v)
                for name, v in logs.items()
            }

        return distributed

    # ---- fit

    @in_scope
    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Any = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: Any = True,
        class_weight: Any = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: Any = 1,
        max_queue_size: int = 10,
        workers: int = 1,
        use_multiprocessing: bool = False,
    ) -> Any:
        """Train for a number of epochs; return the History.

        Args:
            x: Inputs: arrays, tensors, lists or dictionaries of them; or a dataset,
                generator or `Sequence` that yields (inputs, targets[, weights]).
            y: Targets, if `x` does not bring them.
            batch_size: Examples a step, 32 by default; for all replicas together.
            epochs: The number of the last epoch.
            verbose: 0 silent, 1 a progress bar, 2 one line an epoch.
            callbacks: What to do beside the training.
            validation_split: The share of the arrays, from their end, to validate on.
            validation_data: What to validate on after each epoch.
            shuffle: Whether arrays are shuffled before each epoch.
            class_weight: What each class counts.
            sample_weight: What each example counts.
            initial_epoch: The number of the first epoch.
            steps_per_epoch: After how many batches an epoch ends.
            validation_steps: How many batches to validate on.
            validation_batch_size: Examples a step when validating.
            validation_freq: Validate every so many epochs, or after the epochs listed.
            max_queue_size: Accepted for compatibility.
            workers: Accepted for compatibility.
            use_multiprocessing: Accepted for compatibility.

        Raises:
            RuntimeError: The model is not compiled.
            ValueError: There is no data, or arguments contradict each other.
        """
        self._assert_compiled()
        verbose = 1 if verbose == "auto" else verbose
        if validation_split and validation_data is None:
            (x, y, sample_weight), validation_data = train_validation_split(
                (x, y, sample_weight), validation_split
            )
        data = DataAdapter(
            x,
            y,
            sample_weight,
            batch_size=batch_size,
            steps_per_epoch=steps_per_epoch,
            initial_epoch=initial_epoch,
            epochs=epochs,
            shuffle=shuffle,
            class_weight=class_weight,
            model=self,
        )
        if not isinstance(callbacks, CallbackList):
            callbacks = CallbackList(
                callbacks,
                add_history=True,
                add_progbar=verbose != 0,
                model=self,
                verbose=verbose,
                epochs=epochs,
                steps=data.steps,
            )
        self.stop_training = False
        train = self.make_train_function()
        callbacks.on_train_begin()
        logs: Any = None
        for epoch, batches in data.epochs():
            self.reset_metrics()
            callbacks.on_epoch_begin(epoch)
            logs = self._train_epoch(train, batches, callbacks)
            epoch_logs = dict(as_numbers(logs))
            if validation_data is not None and _is_validation_time(
                validation_freq, epoch
            ):
                epoch_logs |= self._validate(
                    validation_data,
                    validation_batch_size or batch_size,
                    validation_steps,
                    callbacks,
                )
            callbacks.on_epoch_end(epoch, epoch_logs)
            logs = epoch_logs
            if replica.current().any(bool(self.stop_training)):
                break
        callbacks.on_train_end(logs)
        self._finalize_optimizer()
        return self.history

    def _train_epoch(self, train: Any, batches: Any, callbacks: Any) -> Any:
        """Train on one epoch's batches; return the logs after the last."""
        logs: Any = None
        step = 0
        batches = _Peekable(batches)
        while batches.has_next():
            callbacks.on_train_batch_begin(step)
            logs = train(batches)
            callbacks.on_train_batch_end(step, logs)
            step += 1
            if self.stop_training:
                break
        if logs is None:
            raise ValueError(
                "Unexpected result of `train_function` (Empty Logs). This could be due "
                "to issues in input pipeline that resulted in an empty dataset. "
                "Otherwise, please use `Model.compile(..., run_eagerly=True)`, or "
                "`tf.config.run_functions_eagerly(True)` for more information of where "
                "went wrong."
            )
        return _flat_logs(logs)

    def _finalize_optimizer(self) -> None:
        if getattr(self.optimizer, "use_ema", False):
            self.optimizer.finalize_variable_values(self.trainable_variables)

    def _validate(
        self, data: Any, batch_size: Any, steps: Any, callbacks: Any
    ) -> dict[str, Any]:
        """Evaluate on the validation data; return logs named `val_…`."""
        x, y, weight = data, None, None
        if isinstance(data, list | tuple) and not hasattr(data, "element_spec"):
            x, y, weight = unpack(tuple(data))
        logs = self.evaluate(
            x,
            y,
            sample_weight=weight,
            batch_size=batch_size,
            steps=steps,
            callbacks=callbacks,
            return_dict=True,
            verbose=0,
            _use_callback_list=True,
        )
        return {f"val_{name}": value for name, value in logs.items()}

    # ---- evaluate and predict

    @in_scope
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
        verbose = 1 if verbose == "auto" else verbose
        data = DataAdapter(
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
            upcoming = _Peekable(batches)
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
        logs = as_numbers(_flat_logs(logs))
        callbacks.on_test_end(logs)
        if return_dict:
            return logs
        values = list(logs.values())
        return values[0] if len(values) == 1 else values

    @in_scope
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
        verbose = 1 if verbose == "auto" else verbose
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
            upcoming = _Peekable(batches)
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

    # ---- single batches

    @in_scope
    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Any = None,
        reset_metrics: bool = True,
        return_dict: bool = False,
    ) -> Any:
        """Train on one batch; return loss and metrics."""
        self._assert_compiled()
        iterator = _single_batch(x, y, sample_weight, class_weight)
        return self._on_batch(
            self.make_train_function(), iterator, reset_metrics, return_dict
        )

    @in_scope
    def test_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        reset_metrics: bool = True,
        return_dict: bool = False,
    ) -> Any:
        """Evaluate one batch; return loss and metrics."""
        self._assert_compiled()
        iterator = _single_batch(x, y, sample_weight, None)
        return self._on_batch(
            self.make_test_function(), iterator, reset_metrics, return_dict
        )

    @in_scope
    def _on_batch(
        self, function: Any, iterator: Any, reset_metrics: bool, return_dict: bool
    ) -> Any:
        if reset_metrics:
            self.reset_metrics()
        logs = as_numbers(_flat_logs(function(iterator)))
        if return_dict:
            return logs
        values = list(logs.values())
        return values[0] if len(values) == 1 else values

    @in_scope
    def predict_on_batch(self, x: Any) -> Any:
        """Return the predictions for one batch as arrays."""
        iterator = _single_batch(x, None, None, None)
        outputs = self._replication.concatenate(self.make_predict_function()(iterator))
        return nest.map_structure(lambda t: t.numpy(), outputs)

    def fit_generator(self, generator: Any, **kwargs: Any) -> Any:
        """Train on a generator; the old name of `fit`."""
        return self.fit(generator, **kwargs)

    def evaluate_generator(self, generator: Any, **kwargs: Any) -> Any:
        """Evaluate on a generator; the old name of `evaluate`."""
        return self.evaluate(generator, **kwargs)

    def predict_generator(self, generator: Any, **kwargs: Any) -> Any:
        """Predict for a generator; the old name of `predict`."""
        return self.predict(generator, **kwargs)


class _Peekable:
    """An iterator that can be asked whether anything is left."""

    def __init__(self, iterator: Any) -> None:
        self._iterator = iter(iterator)
        self._next: list[Any] = []

    def has_next(self) -> bool:
        if not self._next:
            for item in self._iterator:
                self._next.append(item)
                break
        return bool(self._next)

    def __iter__(self) -> _Peekable:
        return self

    def __next__(self) -> Any:
        if self._next:
            return self._next.pop()
        return next(self._iterator)


def _single_batch(x: Any, y: Any, sample_weight: Any, class_weight: Any) -> Any:
    rows = len(next(a for a in nest.flatten(x) if a is not None))
    data = DataAdapter(x, y, sample_weight, batch_size=rows, class_weight=class_weight)
    return next(batches for _, batches in data.epochs())


def _part(output: Any) -> Any:
    """Return a batch's output as an array."""
    return output.numpy() if hasattr(output, "numpy") else np.asarray(output)


def _flat_logs(logs: Any) -> dict[str, Any]:
    """Return a step's logs as one dictionary of numbers.

    Raises:
        ValueError: A step returned no dictionary.
    """
    if not isinstance(logs, Mapping):
        raise ValueError(
            "Unexpected result of the step: expected a dictionary of metrics by name, "
            f"got {logs!r}. `train_step` and `test_step` must return one."
        )
    flat: dict[str, Any] = {}
    for name, value in logs.items():
        if isinstance(value, Mapping):
            flat.update(value)
        else:
            flat[name] = value
    return flat


def _is_validation_time(validation_freq: Any, epoch: int) -> bool:
    if isinstance(validation_freq, list | tuple | set):
        return epoch + 1 in validation_freq
    return bool((epoch + 1) % validation_freq == 0)


def _all_functions_run_eagerly() -> bool:
    function = getattr(getattr(tf, "config", None), "functions_run_eagerly", None)
    return bool(function and function())
