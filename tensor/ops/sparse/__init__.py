"""Sparse tensors: the elements that are not zero, and where they are.

sparse_tensor   SparseTensor and its spec
sparse_ops      tf.sparse
places          what these compute of indices and shapes
rows            empty rows, indicators, masks, another shape
reductions      sums, maxima, softmax, segments
counting        how often numbers occur in rows; combinations of features
sets            tf.sets: operations on the last axis as sets
dispatch        what ops do with sparse arguments
"""

from tensor.ops.sparse import (
    dispatch as dispatch,
    reductions as reductions,
    rows as rows,
    sets as sets,
    sparse_ops as sparse_ops,
    sparse_tensor as sparse_tensor,
)
