"""Control flow in graphs: conditionals, loops, loops over elements, arrays of tensors.

body          a branch or loop body while it is traced
conditional   the node that runs one of several branches, and its gradient
cond          tf.cond, tf.case, tf.switch_case
loop          the node that repeats a body, and its gradient
while_loop    tf.while_loop
"""
