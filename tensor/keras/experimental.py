"""tf.keras.experimental: older names of schedules, linear models, sequences."""

from tensor.keras.engine.linear_models import (
    LinearModel as LinearModel,
    WideDeepModel as WideDeepModel,
)
from tensor.keras.layers.feature_columns import SequenceFeatures as SequenceFeatures
from tensor.keras.optimizers.schedules import (
    CosineDecay as CosineDecay,
    CosineDecayRestarts as CosineDecayRestarts,
)
from tensor.keras.utils.sidecar_evaluator import SidecarEvaluator as SidecarEvaluator
