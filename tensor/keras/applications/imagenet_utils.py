"""tf.keras.applications.imagenet_utils."""

from tensor.keras.applications.imagenet import (
    decode_predictions as decode_predictions,
    preprocess_input as preprocess_input,
)
