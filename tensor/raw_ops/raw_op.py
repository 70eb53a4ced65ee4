"""RawOp: an op that is called by keyword, and the tables it is found in."""

from __future__ import annotations

import functools
import inspect
from collections import namedtuple
from typing import TYPE_CHECKING, Any

from tensor.core.registry import get_op

if TYPE_CHECKING:
    from collections.abc import Callable

# Arguments that the functions of whole families call otherwise.
_RENAMED = {"input_tensor": "input", "keepdims": "keep_dims"}


class RawOp:
    """A function under the name of its op type, with the op's own argument names."""

    def __init__(self, name: str) -> None:
        self.__name__ = name
        form = _forms().get(name)
        if form is None:
            self._function, self._renamed = _public_form(name)
        else:
            self._function, self._renamed = form, {}
        parameters = inspect.signature(self._function).parameters.values()
        backwards = {theirs: raw for raw, theirs in self._renamed.items()}
        kept = [
            inspect.Parameter(
                backwards.get(p.name, p.name), p.KEYWORD_ONLY, default=p.default
            )
            for p in parameters
            if p.name != "name"
        ]
        label = inspect.Parameter("name", kind=inspect.Parameter.KEYWORD_ONLY)
        kept.append(label.replace(default=None))
        self.__signature__ = inspect.Signature(kept)
        fields = _tables().RESULTS.get(name)
        self._results = fields and namedtuple(name, fields.split())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Apply the op.

        Raises:
            TypeError: An argument is not given by keyword, is missing or unknown.
        """
        if args:
            raise TypeError(
                f"{self.__name__} only takes keyword args (possible keys: "
                f"{list(self.__signature__.parameters)}). Please pass these args as "
                "kwargs instead."
            )
        try:
            self.__signature__.bind(**kwargs)
        except TypeError as error:
            raise TypeError(f"{self.__name__}: {error}") from None
        kwargs.pop("name", None)
        result = self._function(
            **{self._renamed.get(key, key): value for key, value in kwargs.items()}
        )
        return self._results(*result) if self._results else result

    def __repr__(self) -> str:
        return f"<raw op {self.__name__}{self.__signature__}>"


def _public_form(name: str) -> tuple[Callable[..., Any], dict[str, str]]:
    """Return an op's public function, and what it calls arguments by the raw names."""
    function = get_op(name).public
    parameters = inspect.signature(function).parameters
    return function, {_RENAMED[p]: p for p in parameters if p in _RENAMED}


@functools.cache
def _forms() -> dict[str, Callable[..., Any]]:
    from tensor.raw_ops import arrays, networks, numbers, states

    return {**arrays.FORMS, **numbers.FORMS, **networks.FORMS, **states.FORMS}


def _tables() -> Any:
    from tensor.raw_ops import tables

    return tables


@functools.cache
def names() -> frozenset[str]:
    """Return the names of all raw ops that are here."""
    return frozenset(_forms()) | frozenset(_tables().SAME.split())
