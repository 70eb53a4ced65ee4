"""tf.function: tracing, the graph, passes, the compiled executor, AutoGraph.

program     values, nodes, programs: what a traced function is made of
symbolic    what stands for a tensor while tracing
trace       the graph that records ops; captures; variables
state       nodes that read and write variables
decorator   tf.function             function     what it makes      concrete  one trace
trace_key   what tells one trace from another
binding     arguments and parameters           signature    specs that arguments fit
retracing   warnings of too many traces
variable_arguments  a trace on other variables than it was made with
inline      a program applied again, to other inputs
backward    the program of a program's gradient
own_gradient  results with a gradient of the user's
static_values, static_arrays  what is known of values before anything runs
control/    cond, while_loop, loops over elements, TensorArray
passes/     programs made better
executor/   programs made into Python functions
autograph/  Python's control flow made into graph nodes
"""

from tensor.graph import (
    decorator as decorator,
    function as function,
    modes as modes,
    symbolic_gradients as symbolic_gradients,
    trace as trace,
)
from tensor.graph.control import (
    cond as cond,
    map_fn as map_fn,
    tensor_array as tensor_array,
    tensor_array_spec as tensor_array_spec,
    vectorized_map as vectorized_map,
    while_loop as while_loop,
)
