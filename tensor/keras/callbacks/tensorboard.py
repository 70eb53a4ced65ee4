"""TensorBoard: writes losses, metrics and weights as event files."""

from __future__ import annotations

import os
import time
from typing import Any

import tensor as tf
from tensor.core import replica
from tensor.keras.callbacks.callback import Callback

_KNOWN = {"batch_size", "embeddings_data", "embeddings_layer_names", "write_grads"}


class TensorBoard(Callback):
    """Writes what TensorBoard shows, into `log_dir/train` and `log_dir/validation`."""

    def __init__(
        self,
        log_dir: Any = "logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
        write_steps_per_second: bool = False,
        update_freq: Any = "epoch",
        profile_batch: Any = 0,
        embeddings_freq: int = 0,
        embeddings_metadata: Any = None,
        **kwargs: Any,
    ) -> None:
        """Take the folder, and how often to write what.

        Args:
            log_dir: The folder.
            histogram_freq: Every how many epochs weights are written, 0 for never.
            write_graph: Accepted for compatibility.
            write_images: Accepted for compatibility.
            write_steps_per_second: Whether to write the speed.
            update_freq: "epoch", "batch", or every how many batches metrics are
                written.
            profile_batch: Accepted for compatibility.
            embeddings_freq: Accepted for compatibility.
            embeddings_metadata: Accepted for compatibility.
            **kwargs: `write_grads`, accepted for compatibility.

        Raises:
            ValueError: A keyword is unknown.
        """
        super().__init__()
        unknown = set(kwargs) - _KNOWN
        if unknown:
            raise ValueError(
                "Unrecognized arguments in `TensorBoard` Callback: "
                f"{unknown}. Supported kwargs are: {_KNOWN}"
            )
        self.log_dir = os.fspath(log_dir)
        self.histogram_freq = histogram_freq
        self.write_steps_per_second = write_steps_per_second
        self.update_freq = 1 if update_freq == "batch" else update_freq
        self._writers: dict[str, Any] = {}
        self._step = 0
        self._epoch_began = self._batch_began = 0.0
        self._first_step = 0

    def set_model(self, model: Any) -> None:
        super().set_model(model)
        self._writers = {}

    def _implements_train_batch_hooks(self) -> bool:
        return self.update_freq != "epoch" or self.write_steps_per_second

    def _implements_test_batch_hooks(self) -> bool:
        return False

    def _writer(self, name: str) -> Any:
        if name not in self._writers:
            path = os.path.join(self.log_dir, name)
            self._writers[name] = tf.summary.create_file_writer(path)
        return self._writers[name]

    def _write(self, writer: str, values: dict[str, Any], step: int) -> None:
        if not values or not replica.current().is_chief:
            return
        with self._writer(writer).as_default():
            for name, value in values.items():
                tf.summary.scalar(name, value, step=step)

    def on_train_begin(self, logs: Any = None) -> None:
        self._step = int(getattr(self.model.optimizer, "iterations", 0))

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._epoch_began = time.perf_counter()
        self._first_step = int(getattr(self.model.optimizer, "iterations", 0))

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._batch_began = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._step += 1
        if self.write_steps_per_second:
            duration = time.perf_counter() - self._batch_began
            self._write("train", {"batch_steps_per_second": 1 / duration}, self._step)
        if self.update_freq != "epoch" and self._step % self.update_freq == 0:
            values = {f"batch_{k}": v for k, v in (logs or {}).items()}
            self._write("train", values, self._step)

    def on_test_end(self, logs: Any = None) -> None:
        values = {f"evaluation_{k}_vs_iterations": v for k, v in (logs or {}).items()}
        step = int(getattr(self.model.optimizer, "iterations", 0))
        self._write("validation", values, step)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs = logs or {}
        train = {f"epoch_{k}": v for k, v in logs.items() if not k.startswith("val_")}
        rate = getattr(self.model.optimizer, "learning_rate", None)
        if callable(rate):
            rate = rate(self.model.optimizer.iterations)
        if rate is not None:
            train["epoch_learning_rate"] = float(rate)
        if self.write_steps_per_second:
            steps = int(self.model.optimizer.iterations) - self._first_step
            duration = time.perf_counter() - self._epoch_began
            train["epoch_steps_per_second"] = steps / duration
        validation = {
            f"epoch_{k.removeprefix('val_')}": v
            for k, v in logs.items()
            if k.startswith("val_")
        }
        self._write("train", train, epoch)
        self._write("validation", validation, epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._write_weights(epoch)

    def _write_weights(self, epoch: int) -> None:
        if not replica.current().is_chief:
            return
        with self._writer("train").as_default():
            for layer in self.model.layers:
                for weight in layer.weights:
                    name = weight.name.replace(":", "_")
                    tf.summary.histogram(f"{name}/histogram", weight, step=epoch)

    def on_train_end(self, logs: Any = None) -> None:
        for writer in self._writers.values():
            writer.close()
        self._writers = {}
