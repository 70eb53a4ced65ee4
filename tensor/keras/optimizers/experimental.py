"""tf.keras.optimizers.experimental: another name of the same optimizers."""

from tensor.keras.optimizers.lookup import (
    SGD as SGD,
    Adadelta as Adadelta,
    Adafactor as Adafactor,
    Adagrad as Adagrad,
    Adam as Adam,
    Adamax as Adamax,
    AdamW as AdamW,
    Ftrl as Ftrl,
    Nadam as Nadam,
    Optimizer as Optimizer,
    RMSprop as RMSprop,
)
