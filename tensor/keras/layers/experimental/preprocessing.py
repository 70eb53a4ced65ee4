"""tf.keras.layers.experimental.preprocessing: old names of layers that prepare data."""

from tensor.keras.layers.preprocessing.adaptation import (
    PreprocessingLayer as PreprocessingLayer,
)
from tensor.keras.layers.preprocessing.categories import (
    CategoryEncoding as CategoryEncoding,
    Discretization as Discretization,
)
from tensor.keras.layers.preprocessing.crossing import (
    HashedCrossing as HashedCrossing,
)
from tensor.keras.layers.preprocessing.hashing import Hashing as Hashing
from tensor.keras.layers.preprocessing.image_augmentation import (
    RandomContrast as RandomContrast,
    RandomCrop as RandomCrop,
    RandomFlip as RandomFlip,
)
from tensor.keras.layers.preprocessing.image_size import (
    CenterCrop as CenterCrop,
    Resizing as Resizing,
)
from tensor.keras.layers.preprocessing.lookups import (
    IntegerLookup as IntegerLookup,
    StringLookup as StringLookup,
)
from tensor.keras.layers.preprocessing.normalization import (
    Normalization as Normalization,
)
from tensor.keras.layers.preprocessing.random_projection import (
    RandomHeight as RandomHeight,
    RandomRotation as RandomRotation,
    RandomTranslation as RandomTranslation,
    RandomWidth as RandomWidth,
    RandomZoom as RandomZoom,
)
from tensor.keras.layers.preprocessing.rescaling import Rescaling as Rescaling
from tensor.keras.layers.preprocessing.text_vectorization import (
    TextVectorization as TextVectorization,
)
