"""tf.keras.preprocessing: data made ready for models; old names of tf.keras.utils."""

from tensor.keras.preprocessing import (
    image as image,
    sequence as sequence,
    text as text,
)
from tensor.keras.utils.directories import (
    image_dataset_from_directory as image_dataset_from_directory,
    text_dataset_from_directory as text_dataset_from_directory,
)
from tensor.keras.utils.sequences import (
    timeseries_dataset_from_array as timeseries_dataset_from_array,
)
