"""What a variable is to Python: a number, a sequence, a NumPy array."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core.shapes import Dims, to_text

if TYPE_CHECKING:
    from collections.abc import Iterator


class VariableProtocols:
    """The conversions of a variable; arithmetic is attached by `ops.operators`."""

    _array: Any
    _dims: Dims | None

    def value(self) -> Any:
        """Return the current value as a tensor."""
        raise NotImplementedError

    def numpy(self) -> Any:
        """Return the value as NumPy."""
        raise NotImplementedError

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        # A later assignment may write in place: NumPy gets an array of its own.
        return np.array(self._array, dtype=dtype)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.value())

    def __len__(self) -> int:
        if not self._dims:
            raise TypeError("Scalar variable has no `len()`")
        if self._dims[0] is None:
            raise TypeError(f"len is not well defined for shape {to_text(self._dims)}.")
        return self._dims[0]

    def __bool__(self) -> bool:
        return bool(self.value())

    def __int__(self) -> int:
        return int(self.value().numpy())

    def __float__(self) -> float:
        return float(self.value().numpy())

    def __complex__(self) -> complex:
        return complex(self.value().numpy())

    def __index__(self) -> int:
        return self.value().__index__()  # type: ignore[no-any-return]

    def __format__(self, spec: str) -> str:
        return format(self.numpy(), spec)

    def __hash__(self) -> int:
        raise TypeError(
            "Variable is unhashable. Instead, use variable.ref() as the key."
        )
