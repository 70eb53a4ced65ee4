"""CompiledMetrics: the metrics that `compile` was given, per output."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tensor.core import nest
from tensor.keras import metrics as metrics_module
from tensor.keras.engine.weights import leaves
from tensor.keras.metrics.metric import Metric
from tensor.keras.metrics.wrapper import MeanMetricWrapper
from tensor.keras.training.compiled_loss import (
    by_name,
    conformed,
    keys_of,
    matched,
    names_of,
    with_mask,
)

_ACCURACIES = {"acc", "accuracy", "Accuracy"}
_CROSSENTROPIES = {"ce", "crossentropy"}


class CompiledMetrics:
    """Updates each output's metrics, with and without sample weights."""

    def __init__(
        self,
        metrics: Any = None,
        weighted_metrics: Any = None,
        output_names: Any = None,
    ) -> None:
        """Take what `compile` was given; more is known at the first update.

        Raises:
            ValueError: A metric is there twice.
        """
        _check_no_duplicates(metrics, weighted_metrics)
        self._given = metrics
        self._given_weighted = weighted_metrics
        self._known_names = output_names
        self._output_names: Any = None
        self._unweighted: list[list[Any]] = []
        self._weighted: list[list[Any]] = []
        self._in_order: list[Any] = []
        self.is_built = False

    @property
    def has_weighted(self) -> bool:
        """Whether `weighted_metrics` was given."""
        return self._given_weighted is not None

    @property
    def metrics(self) -> list[Any]:
        """All metrics, in the order in which they are reported."""
        return self._in_order

    def build(self, y_pred: Any, y_true: Any) -> None:
        """Match the metrics to a model's outputs."""
        predictions = nest.flatten(y_pred)
        names = self._known_names or names_of(y_pred)
        self._output_names = names
        self._in_order = []
        truths = conformed(y_true, y_pred, names)
        several = len(predictions) > 1
        both = []
        for given in (self._given, self._given_weighted):
            rows = _rows(given, keys_of(y_pred, names), len(predictions))
            both.append(
                [
                    [_as_metric(m, t, p) for m in row]
                    for row, t, p in zip(rows, truths, predictions, strict=True)
                ]
            )
        self._unweighted, self._weighted = both
        for i, name in enumerate(names):
            for metric in self._unweighted[i] + self._weighted[i]:
                if metric is None:
                    continue
                prefix = f"{name}_" if several else ""
                if prefix and getattr(metric, "_has_output_name", False):
                    metric._name = metric.name.removeprefix(prefix)
                is_weighted = any(metric is m for m in self._weighted[i])
                self._give_name(metric, prefix, is_weighted)
                metric._has_output_name = several
                self._in_order.append(metric)
        self.is_built = True

    def _give_name(self, metric: Any, prefix: str, is_weighted: bool) -> None:
        """Put the output's name before the metric's; tell weighted ones apart.

        Raises:
            ValueError: Another metric has the name.
        """
        used = {m.name for m in self._in_order}
        name = f"{prefix}{metric.name}"
        if is_weighted and name in used:
            name = f"{prefix}weighted_{metric.name}"
        if name in used:
            raise ValueError(
                f"Found two metrics with the same name: {name}. All the metrics added "
                "to the model need to have unique names."
            )
        metric._name = name

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Let all metrics see a batch."""
        predictions = nest.flatten(y_pred)
        if len(self._unweighted) != len(predictions):
            self.build(y_pred, y_true)
        if not self._in_order:
            return
        truths = conformed(y_true, y_pred, self._output_names)
        weights = conformed(sample_weight, y_pred, self._output_names, is_weight=True)
        for i, (t, p, w) in enumerate(zip(truths, predictions, weights, strict=True)):
            if t is None or not (self._unweighted[i] or self._weighted[i]):
                continue
            t, p, w = matched(t, p, w)
            mask = with_mask(p, None)
            for metric in self._unweighted[i]:
                if metric is not None:
                    metric.update_state(t, p, sample_weight=mask)
            w = with_mask(p, w)
            for metric in self._weighted[i]:
                if metric is not None:
                    metric.update_state(t, p, sample_weight=w)

    def reset_state(self) -> None:
        """Start all metrics anew."""
        for metric in self._in_order:
            metric.reset_state()


def _rows(given: Any, names: list[str], count: int) -> list[list[Any]]:
    """Return a list of metrics for each output.

    Raises:
        ValueError: A name is of no output, or the number of lists is wrong.
    """
    if given is None:
        return [[] for _ in range(count)]
    if isinstance(given, Mapping):
        return [_listed(row) for row in by_name(given, names)]
    given = _listed(given)
    if any(isinstance(m, list | tuple) for m in given):
        if len(given) != count:
            raise ValueError(
                "When passing a list of lists as `metrics`, it should have one entry "
                f"per model output. The model has {count} outputs, but you passed "
                f"metrics={given}."
            )
        return [_listed(m) for m in given]
    # One list for several outputs: every output gets metrics of its own.
    return [
        [
            m.from_config(m.get_config()) if isinstance(m, Metric) and count > 1 else m
            for m in given
        ]
        for _ in range(count)
    ]


def _check_no_duplicates(*given: Any) -> None:
    """Check that no metric is given twice: it would see every batch twice."""
    metrics = [m for m in leaves(list(given)) if isinstance(m, Metric)]
    twice = [m for i, m in enumerate(metrics) if any(m is n for n in metrics[:i])]
    if twice:
        raise ValueError(
            "Found duplicated metrics object in the user provided metrics and "
            "weighted metrics. This will cause the same metric object to be "
            "updated multiple times, and report wrong results. \n"
            f"Duplicated items: {twice}"
        )


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _as_metric(given: Any, y_true: Any, y_pred: Any) -> Any:
    """Return a metric by name, function or object as a `Metric`.

    "accuracy" and "crossentropy" mean what fits the shapes of target and output.
    """
    if given is None or isinstance(given, Metric):
        return given
    name = given if isinstance(given, str) else None
    if name in _ACCURACIES or name in _CROSSENTROPIES:
        given = _fitting(name in _ACCURACIES, y_true, y_pred)
        # Both are reported under the name that was asked for.
        return MeanMetricWrapper(given, name=name)
    metric = metrics_module.get(given)
    if isinstance(metric, Metric):
        return metric
    if name is None:
        name = getattr(metric, "__name__", None) or type(metric).__name__
    return MeanMetricWrapper(metric, name=name)


def _fitting(is_accuracy: bool, y_true: Any, y_pred: Any) -> Any:
    """Return the accuracy or crossentropy for these targets and outputs."""
    true_shape, pred_shape = y_true.shape, y_pred.shape
    true_rank, pred_rank = true_shape.rank, pred_shape.rank
    is_binary = pred_shape[-1] == 1 if pred_rank else False
    is_sparse = true_rank < pred_rank or (true_shape[-1] == 1 and pred_shape[-1] != 1)
    if is_accuracy:
        if is_binary:
            return metrics_module.binary_accuracy
        if is_sparse:
            return metrics_module.sparse_categorical_accuracy
        return metrics_module.categorical_accuracy
    if is_binary:
        return metrics_module.binary_crossentropy
    if is_sparse:
        return metrics_module.sparse_categorical_crossentropy
    return metrics_module.categorical_crossentropy
