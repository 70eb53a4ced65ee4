"""Ragged tensors: rows of different lengths.

ragged_tensor   RaggedTensor itself: flat values and where the rows end
construction    tf.ragged.constant, range, stack, and kin
dispatch        what ops do with ragged arguments
reductions      sums, means and kin along ragged and other axes
rearranging     reverse, tile, squeeze, split, softmax
masks           boolean_mask, where
segments        segments, partitions, bincount, running sums
products        matrix products, images of different sizes
gathering       slices by number, in batches too
broadcasting    operands of elementwise ops brought to the same rows
row_partition   RowPartition: rows without values
ragged_text     what tf.print shows
dynamic_ragged_shape   DynamicRaggedShape: what tf.shape says of a ragged tensor
shaped          what functions that take a shape do with such a one
"""

from tensor.ops.ragged import (
    construction as construction,
    dispatch as dispatch,
    dynamic_ragged_shape as dynamic_ragged_shape,
    gathering as gathering,
    indexing as indexing,
    masks as masks,
    products as products,
    ragged_spec as ragged_spec,
    ragged_tensor as ragged_tensor,
    ragged_text as ragged_text,
    rearranging as rearranging,
    reductions as reductions,
    row_partition as row_partition,
    segments as segments,
    shaped as shaped,
)
