"""Python objects as bytes: the only place of this package that pickles.

Unpickling runs whatever code the bytes ask for, so they may only come from a holder of
the job's key: over the encrypted line to the rendezvous, or from a parent's pipe. Array
data never passes here.
"""

from __future__ import annotations

from typing import Any

import cloudpickle


def pack(obj: Any) -> bytes:
    """An object as bytes; functions and classes of scripts travel by value."""
    return bytes(cloudpickle.dumps(obj))


def pack_with_module(obj: Any, module: Any) -> bytes:
    """Like `pack`, for a function whose module the receiver cannot import."""
    cloudpickle.register_pickle_by_value(module)
    try:
        return pack(obj)
    finally:
        cloudpickle.unregister_pickle_by_value(module)


def unpack(data: bytes) -> Any:
    """The object again."""
    return cloudpickle.loads(data)
