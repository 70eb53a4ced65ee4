"""BatchNormalization: features with mean 0 and variance 1 over the batch."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.core import replica
from tensor.keras import constraints, initializers, regularizers
from tensor.keras.engine.input_spec import InputSpec
from tensor.keras.engine.layer import Layer
from tensor.keras.layers.renormalization import Renormalization, move


class BatchNormalization(Layer):
    """gamma * (x - mean) / sqrt(variance + epsilon) + beta, feature by feature.

    While training, mean and variance are the batch's, and moving averages of them are
    kept; otherwise these averages are used. A frozen layer (`trainable=False`) does not
    train. With `synchronized=True` the batch is that of all replicas together.
    """

    supports_masking = True

    def __init__(
        self,
        axis: Any = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        synchronized: bool = False,
        fused: bool | None = None,
        renorm: bool = False,
        renorm_clipping: Any = None,
        renorm_momentum: float = 0.99,
        **kwargs: Any,
    ) -> None:
        """Take the features' axis (or axes), and how averages and weights are treated.

        `fused` says whether the averages of images take in the variance that is right
        for all images (n - 1), as TensorFlow's fused kernel does: by default they do.

        Raises:
            TypeError: `axis` is no integer and no list of them.
            ValueError: Options do not go together, or are no longer there.
        """
        older = {k: kwargs.pop(k, None) for k in ("virtual_batch_size", "adjustment")}
        super().__init__(**kwargs)
        if isinstance(axis, list | tuple):
            self.axis: Any = list(axis)
        elif isinstance(axis, int):
            self.axis = axis
        else:
            raise TypeError(
                "Expected an int or a list/tuple of ints for the argument `axis`, but "
                f"received: {axis!r}"
            )
        self.momentum = momentum
        self.epsilon = epsilon
        self.center = center
        self.scale = scale
        self.synchronized = synchronized
        self.renorm = renorm
        reason = self._reason_against_fused(older)
        if fused and reason is not None:
            raise ValueError(reason)
        self.fused = False if reason is not None else fused
        for name, value in older.items():
            if value is not None:
                raise ValueError(
                    f"BatchNormalization: `{name}` is not supported. Leave it out."
                )
        self._renormalization = None
        if renorm:
            self._renormalization = Renormalization(renorm_clipping, renorm_momentum)
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)

    def _reason_against_fused(self, older: dict[str, Any]) -> str | None:
        """Return why `fused=True` cannot be, None if it can."""
        if self.synchronized:
            return "`fused=True` is not supported when `synchronized=True`."
        if self.renorm:
            return "Passing both `fused=True` and `renorm=True` is not supported"
        axis = [self.axis] if isinstance(self.axis, int) else self.axis
        if len(axis) > 1 or axis[0] not in (-4, -3, -1, 1, 3, 4):
            return (
                "Passing `fused=True` is only supported when axis is 1 or 3 for input "
                f"rank = 4 or 1 or 4 for input rank = 5. Got axis {axis}"
            )
        for name, value in older.items():
            if value is not None:
                return (
                    f"Passing `fused=True` is not supported when `{name}` is specified."
                )
        if self.compute_dtype not in ("float16", "bfloat16", "float32", None):
            return (
                "Passing `fused=True` is only supported when the compute dtype is "
                f"float16, bfloat16, or float32. Got dtype: {self.compute_dtype}"
            )
        return None

    def _decide_fused(self, rank: int) -> None:
        if self.fused and rank not in (4, 5):
            raise ValueError(
                "Batch normalization layers with `fused=True` only support 4D or 5D "
                f"input tensors. Received tensor with rank {rank}."
            )
        if self.fused is None:
            self.fused = rank in (4, 5)
        if self.fused and self.axis not in ([1], [rank - 1]):
            if rank == 4:
                raise ValueError(
                    "Unsupported axis. The use of `fused=True` is only possible with "
                    "`axis=1` or `axis=3` for 4D input tensors. Received: "
                    f"axis={tuple(self.axis)}"
                )
            self.fused = False

    def build(self, input_shape: Any) -> None:
        input_shape = tf.TensorShape(input_shape)
        rank = input_shape.rank
        if isinstance(self.axis, int):
            self.axis = [self.axis]
        if rank is None or any(not -rank <= a < rank for a in self.axis):
            raise ValueError(
                "Invalid value for `axis` argument. Expected 0 <= axis < inputs.rank "
                f"(with inputs.rank={rank}). Received: axis={tuple(self.axis)}"
            )
        self.axis = [a % rank for a in self.axis]
        self._decide_fused(rank)
        sizes = {a: input_shape[a] for a in self.axis}
        for a, size in sizes.items():
            if size is None:
                raise ValueError(
                    "Input has undefined `axis` dimension. Received input with shape "
                    f"{tuple(input_shape)} and axis={tuple(self.axis)}. Give the input "
                    f"a known dimension {a}."
                )
        self.input_spec = InputSpec(ndim=rank, axes=sizes)
        if len(sizes) == 1:
            shape: Any = tuple(sizes.values())
        else:
            shape = tuple(sizes.get(i, 1) for i in range(rank))
        self._reduced = [i for i in range(rank) if i not in self.axis]
        self._broadcast_shape = [sizes.get(i, 1) for i in range(rank)]
        self.gamma = self.beta = None
        if self.scale:
            self.gamma = self._weight(
                "gamma",
                shape,
                self.gamma_initializer,
                self.gamma_regularizer,
                self.gamma_constraint,
            )
        if self.center:
            self.beta = self._weight(
                "beta",
                shape,
                self.beta_initializer,
                self.beta_regularizer,
                self.beta_constraint,
            )
        self.moving_mean = self._average(
            "moving_mean", shape, self.moving_mean_initializer
        )
        self.moving_variance = self._average(
            "moving_variance", shape, self.moving_variance_initializer
        )
        if self._renormalization is not None:
            self._renormalization.build(self, shape)
        super().build(input_shape)

    def _weight(
        self, name: str, shape: Any, initializer: Any, regularizer: Any, constraint: Any
    ) -> Any:
        return self.add_weight(
            name=name,
            shape=shape,
            dtype=self._param_dtype,
            experimental_autocast=False,
            initializer=initializer,
            regularizer=regularizer,
            constraint=constraint,
            trainable=True,
        )

    def _average(self, name: str, shape: Any, initializer: Any) -> Any:
        return self.add_weight(
            name=name,
            shape=shape,
            dtype=self._param_dtype,
            experimental_autocast=False,
            initializer=initializer,
            synchronization=tf.VariableSynchronization.ON_READ,
            aggregation=tf.VariableAggregation.MEAN,
            trainable=False,
        )

    @property
    def _param_dtype(self) -> str:
        """Weights and statistics of half precision layers are float32."""
        if self.dtype in ("float16", "bfloat16"):
            return "float32"
        return self.dtype or "float32"

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        x = inputs
        is_half = x.dtype in (tf.float16, tf.bfloat16)
        if is_half:
            x = tf.cast(x, "float32")
        beta, gamma = self.beta, self.gamma
        if training and self.trainable:
            mean, variance = self._batch_statistics(x, mask)
            if self._renormalization is not None:
                scale, shift = self._renormalization.corrections(
                    mean, variance, self.epsilon
                )
                beta = _sum(_product(shift, gamma), beta)
                gamma = _product(scale, gamma)
            self._update_averages(x, mean, variance)
        else:
            mean, variance = self.moving_mean.value(), self.moving_variance.value()
        outputs = tf.nn.batch_normalization(
            x,
            self._spread(mean),
            self._spread(variance),
            self._spread(beta),
            self._spread(gamma),
            self.epsilon,
        )
        return tf.cast(outputs, inputs.dtype) if is_half else outputs

    def _spread(self, value: Any) -> Any:
        """Return statistics or weights so that they broadcast over the features."""
        if value is None:
            return None
        if len(self.axis) == 1 and self.axis[0] == len(self._broadcast_shape) - 1:
            return value
        return tf.reshape(value, self._broadcast_shape)

    def _batch_statistics(self, x: Any, mask: Any) -> tuple[Any, Any]:
        """Return mean and variance of each feature over the batch."""
        count = replica.current().num_replicas_in_sync
        if self.synchronized and count > 1:
            return self._synchronized_statistics(x)
        keep = len(self.axis) > 1
        if mask is not None:
            weights = tf.cast(mask, x.dtype)
            while weights.shape.rank < x.shape.rank:
                weights = tf.expand_dims(weights, -1)
            return tf.nn.weighted_moments(x, self._reduced, weights, keepdims=keep)
        mean, variance = tf.nn.moments(x, self._reduced, keepdims=keep)
        if not _may_be_empty(x):
            return mean, variance
        # A replica without examples: the mean of nothing would spoil the gradients.
        is_empty = tf.equal(tf.size(x), 0)
        mean = tf.where(is_empty, tf.zeros_like(mean), mean)
        return mean, tf.where(is_empty, tf.ones_like(variance), variance)

    def _synchronized_statistics(self, x: Any) -> tuple[Any, Any]:
        """Return mean and variance over the batches of all replicas.

        Number, sum and sum of squares travel together, so that replicas may have
        batches of any size.
        """
        keep = len(self.axis) > 1
        total = tf.reduce_sum(x, axis=self._reduced, keepdims=keep)
        squares = tf.reduce_sum(tf.square(x), axis=self._reduced, keepdims=keep)
        number = tf.cast(tf.size(x), x.dtype) / tf.cast(tf.size(total), x.dtype)
        number, total, squares = replica.current().reduce_sum([number, total, squares])
        mean = total / number
        return mean, squares / number - tf.square(mean)

    def _update_averages(self, x: Any, mean: Any, variance: Any) -> None:
        if x.static_shape[0] == 0 and not self.synchronized:
            return  # nothing was seen
        if self._renormalization is not None:
            move(self.moving_mean, mean, self.momentum)
            self._renormalization.update_variance(self.moving_variance, variance, self)
            return
        checks = _may_be_empty(x) and not self.synchronized
        for average, value in (
            (self.moving_mean, mean),
            (self.moving_variance, self._unbiased(x, variance)),
        ):
            decay = tf.cast(1.0 - self.momentum, average.dtype)
            step = (average - tf.cast(value, average.dtype)) * decay
            if checks:  # nothing was seen: nothing changes
                step = tf.where(tf.equal(tf.size(x), 0), tf.zeros_like(step), step)
            average.assign_sub(step)

    def _unbiased(self, x: Any, variance: Any) -> Any:
        """Return the variance that the moving average takes in.

        Images on Keras's fused path are corrected for the batch's size (n / (n - 1)).
        """
        if not self.fused:
            return variance
        n = tf.cast(tf.size(x) / tf.size(variance), variance.dtype)
        return variance * (n / tf.maximum(n - 1.0, 1.0))

    def compute_output_shape(self, input_shape: Any) -> Any:
        return tf.TensorShape(input_shape)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "axis": self.axis,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "center": self.center,
            "scale": self.scale,
            "beta_initializer": initializers.serialize(self.beta_initializer),
            "gamma_initializer": initializers.serialize(self.gamma_initializer),
            "moving_mean_initializer": initializers.serialize(
                self.moving_mean_initializer
            ),
            "moving_variance_initializer": initializers.serialize(
                self.moving_variance_initializer
            ),
            "beta_regularizer": regularizers.serialize(self.beta_regularizer),
            "gamma_regularizer": regularizers.serialize(self.gamma_regularizer),
            "beta_constraint": constraints.serialize(self.beta_constraint),
            "gamma_constraint": constraints.serialize(self.gamma_constraint),
            **({"synchronized": True} if self.synchronized else {}),
            **self._renormalization_config(),
        }

    def _renormalization_config(self) -> dict[str, Any]:
        if self._renormalization is None:
            return {}
        return {
            "renorm": True,
            "renorm_clipping": self._renormalization.clipping,
            "renorm_momentum": self._renormalization.momentum,
        }


def _product(x: Any, factor: Any) -> Any:
    return x if factor is None else x * factor


def _sum(x: Any, term: Any) -> Any:
    return x if term is None else x + term


def _may_be_empty(x: Any) -> bool:
    """Return whether `x` may be the batch of a replica that got no examples."""
    size = x.static_shape[0]
    return not size and replica.current().num_replicas_in_sync > 1


class SyncBatchNormalization(BatchNormalization):
    """BatchNormalization over the batch of all replicas."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take what BatchNormalization takes."""
        kwargs["synchronized"] = True
        super().__init__(*args, **kwargs)
