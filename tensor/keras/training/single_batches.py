"""SingleBatches: `train_on_batch` and its kind."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from tensor.core import nest, replica
from tensor.keras.callbacks.callback import as_numbers
from tensor.keras.training.compiled_trainability import as_compiled
from tensor.keras.training.data_adapter import DataAdapter
from tensor.keras.training.peekable import flat_logs
from tensor.keras.training.scope import at_top_level, in_scope


class SingleBatches:
    """Training, evaluating and predicting one batch at a time."""

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Tell type checkers that these are methods of a model."""

        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            """Tell type checkers the same."""

    @at_top_level
    @as_compiled
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

    @at_top_level
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
        logs = as_numbers(flat_logs(function(iterator)))
        if return_dict:
            return logs
        values = list(logs.values())
        return values[0] if len(values) == 1 else values

    @at_top_level
    def predict_on_batch(self, x: Any) -> Any:
        """Return the predictions for one batch as arrays."""
        iterator = _single_batch(x, None, None, None)
        outputs = self._replication.concatenate(self.make_predict_function()(iterator))
        return nest.map_structure(lambda t: t.numpy(), outputs)


def _single_batch(x: Any, y: Any, sample_weight: Any, class_weight: Any) -> Any:
    rows = len(next(a for a in nest.flatten(x) if a is not None))
    data = DataAdapter(x, y, sample_weight, batch_size=rows, class_weight=class_weight)
    batches = next(batches for _, batches in data.epochs())
    # Unlike those of `fit`, such a batch is a tuple even if it has but one part.
    as_tuple = functools.partial(replica.current().map, _as_tuple)
    return map(as_tuple, batches)


def _as_tuple(batch: Any) -> tuple[Any, ...]:
    return batch if isinstance(batch, tuple) else (batch,)
