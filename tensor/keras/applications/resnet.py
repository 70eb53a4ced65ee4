"""tf.keras.applications.resnet."""

from tensor.keras.applications.imagenet import (
    decode_predictions as decode_predictions,
    preprocess_for,
)
from tensor.keras.applications.resnet_blocks import (
    ResNet50 as ResNet50,
    ResNet101 as ResNet101,
    ResNet152 as ResNet152,
)

preprocess_input = preprocess_for("caffe")
