"""Fitting: `model.fit`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core import replica
from tensor.keras.callbacks.callback import as_numbers
from tensor.keras.callbacks.callback_list import CallbackList
from tensor.keras.training.arrays import train_validation_split
from tensor.keras.training.batches import unpack
from tensor.keras.training.compiled_trainability import as_compiled
from tensor.keras.training.elsewhere import adapter_for
from tensor.keras.training.interactive_logging import verbosity
from tensor.keras.training.logs import flat_logs
from tensor.keras.training.scope import at_top_level


class Fitting:
    """The epochs of training, with validation and callbacks."""

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Tell type checkers that these are methods of a model."""

        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            """Tell type checkers the same."""

    @at_top_level
    @as_compiled
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
        verbose = verbosity(verbose)
        if validation_split and validation_data is None:
            (x, y, sample_weight), validation_data = train_validation_split(
                (x, y, sample_weight), validation_split
            )
        data = adapter_for(
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
            steps_per_execution=self._steps_per_execution,
            is_fit=True,
        )
        data.check_callbacks(callbacks)
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
        self.train_function = self.make_train_function()
        self._train_counter.assign(0)
        callbacks.on_train_begin()
        data.resume_after(*self._resume_after)
        logs: Any = None
        for epoch, batches in data.epochs():
            self.reset_metrics()
            callbacks.on_epoch_begin(epoch)
            logs = self._train_epoch(data, batches, callbacks, logs)
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

    def _train_epoch(
        self, data: Any, batches: Any, callbacks: Any, earlier_logs: Any
    ) -> Any:
        """Train on one epoch's batches; return the logs after the last.

        Of an epoch that is taken up again nothing may be left: there are no logs then.
        If the data ended with the epoch before, its logs stand for this one too.
        """
        logs: Any = None
        is_resumed = data.first_step > 0
        with data.until_data_end():
            for step, last in data.executions():
                callbacks.on_train_batch_begin(step)
                logs = self.train_function(batches)
                callbacks.on_train_batch_end(last, logs)
                if self.stop_training:
                    break
        if logs is None and is_resumed:
            return {}
        if logs is None and earlier_logs is not None:
            return earlier_logs
        if logs is None:
            raise ValueError(
                "Unexpected result of `train_function` (Empty logs). This could be due "
                "to issues in input pipeline that resulted in an empty dataset. "
                "Otherwise, please use `Model.compile(..., run_eagerly=True)`, or "
                "`tf.config.run_functions_eagerly(True)` for more information of where "
                "went wrong."
            )
        return self._latest(flat_logs(logs))

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


def _is_validation_time(validation_freq: Any, epoch: int) -> bool:
    if isinstance(validation_freq, list):
        return epoch + 1 in validation_freq
    if not isinstance(validation_freq, int):
        raise ValueError(
            "Expected `validation_freq` to be a list or int. Received: "
            f"validation_freq={validation_freq} of the type {type(validation_freq)}."
        )
    return bool((epoch + 1) % validation_freq == 0)
