"""Keywords that `compile` once had."""

from __future__ import annotations

from typing import Any

_IGNORED = {"cloning", "experimental_run_tf_function", "sample_weight_mode"}


def check_keywords(given: dict[str, Any]) -> None:
    """Check the keywords of `compile` that are none of its arguments.

    Raises:
        TypeError: One is unknown.
        ValueError: One no longer means anything.
    """
    if given.get("distribute") is not None:
        raise ValueError(
            "`distribute` argument in compile is not available in TF 2.0. Please "
            "create the model under the `strategy.scope()`. Received: "
            f"{given['distribute']}."
        )
    if given.get("target_tensors") is not None:
        raise ValueError(
            "`target_tensors` argument is not supported when executing eagerly. "
            f"Received: {given['target_tensors']}."
        )
    unknown = set(given) - _IGNORED - {"distribute", "target_tensors"}
    if unknown:
        raise TypeError(
            f"Invalid keyword argument(s) in `compile()`: {(unknown,)}. Valid keyword "
            'arguments include "cloning", "experimental_run_tf_function", '
            '"distribute", "target_tensors", or "sample_weight_mode".'
        )
