"""tf.keras.applications: architectures with names."""

from tensor.keras.applications import mobilenet_v2 as mobilenet_v2
from tensor.keras.applications.mobilenet_v2 import MobileNetV2 as MobileNetV2
