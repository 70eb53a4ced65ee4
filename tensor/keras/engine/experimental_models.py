"""tf.keras.models.experimental: models that train in their own way."""

from tensor.keras.engine.sharpness_aware import (
    SharpnessAwareMinimization as SharpnessAwareMinimization,
)
