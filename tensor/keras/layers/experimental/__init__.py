"""tf.keras.layers.experimental: old names of layers."""

from tensor.keras.layers.experimental import preprocessing as preprocessing
