"""CallSignature: what a layer's `call` takes."""

from __future__ import annotations

import functools
import inspect
from typing import Any


class CallSignature:
    """What the parameters of a `call` method are."""

    def __init__(self, function: Any) -> None:
        parameters = list(inspect.signature(function).parameters.values())[1:]
        self.names = [
            p.name
            for p in parameters
            if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        ]
        self.required = [
            p.name
            for p in parameters
            if p.name in self.names and p.default is inspect.Parameter.empty
        ]
        by_name = {p.name: p for p in parameters}
        takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters)
        self.first_name = self.names[0] if self.names else "inputs"
        self.expects_training = "training" in by_name or (
            takes_any and getattr(function, "_expects_training", False)
        )
        self.expects_mask = "mask" in by_name
        default = by_name["training"].default if "training" in by_name else None
        self.default_training = None if default is inspect.Parameter.empty else default
        self._training_index = (
            self.names.index("training") if "training" in self.names else None
        )

    def passed(self, name: str, args: Any, kwargs: Any) -> Any:
        """Return the value of an argument in a call, None if it was not passed."""
        if name in kwargs:
            return kwargs[name]
        if name in self.names:
            index = self.names.index(name)
            if index < len(args):
                return args[index]
        return None

    def with_training(self, args: Any, kwargs: Any, training: Any) -> tuple[Any, Any]:
        """Return the arguments with `training` set."""
        index = self._training_index
        if index is not None and index < len(args):
            return (*args[:index], training, *args[index + 1 :]), kwargs
        return args, {**kwargs, "training": training}


@functools.cache
def signature_of(function: Any) -> CallSignature:
    """Return what the parameters of a `call` method are, worked out once."""
    return CallSignature(function)
