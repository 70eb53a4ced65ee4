"""tf.experimental.ExtensionType: users' own types made of tensors.

immutable_dict   the mappings that fields hold
fields           what annotations allow, and values made to fit them
extension_type   ExtensionType: a class with fields, which is a composite tensor
extension_spec   ExtensionTypeSpec: the same fields, described
batchable        types whose values stack, in data sets and in tf.map_fn
"""

from tensor.ops.extension_types import (
    batchable as batchable,
    extension_spec as extension_spec,
    extension_type as extension_type,
)
