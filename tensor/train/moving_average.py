"""tf.train.ExponentialMovingAverage: shadows of variables that follow them slowly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core.convert import convert
from tensor.core.module import Module
from tensor.core.public_api import export
from tensor.core.variable import Variable
from tensor.graph.modes import init_scope
from tensor.ops.array import cast
from tensor.ops.math import minimum

if TYPE_CHECKING:
    from tensor.core.dtypes import DType


@export("train.ExponentialMovingAverage")
class ExponentialMovingAverage(Module):
    """Keeps `average = decay * average + (1 - decay) * variable` for each variable."""

    def __init__(
        self,
        decay: float,
        num_updates: Any = None,
        zero_debias: bool = False,
        name: str = "ExponentialMovingAverage",
    ) -> None:
        """Choose how slowly the averages follow.

        Args:
            decay: The share of the old average; close to 1.
            num_updates: A step counter; while it is low the averages follow faster,
                with a decay of at most (1 + num_updates) / (10 + num_updates).
            zero_debias: Accepted for compatibility: averages of variables start from
                their values, not from zero.
            name: The end of the averages' names.
        """
        super().__init__(name="exponential_moving_average")
        self._decay = decay
        self._num_updates = num_updates
        self._suffix = name
        self._averages: dict[str, Variable] = {}

    @property
    def name(self) -> str:
        """The end of the averages' names."""
        return self._suffix

    def apply(self, var_list: Any = None) -> None:
        """Bring the averages of these variables up to date; make new ones first.

        Raises:
            ValueError: No variables were given.
            TypeError: Something is no variable of floating point numbers.
        """
        if var_list is None:
            raise ValueError("Pass the variables to average, such as model.variables.")
        for variable in var_list:
            _check(variable)
            average = self.average(variable)
            if average is None:
                with init_scope():
                    average = Variable(
                        variable.value(),
                        trainable=False,
                        name=self.average_name(variable),
                    )
                self._averages[str(id(variable))] = average
            # A new one, too, which this leaves as it is: other replicas will do it.
            rest = 1.0 - self._decay_now(variable.dtype)
            average.assign_sub((average - variable) * rest)

    def _decay_now(self, dtype: DType) -> Any:
        """Return the decay of this step."""
        if self._num_updates is None:
            return self._decay
        steps = cast(convert(self._num_updates), dtype=dtype)
        return minimum(convert(self._decay, dtype), (1.0 + steps) / (10.0 + steps))

    def average(self, var: Any) -> Any:
        """Return the average of a variable, None if it has none."""
        return self._averages.get(str(id(var)))

    def average_name(self, var: Any) -> str:
        """Return the name of a variable's average."""
        return f"{var.name.rpartition(':')[0]}/{self._suffix}"


def _check(variable: Any) -> None:
    """Check that the average of something can be taken.

    Raises:
        TypeError: It is no variable, or not one of floating point numbers.
    """
    if not isinstance(variable, Variable):
        raise TypeError(
            "tf.train.ExponentialMovingAverage does not support non-Variable tensors "
            f"when eager execution is enabled. Got {variable!r}."
        )
    if not variable.dtype.is_floating:
        raise TypeError(
            f"The variables must be half, float, or double: {variable.name} is "
            f"{variable.dtype.name}."
        )
