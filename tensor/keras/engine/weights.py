"""WeightOwner: how layers find their variables, inner layers, losses and metrics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

import tensor as tf
from tensor.core.module import Module
from tensor.keras import settings

# What objects keep about themselves; what is in it has a name elsewhere.
_INTERNAL = frozenset(
    (
        "_self_tracked_trackables",
        "_trainable_weights",
        "_non_trainable_weights",
        "_metrics",
        "_named_weights",
        "_inbound_nodes",
        "_outbound_nodes",
        "_layer_graph",
        "_losses",
        "_callable_losses",
        "_compile_arguments",
        "_stack",
        "compiled_loss",
        "compiled_metrics",
        "history",
        "loss",
    )
)


def leaves(value: Any) -> Iterator[Any]:
    """Yield what lists, tuples and dictionaries hold, at any depth, in order."""
    if isinstance(value, list | tuple):
        for item in value:
            yield from leaves(item)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from leaves(item)
    else:
        yield value


def unique(values: Any) -> list[Any]:
    """Return the values in order, each object once."""
    seen: set[int] = set()
    result = []
    for value in values:
        if id(value) not in seen:
            seen.add(id(value))
            result.append(value)
    return result


class WeightOwner(Module):
    """Tracks what is assigned to its attributes.

    Variables, layers and modules count, also inside lists, tuples and dictionaries,
    and also if they are put into these later.
    """

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Tell type checkers that attributes come to be by assignment."""

    # What tf.Module's walk must not enter.
    _TF_MODULE_IGNORED_PROPERTIES = frozenset(
        (
            "_inbound_nodes",
            "_outbound_nodes",
        )
    )
    _is_metric = False
    # A layer's metrics keep their variables to themselves, a model's are its weights.
    _owns_metrics_weights = False
    built = False

    def _start_tracking(self) -> None:
        if "_self_tracked_trackables" in self.__dict__:
            return
        set_plainly = object.__setattr__
        set_plainly(self, "_self_tracked_trackables", [])
        set_plainly(self, "_trainable_weights", [])
        set_plainly(self, "_non_trainable_weights", [])
        set_plainly(self, "_metrics", [])
        set_plainly(self, "_named_weights", {})

    def __setattr__(self, name: str, value: Any) -> None:
        if "_self_tracked_trackables" not in self.__dict__:
            self._check_started(value)
            self._start_tracking()
        if not isinstance(getattr(type(self), name, None), property):
            old = self.__dict__.get(name)
            if isinstance(old, tf.Variable) and isinstance(value, tf.Variable):
                self._put_in_place(old, value)
            elif old is not None and old is not value:
                self._forget(old)
            if isinstance(value, Module | tf.Variable | list | tuple | dict):
                self._track(value)
        try:
            Module.__setattr__(self, name, value)
        except AttributeError:
            raise AttributeError(
                f'Can\'t set the attribute "{name}", likely because it conflicts with '
                "an existing read-only @property of the object. Please choose a "
                "different name."
            ) from None

    def _check_started(self, value: Any) -> None:
        """Check that an attribute may be set before the constructor is through."""

    def __delattr__(self, name: str) -> None:
        self._forget(self.__dict__.get(name))
        object.__delattr__(self, name)

    def _track(self, value: Any) -> None:
        for leaf in leaves(value):
            if isinstance(leaf, tf.Variable):
                self._track_variable(leaf)
            elif isinstance(leaf, WeightOwner) and leaf._is_metric:
                self._metrics[:] = unique([*self._metrics, leaf])
        if not isinstance(value, tf.Variable) and not any(
            value is t for t in self._self_tracked_trackables
        ):
            self._self_tracked_trackables.append(value)

    def _track_variable(self, variable: Any) -> None:
        if any(variable is v for v in self._own_variables()):
            return
        if variable.trainable:
            self._trainable_weights.append(variable)
        else:
            self._non_trainable_weights.append(variable)

    def _put_in_place(self, old: Any, new: Any) -> None:
        """Track a variable in the place of another: the order is that of files."""
        for variables in (self._trainable_weights, self._non_trainable_weights):
            if any(v is old for v in variables) and old.trainable == new.trainable:
                variables[:] = unique(new if v is old else v for v in variables)
                return
        self._forget(old)

    def _checkpoint_children(self) -> dict[str, Any]:
        """Return what a checkpoint saves of this object, by name."""
        attributes = {
            name: value
            for name, value in sorted(self.__dict__.items())
            if name not in _INTERNAL
        }
        return {**self._named_weights, **attributes}

    def _own_variables(self) -> list[Any]:
        return self._trainable_weights + self._non_trainable_weights

    def _forget(self, value: Any) -> None:
        """Stop tracking an attribute's old value."""
        if not isinstance(value, Module | tf.Variable | list | tuple | dict):
            return
        for name in (
            "_self_tracked_trackables",
            "_trainable_weights",
            "_non_trainable_weights",
        ):
            kept = [t for t in self.__dict__[name] if t is not value]
            object.__setattr__(self, name, kept)
        if isinstance(value, WeightOwner) and value._is_metric:
            kept = [m for m in self._metrics if m is not value]
            object.__setattr__(self, "_metrics", kept)

    # ---- inner layers

    def _children(self) -> list[Any]:
        """Return the layers and modules directly inside, in order of assignment."""
        return unique(
            leaf
            for value in self._self_tracked_trackables
            for leaf in leaves(value)
            if isinstance(leaf, Module) and not getattr(leaf, "is_optimizer", False)
        )

    def _late_variables(self) -> Iterator[Any]:
        """Yield variables put into a list or dictionary after its assignment."""
        for value in self._self_tracked_trackables:
            if isinstance(value, list | dict):
                for leaf in leaves(value):
                    if isinstance(leaf, tf.Variable) and not any(
                        leaf is v for v in self._own_variables()
                    ):
                        yield leaf

    def _flatten_layers(
        self, recursive: bool = True, include_self: bool = True
    ) -> Iterator[Any]:
        """Yield this layer and those inside, outer ones first."""
        if include_self:
            yield self
        for child in self._children():
            if not isinstance(child, WeightOwner):
                yield from _layers_in_module(child, recursive)
            elif not child._is_metric:
                if recursive:
                    yield from child._flatten_layers()
                else:
                    yield child

    def _gather(self, name: str) -> list[Any]:
        """Return the variables that the children list under `name`."""
        return [
            v
            for child in self._children()
            if self._owns_metrics_weights or not getattr(child, "_is_metric", False)
            for v in getattr(child, name)
        ]

    # ---- variables

    @property
    def trainable(self) -> bool:
        """Whether the variables are trained; setting it sets all inner layers'."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        for layer in self._flatten_layers():
            object.__setattr__(layer, "_trainable", bool(value))

    @property
    def trainable_variables(self) -> list[Any]:
        """The variables that training changes; the same as `trainable_weights`."""
        return self.trainable_weights

    @property
    def non_trainable_variables(self) -> list[Any]:
        """The variables that training leaves alone."""
        return self.non_trainable_weights

    @property
    def variables(self) -> list[Any]:
        """All variables; the same as `weights`."""
        return self.weights

    @property
    def trainable_weights(self) -> list[Any]:
        """The variables that training changes; none if `trainable` is False."""
        if not self.trainable:
            return []
        late = [v for v in self._late_variables() if v.trainable]
        own = self._trainable_weights + late
        return unique(own + self._gather("trainable_variables"))

    @property
    def non_trainable_weights(self) -> list[Any]:
        """The variables that training leaves alone."""
        late = list(self._late_variables())
        if self.trainable:
            own = self._non_trainable_weights + [v for v in late if not v.trainable]
            return unique(own + self._gather("non_trainable_variables"))
        return unique(self._own_variables() + late + self._gather("variables"))

    @property
    def weights(self) -> list[Any]:
        """All variables, trainable ones first."""
        return unique(self.trainable_weights + self.non_trainable_weights)

    def count_params(self) -> int:
        """Return the number of elements of all weights.

        Raises:
            ValueError: The weights are not there yet.
        """
        if not self.built:
            raise ValueError(
                f"You tried to call `count_params` on layer {self.name}, but the layer "
                "isn't built. You can build it manually via: "
                f"`{self.name}.build(batch_input_shape)`."
            )
        return sum(int(np.prod(v.shape.as_list())) for v in self.weights)

    def get_weights(self) -> list[Any]:
        """Return the values of all weights as NumPy arrays."""
        return [v.numpy() for v in self.weights]

    def set_weights(self, weights: Any) -> None:
        """Set all weights from NumPy arrays, in the order of `get_weights`.

        Raises:
            ValueError: Number or shapes differ.
        """
        variables = self.weights
        if len(variables) != len(weights):
            raise ValueError(
                f'You called `set_weights(weights)` on layer "{self.name}" with a '
                f"weight list of length {len(weights)}, but the layer was expecting "
                f"{len(variables)} weights. Provided weights: {str(weights)[:50]}..."
            )
        for variable, value in zip(variables, weights, strict=True):
            if tuple(np.shape(value)) != tuple(variable.shape.as_list()):
                raise ValueError(
                    f"Layer {self.name} weight shape {variable.shape} is not "
                    "compatible "
                    f"with provided weight shape {np.shape(value)}."
                )
        for variable, value in zip(variables, weights, strict=True):
            variable.assign(np.asarray(value, dtype=variable.dtype.as_numpy_dtype))

    @property
    def metrics(self) -> list[Any]:
        """The metrics of this layer and of those inside."""
        return unique(m for layer in self._flatten_layers() for m in layer._metrics)

    @staticmethod
    def _named(name: str | None, cls: type) -> str:
        if not isinstance(name, str | None):
            raise TypeError(
                f"Expected `name` argument to be a string, but got: {name!r}"
            )
        if name:
            return settings.note_name(name)
        return settings.unique_name(settings.snake_case(cls.__name__))


def _layers_in_module(module: Any, recursive: bool) -> Iterator[Any]:
    """Yield the layers inside a plain tf.Module."""
    for child in module._flatten(
        recursive=True, predicate=lambda m: isinstance(m, WeightOwner)
    ):
        if not child._is_metric:
            if recursive:
                yield from child._flatten_layers()
            else:
                yield child
