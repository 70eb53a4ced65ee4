"""tf.train.ExponentialMovingAverage: shadows of variables that follow them slowly."""

from __future__ import annotations

from typing import Any

from tensor.core.module import Module
from tensor.core.public_api import export
from tensor.core.variable import Variable


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
            zero_debias: Accepted only as False: averages start from the values.
            name: The end of the averages' names.

        Raises:
            ValueError: `zero_debias` is set.
        """
        if zero_debias:
            raise ValueError(
                "zero_debias has no meaning for variables: their averages start from "
                "their values, not from zero."
            )
        super().__init__(name="exponential_moving_average")
        self._decay = decay
        self._num_updates = num_updates
        self._suffix = name
        self._averages: dict[str, Variable] = {}

    def apply(self, var_list: Any = None) -> None:
        """Bring the averages of these variables up to date; make new ones first.

        Raises:
            ValueError: No variables were given.
        """
        if var_list is None:
            raise ValueError("Pass the variables to average, such as model.variables.")
        decay = self._decay
        if self._num_updates is not None:
            steps = float(self._num_updates)
            decay = min(decay, (1.0 + steps) / (10.0 + steps))
        for variable in var_list:
            average = self.average(variable)
            if average is None:
                name = self.average_name(variable)
                self._averages[str(id(variable))] = Variable(
                    variable.numpy(), trainable=False, name=name, dtype=variable.dtype
                )
            else:
                average.assign_sub((average - variable) * (1.0 - decay))

    def average(self, var: Any) -> Any:
        """Return the average of a variable, None if it has none."""
        return self._averages.get(str(id(var)))

    def average_name(self, var: Any) -> str:
        """Return the name of a variable's average."""
        return f"{var.name.rpartition(':')[0]}/{self._suffix}"
