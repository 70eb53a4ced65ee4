"""Operations of neural networks, by family; importing this package registers them."""

from tensor.ops.nn import (
    activations as activations,
    bias as bias,
    cross_entropy as cross_entropy,
    dropout as dropout,
    softmax as softmax,
)
