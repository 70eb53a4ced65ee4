"""tf.keras.optimizers: how variables follow their gradients."""

from tensor.keras.optimizers import (
    experimental as experimental,
    legacy as legacy,
    schedules as schedules,
)
from tensor.keras.optimizers.lookup import (
    SGD as SGD,
    Adadelta as Adadelta,
    Adafactor as Adafactor,
    Adagrad as Adagrad,
    Adam as Adam,
    Adamax as Adamax,
    AdamW as AdamW,
    Ftrl as Ftrl,
    Lion as Lion,
    Nadam as Nadam,
    Optimizer as Optimizer,
    RMSprop as RMSprop,
    deserialize as deserialize,
    get as get,
    serialize as serialize,
)
from tensor.keras.optimizers.schedules import (
    LearningRateSchedule as LearningRateSchedule,
)
