"""Signatures: functions that a saved model offers, with names for what goes in and out.

A signature takes tensors by name and returns a dictionary of tensors.
"""

from __future__ import annotations

from typing import Any

from tensor.core.tensor import Tensor
from tensor.core.tensor_spec import TensorSpec
from tensor.graph.concrete import ConcreteFunction
from tensor.graph.function import Function
from tensor.saved_model.function_data import traces_of


class Signature:
    """A signature that was loaded: a concrete function with arguments by name.

    Attributes:
        concrete: The concrete function.
    """

    def __init__(self, concrete: ConcreteFunction) -> None:
        self.concrete = concrete

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call with tensors by name; a single one may come without.

        Raises:
            TypeError: Arguments are missing, or there are others.
        """
        names = list(self.concrete.structured_input_signature[1])
        if len(args) == len(names) == 1 and not kwargs:
            kwargs, args = {names[0]: args[0]}, ()
        if args or set(kwargs) != set(names):
            raise TypeError(
                f"{self.concrete.graph.name} expects the arguments {names} by name, "
                f"got {len(args)} positional ones and {sorted(kwargs)}."
            )
        return self.concrete(**kwargs)

    @property
    def structured_outputs(self) -> dict[str, Any]:
        """The specs of the results, by name."""
        return {
            name: TensorSpec(t.shape, t.dtype, name)
            for name, t in self.concrete.structured_outputs.items()
        }

    def __getattr__(self, name: str) -> Any:
        if name == "concrete":  # while it is copied
            raise AttributeError(name)
        return getattr(self.concrete, name)

    def __repr__(self) -> str:
        arguments = ", ".join(
            f"{name}: {spec!r}"
            for name, spec in self.concrete.structured_input_signature[1].items()
        )
        results = ", ".join(
            f"[{name!r}, {spec!r}]" for name, spec in self.structured_outputs.items()
        )
        return (
            f"<ConcreteFunction (*, {arguments}) -> Dict[{results}] at {id(self):#x}>"
        )


class SignatureMap(dict[str, Signature]):
    """The functions that a saved model offers, by name."""

    def __repr__(self) -> str:
        return f"_SignatureMap({super().__repr__()})"


def signature_function(key: str, function: Any) -> ConcreteFunction:
    """Return the function to save for a signature: names in, names out.

    Args:
        key: The name of the signature.
        function: A function with one trace, or a signature that was loaded.

    Raises:
        ValueError: It is something else, has no trace or several, or does not return
            tensors.
    """
    if isinstance(function, Signature):
        return function.concrete
    if not isinstance(function, Function | ConcreteFunction):
        raise ValueError(
            f"Expected a TensorFlow function for which to generate a signature, but "
            f"got {function!r}. Only `tf.functions` with an input signature or "
            "concrete functions can be used as a signature."
        )
    traces = traces_of(function)
    if len(traces) != 1:
        raise ValueError(
            f"A signature needs a function with one trace, but {function!r} has "
            f"{len(traces)}. Give it an `input_signature`, or pass "
            "`function.get_concrete_function(...)`."
        )
    concrete = traces[0]
    inputs = {t.op.name: t for t in concrete.graph.placeholders}
    specs = {name: TensorSpec(t.shape, t.dtype, name) for name, t in inputs.items()}

    def serve(**tensors: Any) -> dict[str, Any]:
        results = concrete.call_flat([tensors[name] for name in inputs])
        return _named(results, key, concrete)

    wrapper = Function(serve, name=f"signature_{concrete.graph.name}", autograph=False)
    return wrapper.get_concrete_function(**specs)


def _named(outputs: Any, key: str, concrete: ConcreteFunction) -> dict[str, Any]:
    """Return the results of a signature by name: their keys, or output_0, output_1.

    Raises:
        ValueError: They are not tensors, or nested.
    """
    if outputs is None:
        return {}
    if isinstance(outputs, Tensor):
        return {"output_0": outputs}
    if isinstance(outputs, list | tuple):
        outputs = {f"output_{i}": value for i, value in enumerate(outputs)}
    found = outputs if isinstance(outputs, dict) else {"output_0": outputs}
    for name, value in found.items():
        if not isinstance(name, str) or not isinstance(value, Tensor):
            raise ValueError(
                f"Got non-flat outputs or a non-Tensor value {value!r} for key "
                f"{name!r} in the output of the function {concrete.graph.name!r}, used "
                f"to generate the SavedModel signature {key!r}. A signature must "
                "return a tensor, a flat sequence of tensors or a dictionary of "
                "tensors."
            )
    return found
