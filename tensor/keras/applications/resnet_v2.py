"""tf.keras.applications.resnet_v2."""

from tensor.keras.applications.imagenet import (
    decode_predictions as decode_predictions,
    preprocess_for,
)
from tensor.keras.applications.resnet_blocks import (
    ResNet50V2 as ResNet50V2,
    ResNet101V2 as ResNet101V2,
    ResNet152V2 as ResNet152V2,
)

preprocess_input = preprocess_for("tf")
