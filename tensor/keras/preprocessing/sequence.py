"""tf.keras.preprocessing.sequence: sequences of one length."""

from tensor.keras.utils.sequences import pad_sequences as pad_sequences
