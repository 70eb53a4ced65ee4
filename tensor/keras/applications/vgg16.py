"""tf.keras.applications.vgg16."""

from tensor.keras.applications.imagenet import (
    decode_predictions as decode_predictions,
    preprocess_for,
)
from tensor.keras.applications.vgg import VGG16 as VGG16

preprocess_input = preprocess_for("caffe")
