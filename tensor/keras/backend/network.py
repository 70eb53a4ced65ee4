"""What layers compute, as functions: activations, convolutions, pooling, recurrence."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.keras import activations, losses, settings
from tensor.keras.engine.call_context import calls
from tensor.keras.layers.rnn.steps import run_steps

# ---- activations


def relu(
    x: Any, alpha: float = 0.0, max_value: Any = None, threshold: float = 0.0
) -> Any:
    """Return x above `threshold`, `alpha * (x - threshold)` below."""
    return activations.relu(x, alpha, max_value, threshold)


def elu(x: Any, alpha: float = 1.0) -> Any:
    """Return x where positive, alpha * (exp(x) - 1) elsewhere."""
    return activations.elu(x, alpha)


def softmax(x: Any, axis: int = -1) -> Any:
    """Return exp(x), normalised to a sum of one along `axis`."""
    return activations.softmax(x, axis)


def softplus(x: Any) -> Any:
    """Return log(exp(x) + 1)."""
    return tf.nn.softplus(x)


def softsign(x: Any) -> Any:
    """Return x / (1 + |x|)."""
    return tf.nn.softsign(x)


def sigmoid(x: Any) -> Any:
    """Return 1 / (1 + exp(-x))."""
    return activations.sigmoid(x)


def hard_sigmoid(x: Any) -> Any:
    """Return 0.2 x + 0.5, clipped to [0, 1]."""
    return activations.hard_sigmoid(x)


def tanh(x: Any) -> Any:
    """Return the hyperbolic tangent."""
    return tf.tanh(x)


def l2_normalize(x: Any, axis: Any = None) -> Any:
    """Return vectors along `axis` divided by their length."""
    return tf.nn.l2_normalize(x, axis=axis)


def dropout(x: Any, level: float, noise_shape: Any = None, seed: Any = None) -> Any:
    """Return x with a share of `level` set to zero, the rest scaled up."""
    return tf.nn.dropout(x, rate=level, noise_shape=noise_shape, seed=seed)


# ---- losses of single examples


def categorical_crossentropy(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> Any:
    """Return -sum(target * log(output)) along `axis`."""
    return losses.categorical_crossentropy(
        target, output, from_logits=from_logits, axis=axis
    )


def sparse_categorical_crossentropy(
    target: Any,
    output: Any,
    from_logits: bool = False,
    axis: int = -1,
    ignore_class: int | None = None,
) -> Any:
    """Return -log(output[target]) along `axis`."""
    return losses.sparse_categorical_crossentropy(
        target, output, from_logits=from_logits, axis=axis, ignore_class=ignore_class
    )


def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Any:
    """Return the crossentropy of each yes-or-no decision."""
    from tensor.keras.losses.probabilistic import elementwise_binary_crossentropy

    output = tf.convert_to_tensor(output)
    target = tf.cast(target, output.dtype)
    return elementwise_binary_crossentropy(target, output, from_logits)


def in_top_k(predictions: Any, targets: Any, k: int) -> Any:
    """Return for each row whether its target is among the `k` largest."""
    return tf.math.in_top_k(targets, predictions, k)


# ---- normalisation and bias


def batch_normalization(
    x: Any,
    mean: Any,
    var: Any,
    beta: Any,
    gamma: Any,
    axis: int = -1,
    epsilon: float = 1e-3,
) -> Any:
    """Return `(x - mean) / sqrt(var + epsilon) * gamma + beta`."""
    return tf.nn.batch_normalization(x, mean, var, beta, gamma, epsilon)


def bias_add(x: Any, bias: Any, data_format: str | None = None) -> Any:
    """Return x plus a bias: one number a channel, or one a position and channel."""
    first = settings.checked_data_format(data_format) == "channels_first"
    bias = tf.convert_to_tensor(bias)
    rank = x.shape.rank
    if bias.shape.rank not in (1, rank - 1):
        raise ValueError(
            f"Unexpected bias dimensions {bias.shape.rank}. Expected it to be 1 or "
            f"{rank - 1} dimensions"
        )
    if not first or rank < 3:
        return x + bias
    if bias.shape.rank == 1:
        return x + tf.reshape(bias, [-1] + [1] * (rank - 2))
    # Keras reshapes: the elements stay in their order.
    return x + tf.reshape(bias, [1, bias.shape[-1], *bias.shape[:-1]])


# ---- convolutions and pooling


def _format(rank: int, data_format: str | None) -> str:
    first = settings.checked_data_format(data_format) == "channels_first"
    axes = "DHW"[3 - rank :] if rank > 1 else "W"
    return f"NC{axes}" if first else f"N{axes}C"


def _convolved(
    rank: int,
    x: Any,
    kernel: Any,
    strides: Any,
    padding: str,
    data_format: Any,
    rate: Any,
) -> Any:
    return tf.nn.convolution(
        x,
        kernel,
        strides=strides,
        padding=padding.upper(),
        data_format=_format(rank, data_format),
        dilations=rate,
    )


def conv1d(
    x: Any,
    kernel: Any,
    strides: int = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: int = 1,
) -> Any:
    """Return the convolution of sequences; `padding="causal"` looks only back."""
    if padding == "causal":
        before = dilation_rate * (kernel.shape[0] - 1)
        x, padding = tf.pad(x, [[0, 0], [before, 0], [0, 0]]), "valid"
    return _convolved(1, x, kernel, strides, padding, data_format, dilation_rate)


def conv2d(
    x: Any,
    kernel: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = (1, 1),
) -> Any:
    """Return the convolution of images."""
    return _convolved(2, x, kernel, strides, padding, data_format, dilation_rate)


def conv3d(
    x: Any,
    kernel: Any,
    strides: Any = (1, 1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = (1, 1, 1),
) -> Any:
    """Return the convolution of volumes."""
    return _convolved(3, x, kernel, strides, padding, data_format, dilation_rate)


def conv2d_transpose(
    x: Any,
    kernel: Any,
    output_shape: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = (1, 1),
) -> Any:
    """Return the transposed convolution of images."""
    return tf.nn.conv2d_transpose(
        x,
        kernel,
        output_shape,
        strides,
        padding=padding.upper(),
        data_format=_format(2, data_format),
        dilations=dilation_rate,
    )


def depthwise_conv2d(
    x: Any,
    depthwise_kernel: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = (1, 1),
) -> Any:
    """Return each channel of images convolved by kernels of its own."""
    layout = _format(2, data_format)
    return tf.nn.depthwise_conv2d(
        x,
        depthwise_kernel,
        strides=_for_images(strides, layout),
        padding=padding.upper(),
        data_format=layout,
        dilations=dilation_rate,
    )


def separable_conv2d(
    x: Any,
    depthwise_kernel: Any,
    pointwise_kernel: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = (1, 1),
) -> Any:
    """Return channels convolved one by one, then mixed."""
    layout = _format(2, data_format)
    return tf.nn.separable_conv2d(
        x,
        depthwise_kernel,
        pointwise_kernel,
        strides=_for_images(strides, layout),
        padding=padding.upper(),
        data_format=layout,
        dilations=dilation_rate,
    )


def _for_images(values: Any, layout: str) -> list[int]:
    height, width = (values, values) if isinstance(values, int) else values
    return [1, 1, height, width] if layout == "NCHW" else [1, height, width, 1]


def pool2d(
    x: Any,
    pool_size: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    pool_mode: str = "max",
) -> Any:
    """Return the maximum or mean ("avg") of each window of images."""
    return _pooled(2, x, pool_size, strides, padding, data_format, pool_mode)


def pool3d(
    x: Any,
    pool_size: Any,
    strides: Any = (1, 1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    pool_mode: str = "max",
) -> Any:
    """Return the maximum or mean ("avg") of each window of volumes."""
    return _pooled(3, x, pool_size, strides, padding, data_format, pool_mode)


def _pooled(
    rank: int,
    x: Any,
    size: Any,
    strides: Any,
    padding: str,
    data_format: Any,
    mode: str,
) -> Any:
    if mode not in ("max", "avg"):
        raise ValueError(f"Invalid pooling mode: {mode}. Expected 'max' or 'avg'.")
    return tf.nn.pool(
        x,
        size,
        mode.upper(),
        strides=strides,
        padding=padding.upper(),
        data_format=_format(rank, data_format),
    )


# ---- control


def stop_gradient(variables: Any) -> Any:
    """Return what is equal, but constant for gradients."""
    if isinstance(variables, list | tuple):
        return [tf.stop_gradient(v) for v in variables]
    return tf.stop_gradient(variables)


def switch(condition: Any, then_expression: Any, else_expression: Any) -> Any:
    """Return one of two values or results of functions; by element for a tensor."""
    if condition.shape.rank:
        chosen, other = (
            e() if callable(e) else e for e in (then_expression, else_expression)
        )
        missing = chosen.shape.rank - condition.shape.rank
        if missing < 0:
            raise ValueError(
                "Rank of `condition` should be less than or equal to rank of "
                "`then_expression` and `else_expression`. "
                f"ndim(condition)={condition.shape.rank}, "
                f"ndim(then_expression)={chosen.shape.rank}"
            )
        if condition.shape.rank > 1:  # a vector broadcasts along the last axis instead
            for _ in range(missing):
                condition = tf.expand_dims(condition, -1)
        return tf.where(tf.cast(condition, tf.bool), chosen, other)

    def as_function(expression: Any) -> Any:
        return expression if callable(expression) else lambda: expression

    return tf.cond(
        tf.cast(condition, tf.bool),
        as_function(then_expression),
        as_function(else_expression),
    )


def in_train_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """Return `x` in training, `alt` otherwise; functions are called."""
    if training is None:
        training = calls.training
    if training is None:
        training = settings.learning_phase()
    if isinstance(training, tf.Tensor):
        return switch(training, x, alt)
    chosen = x if training else alt
    return chosen() if callable(chosen) else chosen


def in_test_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """Return `alt` in training, `x` otherwise; functions are called."""
    return in_train_phase(alt, x, training)


def map_fn(fn: Any, elems: Any, name: str | None = None, dtype: Any = None) -> Any:
    """Return a function's results for all slices along the first axis."""
    return tf.map_fn(fn, elems, dtype=dtype)


