"""tf.GradientTape: records what happens to the tensors it follows."""

from __future__ import annotations

import contextlib
import enum
from typing import TYPE_CHECKING, Any

from tensor.core import nest
from tensor.core.context import context
from tensor.core.gradients import gradients_on
from tensor.core.indexed_slices import CompositeTensor, IndexedSlices
from tensor.core.log import warn_once
from tensor.core.public_api import export
from tensor.core.tensor import Tensor, next_track_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tensor.core.call import Call


@export("UnconnectedGradients")
class UnconnectedGradients(enum.Enum):
    """What the gradient is for a source that the target does not depend on."""

    NONE = "none"
    ZERO = "zero"


def wants_zeros(unconnected_gradients: Any) -> bool:
    """Return whether unconnected sources get zeros rather than None.

    Raises:
        ValueError: It is no `tf.UnconnectedGradients`, by value or name.
    """
    try:
        chosen = UnconnectedGradients(unconnected_gradients)
    except ValueError:
        raise ValueError(
            f"Unknown value for unconnected_gradients: {unconnected_gradients!r}. "
            "Expected 'none' or 'zero'."
        ) from None
    return chosen is UnconnectedGradients.ZERO


class Tape:
    """The record itself: which tensors are followed, and the calls made with them."""

    def __init__(self) -> None:
        self.tracked: set[int] = set()
        self.calls: list[Any] = []
        self.watches_variables = True
        # Variables in the order of their first use; a dict, because sets have no order.
        self.variables: dict[int, Any] = {}

    def add(self, call: Call) -> None:
        """Append a call and follow its results."""
        self.calls.append(call)
        self.tracked.update(call.output_ids)

    def watch_id(self, number: int) -> None:
        """Follow the value of this number."""
        self.tracked.add(number)

    def saw_variable(self, variable: Any) -> None:
        """Follow a trainable variable that is being read."""
        if self.watches_variables:
            self.tracked.add(variable._track_id)
            self.variables[variable._track_id] = variable


def track(value: Any) -> int:
    """Return the number by which tapes know a tensor or variable."""
    if not value._track_id:
        value._track_id = next_track_id()
    return value._track_id  # type: ignore[no-any-return]


