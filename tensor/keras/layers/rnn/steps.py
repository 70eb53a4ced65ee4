"""run_steps: a function applied from step to step, states handed on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensor as tf
from tensor.core import nest

Step = Callable[[Any, list[Any]], tuple[Any, list[Any]]]


def run_steps(
    step: Step,
    inputs: Any,
    states: list[Any],
    mask: Any,
    time_axis: int,
    go_backwards: bool,
    zero_output_for_mask: bool,
    needs_sequence: bool,
    is_symbolic: bool,
) -> tuple[Any, Any, list[Any]]:
    """Run a step function over the time axis.

    Args:
        step: Takes one step's input and the states; returns output and new states.
        inputs: The sequence, or a structure of sequences.
        states: The first states.
        mask: Which steps count, or None for all.
        time_axis: 0 or 1.
        go_backwards: Whether to start at the end.
        zero_output_for_mask: Whether skipped steps give zeros, or the output before.
        needs_sequence: Whether all outputs are asked for.
        is_symbolic: Whether only shapes matter.

    Returns:
        The last output, the sequence of outputs or None, the last states.
    """
    runner = _Steps(step, mask, time_axis, zero_output_for_mask)
    first = nest.flatten(inputs)[0]
    length = first.static_shape[time_axis]
    if length is None:
        if is_symbolic:
            return runner.run_once(inputs, states)
        return runner.run_loop(inputs, states, go_backwards, needs_sequence)
    return runner.run_unrolled(inputs, states, length, go_backwards, needs_sequence)


class _Steps:
    """One run over a sequence."""

    def __init__(
        self, step: Step, mask: Any, time_axis: int, zero_output: bool
    ) -> None:
        self.step = step
        self.mask = mask
        self.axis = time_axis
        self.zero_output = zero_output

    def run_unrolled(
        self,
        inputs: Any,
        states: list[Any],
        length: int,
        go_backwards: bool,
        needs_sequence: bool,
    ) -> tuple[Any, Any, list[Any]]:
        """Run a known number of steps, one after the other."""
        slices = nest.map_structure(lambda x: tf.unstack(x, axis=self.axis), inputs)
        flat = [list(s) for s in _columns(slices, inputs)]
        masks = None if self.mask is None else tf.unstack(self.mask, axis=self.axis)
        order = range(length)[::-1] if go_backwards else range(length)
        outputs: list[Any] = []
        output = None
        for t in order:
            x = nest.pack_sequence_as(inputs, [column[t] for column in flat])
            counts = None if masks is None else masks[t]
            output, states = self.advance(x, states, counts, output)
            outputs.append(output)
        sequence = None
        if needs_sequence:
            sequence = nest.map_structure(
                lambda *steps: tf.stack(steps, axis=self.axis), *outputs
            )
        return output, sequence, states

    def advance(
        self, x: Any, states: list[Any], counts: Any, previous: Any
    ) -> tuple[Any, list[Any]]:
        """Do one step; where it does not count, output and states stay."""
        output, new_states = self.step(x, states)
        if counts is None:
            return output, new_states
        if previous is None or self.zero_output:
            previous = nest.map_structure(tf.zeros_like, output)
        output = nest.map_structure(
            lambda new, old: _where(counts, new, old), output, previous
        )
        kept = [
            nest.map_structure(lambda new, old: _where(counts, new, old), new, old)
            for new, old in zip(new_states, states, strict=True)
        ]
        return output, kept

    def run_once(self, inputs: Any, states: list[Any]) -> tuple[Any, Any, list[Any]]:
        """Do one step only, to find out shapes."""
        x = nest.map_structure(lambda s: s[0] if self.axis == 0 else s[:, 0], inputs)
        output, states = self.advance(x, states, None, None)
        first = nest.flatten(inputs)[0]

        def spread(y: Any) -> Any:
            times = [1] * (y.shape.rank + 1)
            times[self.axis] = tf.shape(first)[self.axis]
            return tf.tile(tf.expand_dims(y, self.axis), times)

        return output, nest.map_structure(spread, output), states

    def run_loop(
        self, inputs: Any, states: list[Any], go_backwards: bool, needs_sequence: bool
    ) -> tuple[Any, Any, list[Any]]:
        """Run a number of steps that only the data know, in a staged loop."""
        sequences = nest.map_structure(self._time_first, inputs)
        if go_backwards:
            sequences = nest.map_structure(lambda s: tf.reverse(s, [0]), sequences)
        mask = None
        if self.mask is not None:
            mask = self._time_first(self.mask)
            mask = tf.reverse(mask, [0]) if go_backwards else mask
        length = tf.shape(nest.flatten(sequences)[0])[0]
        start = nest.map_structure(lambda s: s[0], sequences)
        probe, _ = self.step(start, states)
        collected = nest.map_structure(
            lambda y: tf.TensorArray(y.dtype, size=length, element_shape=y.shape), probe
        )
        previous = nest.map_structure(tf.zeros_like, probe)

        def body(t: Any, arrays: Any, output: Any, states: Any) -> Any:
            x = nest.map_structure(lambda s: s[t], sequences)
            counts = None if mask is None else mask[t]
            output, states = self.advance(x, list(states), counts, output)
            arrays = nest.map_structure(lambda a, y: a.write(t, y), arrays, output)
            return t + 1, arrays, output, tuple(states)

        _, arrays, output, states = tf.while_loop(
            lambda t, *_: t < length,
            body,
            (tf.constant(0), collected, previous, tuple(states)),
        )
        sequence = None
        if needs_sequence:
            sequence = nest.map_structure(lambda a: self._time_first(a.stack()), arrays)
        return output, sequence, list(states)

    def _time_first(self, x: Any) -> Any:
        """Swap the first two axes, unless time is first already."""
        if self.axis == 0:
            return x
        return tf.transpose(x, [1, 0, *range(2, x.shape.rank)])


def _columns(slices: Any, inputs: Any) -> list[Any]:
    """Return each sequence's list of steps."""
    if isinstance(inputs, tf.Tensor):
        return [slices]
    count = len(nest.flatten(inputs))
    flat = nest.flatten(slices)
    steps = len(flat) // count
    return [flat[i * steps : (i + 1) * steps] for i in range(count)]


def _where(counts: Any, new: Any, old: Any) -> Any:
    """Return new values where a step counts, old ones elsewhere."""
    condition = tf.cast(counts, "bool")
    while condition.shape.rank < new.shape.rank:
        condition = tf.expand_dims(condition, -1)
    return tf.where(condition, new, old)
