"""Control flow in graphs: conditionals, loops, loops over elements, arrays of tensors.

body          a branch or loop body while it is traced
conditional   the node that runs one of several branches, and its gradient
cond          tf.cond, tf.case, tf.switch_case
loop          the node that repeats a body, and its gradient
while_loop    tf.while_loop
list_ops      lists as values of a graph; list_tensors, list_slices: and tensors
tensor_array  tf.TensorArray: such a list, or eager_elements outside graphs
collecting    results of slices put together
map_fn        tf.map_fn, tf.scan and folds; vectorized_map
"""
