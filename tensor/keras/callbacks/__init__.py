"""tf.keras.callbacks: what happens beside the training."""

from tensor.keras.callbacks.callback import Callback as Callback
from tensor.keras.callbacks.callback_list import CallbackList as CallbackList
from tensor.keras.callbacks.history import History as History
from tensor.keras.callbacks.progress import ProgbarLogger as ProgbarLogger
