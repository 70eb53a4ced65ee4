"""Placeholders, and functions from placeholders to what is computed from them."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.core import nest
from tensor.keras.engine.input_layer import Input


def placeholder(
    shape: Any = None,
    ndim: int | None = None,
    dtype: Any = None,
    sparse: bool = False,
    name: str | None = None,
    ragged: bool = False,
) -> Any:
    """Return an input of models: a tensor without a value.

    Args:
        shape: Its shape, the batch's size included; None where it is not known.
        ndim: Its rank, if the shape is not given.
        dtype: Its dtype, the float type by default.
        sparse: Whether it is a SparseTensor.
        name: A name.
        ragged: Whether it is a RaggedTensor.

    Raises:
        ValueError: It is to be sparse and ragged, or neither shape nor rank is given.
    """
    if sparse and ragged:
        raise ValueError(
            "Cannot set both sparse and ragged to True when creating a placeholder."
        )
    if shape is None:
        if ndim is None:
            raise ValueError("A placeholder needs a `shape`, or its rank `ndim`.")
        shape = (None,) * ndim
    batch, *rest = tf.TensorShape(shape).as_list()
    return Input(
        rest, batch_size=batch, dtype=dtype, sparse=sparse, name=name, ragged=ragged
    )


def function(
    inputs: Any, outputs: Any, updates: Any = None, name: str | None = None
) -> Any:
    """Return a function of arrays that gives the outputs for the inputs, as arrays.

    Raises:
        ValueError: There are `updates`: what changes variables belongs in a layer.
    """
    if updates:
        raise ValueError(
            "`updates` argument is not supported during eager execution. You passed: "
            f"{updates}. Let a layer change its variables in `call`."
        )
    from tensor.keras.engine.model import Model

    model = Model(inputs=inputs, outputs=outputs)
    wants_list = isinstance(outputs, list)

    def run(values: Any) -> Any:
        results = nest.map_structure(lambda x: x.numpy(), model(values))
        if wants_list and not isinstance(results, list):
            return [results]
        return results

    return run
