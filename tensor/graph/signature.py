"""Signatures: what tells one trace of a function from another.

Tensors count by shape and dtype, containers by structure, Python numbers and strings by
value, other objects by identity.
"""

from __future__ import annotations

import inspect
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import nest
from tensor.core.convert import convert
from tensor.core.shapes import Dims, are_compatible, relax
from tensor.core.tensor import EagerTensor, Tensor
from tensor.core.tensor_spec import CompositeSpec, TensorSpec, TypeSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_LITERALS = frozenset((bool, int, float, complex, str, bytes, type(None)))


class Parameters:
    """The parameters of a Python function, for binding calls to them."""

    def __init__(self, function: Callable[..., Any]) -> None:
        try:
            self.signature = inspect.signature(function)
        except (TypeError, ValueError):
            self.signature = _ANYTHING
        parameters = list(self.signature.parameters.values())
        self.names = [p.name for p in parameters]
        positional = all(
            p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters
        )
        # A call with this many positional arguments needs no binding.
        self.simple_count = len(parameters) if positional else -1

    def bind(self, args: Any, kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the arguments in canonical form, with defaults filled in.

        Raises:
            TypeError: They do not fit the function.
        """
        try:
            bound = self.signature.bind(*args, **kwargs)
        except TypeError as error:
            raise binding_error(str(error), args, kwargs, self.signature) from None
        bound.apply_defaults()
        return bound.args, bound.kwargs

    def name_leaves(self, args: Any, kwargs: Any) -> list[str]:
        """Return for each leaf of the arguments the name of its parameter."""
        names: list[str] = []
        for i, arg in enumerate(args):
            names += [self._positional(i)] * len(nest.flatten(arg, True))
        for key in sorted(kwargs):
            names += [key] * len(nest.flatten(kwargs[key], True))
        return names

    def _positional(self, index: int) -> str:
        kinds = list(self.signature.parameters.values())
        for p in kinds:
            if p.kind is p.VAR_POSITIONAL and index >= kinds.index(p):
                return p.name
        return self.names[index] if index < len(self.names) else "args"


def _any(*args: Any, **kwargs: Any) -> None:
    """Have a signature that takes anything."""


_ANYTHING = inspect.signature(_any)


def binding_error(reason: str, args: Any, kwargs: Any, signature: Any) -> TypeError:
    """Return the error for arguments that do not fit."""
    return TypeError(
        f"Binding inputs to tf.function failed due to `{reason}`. Received args: "
        f"{args} and kwargs: {kwargs} for signature: {signature}."
    )


def encode(value: Any, leaves: list[Any]) -> Any:
    """Return what counts of an argument for the choice of a trace; collect its tensors.

    Tensors and NumPy values are appended to `leaves`, as tensors.
    """
    kind = type(value)
    if kind is EagerTensor:
        leaves.append(value)
        array = value._array
        return array.shape, array.dtype
    if kind in _LITERALS:
        return kind, value
    if kind is tuple or kind is list:
        return (kind, *[encode(v, leaves) for v in value])
    return _encode_other(value, leaves)


def _encode_other(value: Any, leaves: list[Any]) -> Any:
    if isinstance(value, Tensor):
        leaves.append(value)
        return value.static_shape, value.dtype.numpy_dtype
    if isinstance(value, np.ndarray | np.generic):
        return encode(convert(value), leaves)
    if isinstance(value, TensorSpec):
        leaves.append(value)
        return value.dims, value.dtype.numpy_dtype
    if hasattr(value, "read_for_op"):
        return Identity(value)
    if hasattr(value, "composite_components"):
        parts = value.composite_components()
        codes = [encode(v, leaves) for v in parts]
        spec = getattr(value, "_type_spec", None)
        return (type(value), *codes) if spec is None else spec
    if isinstance(value, dict):
        items = [(k, encode(value[k], leaves)) for k in _sorted_keys(value)]
        return (type(value), *items)
    if nest.is_nested(value):
        children = nest.flatten(value, True)
        return (type(value), *[encode(v, leaves) for v in children])
    if isinstance(value, TypeSpec | type | slice) or callable(value):
        return _by_equality(value)
    return Identity(value)


def _by_equality(value: Any) -> Any:
    try:
        hash(value)
    except TypeError:
        return Identity(value)
    return value


def _sorted_keys(mapping: Any) -> list[Any]:
    try:
        return sorted(mapping)
    except TypeError:
        return list(mapping)


class Identity:
    """An object by identity; it is not kept alive."""

    __slots__ = ("_key", "_reference")

    def __init__(self, value: Any) -> None:
        self._key = id(value)
        try:
            self._reference: Any = weakref.ref(value)
        except TypeError:
            # No weak references to it: keep it alive, so that its id stays its own.
            self._reference = lambda: value

    def __hash__(self) -> int:
        return self._key

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Identity) or self._key != other._key:
            return False
        mine = self._reference()
        return mine is not None and mine is other._reference()

    def __repr__(self) -> str:
        return f"<{type(self._reference()).__name__} at {self._key:#x}>"


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
        raise TypeError(
            f"Can not cast {TensorSpec.of(dims, tensor.dtype)!r} to {spec!r}"
        )
    return tensor


def without_shapes(key: Any) -> Any:
    """Return a signature that tells tensors apart by dtype only."""
    if type(key) is not tuple:
        return key
    if len(key) == 2 and isinstance(key[1], np.dtype):
        return key[1]
    return tuple([without_shapes(part) for part in key])


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
    for spec in nest.flatten(signature):
        if not isinstance(spec, TypeSpec):
            raise TypeError(
                f"input_signature must be a possibly nested sequence of TensorSpec "
                f"objects, got {spec!r}."
            )
    return tuple(signature)


def fit_nested(value: Any, spec: Any) -> Any:
    """Return an argument as tensors that fit the specs in a nested structure.

    Raises:
        TypeError: It does not fit.
    """
    if isinstance(spec, TensorSpec):
        return fit(value, spec)
    if isinstance(spec, CompositeSpec) and not isinstance(value, spec.value_type):
        raise TypeError(f"Can not cast {value!r} to {spec!r}")
    values = nest.flatten(value, True)
    specs = nest.flatten(spec, True)
    if len(values) != len(specs):
        raise TypeError(f"Can not cast {value!r} to the structure {spec!r}")
    fitted = [fit(v, s) for v, s in zip(values, specs, strict=True)]
    return nest.pack_sequence_as(value, fitted, True)


def described(structure: Any) -> Any:
    """Return arguments with composite values replaced by their specs.

    All ragged tensors of one spec share a trace, however many values they hold.
    """
    return nest.map_structure(lambda v: getattr(v, "_type_spec", v), structure)


def dims_of_leaves(structure: Any) -> list[Dims | None]:
    """Return the static shapes to trace the tensors among arguments with."""
    leaves = nest.flatten(described(structure), True)
    return [
        leaf.dims if isinstance(leaf, TensorSpec) else as_tensor_like(leaf).static_shape
        for leaf in leaves
        if _is_tensor_like(leaf)
    ]


def most_specific(
    family: Sequence[tuple[list[Dims | None], Any]], dims: list[Dims | None]
) -> Any:
    """Return the trace whose shapes all of `dims` fit, the narrowest one, or None."""
    fitting = [
        (traced, concrete)
        for traced, concrete in family
        if not concrete.is_stale()
        and all(_covers(t, d) for t, d in zip(traced, dims, strict=True))
    ]
    if not fitting:
        return None
    return min(fitting, key=lambda pair: sum(_unknowns(t) for t in pair[0]))[1]


def _covers(traced: Dims | None, dims: Dims | None) -> bool:
    """Return whether every tensor of shape `dims` fits the shape traced with."""
    return are_compatible(traced, dims) and relax(traced, dims) == traced


def _unknowns(dims: Dims | None) -> int:
    return 100 if dims is None else sum(d is None for d in dims)


def _is_tensor_like(value: Any) -> bool:
    return isinstance(value, Tensor | TensorSpec | np.ndarray | np.generic)


def as_tensor_like(value: Any) -> Any:
    """Return a NumPy value as a tensor; tensors and specs as they are."""
    if isinstance(value, np.ndarray | np.generic):
        return convert(value)
    return value


def substitute(structure: Any, names: list[str], make: Any) -> Any:
    """Return arguments with `make(leaf, name)` for each tensor among them."""
    structure = described(structure)
    flat = nest.flatten(structure, True)
    replaced = [
        make(v, name) if _is_tensor_like(v) else v
        for v, name in zip(flat, names, strict=True)
    ]
    return nest.pack_sequence_as(structure, replaced, True)


def with_specs(args: Any, signature: Any) -> Any:
    """Return arguments with composite values replaced by the specs they must fit."""
    count = len(signature)
    values, specs = nest.flatten(args[:count]), nest.flatten(signature)
    if len(values) != len(specs):
        return args
    mixed = [
        s if isinstance(s, CompositeSpec) else v
        for v, s in zip(values, specs, strict=True)
    ]
    return (*nest.pack_sequence_as(args[:count], mixed), *args[count:])


def shown(structure: Any, names: list[str], make: Any) -> Any:
    """Return arguments as specs: `make(leaf, name)` for each tensor."""
    remaining = iter(names)

    def leaf(value: Any) -> Any:
        own = [next(remaining) for _ in nest.flatten(value, True)]
        return make(value, own[0]) if _is_tensor_like(value) else value

    return nest.map_structure(leaf, described(structure))
