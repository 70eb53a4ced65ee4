"""TensorFlow's `tf.compat.v1`: TF1's own names, and TF2's where they mean the same."""

from typing import Any

from tensor.compat.config_proto import ConfigProto as ConfigProto
from tensor.compat.session import (
    InteractiveSession as InteractiveSession,
    Session as Session,
    get_default_graph as get_default_graph,
    global_variables_initializer as global_variables_initializer,
    local_variables_initializer as local_variables_initializer,
    placeholder as placeholder,
    reset_default_graph as reset_default_graph,
)
from tensor.core.dimension import (
    Dimension as Dimension,
    dimension_at_index as dimension_at_index,
    dimension_value as dimension_value,
)


def enable_eager_execution(*args: Any, **kwargs: Any) -> None:
    """Do nothing: ops run eagerly unless a graph is being built."""


def enable_v2_behavior() -> None:
    """Do nothing: this is TF2's behaviour."""


def disable_eager_execution() -> None:
    """Raise: graphs are built inside `with tf.Graph().as_default():`.

    Raises:
        NotImplementedError: Always.
    """
    raise NotImplementedError(
        "ringflow runs eagerly outside of graphs. Build TF1 graphs in `with "
        "tf.Graph().as_default():` and run them with tf.compat.v1.Session."
    )


disable_v2_behavior = disable_eager_execution


def __getattr__(name: str) -> Any:
    import tensor

    try:
        return getattr(tensor, name)
    except AttributeError:
        raise AttributeError(f"tf.compat.v1.{name} is not part of ringflow.") from None
