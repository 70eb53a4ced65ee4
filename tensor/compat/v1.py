"""TensorFlow's `tf.compat.v1`: TF1's own names, and TF2's where they mean the same."""

from typing import Any

from tensor.compat import data as data, ragged as ragged, train as train
from tensor.compat.composite_values import SparseTensorValue as SparseTensorValue
from tensor.compat.config_proto import ConfigProto as ConfigProto
from tensor.compat.control_flow import while_loop as while_loop
from tensor.compat.graphs import (
    add_to_collection as add_to_collection,
    add_to_collections as add_to_collections,
    executing_eagerly_outside_functions as executing_eagerly_outside_functions,
    get_collection as get_collection,
    get_collection_ref as get_collection_ref,
)
from tensor.compat.older import older
from tensor.compat.placeholders import (
    placeholder as placeholder,
    placeholder_with_default as placeholder_with_default,
    sparse_placeholder as sparse_placeholder,
)
from tensor.compat.session import (
    InteractiveSession as InteractiveSession,
    Session as Session,
    get_default_graph as get_default_graph,
    get_default_session as get_default_session,
    global_variables_initializer as global_variables_initializer,
    local_variables_initializer as local_variables_initializer,
    reset_default_graph as reset_default_graph,
    tables_initializer as tables_initializer,
    variables_initializer as variables_initializer,
)
from tensor.compat.updates import (
    assign as assign,
    assign_add as assign_add,
    assign_sub as assign_sub,
    batch_scatter_update as batch_scatter_update,
    count_up_to as count_up_to,
    is_variable_initialized as is_variable_initialized,
    scatter_add as scatter_add,
    scatter_div as scatter_div,
    scatter_max as scatter_max,
    scatter_min as scatter_min,
    scatter_mul as scatter_mul,
    scatter_nd_add as scatter_nd_add,
    scatter_nd_sub as scatter_nd_sub,
    scatter_nd_update as scatter_nd_update,
    scatter_sub as scatter_sub,
    scatter_update as scatter_update,
)
from tensor.compat.variable_scope import (
    AUTO_REUSE as AUTO_REUSE,
    VariableScope as VariableScope,
    get_variable as get_variable,
    get_variable_scope as get_variable_scope,
    global_variables as global_variables,
    trainable_variables as trainable_variables,
    variable_scope as variable_scope,
)
from tensor.compat.wrap_function import wrap_function as wrap_function
from tensor.core.dimension import (
    Dimension as Dimension,
    dimension_at_index as dimension_at_index,
    dimension_value as dimension_value,
)
from tensor.graph.graph_collections import GraphKeys as GraphKeys
from tensor.summary.events import (
    Event as Event,
    Summary as Summary,
    SummaryMetadata as SummaryMetadata,
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


def where(condition: Any, x: Any = None, y: Any = None, name: Any = None) -> Any:
    """Return elements of `x` where `condition` holds and of `y` elsewhere.

    Unlike TF2's, a vector as condition chooses rows, and nothing else is broadcast.

    Args:
        condition: Booleans of the shape of `x`, or one for each of its rows.
        x: What to take; with `y` left out too, the coordinates of what holds are given.
        y: What to take where the condition does not hold.
        name: A name for the node, in a graph.
    """
    import tensor

    condition = tensor.convert_to_tensor(condition)
    if x is not None and y is not None and condition.ndim == 1:
        rank = tensor.convert_to_tensor(x).ndim or 1
        condition = tensor.reshape(condition, (-1,) + (1,) * (rank - 1))
    return tensor.where(condition, x, y, name=name)


def __getattr__(name: str) -> Any:
    return older(name)
