"""tf.keras.utils.legacy: other names of two functions for configurations."""

from tensor.keras.serialization import (
    deserialize_keras_object as deserialize_keras_object,
    serialize_keras_object as serialize_keras_object,
)