@export("GradientTape")
class GradientTape:
    """Records operations for automatic differentiation.

    Operations inside the `with` block on watched tensors, and on trainable variables
    (watched automatically), are recorded; `gradient` then walks back over them::

        x = tf.constant(3.0)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x * x
        tape.gradient(y, x)  # 6.0

    A tape gives one gradient and lets go of what it holds, unless it is persistent.
    Tapes
    nest: the gradients taken inside another tape's block are recorded by that one.
    """

    def __init__(
        self, persistent: bool = False, watch_accessed_variables: bool = True
    ) -> None:
        """Create a tape.

        Args:
            persistent: Whether `gradient` and `jacobian` may be called repeatedly;
                the record then stays until the tape is deleted.
            watch_accessed_variables: Whether trainable variables are watched as they
                are used; if not, only what `watch` names.
        """
        self._tape: Tape | None = None
        # What the record had watched, once it is used up.
        self._watched: tuple[Any, ...] = ()
        self._persistent = persistent
        self._watch_accessed_variables = watch_accessed_variables
        self._recording = False

    def __enter__(self) -> GradientTape:
        self._start()
        return self

    def __exit__(self, *exception: object) -> None:
        if self._recording:
            self._stop()

    def _start(self) -> None:
        if self._recording:
            raise ValueError(
                "Tape is still recording, This can happen if you try to "
                "re-enter an already-active tape."
            )
        if self._tape is None:
            self._tape = Tape()
            self._tape.watches_variables = self._watch_accessed_variables
        context.tapes.append(self._tape)
        self._recording = True

    def _stop(self) -> None:
        if not self._recording:
            raise ValueError("Tape is not recording.")
        context.tapes.remove(self._tape)  # type: ignore[arg-type]
        self._recording = False

    def watch(self, tensor: Any) -> None:
        """Follow `tensor`, a tensor or a nested structure of them.

        Only floating point and complex tensors can be followed; others give a warning.

        Raises:
            ValueError: A value is neither a tensor nor a variable.
            RuntimeError: The tape has not been entered.
        """
        for t in nest.flatten(tensor):
            if isinstance(t, CompositeTensor):
                self.watch(t.smooth_parts())
                continue
            if not (isinstance(t, Tensor) or hasattr(t, "read_for_op")):
                raise ValueError(
                    f"Passed in object {t} of type {type(t).__name__!r}, not "
                    "tf.Tensor or tf.Variable or ExtensionType."
                )
            if not t.dtype.is_differentiable:
                warn_once(
                    "The dtype of the watched tensor must be floating "
                    f"(e.g. tf.float32), got {t.dtype!r}"
                )
                continue
            if self._tape is None:
                self._tape = Tape()
                self._tape.watches_variables = self._watch_accessed_variables
            self._tape.watch_id(track(t))
            if hasattr(t, "read_for_op"):
                self._tape.variables[t._track_id] = t

    @contextlib.contextmanager
    def stop_recording(self) -> Iterator[None]:
        """Pause recording inside the `with` block.

        Raises:
            RuntimeError: The tape is not recording.
        """
        if self._tape is None or not self._recording:
            raise RuntimeError(
                "Trying to stop recording a tape which is not recording. Call it "
                "inside `with tape:`."
            )
        self._stop()
        try:
            yield
        finally:
            self._start()

    def reset(self) -> None:
        """Forget everything recorded and watched so far.

        Raises:
            ValueError: The tape is not recording.
        """
        self._stop()
        self._tape, self._watched = None, ()
        self._start()

    def watched_variables(self) -> tuple[Any, ...]:
        """Return the variables that are watched, in the order of their first use."""
        if self._tape is not None:
            return tuple(self._tape.variables.values())
        return self._watched

    def gradient(
        self,
        target: Any,
        sources: Any,
        output_gradients: Any = None,
        unconnected_gradients: Any = UnconnectedGradients.NONE,
    ) -> Any:
        """Return the derivative of `target` with respect to each of `sources`.

        Args:
            target: A tensor, variable or nested structure of them; the gradients of
                several (and of every element) are summed.
            sources: A nested structure of tensors or variables.
            output_gradients: One weight per target, of the target's shape.
            unconnected_gradients: What to give for a source that the target does not
                depend on: `NONE` or `ZERO`.

        Returns:
            The structure of `sources` with a tensor (or IndexedSlices, for lookups)
            or None in each place.

        Raises:
            RuntimeError: The tape was used up, or never entered.
            ValueError: A target or source is not differentiable as given.
            LookupError: An op on the way has no gradient.
        """
        if target is None:
            raise TypeError(
                "Argument `target` should be a list or nested structure of Tensors, "
                "Variables or CompositeTensors to be differentiated, but received None."
            )
        given = nest.flatten(sources)
        flat_sources = [
            s.differentiable_part if isinstance(s, CompositeTensor) else s
            for s in given
        ]
        for source in flat_sources:
            _check_source(source)
        targets = [_as_target(t) for t in nest.flatten(target)]
        weights: Sequence[Any] = [None] * len(targets)
        if output_gradients is not None:
            weights = nest.flatten(output_gradients)
            if len(weights) != len(targets):
                raise ValueError(
                    f"`output_gradients` has {len(weights)} entries for "
                    f"{len(targets)} target(s). Give one for each."
                )
        tape = self.take_record()
        results = gradients_on(
            tape, targets, flat_sources, weights, releases=not self._persistent
        )
        zero = wants_zeros(unconnected_gradients)
        if zero:
            results = [
                _zeros_like_source(s) if g is None else g
                for s, g in zip(flat_sources, results, strict=True)
            ]
        results = [_like_source(s, g) for s, g in zip(given, results, strict=True)]
        return nest.pack_sequence_as(sources, results)

    def take_record(self) -> Tape:
        """Return the record to differentiate; a tape that is not persistent is used up.

        Raises:
            RuntimeError: The tape was used up, or never entered.
        """
        if self._tape is None:
            raise RuntimeError(
                "A non-persistent GradientTape can only be used to compute one set of "
                "gradients (or jacobians). Pass `persistent=True` to use it again."
            )
        if self._recording:
            if not self._persistent:
                self._stop()
            else:
                warn_once(
                    "Calling GradientTape.gradient on a persistent tape inside its "
                    "context is significantly less efficient than calling it outside "
                    "the context (it causes the gradient ops to be recorded on the "
                    "tape, leading to increased CPU and memory usage). Only call "
                    "GradientTape.gradient inside the context if you actually want to "
                    "trace the gradient in order to compute higher order derivatives."
                )
        tape = self._tape
        if not self._persistent:
            self._watched = self.watched_variables()
            self._tape = None
        return tape

    def jacobian(
        self,
        target: Any,
        sources: Any,
        unconnected_gradients: Any = UnconnectedGradients.NONE,
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> Any:
        """Return d target / d source, of shape `target.shape + source.shape`.

        See `tensor.core.jacobian` for how it is computed.

        Raises:
            RuntimeError: The tape was used up, never entered, or is not persistent and
                `experimental_use_pfor=False` asks for one gradient after the other.
        """
        from tensor.core.jacobian import jacobian

        self._check_rows(experimental_use_pfor)
        return jacobian(self, target, sources, unconnected_gradients)

    def batch_jacobian(
        self,
        target: Any,
        source: Any,
        unconnected_gradients: Any = UnconnectedGradients.NONE,
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> Any:
        """Return the Jacobian of each example: shape [b, target dims, source dims].

        Raises:
            RuntimeError: As `jacobian`.
            ValueError: `target` and `source` have different first dimensions.
        """
        from tensor.core.jacobian import batch_jacobian

        self._check_rows(experimental_use_pfor)
        return batch_jacobian(self, target, source, unconnected_gradients)

    def _check_rows(self, use_pfor: bool) -> None:
        if not (use_pfor or self._persistent or context.graph is not None):
            raise RuntimeError(
                "GradientTape must be created with persistent=True to compute the "
                "jacobian with eager execution enabled and with "
                "experimental_use_pfor set to False."
            )


def _check_source(source: Any) -> None:
    if not (isinstance(source, Tensor) or hasattr(source, "read_for_op")):
        raise ValueError(
            f"Passed in object {source} of type {type(source).__name__!r}, not "
            "tf.Tensor or tf.Variable or ExtensionType."
        )
    if not source.dtype.is_differentiable:
        warn_once(
            "The dtype of the source tensor must be floating (e.g. tf.float32) when "
            f"calling GradientTape.gradient, got {source.dtype!r}"
        )


def _as_target(target: Any) -> Any:
    if isinstance(target, CompositeTensor):
        return target.differentiable_part
    if isinstance(target, Tensor) or hasattr(target, "read_for_op"):
        if not target.dtype.is_differentiable:
            warn_once(
                "The dtype of the target tensor must be floating (e.g. tf.float32) "
                f"when calling GradientTape.gradient, got {target.dtype!r}"
            )
        return target
    raise ValueError(
        f"GradientTape.gradient: target {target!r} of type {type(target).__name__!r} "
        "is not a tensor or variable."
    )


def _like_source(source: Any, gradient: Any) -> Any:
    """Return a gradient in the form of its source: of ragged ones, in rows."""
    if gradient is None or not isinstance(source, CompositeTensor):
        return gradient
    if isinstance(gradient, IndexedSlices):
        gradient = gradient.to_dense()
    return source.with_gradient(gradient)


def _zeros_like_source(source: Any) -> Any:
    from tensor.core.registry import get_op

    return get_op("ZerosLike")(source)


def stop_all_recording() -> Any:
    """Return a context manager in which no tape of this thread records."""
    return _Paused()


class _Paused:
    def __enter__(self) -> None:
        self._tapes = context.tapes
        context.tapes = []

    def __exit__(self, *exception: object) -> None:
        context.tapes = self._tapes
