"""tf.data.Options: how a pipeline runs, never what it computes."""

from __future__ import annotations

import enum
from typing import Any, ClassVar, Self

from tensor.core.public_api import export


@export("data.experimental.AutoShardPolicy")
class AutoShardPolicy(enum.IntEnum):
    """How `tf.distribute` splits a dataset over workers."""

    OFF = -1
    AUTO = 0
    FILE = 1
    DATA = 2
    HINT = 3


@export("data.experimental.ExternalStatePolicy")
class ExternalStatePolicy(enum.Enum):
    """What to do about state outside a pipeline when the pipeline is saved."""

    WARN = 0
    IGNORE = 1
    FAIL = 2


@export("data.experimental.AutotuneAlgorithm")
class AutotuneAlgorithm(enum.Enum):
    """TensorFlow's tuning algorithms; accepted, ours measures the first calls."""

    DEFAULT = 0
    HILL_CLIMB = 1
    GRADIENT_DESCENT = 2
    MAX_PARALLELISM = 3
    STAGE_BASED = 4


class OptionsGroup:
    """Named settings, each None until it is set, of a fixed type.

    Attributes:
        fields: The accepted type of each setting, by name.
        defaults: What settings are that were not set, where that is not None.
        is_read_only: Whether setting one is an error: it would have no effect.
    """

    fields: ClassVar[dict[str, Any]] = {}
    defaults: ClassVar[dict[str, Any]] = {}
    groups: ClassVar[dict[str, type[OptionsGroup]]] = {}
    is_read_only = False

    def __init__(self) -> None:
        for name, group in self.groups.items():
            object.__setattr__(self, name, group())
        for name in self.fields:
            object.__setattr__(self, name, self.defaults.get(name))

    def __setattr__(self, name: str, value: Any) -> None:
        if self.is_read_only:
            raise ValueError(
                "Mutating `tf.data.Options()` returned by `tf.data.Dataset.options()` "
                "has no effect. Use `tf.data.Dataset.with_options(options)` to set or "
                "update dataset options."
            )
        expected = self.groups.get(name) or self.fields.get(name)
        if expected is None:
            known = ", ".join(sorted({*self.fields, *self.groups}))
            raise AttributeError(
                f"Cannot set the property {name} on {type(self).__name__}. It has "
                f"{known}."
            )
        if value is not None and not isinstance(value, expected):
            if issubclass(expected, enum.Enum) and not isinstance(value, str):
                value = expected(value)  # type: ignore[call-arg]  # an enum's number
            else:
                raise TypeError(
                    f'Property "{name}" must be of type {expected}, got: {value!r} '
                    f"(type: {type(value)})."
                )
        object.__setattr__(self, name, value)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._settings() == other._settings()

    def _settings(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in (*self.groups, *self.fields)}

    def read_only(self) -> Self:
        """Return these options, which cannot be changed from now on."""
        for name in self.groups:
            getattr(self, name).read_only()
        object.__setattr__(self, "is_read_only", True)
        return self

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None  # type: ignore[assignment]  # options change

    def __repr__(self) -> str:
        defaults = self.defaults
        settings = self._settings().items()
        given = {k: v for k, v in settings if v != defaults.get(k)}
        return f"{type(self).__name__}({given})"


@export("data.experimental.AutotuneOptions")
class AutotuneOptions(OptionsGroup):
    """How the pipeline tunes itself."""

    fields: ClassVar[dict[str, Any]] = {
        "enabled": bool,
        "cpu_budget": int,
        "ram_budget": int,
        "autotune_algorithm": AutotuneAlgorithm,
        "initial_parallelism": int,
        "min_parallelism": int,
    }


@export("data.experimental.DistributeOptions")
class DistributeOptions(OptionsGroup):
    """How `tf.distribute` splits the dataset."""

    fields: ClassVar[dict[str, Any]] = {
        "auto_shard_policy": AutoShardPolicy,
        "num_devices": int,
    }
    defaults: ClassVar[dict[str, Any]] = {"auto_shard_policy": AutoShardPolicy.AUTO}


@export("data.experimental.OptimizationOptions")
class OptimizationOptions(OptionsGroup):
    """TensorFlow's graph rewrites of pipelines; accepted, ours has its own."""

    fields: ClassVar[dict[str, Any]] = dict.fromkeys(
        (
            "apply_default_optimizations",
            "filter_fusion",
            "filter_parallelization",
            "inject_prefetch",
            "map_and_batch_fusion",
            "map_and_filter_fusion",
            "map_fusion",
            "map_parallelization",
            "noop_elimination",
            "parallel_batch",
            "seq_interleave_prefetch",
            "shuffle_and_repeat_fusion",
            "warm_start",
        ),
        bool,
    )


@export("data.ThreadingOptions", "data.experimental.ThreadingOptions")
class ThreadingOptions(OptionsGroup):
    """How many threads the pipeline may use."""

    fields: ClassVar[dict[str, Any]] = {
        "max_intra_op_parallelism": int,
        "private_threadpool_size": int,
    }


@export("data.experimental.ServiceOptions")
class ServiceOptions(OptionsGroup):
    """TensorFlow's data service settings; accepted."""

    fields: ClassVar[dict[str, Any]] = {"pinned": bool}


@export("data.Options")
class Options(OptionsGroup):
    """How a dataset runs: pass it to `Dataset.with_options`."""

    fields: ClassVar[dict[str, Any]] = {
        "deterministic": bool,
        "dataset_name": str,
        "framework_type": list,
        "experimental_external_state_policy": ExternalStatePolicy,
        "experimental_slack": bool,
        "experimental_symbolic_checkpoint": bool,
        "experimental_warm_start": bool,
    }
    groups: ClassVar[dict[str, type[OptionsGroup]]] = {
        "autotune": AutotuneOptions,
        "experimental_distribute": DistributeOptions,
        "experimental_optimization": OptimizationOptions,
        "experimental_service": ServiceOptions,
        "threading": ThreadingOptions,
    }

    older_names: ClassVar[dict[str, str]] = {
        "experimental_deterministic": "deterministic",
        "experimental_threading": "threading",
    }

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(self.older_names.get(name, name), value)

    def __getattr__(self, name: str) -> Any:
        if name in self.older_names:
            return getattr(self, self.older_names[name])
        raise AttributeError(f"tf.data.Options has no attribute {name!r}.")

    def merge(self, options: Options) -> Any:
        """Return these options, with those that `options` sets instead."""
        return merge(self, options)


def merge(first: OptionsGroup, second: OptionsGroup) -> Any:
    """Return the settings of both; where both set one, the second's."""
    result = type(first)()
    for name in first.fields:
        value = getattr(second, name)
        if value is None or value == second.defaults.get(name):
            value = getattr(first, name)
        object.__setattr__(result, name, value)
    for name in first.groups:
        merged = merge(getattr(first, name), getattr(second, name))
        object.__setattr__(result, name, merged)
    return result
