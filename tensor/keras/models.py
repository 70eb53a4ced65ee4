"""tf.keras.models: the kinds of models, and making them anew."""

from tensor.keras.engine import experimental_models as experimental  # noqa: F401
from tensor.keras.engine.cloning import (
    clone_and_build_model as clone_and_build_model,
    clone_model as clone_model,
)
from tensor.keras.engine.functional import Functional as Functional
from tensor.keras.engine.model import Model as Model
from tensor.keras.engine.sequential import Sequential as Sequential
from tensor.keras.saving.json_models import (
    model_from_config as model_from_config,
    model_from_json as model_from_json,
    model_from_yaml as model_from_yaml,
)
from tensor.keras.saving.load import load_model as load_model, save_model as save_model
