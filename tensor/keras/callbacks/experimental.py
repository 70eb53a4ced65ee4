"""tf.keras.callbacks.experimental: the older name of a callback."""

from tensor.keras.callbacks.backup_and_restore import (
    BackupAndRestore as BackupAndRestore,
)
