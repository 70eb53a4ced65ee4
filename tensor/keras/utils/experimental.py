"""tf.keras.utils.experimental: data that is made where the steps run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tensor as tf

if TYPE_CHECKING:
    from collections.abc import Callable


class DatasetCreator:
    """A function that makes a dataset, for `fit` under parameter servers.

    Every worker gets a dataset of its own. It should be shuffled differently by each
    and repeat without end; `steps_per_epoch` says how long an epoch is.
    """

    def __init__(
        self, dataset_fn: Callable[[Any], Any], input_options: Any = None
    ) -> None:
        """Take the function, which is given a `tf.distribute.InputContext`.

        Raises:
            TypeError: An argument is not what it should be.
        """
        if not callable(dataset_fn):
            raise TypeError(
                "`dataset_fn` for `DatasetCreator` must be a `callable`. Received: "
                f"{dataset_fn}"
            )
        if input_options and not isinstance(input_options, tf.distribute.InputOptions):
            raise TypeError(
                "`input_options` for `DatasetCreator` must be a "
                f"`tf.distribute.InputOptions`. Received: {input_options}"
            )
        self.dataset_fn = dataset_fn
        self.input_options = input_options

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return a new dataset.

        Raises:
            TypeError: The function returned something else.
        """
        dataset = self.dataset_fn(*args, **kwargs)
        if not isinstance(dataset, tf.data.Dataset):
            raise TypeError(
                "The `callable` provided to `DatasetCreator` must return a Dataset. "
                f'It returns "{dataset}"'
            )
        return dataset
