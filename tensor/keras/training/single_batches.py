"""SingleBatches: `train_on_batch` and its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core import nest, replica
from tensor.keras.callbacks.callback import as_numbers
from tensor.keras.training.arrays import as_tensor, with_tuples
from tensor.keras.training.batches import class_weighting
from tensor.keras.training.compiled_trainability import as_compiled
from tensor.keras.training.logs import flat_logs, in_order
from tensor.keras.training.predictions import as_arrays
from tensor.keras.training.scope import at_top_level, in_scope
from tensor.keras.training.sources import check_rows


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
        self.train_function = self.make_train_function()
        return self._on_batch(self.train_function, iterator, reset_metrics, return_dict)

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
        iterator = _single_batch(x, y, sample_weight)
        self.test_function = self.make_test_function()
        return self._on_batch(self.test_function, iterator, reset_metrics, return_dict)

    @in_scope
    def _on_batch(
        self, function: Any, iterator: Any, reset_metrics: bool, return_dict: bool
    ) -> Any:
        if reset_metrics:
            self.reset_metrics()
        logs = as_numbers(flat_logs(function(iterator)))
        return logs if return_dict else in_order(logs, self.metrics_names)

    @at_top_level
    def predict_on_batch(self, x: Any) -> Any:
        """Return the predictions for one batch as arrays."""
        iterator = _single_batch(x)
        self.predict_function = self.make_predict_function()
        outputs = self._replication.concatenate(self.predict_function(iterator))
        return as_arrays(outputs)


def _single_batch(
    x: Any, y: Any = None, sample_weight: Any = None, class_weight: Any = None
) -> Any:
    """Return an iterator of one batch; it is a tuple even if it has but one part."""
    given = (
        (x,) if y is None else (x, y, sample_weight)[: 2 + (sample_weight is not None)]
    )
    batch = tuple(nest.map_structure(as_tensor, with_tuples(part)) for part in given)
    check_rows(batch)
    replication = replica.current()
    if replication.num_replicas_in_sync > 1:
        batch = replication.split(batch)
    if class_weight:
        weigh, _ = class_weighting(class_weight, None)
        batch = replication.map(weigh, batch)
    return iter([batch])
