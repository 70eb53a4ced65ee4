"""tf.keras.experimental: older names of schedules, and the linear models."""

from tensor.keras.engine.linear_models import (
    LinearModel as LinearModel,
    WideDeepModel as WideDeepModel,
)
from tensor.keras.optimizers.schedules import (
    CosineDecay as CosineDecay,
    CosineDecayRestarts as CosineDecayRestarts,
)
