"""tf.keras.preprocessing: data made ready for models; old names of tf.keras.utils."""

from tensor.keras.preprocessing import sequence as sequence, text as text
from tensor.keras.utils.sequences import (
    timeseries_dataset_from_array as timeseries_dataset_from_array,
)
