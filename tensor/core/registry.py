"""Op: one stateless class declares everything about one operation.

From the declaration follow the eager call, the tape's record, the node in a graph, the
place in a fused kernel, the public `tf.*` function and the generated tests::

    class Multiply(BinaryElementwise):
        \"\"\"Product, element by element, broadcasting as NumPy does.\"\"\"

        type_name = "Mul"
        names = ("multiply", "math.multiply")
        ufunc = np.multiply

        def gradient(self, call, dz):
            x, y = call.inputs
            wants_x, wants_y = call.wants
            return (
                sum_to(dz * y, x) if wants_x else None,
                sum_to(dz * x, y) if wants_y else None,
            )

    multiply = register(Multiply)

`multiply(x, y)`, the registered instance, is polymorphic: plain arrays give plain
arrays, eager tensors give eager tensors (recorded by the active tapes), symbolic
tensors give nodes. Gradients are written with such ops and operators, so the same lines
serve the first-order backward pass on bare arrays, higher orders, and tracing. What
users call, `tf.multiply`, is made from `Op.public`, which first converts its arguments.

Arrays are positional, parameters keyword-only. In a graph a parameter may be a symbolic
tensor; its kernel then receives the NumPy value, and `infer` must cope with it.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors
from tensor.core.call import PLAIN_TYPES, record
from tensor.core.composites import CompositeArgument, hand_over
from tensor.core.context import context
from tensor.core.public_api import export
from tensor.core.tensor import Array, EagerTensor, Tensor, wrap
from tensor.core.tensor_spec import TensorSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def no_gradient(op: Op, call: Any, *dz: Any) -> Any:
    """Stand for the gradient of an op that declares none.

    Raises:
        LookupError: Always; a gradient was asked for.
    """
    raise LookupError(
        f"No gradient defined for operation {op.type_name!r}. Use tf.stop_gradient on "
        "its result, or tf.custom_gradient around it."
    )


def NON_DIFFERENTIABLE(op: Op, call: Any, *dz: Any) -> Any:  # noqa: N802  # a constant
    """Stand for the gradient of an op that has none: tapes do not record it."""
    raise LookupError(f"{op.type_name} is not differentiable.")


class Sample:
    """One set of arguments for an op's generated tests."""

    __slots__ = ("attrs", "inputs")

    def __init__(self, *inputs: Array, **attrs: Any) -> None:
        self.inputs = inputs
        self.attrs = attrs


