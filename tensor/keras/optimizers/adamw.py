"""AdamW: Adam with decay of the weights themselves."""

from __future__ import annotations

from typing import Any

from tensor.keras.optimizers.adam import Adam


class AdamW(Adam):
    """Adam that also takes off a share of each variable at each step."""

    def __init__(
        self,
        learning_rate: Any = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        name: str = "AdamW",
        **kwargs: Any,
    ) -> None:
        """Take the learning rate, the decay, and what Adam takes.

        Raises:
            ValueError: There is no weight decay.
        """
        if weight_decay is None:
            raise ValueError(
                "Argument `weight_decay` must be a float. Received: weight_decay=None."
            )
        super().__init__(
            learning_rate=learning_rate,
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            amsgrad=amsgrad,
            weight_decay=weight_decay,
            name=name,
            **kwargs,
        )
