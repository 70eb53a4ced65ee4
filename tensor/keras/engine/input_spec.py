"""InputSpec: what a layer asks of its input, checked at every call."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.core import nest


class InputSpec:
    """Rank, dtype, shape and the sizes of some axes that an input must have.

    Dimensions of `shape`, and sizes in `axes`, that are None may be anything.
    """

    def __init__(
        self,
        dtype: Any = None,
        shape: Any = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: dict[int, int | None] | None = None,
        allow_last_axis_squeeze: bool = False,
        name: str | None = None,
        optional: bool = False,
    ) -> None:
        """Describe what is expected; what is None is not checked.

        Raises:
            ValueError: An axis is outside of the given rank.
            TypeError: An axis is no integer, or `axes` no dictionary.
        """
        self.dtype = None if dtype is None else tf.as_dtype(dtype).name
        self.shape = None if shape is None else tuple(tf.TensorShape(shape).as_list())
        self.ndim = len(self.shape) if self.shape is not None else ndim
        self.max_ndim = max_ndim
        self.min_ndim = min_ndim
        self.name = name
        self.optional = optional
        self.allow_last_axis_squeeze = allow_last_axis_squeeze
        if axes is not None and not isinstance(axes, dict):
            raise TypeError(
                "Argument `axes` must be a dict with integer keys. Received: "
                f"axes={axes}"
            )
        try:
            self.axes = {int(k): v for k, v in (axes or {}).items()}
        except (ValueError, TypeError):
            raise TypeError(
                f"Argument `axes` keys must be integers. Received: axes={axes}"
            ) from None
        limit = self.ndim if self.ndim is not None else self.max_ndim
        if self.axes and limit is not None and max(self.axes) > limit - 1:
            raise ValueError(
                f"Axis {max(self.axes)} is greater than the maximum allowed value: "
                f"{limit - 1}"
            )

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal spec."""
        return {
            "dtype": self.dtype,
            "shape": self.shape,
            "ndim": self.ndim,
            "max_ndim": self.max_ndim,
            "min_ndim": self.min_ndim,
            "axes": self.axes,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> InputSpec:
        """Make a spec from what `get_config` returned."""
        return cls(**config)

    def __repr__(self) -> str:
        facts = [
            f"dtype={self.dtype}" if self.dtype else "",
            f"shape={self.shape}" if self.shape else "",
            f"ndim={self.ndim}" if self.ndim else "",
            f"max_ndim={self.max_ndim}" if self.max_ndim else "",
            f"min_ndim={self.min_ndim}" if self.min_ndim else "",
            f"axes={self.axes}" if self.axes else "",
        ]
        return f"InputSpec({', '.join(x for x in facts if x)})"


def check_input(input_spec: Any, inputs: Any, layer_name: str) -> None:
    """Check a layer's input against its spec or specs.

    Raises:
        TypeError: It is no tensor.
        ValueError: It does not fit.
    """
    specs = nest.flatten(input_spec)
    flat = nest.flatten(_by_name(specs, inputs))
    for spec, x in zip(specs, flat, strict=False):
        if spec is None or (x is None and spec.optional):
            continue
        if not hasattr(x, "shape"):
            raise TypeError(
                f"Inputs to a layer should be tensors. Got '{x}' (of type {type(x)}) "
                f"as input for layer '{layer_name}'."
            )
    if len(flat) != len(specs):
        raise ValueError(
            f'Layer "{layer_name}" expects {len(specs)} input(s), but it received '
            f"{len(flat)} input tensors. Inputs received: {inputs}"
        )
    for i, (spec, x) in enumerate(zip(specs, flat, strict=True)):
        if spec is not None:
            problem = _problem(spec, x)
            if problem:
                raise ValueError(
                    f'Input {i} of layer "{layer_name}" is incompatible with the '
                    f"layer: {problem}"
                )


def _by_name(specs: Any, inputs: Any) -> Any:
    """Return inputs in the order of the specs if they come in a dictionary.

    Raises:
        ValueError: One is missing.
    """
    names = [s.name for s in specs if s is not None]
    if not isinstance(inputs, dict) or not all(names):
        return inputs
    for name in names:
        if name not in inputs:
            raise ValueError(
                f'Missing data for input "{name}". You passed a data dictionary '
                f"with keys {list(inputs)}. Expected the following keys: {names}"
            )
    return [inputs[name] for name in names]


def _problem(spec: InputSpec, x: Any) -> str | None:
    """Return what is wrong with an input, None if it fits."""
    shape = getattr(x, "static_shape", None)
    if shape is None:
        return None
    rank = len(shape)
    if spec.ndim is not None and rank != spec.ndim and not spec.allow_last_axis_squeeze:
        return (
            f"expected ndim={spec.ndim}, found ndim={rank}. Full shape received: "
            f"{shape}"
        )
    if spec.max_ndim is not None and rank > spec.max_ndim:
        return f"expected max_ndim={spec.max_ndim}, found ndim={rank}"
    if spec.min_ndim is not None and rank < spec.min_ndim:
        return (
            f"expected min_ndim={spec.min_ndim}, found ndim={rank}. Full shape "
            f"received: {shape}"
        )
    if spec.dtype is not None and x.dtype.name != spec.dtype:
        return f"expected dtype={spec.dtype}, found dtype={x.dtype}"
    for axis, size in spec.axes.items():
        if size is not None and shape[axis] not in {size, None}:
            return (
                f"expected axis {axis} of input shape to have value {size}, but "
                f"received input with shape {shape}"
            )
    if spec.shape is not None and not _fits(spec, shape):
        return f"expected shape={spec.shape}, found shape={shape}"
    return None


def _fits(spec: InputSpec, shape: Any) -> bool:
    expected = spec.shape or ()
    if spec.allow_last_axis_squeeze:
        if expected and expected[-1] == 1:
            expected = expected[:-1]
        if shape and shape[-1] == 1:
            shape = shape[:-1]
    if len(expected) != len(shape):
        return spec.allow_last_axis_squeeze
    return all(
        want is None or have is None or want == have
        for want, have in zip(expected, shape, strict=True)
    )
