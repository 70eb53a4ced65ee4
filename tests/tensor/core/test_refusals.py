"""What tensors, variables, specs and the registry of ops refuse."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import pytest

import tensor as tf
from tensor.core import dtypes
from tensor.core.indexed_slices import CompositeTensor
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op, get_op, register
from tensor.core.shape_algebra import canonical_axis
from tensor.core.shapes import TensorShape
from tensor.core.tensor_spec import CompositeSpec


class Unhandled(CompositeTensor):
    """A composite that no public function takes."""

    __slots__ = ()


class WithoutGradient(Op):
    """Returns its input; says nothing about its gradient."""

    def kernel(self, x: Any) -> Any:
        return x


class Short(WithoutGradient):
    """Returns a sum; its gradient forgets the second input."""

    def kernel(self, x: Any, y: Any) -> Any:
        return x + y

    def gradient(self, *call_and_dz: Any) -> Any:
        return call_and_dz[1:]


class Failing(WithoutGradient):
    """Fails as kernels do."""

    def kernel(self, x: Any) -> Any:
        if x > 0:
            raise MemoryError("too large.")
        raise IndexError("nothing there.")


def with_gradient(op: Op, *values: float) -> Any:
    xs = [tf.constant(v) for v in values]
    with tf.GradientTape() as tape:
        tape.watch(xs)
        y = op(*xs)
    return tape.gradient(y, xs)


def batch_of_numbers(x: Any) -> Any:
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
    return tape.batch_jacobian(y, x)


def wordless() -> None:
    register(type("Wordless", (Op,), {}))


def taken() -> None:
    export("constant")(object())


REFUSED: dict[str, tuple[Any, type[Exception], str]] = {
    "a gradient that nobody declared": (
        lambda: with_gradient(WithoutGradient(), 1.0),
        LookupError,
        "No gradient defined for operation 'WithoutGradient'",
    ),
    "a gradient of what has none": (
        lambda: NON_DIFFERENTIABLE(get_op("Floor"), None),
        LookupError,
        "Floor is not differentiable",
    ),
    "fewer gradients than inputs": (
        lambda: with_gradient(Short(), 1.0, 2.0),
        tf.errors.InternalError,
        "Short.gradient returned 1 gradients for 2 inputs",
    ),
    "an op of anything": (
        lambda: get_op("Neg")(object()),
        TypeError,
        "Neg: input 0 is .* of type object. Expected a tensor",
    ),
    "a kernel without memory": (
        lambda: Failing()(tf.constant(1.0)),
        tf.errors.ResourceExhaustedError,
        r"Failing: too large. Inputs: float32\[\]",
    ),
    "a kernel that rejects": (
        lambda: Failing()(tf.constant(-1.0)),
        tf.errors.InvalidArgumentError,
        r"Failing: nothing there. Inputs: float32\[\]",
    ),
    "an op twice": (
        lambda: register(type(get_op("Neg"))),
        ValueError,
        "An op named 'Neg' is registered already",
    ),
    "an op without words": (wordless, ValueError, "'Wordless' needs a docstring"),
    "a public name twice": (taken, ValueError, "tf.constant is taken by"),
    "a composite that nobody handles": (
        lambda: tf.add(Unhandled(), 1),
        TypeError,
        "Unhandled",
    ),
    "a composite's gradient": (
        lambda: Unhandled().differentiable_part,
        ValueError,
        "Cannot differentiate with respect to the composite",
    ),
    "arrays of handles": (
        lambda: dtypes.resource.numpy_dtype,
        TypeError,
        "'resource' has no NumPy equivalent",
    ),
    "text as numbers": (
        lambda: tf.constant(np.array(["a"]), tf.int32),
        TypeError,
        "Cannot convert .* to EagerTensor of dtype int32",
    ),
    "rows that differ": (
        lambda: tf.constant([[1, 2], [3]]),
        ValueError,
        "tf.ragged.constant takes rows of different lengths",
    ),
    "rows of objects that differ": (
        lambda: tf.constant([["a", "b"], ["c"]]),
        ValueError,
        "tf.ragged.constant takes rows of different lengths",
    ),
    "numbers as text": (
        lambda: tf.constant(np.array([1]), tf.string),
        TypeError,
        "Cannot convert .* to EagerTensor of dtype string",
    ),
    "text in an array as numbers": (
        lambda: tf.convert_to_tensor(np.array(["a"]), tf.int32),
        TypeError,
        "Cannot convert",
    ),
    "a part of an assignment that is not there": (
        lambda: object.__new__(type(tf.Variable(1.0).assign(2.0)))._variable,
        AttributeError,
        "_variable",
    ),
    "specs of different kinds": (
        lambda: tf.RaggedTensorSpec([None, None]).most_specific_compatible_type(
            tf.TensorSpec([2, 2])
        ),
        ValueError,
        "No TypeSpec is compatible with both",
    ),
    "a gradient that is no function": (
        lambda: tf.custom_gradient(lambda x: (x, 1))(tf.constant(1.0)),
        TypeError,
        "unsupported callable 1: a function with tf.custom_gradient returns",
    ),
    "the spec of a number": (
        lambda: tf.TensorSpec.from_tensor(3),
        ValueError,
        "`tensor` should be a tf.Tensor, but got type <class 'int'>",
    ),
    "a module's number": (
        lambda: tf.Module(name=3),
        TypeError,
        "expected string or bytes-like object",
    ),
    "a batch of numbers": (
        lambda: batch_of_numbers(tf.constant([1.0, 2.0])),
        ValueError,
        r"Shape \(2,\) must have rank at least 2",
    ),
    "the Jacobian of a list": (
        lambda: tf.GradientTape().jacobian([tf.constant(1.0)], tf.constant(1.0)),
        TypeError,
        "target is one tensor or variable, got .* of type list",
    ),
    "second derivatives of what is linear": (
        lambda: tf.function(lambda x: tf.hessians(3 * x, x))(tf.constant([1.0])),
        ValueError,
        "None values not supported: the second derivative by",
    ),
    "a batch of unknown rank": (
        lambda: tf.function(batch_of_numbers, input_signature=[tf.TensorSpec(None)])(1),
        ValueError,
        "the rank of the target is unknown",
    ),
    "specs of other sparse tensors": (
        lambda: tf.SparseTensorSpec([2]).most_specific_compatible_type(
            tf.SparseTensorSpec([2], tf.int32)
        ),
        ValueError,
        "No TypeSpec is compatible with both",
    ),
    "an axis too far": (
        lambda: canonical_axis(2, 2),
        ValueError,
        "axis 2 is out of range for a tensor with 2 dimension",
    ),
    "an unknown shape as a tuple": (
        lambda: TensorShape(None).as_tuple(),
        ValueError,
        "is not defined on an unknown TensorShape",
    ),
    "values that do not stack": (
        lambda: CompositeSpec.batched(object.__new__(Plain), 2),
        TypeError,
        "a plain spec do not stack",
    ),
    "values without slices": (
        lambda: CompositeSpec.unbatched(object.__new__(Plain)),
        TypeError,
        "a plain spec have no slices",
    ),
    "variable_def": (
        lambda: tf.Variable(1.0, variable_def=object()),
        ValueError,
        "`variable_def` is TF1's; pass `initial_value`",
    ),
    "length of a scalar": (
        lambda: len(tf.Variable(1.0)),
        TypeError,
        "Scalar variable has no `len",
    ),
    "length of an unknown shape": (
        lambda: len(tf.Variable([1.0], shape=[None])),
        TypeError,
        r"len is not well defined for shape \(None,\)",
    ),
}


class Plain(CompositeSpec):
    """A spec of values that are taken as they are."""

    def __repr__(self) -> str:
        return "a plain spec"


IN_PLACE = [operator.iadd, operator.isub, operator.imul, operator.itruediv]


@pytest.mark.parametrize("change", [*IN_PLACE, operator.ipow])
def test_variables_do_not_change_by_pythons_signs(change: Any) -> None:
    with pytest.raises(RuntimeError, match=r"= value` with `tf.Variable`s is not sup"):
        change(tf.Variable(1.0), 2.0)
    with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
        mirrored = tf.Variable(2.0)
    assert tf.is_tensor(change(mirrored, 2.0))


@pytest.mark.parametrize(
    ("call", "error", "words"), REFUSED.values(), ids=REFUSED.keys()
)
def test_refused(call: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()