def foldl(fn: Any, elems: Any, initializer: Any = None, name: Any = None) -> Any:
    """Return slices combined one after another from the first to the last."""
    return tf.foldl(fn, elems, initializer=initializer)


def foldr(fn: Any, elems: Any, initializer: Any = None, name: Any = None) -> Any:
    """Return slices combined one after another from the last to the first."""
    return tf.foldr(fn, elems, initializer=initializer)


def rnn(
    step_function: Any,
    inputs: Any,
    initial_states: Any,
    go_backwards: bool = False,
    mask: Any = None,
    constants: Any = None,
    unroll: bool = False,
    input_length: Any = None,
    time_major: bool = False,
    zero_output_for_mask: bool = False,
    return_all_outputs: bool = True,
) -> Any:
    """Apply a function from time step to time step.

    Args:
        step_function: Takes one step's input and the list of states, constants at its
            end; returns the output and the new states.
        inputs: The sequences, time along axis 1.
        initial_states: The first states.
        go_backwards: Whether to start at the end.
        mask: Which steps count.
        constants: What each step gets besides.
        unroll: Accepted for compatibility.
        input_length: Accepted for compatibility.
        time_major: Whether time is along axis 0.
        zero_output_for_mask: Whether skipped steps give zeros.
        return_all_outputs: Whether outputs of all steps are returned, or the last.

    Returns:
        The last output, all outputs, the last states.
    """
    extra = list(constants or [])
    last, outputs, states = run_steps(
        lambda x, states: step_function(x, [*states, *extra]),
        inputs,
        list(initial_states),
        mask,
        0 if time_major else 1,
        go_backwards,
        zero_output_for_mask,
        needs_sequence=True,
        is_symbolic=False,
    )
    if not return_all_outputs:
        outputs = tf.expand_dims(last, 0 if time_major else 1)
    return last, outputs, states
