"""in_scope: methods of a model that run in the scope of its strategy."""

from __future__ import annotations

import functools
from typing import Any


def in_scope(method: Any) -> Any:
    """Let a method of a model run in the scope of the strategy that made the model."""

    @functools.wraps(method)
    def scoped(self: Any, *args: Any, **kwargs: Any) -> Any:
        with self._replication.scope():
            return method(self, *args, **kwargs)

    return scoped
