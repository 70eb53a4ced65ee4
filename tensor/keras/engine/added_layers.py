"""AddLoss, AddMetric: what `add_loss` and `add_metric` put into a graph of layers."""

from __future__ import annotations

from typing import Any

from tensor.keras.engine.layer import Layer


class AddLoss(Layer):
    """Adds what it is called with to the losses."""

    def __init__(self, unconditional: bool = False, **kwargs: Any) -> None:
        """Take whether the loss does not depend on the inputs."""
        super().__init__(**{"autocast": False, **kwargs})
        self.unconditional = unconditional

    def call(self, inputs: Any) -> Any:
        self.add_loss(inputs)
        return inputs

    @property
    def _symbolic_losses(self) -> list[Any]:
        return [node.call_inputs for node in self._inbound_nodes]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "unconditional": self.unconditional}


class AddMetric(Layer):
    """Reports what it is called with as a metric."""

    def __init__(
        self,
        aggregation: str | None = None,
        metric_name: str | None = None,
        **kwargs: Any,
    ) -> None:
        """Take how batches become one value, and the metric's name."""
        super().__init__(**kwargs)
        self.aggregation = aggregation
        self.metric_name = metric_name

    def call(self, inputs: Any) -> Any:
        self.add_metric(inputs, aggregation=self.aggregation, name=self.metric_name)
        return inputs

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "aggregation": self.aggregation,
            "metric_name": self.metric_name,
        }
