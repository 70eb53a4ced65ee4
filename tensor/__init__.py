"""ringflow: TensorFlow 2's programming model on NumPy. `import tensor as tf`.

What stands where, from the ground up::

    core/    tensors, variables, tapes, the op registry
    ops/     the operations, by family
    graph/   tf.function
    data/  io/  train/  saved_model/  summary/
    keras/   layers, models, training

The modules right here (`math.py`, `nn.py` …) are TensorFlow's public namespaces; they
publish what `core` and `ops` define. The larger rooms load when they are first used, so
that `import tensor` stays quick.
"""

from __future__ import annotations

import importlib
from typing import Any

from tensor import graph as _graph, ops as _ops
from tensor.core import dtypes as _dtypes, legacy_gradients as _legacy_gradients
from tensor.core.module import Module as Module
from tensor.core.public_api import names_in as _names_in, publish as _publish
from tensor.core.shapes import TensorShape as TensorShape
from tensor.core.tape import GradientTape as GradientTape
from tensor.core.tensor import Tensor as Tensor
from tensor.core.tensor_spec import TensorSpec as TensorSpec, TypeSpec as TypeSpec
from tensor.core.variable import Variable as Variable
from tensor.graph.operation import Operation as Operation

# The version of TensorFlow whose interface this is: scripts ask for it.
__version__ = "2.21.0"

newaxis = None
DType = _dtypes.DType
for _dtype in _dtypes.ALL:
    globals()[_dtype.name] = _dtype
half, double = _dtypes.float16, _dtypes.float64
as_dtype = _dtypes.as_dtype

# Public modules that load on first use, and where each one lives.
_LAZY = {
    "autodiff": "tensor.autodiff",
    "autograph": "tensor.autograph",
    "bitwise": "tensor.bitwise",
    "compat": "tensor.compat",
    "config": "tensor.config",
    "data": "tensor.data",
    "debugging": "tensor.debugging",
    "distribute": "tensor.distribute",
    "dtypes": "tensor.dtypes",
    "errors": "tensor.errors",
    "experimental": "tensor.experimental",
    "feature_column": "tensor.feature_column",
    "graph_util": "tensor.graph_util",
    "image": "tensor.image",
    "initializers": "tensor.keras.initializers",
    "io": "tensor.io",
    "keras": "tensor.keras",
    "linalg": "tensor.linalg",
    "lookup": "tensor.lookup",
    "losses": "tensor.keras.losses",
    "math": "tensor.math",
    "metrics": "tensor.keras.metrics",
    "nest": "tensor.nest",
    "nn": "tensor.nn",
    "optimizers": "tensor.keras.optimizers",
    "profiler": "tensor.profiler",
    "quantization": "tensor.quantization",
    "queue": "tensor.queue",
    "ragged": "tensor.ragged",
    "random": "tensor.random",
    "raw_ops": "tensor.raw_ops",
    "saved_model": "tensor.saved_model",
    "sets": "tensor.sets",
    "signal": "tensor.signal",
    "sparse": "tensor.sparse",
    "strings": "tensor.strings",
    "summary": "tensor.summary",
    "sysconfig": "tensor.sysconfig",
    "test": "tensor.test",
    "train": "tensor.train",
    "types": "tensor.types",
    "version": "tensor.version",
}

# Names that live in a room which loads on first use.
_LAZY_NAMES = {
    "constant_initializer": "Constant",
    "glorot_uniform_initializer": "GlorotUniform",
    "glorot_normal_initializer": "GlorotNormal",
    "ones_initializer": "Ones",
    "random_normal_initializer": "_RandomNormalAnew",
    "random_uniform_initializer": "_RandomUniformAnew",
    "zeros_initializer": "Zeros",
}

# Names of families that load on first use, and where each one lives.
_LATE = {
    "RaggedTensor": "tensor.ops.ragged",
    "RaggedTensorSpec": "tensor.ops.ragged",
    "SparseTensor": "tensor.ops.sparse",
    "SparseTensorSpec": "tensor.ops.sparse",
    "as_string": "tensor.ops.strings",
    "edit_distance": "tensor.ops.distances",
    "fingerprint": "tensor.ops.distances",
    "make_ndarray": "tensor.io.make_proto",
    "make_tensor_proto": "tensor.io.make_proto",
    "is_symbolic_tensor": "tensor.ops.distances",
    "timestamp": "tensor.ops.distances",
    "unravel_index": "tensor.ops.distances",
}

_publish(globals(), "")
_missing = globals()["__getattr__"]


def __getattr__(name: str) -> Any:
    if name in _LAZY_NAMES:
        initializers = importlib.import_module("tensor.keras.initializers")
        found = globals()[name] = getattr(initializers, _LAZY_NAMES[name])
        return found
    if name in _LATE:
        importlib.import_module(_LATE[name])
        found = globals()[name] = _missing(name)
        return found
    module = _LAZY.get(name)
    if module is None:
        return _missing(name)
    try:
        loaded = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not module.startswith(error.name):
            raise
        return _missing(name)
    globals()[name] = loaded
    return loaded


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY, *_LAZY_NAMES, *_LATE, *_names_in("")})
