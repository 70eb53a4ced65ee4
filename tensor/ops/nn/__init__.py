"""Operations of neural networks, by family; importing this package registers them."""

from tensor.ops.nn import (
    activations as activations,
    bias as bias,
    candidates as candidates,
    conv as conv,
    conv_public as conv_public,
    conv_transposed as conv_transposed,
    cross_entropy as cross_entropy,
    ctc as ctc,
    depthwise as depthwise,
    dropout as dropout,
    embedding as embedding,
    fractional_pool as fractional_pool,
    isotonic as isotonic,
    labels as labels,
    morphology as morphology,
    normalization as normalization,
    pool as pool,
    pool_public as pool_public,
    replicas as replicas,
    softmax as softmax,
)
