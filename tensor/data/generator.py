"""Dataset.from_generator: elements that a Python generator makes."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors
from tensor.core.convert import convert
from tensor.core.dtypes import as_dtype
from tensor.core.shapes import TensorShape, are_compatible, to_text
from tensor.core.tensor_spec import TensorSpec, TypeSpec
from tensor.data import structure as nest
from tensor.data.dataset import UNKNOWN, Dataset, source
from tensor.data.elements import as_given_leaf, component
from tensor.data.stream import State, Stream
from tensor.ops.python_functions import as_op_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from tensor.data.elements import Components


@source
def from_generator(
    generator: Callable[..., Any],
    output_types: Any = None,
    output_shapes: Any = None,
    args: Any = None,
    output_signature: Any = None,
    name: str | None = None,
) -> Dataset:
    """Create a dataset of what `generator()` yields; it is called for each pass.

    Args:
        generator: A function that returns an iterable.
        output_types: The dtype of each leaf; older than `output_signature`.
        output_shapes: The shape of each leaf; unknown by default.
        args: Tensors that are passed to `generator` as NumPy values.
        output_signature: The structure of elements, with a TypeSpec at each leaf.
        name: Accepted for compatibility.

    Raises:
        TypeError: `generator` is not callable, or the signature holds no specs.
        ValueError: Neither or both of signature and types are given.
    """
    if not callable(generator):
        raise TypeError(
            f"`generator` must be a Python callable. Got {generator!r}; pass the "
            "function itself, not what it returns."
        )
    spec = _signature(output_types, output_shapes, output_signature)
    arguments = tuple([as_given_leaf(a) for a in args or ()])
    return Generator(generator, spec, arguments, output_signature is not None)


def _signature(output_types: Any, output_shapes: Any, signature: Any) -> Any:
    if signature is not None:
        for name, given in (
            ("output_types", output_types),
            ("output_shapes", output_shapes),
        ):
            if given is not None:
                raise TypeError(
                    f"The `{name}` argument can not be used together with the "
                    "`output_signature` argument."
                )
        for spec in nest.flatten(signature):
            if not isinstance(spec, TypeSpec):
                raise TypeError(
                    f"`output_signature` must contain objects that are subclass of "
                    f"`tf.TypeSpec` but found {type(spec)} which is not."
                )
        return signature
    if output_types is None:
        raise TypeError(
            "To specify the output signature you need to provide either the "
            "`output_signature` argument, a tf.TensorSpec for each component, or the "
            "`output_types` argument."
        )
    dtypes = [as_dtype(t) for t in nest.flatten(output_types)]
    if output_shapes is None:
        shapes: list[Any] = [None] * len(dtypes)
    elif nest.is_nested(output_types):
        shapes = _aligned(output_types, output_shapes)
    else:
        shapes = [output_shapes]
    specs = [TensorSpec(TensorShape(s), t) for s, t in zip(shapes, dtypes, strict=True)]
    return nest.pack(output_types, specs)


def _aligned(structure: Any, shapes: Any) -> list[Any]:
    """Return the shapes at the leaves of `structure`; a shape is itself a tuple."""
    if not nest.is_nested(structure):
        return [shapes]
    keys = sorted(structure) if isinstance(structure, dict) else range(len(structure))
    return [leaf for key in keys for leaf in _aligned(structure[key], shapes[key])]


class Generator(Dataset, printed_as="_FlatMapDataset"):
    """What a Python generator yields.

    Args:
        generator: The function that makes the generator.
        spec: The structure of elements, with a TypeSpec at each leaf.
        args: What `generator` is called with.
        casts: Whether values of any dtype are cast to that of their spec. Else, as with
            the older `output_types`, only NumPy's are.
    """

    def __init__(
        self,
        generator: Callable[..., Any],
        spec: Any,
        args: tuple[Any, ...],
        casts: bool,
    ) -> None:
        super().__init__(spec)
        self.casts = casts
        self.generator = generator
        self.args = tuple(map(component, args))
        self.specs = nest.flatten(spec)

    def open(self) -> Stream:
        return GeneratorStream(self)

    def count(self) -> int:
        return UNKNOWN


class GeneratorStream(Stream):
    """One pass over a generator, started with the first element.

    A generator has no state that could be saved: restoring runs it again and leaves
    out as many elements as were taken.
    """

    def __init__(self, dataset: Generator) -> None:
        self.dataset = dataset
        self.position = 0
        self.iterator: Any = None

    def __next__(self) -> Components:
        try:
            if self.iterator is None:
                self._start()
            value = next(self.iterator)
            self.position += 1
            return self._components(value)
        except StopIteration:
            self.iterator = iter(())
            raise
        except errors.OpError:
            raise
        except Exception as error:
            raise as_op_error(error, " [Op:PyFunc]") from error

    def _start(self) -> None:
        args = [a if getattr(a, "ndim", 1) else a[()] for a in self.dataset.args]
        iterable = self.dataset.generator(*args)
        try:
            self.iterator = iter(iterable)
        except TypeError:
            raise TypeError(
                f"`generator` must return an object that supports `iter()`, got "
                f"{iterable!r}."
            ) from None

    def _components(self, value: Any) -> Components:
        if isinstance(value, list):
            value = tuple(value) if len(self.dataset.specs) > 1 else value
        spec = self.dataset.element_spec
        try:
            leaves = _flatten_like(spec, value)
        except (TypeError, ValueError, KeyError, IndexError):
            raise TypeError(
                f"`generator` yielded an element that did not match the expected "
                f"structure. The expected structure was {spec!r}, but the yielded "
                f"element was {value!r}."
            ) from None
        pairs = zip(leaves, self.dataset.specs, strict=True)
        casts = self.dataset.casts
        return tuple([_checked(leaf, spec, casts) for leaf, spec in pairs])

    def save(self) -> State:
        return {"position": self.position}

    def restore(self, state: State) -> None:
        self.close()
        self._start()
        self.position = state["position"]
        for _ in islice(self.iterator, self.position):
            pass

    def close(self) -> None:
        if hasattr(self.iterator, "close"):
            self.iterator.close()  # runs the generator's `finally` blocks now
        self.iterator = None


def _flatten_like(structure: Any, value: Any) -> list[Any]:
    """Return the values at the leaves of `structure`; lists may stand for tuples."""
    if not nest.is_nested(structure):
        return [value]
    if isinstance(structure, dict):
        if set(structure) != set(value):
            raise ValueError(value)
        keys: Any = sorted(structure)
        return [v for k in keys for v in _flatten_like(structure[k], value[k])]
    if len(structure) != len(value):
        raise ValueError(value)
    pairs = zip(structure, value, strict=True)
    return [leaf for s, v in pairs for leaf in _flatten_like(s, v)]


def _checked(value: Any, spec: Any, casts: bool) -> Any:
    if not isinstance(spec, TensorSpec):
        if not spec.is_compatible_with(value):
            raise TypeError(
                f"`generator` yielded an element {value!r} that does not fit {spec!r}."
            )
        return value
    try:
        casts = casts or isinstance(value, np.ndarray | np.generic)
        if casts and spec.dtype.name != "string":
            # As NumPy casts: numbers lose their fractions, arrays their precision.
            value = np.asarray(value)
            drops = value.dtype.kind == "c" and not spec.dtype.is_complex
            value = value.real if drops else value
            value = value.astype(spec.dtype.numpy_dtype)
        array = component(convert(value, spec.dtype))
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"`generator` yielded an element that could not be converted to the "
            f"expected type. The expected type was {spec.dtype.name}, but the yielded "
            f"element was {value!r}."
        ) from error
    if not are_compatible(spec.dims, array.shape):
        raise errors.because(
            errors.InvalidArgumentError,
            f"TypeError: `generator` yielded an element of shape "
            f"{to_text(array.shape)} where an element of shape {to_text(spec.dims)} "
            "was expected.",
        )
    return array
