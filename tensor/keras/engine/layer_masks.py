"""LayerMasks: which steps count, from layer to layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core import nest

if TYPE_CHECKING:
    from tensor.keras.engine.call_signature import CallSignature


class LayerMasks:
    """Hands masks from the inputs of a layer to its outputs."""

    name: str
    supports_masking: bool

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Return the output's mask, given the input's.

        Raises:
            TypeError: There is a mask, and the layer does not support masking.
        """
        if not self.supports_masking:
            if any(m is not None for m in nest.flatten(mask)):
                raise TypeError(
                    f"Layer {self.name} does not support masking, but was passed an "
                    f"input_mask: {mask}"
                )
            return None
        return mask

    def _input_masks(
        self, inputs: Any, args: Any, kwargs: Any, signature: CallSignature
    ) -> Any:
        """Return the inputs' masks, and pass them on if `call` takes them."""
        if not (self.supports_masking or signature.expects_mask):
            return None
        if signature.expects_mask:
            passed = signature.passed("mask", args, kwargs)
            if passed is not None:
                return passed
        flat = [getattr(x, "_keras_mask", None) for x in nest.flatten(inputs)]
        if all(m is None for m in flat):
            return None
        masks = nest.pack_sequence_as(inputs, flat)
        if signature.expects_mask:
            kwargs["mask"] = masks
        return masks

    def _mark_masks(self, inputs: Any, outputs: Any, masks: Any) -> None:
        """Attach to the outputs the masks that say which of their steps count."""
        flat = nest.flatten(outputs)
        if all(getattr(x, "_keras_mask", None) is not None for x in flat):
            return
        if getattr(self, "_computes_masks_itself", False):
            return
        new = self.compute_mask(inputs, masks)
        if new is None:
            return
        for x, mask in zip(flat, nest.flatten(new), strict=False):
            if hasattr(type(x), "_keras_mask"):  # tensors, ragged ones too
                x._keras_mask = mask
