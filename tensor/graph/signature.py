"""Signatures: specs that arguments must fit, and arguments in the form of specs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import nest
from tensor.core.convert import convert
from tensor.core.shapes import are_compatible
from tensor.core.tensor import EagerTensor, Tensor
from tensor.core.tensor_spec import CompositeSpec, TensorSpec, TypeSpec
from tensor.core.variable import Variable

if TYPE_CHECKING:
    from tensor.graph.traced_arguments import LeafName


def fit(value: Any, spec: TensorSpec) -> Any:
    """Return a value as a tensor that fits a spec of the input signature.

    Raises:
        TypeError: It does not fit.
    """
    if isinstance(value, TensorSpec):
        tensor: Any = value
        dims = value.dims
    else:
        tensor = value
        if not isinstance(value, Tensor):
            try:
                tensor = convert(value, spec.dtype)
            except (TypeError, ValueError) as error:
                raise TypeError(str(error)) from None
        dims = tensor.static_shape
    if tensor.dtype is not spec.dtype or not are_compatible(dims, spec.dims):
        given, wanted = (
            TensorSpec.of(dims, tensor.dtype),
            TensorSpec.of(spec.dims, spec.dtype),
        )
        raise TypeError(f"Can not cast {given!r} to {wanted!r}")
    return tensor


def checked_signature(signature: Any) -> Any:
    """Return an input signature as a tuple.

    Raises:
        TypeError: It is no sequence, or holds something else than specs.
    """
    if signature is None:
        return None
    if not isinstance(signature, list | tuple):
        raise TypeError(
            "input_signature must be either a tuple or a list, got "
            f"{type(signature).__name__}."
        )
    wrong = [s for s in nest.flatten(signature) if not isinstance(s, TypeSpec)]
    if wrong:
        raise TypeError(
            "input_signature must be a possibly nested sequence of TensorSpec objects, "
            f"got invalid args {wrong} with types {[type(s) for s in wrong]}."
        )
    return tuple(signature)


def fit_nested(value: Any, spec: Any) -> Any:
    """Return an argument as tensors that fit the specs in a nested structure.

    What is no spec in the structure, the argument must equal.

    Raises:
        TypeError: It does not fit.
    """
    if isinstance(spec, TensorSpec):
        return fit(value, spec)
    if isinstance(spec, CompositeSpec):
        return _fit_composite(value, spec)
    if isinstance(spec, Mapping):
        if not isinstance(value, Mapping):
            raise TypeError(f"Can not cast {value!r} to a Dict type.")
        if set(value) != set(spec):
            raise TypeError(f"{value!r} has different keys with expected {list(spec)}.")
        fitted = [fit_nested(value[k], spec[k]) for k in nest.sorted_keys(spec)]
        return nest.pack_sequence_as(dict.fromkeys(spec), fitted)
    if nest.is_nested(spec):
        return _fit_sequence(value, spec)
    if isinstance(spec, Variable):
        if _variable_facts(value) != _variable_facts(spec):
            raise TypeError(f"Can not cast {value!r} to {spec!r}")
        return value
    if not _equals(value, spec):
        raise TypeError(f"Can not cast {value!r} to Literal[{spec!r}]")
    return spec


def _equals(value: Any, literal: Any) -> bool:
    if isinstance(value, Tensor) and type(value) is not EagerTensor:
        return False
    return value is literal or bool(np.all(value == literal))


def _fit_composite(value: Any, spec: CompositeSpec) -> Any:
    if isinstance(value, CompositeSpec) and value.is_subtype_of(spec):
        return value
    parts, specs = nest.flatten(value, True), nest.flatten(spec, True)
    same = isinstance(value, spec.value_type | CompositeSpec)
    if not same or len(parts) != len(specs):
        raise TypeError(
            f"Can not cast {value!r} to {spec!r}: they don't have the same nested "
            "structure."
        )
    fitted = [fit(v, s) for v, s in zip(parts, specs, strict=True)]
    return nest.pack_sequence_as(value, fitted, True)


def _fit_sequence(value: Any, spec: Any) -> Any:
    kind = type(spec)
    if type(value) is not kind:
        raise TypeError(f"Can not cast {value!r} to {kind.__name__} type.")
    values, specs = list(nest.children(value)), list(nest.children(spec))
    if len(values) != len(specs):
        raise TypeError(
            f"Can not cast {value!r} to {kind.__name__} type with {len(specs)} parts."
        )
    fitted = [fit_nested(v, s) for v, s in zip(values, specs, strict=True)]
    return nest.rebuilt(value, fitted)


def _variable_facts(value: Any) -> Any:
    if not isinstance(value, Variable):
        return None
    return value.static_shape, value.dtype, value.trainable


def described(structure: Any) -> Any:
    """Return arguments with composite values replaced by their specs.

    All ragged tensors of one spec share a trace, however many values they hold.
    """
    return nest.map_structure(_described, structure)


def _described(value: Any) -> Any:
    if hasattr(value, "composite_components"):
        return getattr(value, "_type_spec", value)
    return value


def is_tensor_like(value: Any) -> bool:
    """Return whether a leaf of the arguments becomes an input of the graph."""
    return isinstance(value, Tensor | TensorSpec | np.ndarray | np.generic)


def as_tensor_like(value: Any) -> Any:
    """Return a NumPy value as a tensor; tensors and specs as they are."""
    if isinstance(value, np.ndarray | np.generic):
        return convert(value)
    return value


def substitute(structure: Any, names: list[LeafName], make: Any) -> Any:
    """Return arguments with `make(leaf, name)` for each tensor among them."""
    structure = described(structure)
    flat = nest.flatten(structure, True)
    replaced = [
        make(v, name) if is_tensor_like(v) else _placeholder(v)
        for v, name in zip(flat, names, strict=True)
    ]
    return nest.pack_sequence_as(structure, replaced, True)


def _placeholder(value: Any) -> Any:
    """Return what stands for an object during the trace: those of one type share it."""
    if not hasattr(value, "__tf_tracing_type__"):
        return value
    return value.__tf_tracing_type__(None).placeholder_value(None)
