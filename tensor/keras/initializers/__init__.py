"""tf.keras.initializers: how variables get their first values."""

from tensor.keras.initializers.constant import (
    Constant as Constant,
    Identity as Identity,
    Ones as Ones,
    Zeros as Zeros,
)
from tensor.keras.initializers.drawing_anew import (
    RandomNormal as _RandomNormalAnew,
    RandomUniform as _RandomUniformAnew,
)
from tensor.keras.initializers.initializer import Initializer as Initializer
from tensor.keras.initializers.lookup import (
    BY_NAME as _BY_NAME,
    deserialize as deserialize,
    get as get,
    serialize as serialize,
)
from tensor.keras.initializers.random import (
    Orthogonal as Orthogonal,
    RandomNormal as RandomNormal,
    RandomUniform as RandomUniform,
    TruncatedNormal as TruncatedNormal,
)
from tensor.keras.initializers.variance_scaling import (
    GlorotNormal as GlorotNormal,
    GlorotUniform as GlorotUniform,
    HeNormal as HeNormal,
    HeUniform as HeUniform,
    LecunNormal as LecunNormal,
    LecunUniform as LecunUniform,
    VarianceScaling as VarianceScaling,
)

# The old names: zeros, he_normal, glorot_uniform …
globals().update(_BY_NAME)
zeros_initializer = Zeros
ones_initializer = Ones
constant_initializer = Constant
