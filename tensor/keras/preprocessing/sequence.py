"""tf.keras.preprocessing.sequence: sequences, and pairs and windows of them."""

from tensor.keras.preprocessing.skipgrams import (
    make_sampling_table as make_sampling_table,
    skipgrams as skipgrams,
)
from tensor.keras.preprocessing.timeseries_generator import (
    TimeseriesGenerator as TimeseriesGenerator,
)
from tensor.keras.utils.sequences import pad_sequences as pad_sequences
