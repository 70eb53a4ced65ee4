"""tf.keras.optimizers.legacy: the older classes' names, for the same optimizers."""

from tensor.keras.optimizers.adadelta import Adadelta as Adadelta
from tensor.keras.optimizers.adagrad import Adagrad as Adagrad
from tensor.keras.optimizers.adam import Adam as Adam
from tensor.keras.optimizers.adamax import Adamax as Adamax
from tensor.keras.optimizers.ftrl import Ftrl as Ftrl
from tensor.keras.optimizers.nadam import Nadam as Nadam
from tensor.keras.optimizers.optimizer import Optimizer as Optimizer
from tensor.keras.optimizers.rmsprop import RMSprop as RMSprop
from tensor.keras.optimizers.sgd import SGD as SGD
