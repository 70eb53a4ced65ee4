"""plot_model: not there; says what to use instead."""

from __future__ import annotations

from typing import Any


def plot_model(model: Any, to_file: Any = "model.png", **kwargs: Any) -> None:
    """Raise: drawing graphs needs pydot and graphviz, which ringflow does not use.

    Raises:
        ImportError: Always.
    """
    raise ImportError(
        "plot_model needs pydot and graphviz, which ringflow does not use. "
        "`model.summary()` prints the layers and how they are connected."
    )


model_to_dot = plot_model
