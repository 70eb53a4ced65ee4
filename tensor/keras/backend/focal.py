"""Focal crossentropies, element by element or summed over classes."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.keras.losses import probabilistic


def binary_focal_crossentropy(
    target: Any,
    output: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
) -> Any:
    """Return the binary crossentropy of each element; easy ones weigh less."""
    target, output = tf.convert_to_tensor(target), tf.convert_to_tensor(output)
    return probabilistic.elementwise_binary_focal_crossentropy(
        target, output, apply_class_balancing, alpha, gamma, from_logits
    )


def categorical_focal_crossentropy(
    target: Any,
    output: Any,
    alpha: Any = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    axis: int = -1,
) -> Any:
    """Return the crossentropy of each row of classes; easy ones weigh less."""
    return probabilistic.categorical_focal_crossentropy(
        target, output, alpha, gamma, from_logits, axis=axis
    )
