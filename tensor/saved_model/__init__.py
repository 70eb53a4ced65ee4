"""tf.saved_model: variables and traced functions in a folder, for use without code.

From the ground up::

    program_data     programs as plain data
    function_data    the traces of a function, and calling them after loading
    assets           files that go with a model
    saving loading   folders
"""

from tensor.core.public_api import publish as _publish
from tensor.saved_model import loading as _loading, saving as _saving

ASSETS_DIRECTORY = "assets"
ASSETS_KEY = "saved_model_assets"
DEFAULT_SERVING_SIGNATURE_DEF_KEY = "serving_default"
PREDICT_METHOD_NAME = "tensorflow/serving/predict"
SAVED_MODEL_FILENAME_JSON = _saving.FILENAME
SERVING = "serve"
TRAINING = "train"
VARIABLES_DIRECTORY = "variables"
VARIABLES_FILENAME = "variables"

_publish(globals(), "saved_model")
