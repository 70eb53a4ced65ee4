"""tf.keras.callbacks: what happens beside the training."""

from tensor.keras.callbacks import experimental as experimental
from tensor.keras.callbacks.backup_and_restore import (
    BackupAndRestore as BackupAndRestore,
)
from tensor.keras.callbacks.base_logger import BaseLogger as BaseLogger
from tensor.keras.callbacks.callback import Callback as Callback
from tensor.keras.callbacks.callback_list import CallbackList as CallbackList
from tensor.keras.callbacks.early_stopping import EarlyStopping as EarlyStopping
from tensor.keras.callbacks.history import History as History
from tensor.keras.callbacks.learning_rate import (
    LearningRateScheduler as LearningRateScheduler,
    ReduceLROnPlateau as ReduceLROnPlateau,
)
from tensor.keras.callbacks.model_checkpoint import ModelCheckpoint as ModelCheckpoint
from tensor.keras.callbacks.progress import ProgbarLogger as ProgbarLogger
from tensor.keras.callbacks.sidecar_export import (
    SidecarEvaluatorModelExport as SidecarEvaluatorModelExport,
)
from tensor.keras.callbacks.small import (
    CSVLogger as CSVLogger,
    LambdaCallback as LambdaCallback,
    RemoteMonitor as RemoteMonitor,
    TerminateOnNaN as TerminateOnNaN,
)
from tensor.keras.callbacks.tensorboard import TensorBoard as TensorBoard
