"""AutoCastVariable: a weight that layers read in the dtype they compute in."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.core.variable import Variable
from tensor.keras.engine.call_context import calls


class AutoCastVariable(Variable):
    """Holds its value in full precision; inside a layer's call it reads as less."""

    _refuses_in_place = False

    @property
    def dtype(self) -> Any:
        """The dtype that a read gives now."""
        return self._read_dtype() or self._dtype

    def _read_dtype(self) -> Any:
        """Return the dtype of the layer whose call this is, None outside of all."""
        layer = calls.layer
        target = None if layer is None else getattr(layer, "_compute_type", None)
        return target if target is not None and target.is_floating else None

    def read_for_op(self) -> Any:
        target = self._read_dtype()
        # What is stored has one dtype, whichever layer asks.
        asking, calls.layer = calls.layer, None
        try:
            value = super().read_for_op()
        finally:
            calls.layer = asking
        if target is None or target is value.dtype:
            return value
        return tf.cast(value, target)
