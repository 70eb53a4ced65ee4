"""tf.keras.export: functions and variables to be served."""

from tensor.keras.saving.archive import ExportArchive as ExportArchive
