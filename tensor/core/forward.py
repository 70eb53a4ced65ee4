"""tf.autodiff.ForwardAccumulator: derivatives along a direction, beside the values.

An accumulator sits among the tapes and is told of every call that follows one of its
inputs. It asks the op's own gradient rule twice: the rule is linear in the incoming
gradient u, so that the derivative of <rule(u), direction> by u is what the op does to
the direction. No op needs a second rule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import nest
from tensor.core.backprop import densify, tensor_view
from tensor.core.context import context
from tensor.core.convert import convert
from tensor.core.log import warn_once
from tensor.core.public_api import export
from tensor.core.registry import get_op
from tensor.core.tape import GradientTape, UnconnectedGradients, track, wants_zeros
from tensor.core.tensor import Tensor, wrap

if TYPE_CHECKING:
    from tensor.core.call import Call


class _Tangents:
    """What stands among the tapes: it takes each call as a tape would.

    Attributes:
        tracked: The numbers of the values that have a tangent.
        by_id: Their tangents.
    """

    watches_variables = False

    def __init__(self) -> None:
        self.tracked: set[int] = set()
        self.by_id: dict[int, Any] = {}
        self.calls = self  # `tape.calls.append(call)`

    def saw_variable(self, variable: Any) -> None:
        """Do nothing: only what was named at the start has a tangent."""

    def append(self, call: Call) -> None:
        """Work out the tangents of a call's results."""
        tapes = context.tapes
        # Inner tapes record the call itself; only outer ones see this one's work.
        context.tapes = tapes[: tapes.index(self)]  # type: ignore[arg-type]
        try:
            tangents = self._push(call)
        finally:
            context.tapes = tapes
        for number, tangent in zip(call.output_ids, tangents, strict=True):
            if tangent is None:
                self.tracked.discard(number)
            else:
                self.by_id[number] = tangent

    def _push(self, call: Call) -> list[Any]:
        view = tensor_view(call)
        outputs = call.output if type(call.output) is tuple else (call.output,)
        with GradientTape(persistent=True) as tape:
            # Any u will do, the rule being linear; a rule that takes the logarithm of
            # u (there is one) wants it positive.
            seeds = [_ones(z) for z in outputs]
            tape.watch([s for s in seeds if s.dtype.is_differentiable])
            pulled = call.op.gradient(view, *seeds)
            if type(pulled) is not tuple:
                pulled = (pulled,)
            total = None
            for number, g in zip(call.wants, pulled, strict=True):
                tangent = self.by_id.get(number) if number else None
                if g is None or tangent is None:
                    continue
                product = get_op("Mul")(convert(densify(g)), _conjugate(tangent))
                part = get_op("Sum")(product, axis=None, keepdims=False)
                total = part if total is None else total + part
        if total is None:
            return [None] * len(seeds)
        return [
            None if g is None else convert(densify(g))
            for g in tape.gradient(total, seeds)
        ]


def _conjugate(tangent: Any) -> Any:
    return get_op("Conj")(tangent) if tangent.dtype.is_complex else tangent


def _ones(spec: Any) -> Any:
    if isinstance(spec, Tensor):
        return get_op("OnesLike")(spec)
    return wrap(np.ones(spec.shape, spec.dtype))


@export("autodiff.ForwardAccumulator")
class ForwardAccumulator:
    """Computes Jacobian-vector products in forward mode.

    Operations in the `with` block carry, beside their values, the derivative along the
    given tangents::

        x = tf.constant([2.0, 3.0])
        with tf.autodiff.ForwardAccumulator(x, tf.constant([1.0, 0.0])) as acc:
            y = x * x
        acc.jvp(y)  # [4.0, 0.0]

    Accumulators nest, in each other and in GradientTapes, for higher derivatives.
    """

    def __init__(self, primals: Any, tangents: Any) -> None:
        """Name the values to differentiate by, and the direction.

        Args:
            primals: A tensor or variable, or a nested structure of them.
            tangents: The direction: values of the same structure, shapes and dtypes.

        Raises:
            ValueError: The structures or shapes differ, or a value is named twice.
        """
        nest.assert_same_structure(primals, tangents)
        self._record = _Tangents()
        self._is_recording = False
        flat = zip(nest.flatten(primals), nest.flatten(tangents), strict=True)
        for primal, tangent in flat:
            self._watch(primal, tangent)

    def _watch(self, primal: Any, tangent: Any) -> None:
        if not (isinstance(primal, Tensor) or hasattr(primal, "read_for_op")):
            raise ValueError(
                f"ForwardAccumulator: primal {primal!r} of type "
                f"{type(primal).__name__} "
                "is not a tensor or variable."
            )
        if not primal.dtype.is_differentiable:
            warn_once(
                "The dtype of the watched primal must be floating (e.g. tf.float32), "
                f"got {primal.dtype!r}"
            )
            return
        tangent = convert(tangent, primal.dtype)
        if not tangent.shape.is_compatible_with(primal.shape):
            raise ValueError(
                f"Expected shape {primal.shape} but found {tangent.shape} for the "
                "tangent: one number per element of the primal."
            )
        number = track(primal)
        if number in self._record.by_id:
            raise ValueError(
                f"Tensor {primal!r} was specified as a primal multiple times. If that "
                "was intended, please sum the corresponding tangents."
            )
        self._record.tracked.add(number)
        self._record.by_id[number] = tangent

    def __enter__(self) -> ForwardAccumulator:
        if self._is_recording:
            raise ValueError(
                "Accumulator is already recording. Open each one once at a time."
            )
        context.tapes.append(self._record)  # type: ignore[arg-type]
        self._is_recording = True
        return self

    def __exit__(self, *exception: object) -> None:
        context.tapes.remove(self._record)  # type: ignore[arg-type]
        self._is_recording = False

    def jvp(
        self, primals: Any, unconnected_gradients: Any = UnconnectedGradients.NONE
    ) -> Any:
        """Return the derivative of each value along the tangents.

        Args:
            primals: A tensor or nested structure of them.
            unconnected_gradients: What to give for a value that does not depend on the
                watched ones: `NONE` or `ZERO`.
        """
        zero = wants_zeros(unconnected_gradients)

        def tangent(primal: Any) -> Any:
            found = self._record.by_id.get(getattr(primal, "_track_id", 0))
            if found is None and zero:
                return get_op("ZerosLike")(primal)
            return found

        return nest.map_structure(tangent, primals)
