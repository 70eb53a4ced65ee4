"""Ragged tensors: rows of different lengths.

ragged_tensor   RaggedTensor itself: flat values and where the rows end
construction    tf.ragged.constant, range, stack, and kin
dispatch        what ops do with ragged arguments
reductions      sums, means and kin along ragged and other axes
rearranging     reverse, tile, squeeze, split, gather_nd, softmax
"""

from tensor.ops.ragged import (
    construction as construction,
    dispatch as dispatch,
    indexing as indexing,
    ragged_spec as ragged_spec,
    ragged_tensor as ragged_tensor,
    rearranging as rearranging,
    reductions as reductions,
)