class Op:
    """One operation. Subclasses declare; see the module's docstring for an example.

    Attributes:
        type_name: TensorFlow's name of the op type, for messages and node names;
            the class's name unless given.
        names: The public names, such as `("math.sin", "sin")`.
        kernel: `kernel(*arrays, **attrs)` computes on NumPy arrays and returns an
            array, or a tuple of arrays when the op has several outputs.
        infer: `infer(*specs, **attrs)` gives the `TensorSpec` (or tuple of them)
            of the result; dimensions may be unknown.
        gradient: `gradient(call, dz)` gives one gradient per input, or
            `NON_DIFFERENTIABLE`. With several outputs it receives one `dz` each.
        samples: `samples(rng)` yields `Sample`s for the generated tests.
        kind: What the graph's passes may do with it: "elementwise" (fuse), "view",
            "reduction", "contraction", "random", "stateful", "collective" or "other".
            All ranks make the same collectives in the same order. One may have
            `start(*arrays, **attrs)`, which returns a receipt at once, and
            `finish(receipt, specs)`, which waits for the kernel's results: graphs
            compute in between. With `input_memory(**attrs)`, arrays or None, they
            compute its inputs right there, where nobody else reads them.
        lends: The results of `finish` lie in memory that the op uses again when it
            starts the next time; graphs copy what lives longer.
        accepts_out: The kernel takes `out=`, an array to write the result to.
        works_in_place: `out` may be one of the inputs: the kernel reads each element
            no later than it writes it.
        keeps_inputs: Whether the gradient reads the values of the inputs: True,
            False, or the indices of those it reads. The tape lets go of the
            others; of them `call.inputs` has shape and dtype only.
        keeps_output: Whether the gradient reads `call.output`.
        shape_depends_on_values: `infer` cannot tell the shape, even of known inputs.
        takes_slices: The gradient accepts `dz` as IndexedSlices (identity, cast …);
            for other ops it is made dense first.
    """

    type_name: str
    names: tuple[str, ...] = ()
    kind = "other"
    accepts_out = False
    works_in_place = False
    keeps_inputs: bool | tuple[int, ...] = True
    keeps_output = False
    takes_slices = False
    lends = False
    input_memory: Callable[..., Any] | None = None
    shape_depends_on_values = False

    kernel: Callable[..., Any]
    infer: Callable[..., Any]
    gradient: Callable[..., Any] = no_gradient
    samples: Callable[[np.random.Generator], Iterator[Sample]]
    public: Callable[..., Any]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "type_name" not in cls.__dict__:
            cls.type_name = cls.__name__

    def __init__(self) -> None:
        self.is_differentiable = type(self).gradient is not NON_DIFFERENTIABLE

    def __call__(self, *inputs: Any, name: str | None = None, **attrs: Any) -> Any:
        """Apply the op; what comes out follows what goes in."""
        arrays = []
        is_plain = True
        for x in inputs:
            kind = type(x)
            if kind is EagerTensor:
                is_plain = False
                arrays.append(x._array)
            elif kind in PLAIN_TYPES:
                arrays.append(x)
            else:
                return self.dispatch(inputs, attrs, name)
        if is_plain:
            return self.kernel(*arrays, **attrs)
        if context.graph is not None:
            return context.graph.call_op(self, inputs, attrs, name)
        try:
            result = context.run(self.kernel, *arrays, **attrs)
        except Exception as error:
            result = self.recover(error, arrays, attrs)
        outputs = (
            tuple([wrap(a) for a in result]) if type(result) is tuple else wrap(result)
        )
        if context.tapes and self.is_differentiable:
            record(self, inputs, arrays, outputs, attrs)
        return outputs

    def public_form(self) -> Callable[..., Any]:
        """Return a new function that does what `public` does."""
        public = self.public

        @functools.wraps(public)
        def function(*args: Any, **kwargs: Any) -> Any:
            try:
                return public(*args, **kwargs)
            except CompositeArgument as error:
                return hand_over(error, function, args, kwargs)

        return function

    def produce(self, *inputs: Any, name: str | None = None, **attrs: Any) -> Any:
        """Apply the op so that a tensor comes out even if none goes in.

        For ops that make values from nothing, such as random numbers and constants: in
        a graph they become nodes, which make new values each time the graph runs.
        """
        if context.graph is not None:
            return context.graph.call_op(self, inputs, attrs, name)
        if any(isinstance(x, Tensor) or hasattr(x, "read_for_op") for x in inputs):
            return self(*inputs, name=name, **attrs)
        try:
            result = context.run(self.kernel, *inputs, **attrs)
        except Exception as error:
            result = self.recover(error, list(inputs), attrs)
        if type(result) is tuple:
            return tuple([wrap(a) for a in result])
        return wrap(result)

    def dispatch(self, inputs: tuple[Any, ...], attrs: Any, name: str | None) -> Any:
        """Apply the op where some input is neither an eager tensor nor plain.

        A variable is read; any other kind of tensor takes the call over.
        """
        graph = context.graph
        values = list(inputs)
        for i, x in enumerate(inputs):
            if isinstance(x, Tensor):
                if type(x) is not EagerTensor and graph is None:
                    return x.call_op(self, inputs, attrs, name)
            elif hasattr(x, "read_for_op"):
                values[i] = x.read_for_op()
            elif isinstance(x, np.generic | np.ndarray):
                values[i] = np.asarray(x)
            elif not isinstance(x, bool | int | float | complex | bytes):
                raise TypeError(
                    f"{self.type_name}: input {i} is {x!r} of type {type(x).__name__}. "
                    "Expected a tensor, a variable or a NumPy array."
                )
        if graph is not None:
            return graph.call_op(self, tuple(values), attrs, name)
        return self(*values, name=name, **attrs)

    def recover(self, error: Exception, arrays: list[Array], attrs: Any) -> Any:
        """Turn what a kernel raised into an error that names the op and its inputs.

        Raises:
            InvalidArgumentError: The kernel rejected a value or shape.
            ResourceExhaustedError: There was not enough memory.
        """
        if isinstance(error, RuntimeError) and "cannot enter context" in str(error):
            # A signal handler runs ops in the middle of a kernel.
            with np.errstate(all="ignore"):
                return self.kernel(*arrays, **attrs)
        if isinstance(error, errors.OpError) or self.kind in ("stateful", "collective"):
            raise error  # what talks to the outside has words of its own
        inputs = ", ".join(
            f"{np.asarray(a).dtype.name}{list(np.shape(a))}" for a in arrays
        )
        text = f"{self.type_name}: {error} Inputs: {inputs}. [Op:{self.type_name}]"
        if isinstance(error, MemoryError):
            raise errors.because(errors.ResourceExhaustedError, text) from error
        if isinstance(error, ValueError | TypeError | IndexError | OverflowError):
            raise errors.because(errors.InvalidArgumentError, text) from error
        raise error

    def __repr__(self) -> str:
        return f"<op {self.type_name}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return get_op, (self.type_name,)


_OPS: dict[str, Op] = {}


def register(op_class: type[Op]) -> Any:
    """Make the op's one instance, keep it by its type name, publish its names.

    Raises:
        ValueError: The type name is taken, or the class has no docstring.
    """
    op = op_class()
    if op.type_name in _OPS:
        raise ValueError(f"An op named {op.type_name!r} is registered already.")
    if not op_class.__doc__:
        raise ValueError(f"Op {op.type_name!r} needs a docstring: what does it mean?")
    _OPS[op.type_name] = op
    if op.names:
        export(*op.names)(public_function(op))
    return op


def public_function(op: Op) -> Callable[..., Any]:
    """Make the function users call from the op's public form."""
    function = op.public_form()
    function.__name__ = function.__qualname__ = op.names[0].rpartition(".")[2]
    function.__doc__ = type(op).__doc__
    function.op = op  # type: ignore[attr-defined]  # for tools: docs, tests
    return function


def get_op(type_name: str) -> Op:
    """Return the registered op of this type name.

    Raises:
        KeyError: There is none.
    """
    return _OPS[type_name]


def all_ops() -> list[Op]:
    """Return every registered op, by type name."""
    return [_OPS[name] for name in sorted(_OPS)]


def spec_of(value: Any) -> TensorSpec:
    """Return static shape and dtype of a tensor, array or Python number."""
    if isinstance(value, Tensor):
        return TensorSpec.of(value.static_shape, value.dtype)
    from tensor.core.dtypes import as_dtype, from_numpy

    if isinstance(value, np.ndarray | np.generic):
        return TensorSpec.of(value.shape, from_numpy(value.dtype))
    return TensorSpec.of((), as_dtype(type(value)))
