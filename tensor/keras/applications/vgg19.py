"""tf.keras.applications.vgg19."""

from tensor.keras.applications.imagenet import (
    decode_predictions as decode_predictions,
    preprocess_for,
)
from tensor.keras.applications.vgg import VGG19 as VGG19

preprocess_input = preprocess_for("caffe")
