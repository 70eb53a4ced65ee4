"""tf.keras.applications.resnet50."""

from tensor.keras.applications.imagenet import (
    decode_predictions as decode_predictions,
    preprocess_for,
)
from tensor.keras.applications.resnet_blocks import ResNet50 as ResNet50

preprocess_input = preprocess_for("caffe")
