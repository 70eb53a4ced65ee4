"""Sparse tensors: the elements that are not zero, and where they are.

sparse_tensor   SparseTensor and its spec
sparse_ops      tf.sparse
sets            tf.sets: operations on the last axis as sets
"""

from tensor.ops.sparse import (
    reductions as reductions,
    sets as sets,
    sparse_ops as sparse_ops,
    sparse_tensor as sparse_tensor,
)
