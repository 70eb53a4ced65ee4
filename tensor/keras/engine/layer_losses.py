"""LossOwner: the penalties and metrics that layers add to a model's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tensor as tf
from tensor.core import nest
from tensor.core.context import context
from tensor.core.tensor import EagerTensor, Tensor
from tensor.keras.engine.call_context import calls, init_scope
from tensor.keras.engine.keras_tensor import KerasTensor
from tensor.keras.engine.weights import WeightOwner


class LossOwner(WeightOwner):
    """Keeps what `add_loss` and `add_metric` were given.

    Losses that depend on the inputs are those of the latest call; losses given as
    functions, such as weight penalties, are computed whenever they are asked for.
    """

    # The Keras tensors that are this layer's losses in a graph of layers.
    _symbolic_losses: Any = ()
    # Keras tensors that stand for the losses of calls on Keras tensors.
    _losses_in_graphs: Any = ()

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Tell type checkers that attributes come to be by assignment."""

    def _start_losses(self) -> None:
        set_plainly = object.__setattr__
        set_plainly(self, "_losses", [])
        set_plainly(self, "_callable_losses", [])

    def _clear_losses(self) -> None:
        """Forget the losses of the previous call, here and in inner layers."""
        for layer in self._flatten_layers():
            if layer._losses:
                layer._losses.clear()

    def _note_losses(self, stand_in: Any) -> None:
        """Keep what stands for the losses of this call, and forget the losses."""
        for layer in self._flatten_layers():
            if layer._losses:
                made = [stand_in(loss) for loss in layer._losses]
                kept = [*layer._losses_in_graphs, *made]
                object.__setattr__(layer, "_losses_in_graphs", kept)
                layer._losses.clear()

    def add_loss(self, losses: Any, **kwargs: Any) -> None:
        """Add penalties: scalar tensors, or functions without arguments that give them.

        Raises:
            TypeError: A keyword is unknown.
            ValueError: A penalty was computed outside of a call: it will not change.
        """
        kwargs.pop("inputs", None)
        if kwargs:
            raise TypeError(f"Unknown keyword arguments: {list(kwargs)}")
        for loss in nest.flatten(losses):
            if callable(loss):
                self._callable_losses.append(loss)
            elif loss is None:
                continue
            elif isinstance(loss, KerasTensor):
                self._add_symbolic_loss(loss)
            elif context.graph is None and calls.layer is None:
                raise ValueError(
                    "Expected a symbolic Tensors or a callable for the loss value. "
                    "Please wrap your loss computation in a zero argument `lambda`."
                )
            else:
                if not isinstance(loss, Tensor):
                    loss = tf.convert_to_tensor(loss, dtype="float32")
                self._losses.append(loss)

    def _add_symbolic_loss(self, loss: Any) -> None:
        """Add a Keras tensor as a loss; functional models can.

        Raises:
            ValueError: This is no functional model.
        """
        raise ValueError(
            "Expected a symbolic Tensors or a callable for the loss value. A Keras "
            f"tensor can be added to functional models only, not to {self.name!r}."
        )

    @property
    def losses(self) -> list[Any]:
        """The penalties of this layer and of those inside."""
        collected: list[Any] = []
        tracing = context.graph is not None
        layers = list(self._flatten_layers())
        # After a traced call its symbolic losses are of no use outside.
        current = [
            [x for x in layer._losses if tracing or isinstance(x, EagerTensor)]
            for layer in layers
        ]
        was_called = tracing or any(current)
        for layer, losses in zip(layers, current, strict=True):
            collected.extend(losses or layer._symbolic_losses)
            if not (was_called or layer._symbolic_losses):
                collected.extend(layer._losses_in_graphs)
            collected.extend(function() for function in layer._callable_losses)
        return [loss for loss in collected if loss is not None]

    def _add_weight_penalty(self, variable: Any, regularizer: Any) -> None:
        name = variable.name.rpartition(":")[0]

        def penalty() -> Any:
            with tf.name_scope(f"{name}/Regularizer/"):
                return regularizer(variable)

        self._callable_losses.append(penalty)

    def _penalize_activity(self, outputs: Any) -> None:
        """Add the penalty on the outputs, averaged over the batch."""
        for output in nest.flatten(outputs):
            penalty = self._activity_regularizer(output)
            batch = tf.cast(tf.shape(output)[0], penalty.dtype)
            self.add_loss(tf.math.divide_no_nan(penalty, batch))

    @property
    def updates(self) -> list[Any]:
        """Nothing: updates are done as they are called for."""
        return []

    def add_update(self, updates: Any) -> None:
        """Run updates given as functions, unless this layer or an outer one is frozen.

        Updates that are no functions were done when they were computed.
        """
        if calls.is_frozen:
            return
        for update in nest.flatten(updates):
            if callable(update):
                update()

    # ---- metrics

    def _add_symbolic_metric(self, value: Any, name: Any, aggregation: Any) -> None:
        """Add a Keras tensor as a metric; functional models can.

        Raises:
            ValueError: This is no functional model.
        """
        raise ValueError(
            f"Expected a tensor for the metric {name!r}. A Keras tensor can be added "
            f"to functional models only, not to {self.name!r}."
        )

    def add_metric(self, value: Any, name: str | None = None, **kwargs: Any) -> None:
        """Let a tensor computed in `call` be averaged and reported as a metric.

        Args:
            value: A tensor, or what a metric returned when it was called.
            name: The metric's name; needed unless `value` comes from a metric.
            **kwargs: `aggregation` ("mean"), as in older versions.

        Raises:
            TypeError: A keyword is unknown.
            ValueError: There is no name, several metrics have it, or the call is not
                inside a layer's `call`.
        """
        unknown = set(kwargs) - {"aggregation"}
        if unknown:
            raise TypeError(
                f"Unknown keyword arguments: {sorted(unknown)}. Expected `aggregation`."
            )
        if isinstance(value, KerasTensor):
            self._add_symbolic_metric(value, name, kwargs.get("aggregation"))
            return
        from tensor.keras.metrics.reduction import Mean

        source = getattr(value, "_metric_obj", None)
        if name is None and source is None:
            raise ValueError(
                "Please provide a name for your metric like "
                "`self.add_metric(tf.reduce_sum(inputs), name='mean_activation')`"
            )
        if calls.layer is None:
            raise ValueError(
                f"Expected a symbolic Tensor for the metric value, received: {value}"
            )
        found = self._metric_named(name if source is None else source.name)
        if found is None:
            found = source
            if source is None:
                with init_scope():
                    found = Mean(name=name, dtype=getattr(value, "dtype", None))
            self._metrics.append(found)
        if source is None:
            found.update_state(value)

    def _metric_named(self, name: Any) -> Any:
        """Return this layer's own metric of a name, None if there is none.

        Raises:
            ValueError: There are several.
        """
        found = [m for m in self._metrics if m.name == name]
        if len(found) > 1:
            raise ValueError(
                "Please provide different names for the metrics you have added. We "
                f'found {len(found)} metrics with the name: "{name}"'
            )
        return found[0] if found else None
