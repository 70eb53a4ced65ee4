"""Einstein summation and tensordot, carried out by matrix products.

A contraction of two tensors is described by one label per axis. Labels fall into four
groups: in both inputs and the result (batch), in both inputs only (summed), and those
of one input alone. Ordered by group, the contraction is one stacked matrix product.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tensor.core.composites import takes_composites
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import Op, Sample, register
from tensor.core.tensor import Tensor
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import shape_for, static_value
from tensor.ops.families import (
    NUMERIC,
    check_kind,
    operands,
    sum_to,
)
from tensor.ops.known_ranks import knowing_ranks
from tensor.ops.linalg.equations import (
    Labels,
    expanded,
    label_sizes,
    parsed,
    result_labels,
)
from tensor.ops.linalg.products import multiply_matrices
from tensor.ops.math.complex_numbers import conj_for_gradient

if TYPE_CHECKING:
    from collections.abc import Iterator


class Rearrange(Op):
    """Diagonals of repeated labels, sums over labels that go, the rest reordered."""

    type_name = "EinsumUnary"
    keeps_inputs = False

    def kernel(self, x: Any, labels: Labels, out: Labels) -> Any:
        numbers = {label: i for i, label in enumerate(dict.fromkeys(labels))}
        found = np.einsum(x, [numbers[c] for c in labels], [numbers[c] for c in out])
        return np.asarray(found, x.dtype)[()]

    def infer(self, x: TensorSpec, labels: Labels, out: Labels) -> TensorSpec:
        sizes = label_sizes([(labels, x.dims)])
        return TensorSpec.of(tuple(sizes[c] for c in out), x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        return spread(dz, **call.attrs, shape=shape_for(call.inputs[0]))

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2, 3)), labels=("a", "b"), out=("b", "a"))
        yield Sample(rng.normal(size=(3, 3)), labels=("a", "a"), out=("a",))
        yield Sample(rng.normal(size=(3, 3)), labels=("a", "a"), out=())
        yield Sample(rng.normal(size=(2, 3, 4)), labels=("a", "b", "c"), out=("c",))


class Spread(Op):
    """The transpose of `Rearrange`: repeats along summed axes, zeros off diagonals."""

    type_name = "EinsumUnaryGrad"
    keeps_inputs = False

    def kernel(self, dz: Any, labels: Labels, out: Labels, shape: Any) -> Any:
        result = np.zeros(tuple(shape), dz.dtype)
        distinct = list(dict.fromkeys(labels))
        # einsum gives a view of the diagonal, which can be written to.
        view = np.einsum(
            result, [distinct.index(c) for c in labels], list(range(len(distinct)))
        )
        missing = [c for c in distinct if c not in out]
        values = np.expand_dims(dz, tuple(range(len(missing))))
        order = [[*missing, *out].index(c) for c in distinct]
        view[...] = np.transpose(values, order)
        return result

    def infer(
        self, dz: TensorSpec, labels: Labels, out: Labels, shape: Any
    ) -> TensorSpec:
        return TensorSpec.of(static_value(shape), dz.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        labels, out, _ = call.attrs.values()
        return rearrange(dz, labels=labels, out=out)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=3), labels=("a", "a"), out=("a",), shape=(3, 3))
        x = rng.normal(size=(4,))
        yield Sample(x, labels=("a", "b", "c"), out=("c",), shape=(2, 3, 4))


class Contraction(NamedTuple):
    """How to carry out a contraction: axes by group, for both inputs and the result."""

    order_a: tuple[int, ...]
    order_b: tuple[int, ...]
    counts: tuple[int, int, int, int]  # batch, rows, summed, columns
    order_out: tuple[int, ...]


@functools.lru_cache(maxsize=512)
def plan(a: Labels, b: Labels, out: Labels) -> Contraction:
    """Work out the order of axes for a contraction of two inputs."""
    batch = [c for c in out if c in a and c in b]
    rows = [c for c in out if c in a and c not in b]
    summed = [c for c in a if c in b and c not in out]
    columns = [c for c in out if c in b and c not in a]
    produced = batch + rows + columns
    return Contraction(
        tuple(a.index(c) for c in batch + rows + summed),
        tuple(b.index(c) for c in batch + summed + columns),
        (len(batch), len(rows), len(summed), len(columns)),
        tuple(produced.index(c) for c in out),
    )


class Contract(Op):
    """Sum of products of two inputs over the labels that the result leaves out.

    Every label appears once per input, and in the other input or the result. Axes of
    size 1 broadcast against a batch axis of the same label.
    """

    type_name = "Einsum"
    kind = "contraction"
    allows = NUMERIC

    def kernel(self, a: Any, b: Any, labels: tuple[Labels, Labels, Labels]) -> Any:
        how = plan(*labels)
        batch, rows, summed, _ = how.counts
        a, b = np.transpose(a, how.order_a), np.transpose(b, how.order_b)
        batch_a, rows_a, summed_a = _cut(a.shape, batch, rows)
        batch_b, summed_b, columns_b = _cut(b.shape, batch, summed)
        size = int(np.prod(summed_a, dtype=np.int64))
        left = a.reshape(*batch_a, int(np.prod(rows_a, dtype=np.int64)), size)
        right = b.reshape(*batch_b, size, int(np.prod(columns_b, dtype=np.int64)))
        if batch and not summed_b:
            product = left * right  # no sum: an elementwise product is faster
        else:
            product = multiply_matrices(left, right)
        shape = (*product.shape[:batch], *rows_a, *columns_b)
        return np.transpose(product.reshape(shape), how.order_out)

    def infer(
        self, a: TensorSpec, b: TensorSpec, labels: tuple[Labels, Labels, Labels]
    ) -> TensorSpec:
        sizes = label_sizes([(labels[0], a.dims), (labels[1], b.dims)])
        return TensorSpec.of(tuple(sizes[c] for c in labels[2]), a.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        a, b = call.inputs
        labels_a, labels_b, out = call.attrs["labels"]
        grad_a = grad_b = None
        if call.wants[0]:
            other = conj_for_gradient(b)
            grad_a = contract(dz, other, labels=(out, labels_b, labels_a))
            grad_a = sum_to(grad_a, a)
        if call.wants[1]:
            other = conj_for_gradient(a)
            grad_b = contract(other, dz, labels=(labels_a, out, labels_b))
            grad_b = sum_to(grad_b, b)
        return grad_a, grad_b

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for text, shape_a, shape_b in (
            ("ab,bc->ac", (2, 3), (3, 4)),
            ("ab,cb->ca", (2, 3), (4, 3)),
            ("nab,nbc->cna", (2, 3, 2), (2, 2, 3)),
            ("nab,nbc->nac", (1, 3, 2), (4, 2, 3)),
            ("a,b->ba", (2,), (3,)),
            ("ab,ab->", (2, 3), (2, 3)),
            ("ab,ab->ab", (2, 3), (2, 3)),
            ("ab,b->ab", (2, 3), (3,)),
        ):
            inputs, out = text.split("->")
            a, b = inputs.split(",")
            # The labels of an ellipsis, which may broadcast, begin with a dot.
            labels = [tuple(c.replace("n", ".1") for c in s) for s in (a, b, out)]
            yield Sample(
                rng.normal(size=shape_a),
                rng.normal(size=shape_b),
                labels=tuple(labels),
            )


def _cut(shape: Any, first: int, second: int) -> tuple[Any, Any, Any]:
    return shape[:first], shape[first : first + second], shape[first + second :]


rearrange = register(Rearrange)
spread = register(Spread)
contract = register(Contract)


@export("einsum", "linalg.einsum")
@takes_composites
def einsum(equation: str, *inputs: Any, **kwargs: Any) -> Any:
    """Multiply tensors and sum over axes, as a subscript equation says.

    `einsum("ij,jk->ik", a, b)` is a matrix product: labels name axes, those that the
    result leaves out are summed over. `...` stands for leading axes that broadcast.
    Without `->` the result has the labels that occur once, in alphabetical order.

    Args:
        equation: The subscripts.
        *inputs: Tensors of one dtype.
        **kwargs: `name`; `optimize` ("greedy", "optimal" …) chooses the order in which
            three or more inputs are combined.

    Raises:
        ValueError: The equation is malformed or does not fit the number of inputs.
        InvalidArgumentError: Axes of one label differ in size.
    """
    unknown = sorted(set(kwargs) - {"name", "optimize"})
    if unknown:
        raise TypeError(
            f"Invalid keyword arguments for einsum: {', '.join(unknown)}. Valid "
            "arguments: name, optimize, greedy."
        )
    subscripts, out = parsed(equation, len(inputs))
    first = next((x for x in inputs if isinstance(x, Tensor)), None)
    tensors = [convert(inputs[0] if first is None else first)]
    tensors = [
        convert(x) if isinstance(x, Tensor) else convert(x, tensors[0].dtype)
        for x in inputs
    ]
    check_kind(contract, tensors[0], NUMERIC)
    for t in tensors[1:]:
        if t.dtype is not tensors[0].dtype:
            operands(contract, tensors[0], t)  # raises, naming both dtypes
    combine = _combined_knowing_ranks if "..." in equation else _combined
    return combine(
        *tensors,
        subscripts=subscripts,
        out=out,
        optimize=kwargs.get("optimize", "greedy"),
    )


def _combined(
    *tensors: Any, subscripts: list[str], out: str | None, optimize: Any
) -> Any:
    """Return what an equation, taken apart, says of tensors."""
    labels = [expanded(s, t.ndim) for s, t in zip(subscripts, tensors, strict=True)]
    result = result_labels(labels, out)
    shapes = [t.static_shape for t in tensors]
    label_sizes([(tuple(c), s) for c, s in zip(labels, shapes, strict=True)])
    terms = list(zip(tensors, labels, strict=True))
    for first, second in _order(terms, result, optimize):
        y, labels_y = terms.pop(second)
        x, labels_x = terms.pop(first)
        needed = {*result, *(c for _, rest in terms for c in rest)}
        terms.append(_combine(x, labels_x, y, labels_y, needed))
    x, remaining = terms[0]
    if remaining == result:
        return x
    return rearrange(x, labels=tuple(remaining), out=tuple(result))


# How many axes `...` stands for is known from ranks alone.
_combined_knowing_ranks = knowing_ranks(None)(_combined)


def _order(
    terms: list[tuple[Any, list[str]]], result: list[str], optimize: Any
) -> list[tuple[int, int]]:
    """Return which two terms to combine at each step; the product goes to the end."""
    if len(terms) < 3:
        return [(0, 1)] if len(terms) == 2 else []
    numbers: dict[str, int] = {}
    arguments: list[Any] = []
    for x, labels in terms:
        sizes = [1 if d is None else d for d in x.static_shape or (1,) * len(labels)]
        arguments.append(np.broadcast_to(np.int8(0), sizes))
        arguments.append([numbers.setdefault(c, len(numbers)) for c in labels])
    arguments.append([numbers[c] for c in result])
    how = optimize if optimize in ("greedy", "optimal") else "greedy"
    path = np.einsum_path(*arguments, optimize=how)[0][1:]
    pairs: list[tuple[int, int]] = []
    remaining = len(terms)
    for step in path:
        # A step may name more than two terms: combine them one after the other.
        at = sorted(step)
        while len(at) > 1:
            pairs.append((at[0], at[1]))
            remaining -= 1
            at = [i - 2 for i in at[2:]] + ([remaining - 1] if len(at) > 2 else [])
    return pairs


def _combine(
    x: Any, labels_x: list[str], y: Any, labels_y: list[str], needed: set[str]
) -> tuple[Any, list[str]]:
    """Return the contraction of two terms, and its labels."""
    x, labels_x = _without_lonely(x, labels_x, needed | set(labels_y))
    y, labels_y = _without_lonely(y, labels_y, needed | set(labels_x))
    out = [c for c in dict.fromkeys(labels_x + labels_y) if c in needed]
    labels = (tuple(labels_x), tuple(labels_y), tuple(out))
    return contract(x, y, labels=labels), out


def _without_lonely(x: Any, labels: list[str], used: set[str]) -> tuple[Any, list[str]]:
    """Return a term without repeated labels, and summed over those nobody uses."""
    kept = [c for c in dict.fromkeys(labels) if c in used]
    if kept == labels:
        return x, labels
    return rearrange(x, labels=tuple(labels), out=tuple(kept)), kept
