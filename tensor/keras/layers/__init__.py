"""tf.keras.layers: the building blocks of models."""

from tensor.keras.engine.input_layer import Input as Input, InputLayer as InputLayer
from tensor.keras.engine.input_spec import InputSpec as InputSpec
from tensor.keras.engine.layer import Layer as Layer
from tensor.keras.layers.activation import (
    ELU as ELU,
    Activation as Activation,
    LeakyReLU as LeakyReLU,
    PReLU as PReLU,
    ReLU as ReLU,
    Softmax as Softmax,
    ThresholdedReLU as ThresholdedReLU,
)
from tensor.keras.layers.dense import Dense as Dense
from tensor.keras.layers.dropout import (
    AlphaDropout as AlphaDropout,
    Dropout as Dropout,
    GaussianDropout as GaussianDropout,
    GaussianNoise as GaussianNoise,
    SpatialDropout1D as SpatialDropout1D,
    SpatialDropout2D as SpatialDropout2D,
    SpatialDropout3D as SpatialDropout3D,
)
from tensor.keras.layers.lookup import (
    deserialize as deserialize,
    serialize as serialize,
)
from tensor.keras.layers.reshaping import (
    Flatten as Flatten,
    Permute as Permute,
    RepeatVector as RepeatVector,
    Reshape as Reshape,
)
