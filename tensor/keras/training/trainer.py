"""Trainer: the methods of a model that train, evaluate and predict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tensor as tf
from tensor.core import replica
from tensor.keras import mixed_precision, optimizers
from tensor.keras.engine.weights import unique
from tensor.keras.training.compile_keywords import check_keywords
from tensor.keras.training.compiled_loss import CompiledLoss
from tensor.keras.training.compiled_metrics import CompiledMetrics
from tensor.keras.training.compiled_trainability import trainability
from tensor.keras.training.evaluation import Evaluation
from tensor.keras.training.fitting import Fitting
from tensor.keras.training.scope import in_scope
from tensor.keras.training.single_batches import SingleBatches
from tensor.keras.training.steps import Steps


class Trainer(Steps, Fitting, Evaluation, SingleBatches):
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
        # The epoch and batch that were done already, when a training is taken up again.
        self._resume_after = (-1, -1)
        self._replication = replica.current()
        self.optimizer: Any = None
        self.loss: Any = None
        self.compiled_loss: Any = None
        self.compiled_metrics: Any = None
        self.loss_tracker: Any = None
        self.history: Any = None
        self._is_compiled = False
        self._run_eagerly: bool | None = None
        self.train_function: Any = None
        self.test_function: Any = None
        self.predict_function: Any = None
        self._compile_arguments: dict[str, Any] | None = None
        self._jit_compile: bool | None = None
        self._compiled_trainability: Any = ()
        for name in ("_train_counter", "_test_counter", "_predict_counter"):
            self._count_in(name, 0)
        object.__setattr__(self, "_steps_per_execution", None)

    def _count_in(self, name: str, value: int) -> None:
        """Make an attribute that counts: a variable of this process, and no weight."""
        with tf.init_scope(), replica.nowhere():
            counter = tf.Variable(value, dtype="int64", trainable=False)
        # Not by plain assignment: models track their variables.
        object.__setattr__(self, name, counter)

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
        steps_per_execution: Any = None,
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
            steps_per_execution: How many steps run between calls of callbacks. "auto"
                leaves it as it is: steps in one go are no quicker here.
            jit_compile: Accepted for compatibility: steps are compiled in any case.
            pss_evaluation_shards: Accepted for compatibility.
            **kwargs: `sample_weight_mode`, `cloning` and
                `experimental_run_tf_function`, ignored.

        Raises:
            TypeError: A keyword is unknown.
            ValueError: Steps are to run as plain Python, and to be compiled; or a
                keyword is no longer known.
        """
        if jit_compile and run_eagerly:
            raise ValueError(
                "You cannot enable `run_eagerly` and `jit_compile` at the same time."
            )
        check_keywords(kwargs)
        arguments = {
            "optimizer": optimizer,
            "loss": loss,
            "metrics": metrics,
            "loss_weights": loss_weights,
            "weighted_metrics": weighted_metrics,
            "run_eagerly": run_eagerly,
            "steps_per_execution": steps_per_execution,
            "jit_compile": jit_compile,
        }
        # Not by plain assignment: the metrics in it are no parts of the model.
        object.__setattr__(self, "_compile_arguments", arguments)
        self._run_eagerly = run_eagerly
        self.optimizer = self._scaling(optimizers.get(optimizer))
        names = self.output_names
        self.compiled_loss = (
            loss
            if isinstance(loss, CompiledLoss)
            else CompiledLoss(loss, loss_weights, output_names=names)
        )
        self.compiled_metrics = CompiledMetrics(
            metrics, weighted_metrics, output_names=names
        )
        self.loss = loss or {}
        self._jit_compile = jit_compile
        if steps_per_execution == "auto":
            steps_per_execution = self._steps_per_execution
        self._count_in("_steps_per_execution", int(steps_per_execution or 1))
        object.__setattr__(self, "_compiled_trainability", trainability(self))
        self._reset_functions()
        self._is_compiled = True

    def _scaling(self, optimizer: Any) -> Any:
        """Return an optimizer that keeps gradients of half precision from vanishing."""
        if self.dtype_policy.name != "mixed_float16":
            return optimizer
        loss_scale_optimizer = mixed_precision.LossScaleOptimizer
        if isinstance(optimizer, loss_scale_optimizer):
            return optimizer
        return loss_scale_optimizer(optimizer)

    def _reset_functions(self) -> None:
        self.train_function = None
        self.test_function = None
        self.predict_function = None

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
    def jit_compile(self) -> bool | None:
        """Whether steps were asked to be compiled."""
        return self._jit_compile

    @jit_compile.setter
    def jit_compile(self, value: bool | None) -> None:
        self._jit_compile = value

    @property
    def steps_per_execution(self) -> Any:
        """How many steps run in one go, as a variable; None before `compile`."""
        return self._steps_per_execution

    @steps_per_execution.setter
    def steps_per_execution(self, value: int) -> None:
        if self._steps_per_execution is None:
            self._count_in("_steps_per_execution", value)
        else:
            self._steps_per_execution.assign(value)

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

    def fit_generator(self, generator: Any, **kwargs: Any) -> Any:
        """Train on a generator; the old name of `fit`."""
        return self.fit(generator, **kwargs)

    def evaluate_generator(self, generator: Any, **kwargs: Any) -> Any:
        """Evaluate on a generator; the old name of `evaluate`."""
        return self.evaluate(generator, **kwargs)

    def predict_generator(self, generator: Any, **kwargs: Any) -> Any:
        """Predict for a generator; the old name of `predict`."""
        return self.predict(generator, **kwargs)


def _all_functions_run_eagerly() -> bool:
    function = getattr(getattr(tf, "config", None), "functions_run_eagerly", None)
    return bool(function and function())
