"""SidecarEvaluator: evaluates the checkpoints that another process writes."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.core.log import get_logger
from tensor.keras.optimizers import legacy

_NEXT_LOOK_S = 30.0


class SidecarEvaluator:
    """Waits for checkpoints in a folder, and evaluates the model with each.

    The training process writes them: by a `tf.train.Checkpoint` of `model` and
    `optimizer`, or by a `ModelCheckpoint` of weights alone.
    """

    def __init__(
        self,
        model: Any,
        data: Any,
        checkpoint_dir: Any,
        steps: int | None = None,
        max_evaluations: int | None = None,
        callbacks: Any = None,
    ) -> None:
        """Take what to evaluate, and on what.

        Args:
            model: A compiled model, as the one that is trained.
            data: What `evaluate` takes.
            checkpoint_dir: The folder to watch.
            steps: How many batches an evaluation takes.
            max_evaluations: The number of the last checkpoint; without it the
                evaluation goes on until it is stopped.
            callbacks: Callbacks of each evaluation.
        """
        self.model = model
        self.data = data
        self.checkpoint_dir = checkpoint_dir
        self.steps = steps
        self.max_evaluations = max_evaluations
        self.callbacks = callbacks or []

    def start(self) -> None:
        """Evaluate until the last checkpoint was.

        Raises:
            RuntimeError: A checkpoint does not say how many steps were trained, and
                the optimizer counts on it.
        """
        found = tf.train.checkpoints_iterator(
            self.checkpoint_dir, timeout=_NEXT_LOOK_S, timeout_fn=self._keep_waiting
        )
        for path in found:
            try:
                self._restore(path)
            except tf.errors.OpError as error:
                # Another process is still writing it, or has removed it already.
                get_logger().info("Cannot read %s, waiting: %s", path, error)
                continue
            self._evaluate(path)
            last = self.max_evaluations
            if last and last <= int(path.rpartition("-")[2]):
                get_logger().info("Last checkpoint evaluated. SidecarEvaluator stops.")
                return

    def _keep_waiting(self) -> bool:
        get_logger().info(
            "No checkpoints appear to be found in %s after %s seconds. Does the "
            "training save them there?",
            self.checkpoint_dir,
            _NEXT_LOOK_S,
        )
        return False

    def _restore(self, path: str) -> None:
        saved = tf.train.load_checkpoint(path).get_variable_to_shape_map()
        is_legacy = isinstance(self.model.optimizer, legacy.Optimizer)
        if is_legacy and not any(name.startswith("optimizer/") for name in saved):
            raise RuntimeError(
                "Variable `iterations` cannot be loaded from the checkpoint file at "
                f"{self.checkpoint_dir}. Please ensure `iterations` is included in the "
                "checkpoint saved during training."
            )
        checkpoint = tf.train.Checkpoint(
            model=self.model, optimizer=self.model.optimizer
        )
        checkpoint.restore(path).expect_partial()
        if not any(name.startswith("model/") for name in saved):
            self.model.load_weights(path)

    def _evaluate(self, path: str) -> None:
        get_logger().info("Evaluation starts: weights from %s", path)
        metrics = self.model.evaluate(
            self.data,
            steps=self.steps,
            callbacks=self.callbacks,
            verbose=2,
            return_dict=True,
        )
        results = " ".join(f"{name}={value}" for name, value in metrics.items())
        get_logger().info("End of evaluation. Metrics: %s", results)
