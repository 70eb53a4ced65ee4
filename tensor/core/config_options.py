"""Settings that are kept for scripts that read them back: tf.config.optimizer and kin.

They steer parts of TensorFlow that are different here: results do not depend on them.
"""

from __future__ import annotations

from typing import Any

from tensor.core import config
from tensor.core.public_api import export

_OPTIMIZER_OPTIONS = frozenset(
    (
        "layout_optimizer",
        "constant_folding",
        "shape_optimization",
        "remapping",
        "arithmetic_optimization",
        "dependency_optimization",
        "loop_optimization",
        "function_optimization",
        "debug_stripper",
        "disable_model_pruning",
        "scoped_allocator_optimization",
        "pin_to_host_optimization",
        "implementation_selector",
        "auto_mixed_precision",
        "auto_mixed_precision_mkl",
        "auto_mixed_precision_onednn_bfloat16",
        "disable_meta_optimizer",
        "min_graph_nodes",
        "use_plugin_optimizers",
    )
)


@export("config.optimizer.get_jit")
def get_jit() -> str:
    """Return "autoclustering" if compilation was asked for, else the empty string."""
    return "autoclustering" if config._settings.jit else ""


@export("config.optimizer.set_jit")
def set_jit(enabled: bool | str) -> None:
    """Ask for compilation: "autoclustering", True or False.

    Raises:
        ValueError: Another value.
    """
    if enabled not in (True, False, "autoclustering", ""):
        raise ValueError(
            f"Invalid jit value {enabled!r}: expected True, False or 'autoclustering'."
        )
    config._settings.jit = enabled


@export("config.optimizer.get_experimental_options")
def get_experimental_options() -> dict[str, Any]:
    """Return the options that were set, and the two that always are."""
    always = {"disable_model_pruning": False, "disable_meta_optimizer": False}
    return {
        **config._settings.optimizer,
        **{k: config._settings.optimizer.get(k, v) for k, v in always.items()},
    }


@export("config.optimizer.set_experimental_options")
def set_experimental_options(options: dict[str, Any]) -> None:
    """Set options of the graph optimizer.

    Raises:
        ValueError: There is no such option.
    """
    unknown = sorted(set(options) - _OPTIMIZER_OPTIONS)
    if unknown:
        raise ValueError(
            f"Unknown optimizer options {unknown}. Expected some of "
            f"{sorted(_OPTIMIZER_OPTIONS)}."
        )
    config._settings.optimizer.update(options)


@export("config.experimental.enable_tensor_float_32_execution")
def enable_tensor_float_32_execution(enabled: bool) -> None:
    """Keep the setting; a CPU always works with whole float32."""
    config._settings.tensor_float_32 = bool(enabled)


@export("config.experimental.tensor_float_32_execution_enabled")
def tensor_float_32_execution_enabled() -> bool:
    """Return the setting."""
    return config._settings.tensor_float_32


@export("config.experimental.enable_op_determinism")
def enable_op_determinism() -> None:
    """Ask for the same results in every run: ops that draw then insist on a seed."""
    config._settings.is_deterministic = True


def is_op_determinism_enabled() -> bool:
    """Return whether ops were asked for the same results in every run."""
    return config._settings.is_deterministic


@export("config.experimental.get_synchronous_execution")
def get_synchronous_execution() -> bool:
    """Return the setting; ops always run at once."""
    return config._settings.synchronous


@export("config.experimental.set_synchronous_execution")
def set_synchronous_execution(enable: bool) -> None:
    """Keep the setting; ops always run at once."""
    config._settings.synchronous = bool(enable)


@export("config.experimental.get_device_policy")
def get_device_policy() -> str:
    """Return what happens when tensors of several devices meet: the setting."""
    return config._settings.device_policy


@export("config.experimental.set_device_policy")
def set_device_policy(device_policy: str | None) -> None:
    """Keep what should happen when tensors of several devices meet.

    Raises:
        ValueError: There is no such policy.
    """
    policies = ("silent", "silent_for_int32", "warn", "explicit")
    if device_policy not in (None, *policies):
        raise ValueError(
            f"Invalid argument `device_policy`: {device_policy!r}. Expected one of "
            f"{', '.join(policies)}, or None."
        )
    config._settings.device_policy = device_policy or "silent"


@export(
    "config.experimental.enable_mlir_bridge", "config.experimental.disable_mlir_bridge"
)
def mlir_bridge() -> None:
    """Accept a choice between two of TensorFlow's compilers, which are not here."""


@export("config.experimental_run_functions_eagerly")
def experimental_run_functions_eagerly(run_eagerly: bool) -> None:
    """Set `tf.config.run_functions_eagerly`, under its older name."""
    from tensor.core.public_api import names_in

    names_in("config")["run_functions_eagerly"](run_eagerly)


@export("config.experimental_functions_run_eagerly")
def experimental_functions_run_eagerly() -> bool:
    """Return `tf.config.functions_run_eagerly()`, under its older name."""
    from tensor.core.public_api import names_in

    return names_in("config")["functions_run_eagerly"]()  # type: ignore[no-any-return]
