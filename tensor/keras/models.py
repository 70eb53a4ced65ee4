"""tf.keras.models: the kinds of models."""

from tensor.keras.engine.functional import Functional as Functional
from tensor.keras.engine.model import Model as Model
from tensor.keras.engine.sequential import Sequential as Sequential
