"""Layers that make one tensor of several."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import tensor as tf
from tensor.keras import backend
from tensor.keras.engine.layer import Layer
from tensor.keras.engine.shapes import shapes_as_tuples


class _Merge(Layer):
    """Combines tensors that broadcast, element by element, from left to right."""

    supports_masking = True
    # Whether shapes have to broadcast.
    _is_elementwise = True

    def build(self, input_shape: Any) -> None:
        """Check that the inputs are several, and that their shapes go together.

        Raises:
            ValueError: They do not.
        """
        if not isinstance(input_shape, list | tuple) or not input_shape:
            raise ValueError(
                "A merge layer should be called on a list of inputs. Received: "
                f"input_shape={input_shape} (not a list of shapes)"
            )
        if self._is_elementwise:
            _check_that_shapes_broadcast([shapes_as_tuples(s) for s in input_shape])
        super().build(input_shape)

    def call(self, inputs: Any) -> Any:
        if not isinstance(inputs, list | tuple):
            raise ValueError(
                "A merge layer should be called on a list of inputs. Received: "
                f"inputs={inputs} (not a list of tensors)"
            )
        return self.merged(list(_same_rank(inputs)))

    def merged(self, inputs: list[Any]) -> Any:
        """Return the combination."""
        result = inputs[0]
        for x in inputs[1:]:
            result = self.combine(result, x)
        return result

    def combine(self, x: Any, y: Any) -> Any:
        """Return the combination of two tensors."""
        raise NotImplementedError(f"{type(self).__name__} must define `combine`.")

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        masks = _checked_masks(inputs, mask)
        known = [m for m in masks if m is not None]
        return functools.reduce(tf.logical_and, known) if known else None


def _checked_masks(inputs: Any, mask: Any) -> list[Any]:
    """Return the masks of inputs, of booleans or None, once they are checked.

    Raises:
        ValueError: Inputs or masks are no lists, or differ in number.
    """
    if mask is None:
        return []
    for name, value in (("mask", mask), ("inputs", inputs)):
        if not isinstance(value, tuple | list):
            raise ValueError(f"`{name}` should be a list. Received: {name}={value}")
    if len(mask) != len(inputs):
        raise ValueError(
            "The lists `inputs` and `mask` should have the same length. Received: "
            f"{len(inputs)} inputs, {len(mask)} masks"
        )
    return [None if m is None else tf.cast(m, "bool") for m in mask]


def _same_rank(inputs: Any) -> Any:
    """Return tensors with axes of size 1 after the batch, where they have fewer."""
    ranks = [x.shape.rank for x in inputs]
    if None in ranks or len(set(ranks)) == 1:
        return inputs
    most = max(ranks)
    result = []
    for x in inputs:
        for _ in range(most - x.shape.rank):
            x = tf.expand_dims(x, axis=1)
        result.append(x)
    return result


def _check_that_shapes_broadcast(shapes: list[Any]) -> None:
    """Check that batches are equal, and other axes equal, one or unknown.

    Raises:
        ValueError: They are not.
    """
    known = [s for s in shapes if s]
    if len({s[0] for s in known} - {None}) > 1:
        raise ValueError(
            "Cannot merge tensors with different batch sizes. Got tensors with shapes "
            f"{shapes}"
        )
    for rows in itertools.zip_longest(*[reversed(s[1:]) for s in known]):
        if len(set(rows) - {None, 1}) > 1:
            raise ValueError(
                f"Inputs have incompatible shapes. Received shapes {shapes}"
            )


class Add(_Merge):
    """The sum."""

    def combine(self, x: Any, y: Any) -> Any:
        return x + y


class Subtract(_Merge):
    """The first minus the second."""

    def merged(self, inputs: list[Any]) -> Any:
        if len(inputs) != 2:
            raise ValueError(
                "A `Subtract` layer should be called on exactly 2 inputs. Received: "
                f"inputs={inputs}"
            )
        return super().merged(inputs)

    def combine(self, x: Any, y: Any) -> Any:
        return x - y


class Multiply(_Merge):
    """The product, element by element."""

    def combine(self, x: Any, y: Any) -> Any:
        return x * y


class Average(_Merge):
    """The mean."""

    def merged(self, inputs: list[Any]) -> Any:
        total = inputs[0]
        for x in inputs[1:]:
            total = total + x
        return total / len(inputs)


class Maximum(_Merge):
    """The larger."""

    def combine(self, x: Any, y: Any) -> Any:
        return tf.maximum(x, y)


class Minimum(_Merge):
    """The smaller."""

    def combine(self, x: Any, y: Any) -> Any:
        return tf.minimum(x, y)


class Concatenate(_Merge):
    """One after the other along an axis."""

    _is_elementwise = False

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        """Take the axis."""
        super().__init__(**kwargs)
        self.axis = axis

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        shapes = [tuple(tf.TensorShape(s).as_list()) for s in input_shape]
        rest = [[d for i, d in enumerate(s) if i != self.axis % len(s)] for s in shapes]
        if any(
            len(r) != len(rest[0])
            or any(
                None not in (a, b) and a != b for a, b in zip(r, rest[0], strict=True)
            )
            for r in rest
        ):
            raise ValueError(
                "A `Concatenate` layer requires inputs with matching shapes except for "
                f"the concatenation axis. Received: input_shape={shapes}"
            )

    def call(self, inputs: Any) -> Any:
        if not isinstance(inputs, list | tuple):
            raise ValueError(
                "A `Concatenate` layer should be called on a list of inputs. Received: "
                f"inputs={inputs}"
            )
        return backend.concatenate(inputs, axis=self.axis)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        masks = _checked_masks(inputs, mask)
        if all(m is None for m in masks):
            return None
        parts = []
        for x, m in zip(inputs, masks, strict=True):
            if m is None:
                parts.append(tf.ones_like(x, dtype="bool"))
            elif m.shape.rank < x.shape.rank:
                parts.append(
                    tf.logical_and(tf.expand_dims(m, -1), tf.ones_like(x, "bool"))
                )
            else:
                parts.append(m)
        return tf.reduce_all(tf.concat(parts, axis=self.axis), axis=-1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}


class Dot(_Merge):
    """The products of vectors of two tensors, summed."""

    _is_elementwise = False

    def __init__(self, axes: Any, normalize: bool = False, **kwargs: Any) -> None:
        """Take the axis (or one for each tensor), and whether vectors get norm one.

        Raises:
            TypeError: The axes are no integers.
            ValueError: There are not two of them.
        """
        super().__init__(**kwargs)
        if not isinstance(axes, int):
            if not isinstance(axes, list | tuple):
                raise TypeError(
                    "Invalid type for argument `axes`: it should be a list or an int. "
                    f"Received: axes={axes}"
                )
            if len(axes) != 2:
                raise ValueError(
                    "Invalid format for argument `axes`: it should contain two "
                    f"elements. Received: axes={axes}"
                )
        self.axes = axes
        self.normalize = normalize

    def build(self, input_shape: Any) -> None:
        """Check that the two shapes have the same size along the axes.

        Raises:
            ValueError: There are not two, or the sizes differ.
        """
        if not isinstance(input_shape, list | tuple) or len(input_shape) != 2:
            raise ValueError(
                "A `Dot` layer should be called on a list of 2 inputs. Received: "
                f"input_shape={input_shape}"
            )
        x, y = (tuple(tf.TensorShape(s).as_list()) for s in input_shape)
        i, j = self._axes_for(len(x), len(y))
        if x[i] != y[j]:
            raise ValueError(
                f"Incompatible input shapes: axis values {x[i]} (at axis {i}) != "
                f"{y[j]} (at axis {j}). Full input shapes: {x}, {y}"
            )
        super().build(input_shape)

    def _axes_for(self, *ranks: int) -> list[int]:
        """Return the axis to sum over for each of two tensors, counted from 0."""
        axes = [self.axes] * 2 if isinstance(self.axes, int) else self.axes
        return [a % rank for a, rank in zip(axes, ranks, strict=True)]

    def merged(self, inputs: list[Any]) -> Any:
        x, y = inputs
        axes = self._axes_for(x.shape.rank, y.shape.rank)
        if self.normalize:
            x = tf.math.l2_normalize(x, axis=axes[0])
            y = tf.math.l2_normalize(y, axis=axes[1])
        return batch_dot(x, y, axes)

    def call(self, inputs: Any) -> Any:
        return self.merged(list(inputs))

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return None

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axes": self.axes, "normalize": self.normalize}


def batch_dot(x: Any, y: Any, axes: Any = None) -> Any:
    """Return for each example the sum of products along an axis of each tensor."""
    if isinstance(axes, int):
        axes = [axes, axes]
    if axes is None:
        axes = [x.shape.rank - 1, y.shape.rank - 2 if y.shape.rank > 2 else 1]
    letters = "abcdefghij"
    x_names = ["z", *letters[: x.shape.rank - 1]]
    y_names = ["z", *letters[x.shape.rank - 1 : x.shape.rank + y.shape.rank - 2]]
    y_names[axes[1]] = x_names[axes[0]]
    rest = [n for i, n in enumerate(x_names) if i != axes[0]]
    rest += [n for i, n in enumerate(y_names) if i not in (0, axes[1])]
    result = tf.einsum(f"{''.join(x_names)},{''.join(y_names)}->{''.join(rest)}", x, y)
    return tf.expand_dims(result, 1) if len(rest) == 1 else result


def add(inputs: Any, **kwargs: Any) -> Any:
    """Return the sum of tensors."""
    return Add(**kwargs)(inputs)


def subtract(inputs: Any, **kwargs: Any) -> Any:
    """Return the first tensor minus the second."""
    return Subtract(**kwargs)(inputs)


def multiply(inputs: Any, **kwargs: Any) -> Any:
    """Return the product of tensors."""
    return Multiply(**kwargs)(inputs)


def average(inputs: Any, **kwargs: Any) -> Any:
    """Return the mean of tensors."""
    return Average(**kwargs)(inputs)


def maximum(inputs: Any, **kwargs: Any) -> Any:
    """Return the larger elements of tensors."""
    return Maximum(**kwargs)(inputs)


def minimum(inputs: Any, **kwargs: Any) -> Any:
    """Return the smaller elements of tensors."""
    return Minimum(**kwargs)(inputs)


def concatenate(inputs: Any, axis: int = -1, **kwargs: Any) -> Any:
    """Return tensors one after the other along an axis."""
    return Concatenate(axis=axis, **kwargs)(inputs)


def dot(inputs: Any, axes: Any, normalize: bool = False, **kwargs: Any) -> Any:
    """Return the products of vectors of two tensors, summed."""
    return Dot(axes=axes, normalize=normalize, **kwargs)(inputs)
