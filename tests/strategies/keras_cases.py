"""Training by Keras on two replicas: each case returns numbers, by any TensorFlow."""

from __future__ import annotations

import numpy as np

rng = np.random.default_rng(0)
X = rng.normal(size=(50, 6)).astype("float32")
Y = X.sum(1, keepdims=True).astype("float32")
CLASSES = (Y[:, 0] > 0).astype("int32")
SERIES = rng.normal(size=(32, 5, 3)).astype("float32")
WORDS = rng.integers(0, 6, (30, 5))
IMAGES = np.linspace(-1, 1, 24 * 8 * 8 * 2).reshape(24, 8, 8, 2).astype("float32")


def spread(tf, *shape):
    """Return an initializer with values from -0.4 to 0.4."""
    values = np.linspace(-0.4, 0.4, int(np.prod(shape))).reshape(shape)
    return tf.keras.initializers.Constant(values)


def mlp(tf, units=1, activation=None):
    layers = tf.keras.layers
    return tf.keras.Sequential(
        [
            layers.Dense(
                4,
                activation="tanh",
                kernel_initializer=spread(tf, 6, 4),
                input_shape=(6,),
            ),
            layers.Dense(
                units, activation=activation, kernel_initializer=spread(tf, 4, units)
            ),
        ]
    )


def sgd(tf, rate=0.05):
    return tf.keras.optimizers.legacy.SGD(rate)


def fitted(model, x, y, **how):
    """Return the history of a model that is fitted without shuffling."""
    how = {"batch_size": 16, "epochs": 2, "shuffle": False, "verbose": 0} | how
    return model.fit(x, y, **how).history


def sample_weights(tf, strategy):
    with strategy.scope():
        model = mlp(tf)
        model.compile(sgd(tf), "mse", metrics=["mae"], weighted_metrics=["mse"])
    weights = np.linspace(0, 1, 50)
    return fitted(model, X, Y, sample_weight=weights, validation_data=(X[:20], Y[:20]))


def class_weights(tf, strategy):
    with strategy.scope():
        model = mlp(tf, 2, "softmax")
        optimizer = tf.keras.optimizers.legacy.Adam(0.01)
        loss = "sparse_categorical_crossentropy"
        model.compile(optimizer, loss, metrics=["accuracy"])
    return fitted(model, X, CLASSES, class_weight={0: 1.0, 1: 3.0})


def several_steps_at_once(tf, strategy):
    with strategy.scope():
        model = mlp(tf)
        model.compile(sgd(tf), "mse", steps_per_execution=2)
    data = tf.data.Dataset.from_tensor_slices((X, Y)).repeat().batch(10)
    how = {"steps_per_epoch": 4, "validation_data": data, "validation_steps": 3}
    return fitted(model, data, None, batch_size=None, **how)


def eager_steps(tf, strategy):
    with strategy.scope():
        model = mlp(tf)
        model.compile(sgd(tf), "mse", run_eagerly=True)
    return fitted(model, X, Y)


def own_train_step(tf, strategy):
    class Model(tf.keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = tf.keras.layers.Dense(1, kernel_initializer=spread(tf, 6, 1))
            self.mean = tf.keras.metrics.Mean(name="loss")

        def call(self, x, training=False):  # noqa: ARG002  # as Keras calls it
            return self.dense(x)

        def train_step(self, data):
            x, y = data
            with tf.GradientTape() as tape:
                losses = tf.keras.losses.mean_squared_error(y, self(x, training=True))
                loss = tf.nn.compute_average_loss(losses)
            weights = self.trainable_variables
            gradients = tape.gradient(loss, weights)
            self.optimizer.apply_gradients(zip(gradients, weights, strict=True))
            self.mean.update_state(loss)
            return {"loss": self.mean.result()}

        @property
        def metrics(self):
            return [self.mean]

    with strategy.scope():
        model = Model()
        model.compile(sgd(tf))
    return fitted(model, X, Y)


def several_outputs(tf, strategy):
    layers = tf.keras.layers
    with strategy.scope():
        x = tf.keras.Input((6,))
        a = layers.Dense(1, kernel_initializer=spread(tf, 6, 1), name="a")
        b = layers.Dense(
            2, activation="softmax", kernel_initializer=spread(tf, 6, 2), name="b"
        )
        model = tf.keras.Model(x, {"a": a(x), "b": b(x)})
        model.compile(
            sgd(tf),
            {"a": "mse", "b": "sparse_categorical_crossentropy"},
            loss_weights={"a": 0.5, "b": 2.0},
            metrics={"b": "accuracy"},
        )
    return fitted(model, X, {"a": Y, "b": CLASSES})


def normalized_images(tf, strategy):
    layers = tf.keras.layers
    with strategy.scope():
        model = tf.keras.Sequential(
            [
                layers.Conv2D(3, 3, kernel_initializer=spread(tf, 3, 3, 2, 3)),
                layers.BatchNormalization(),
                layers.ReLU(),
                layers.GlobalAveragePooling2D(),
                layers.Dense(1, kernel_initializer=spread(tf, 3, 1)),
            ]
        )
        model.compile(sgd(tf, 0.01), "mse")
    history = fitted(model, IMAGES, IMAGES.mean((1, 2, 3)), batch_size=8)
    evaluated = model.evaluate(IMAGES, IMAGES.mean((1, 2, 3)), verbose=0)
    return history | {"evaluated": [evaluated]}


def recurrent(tf, strategy):
    layers = tf.keras.layers
    with strategy.scope():
        lstm = layers.LSTM(
            4,
            kernel_initializer=spread(tf, 3, 16),
            recurrent_initializer=spread(tf, 4, 16),
        )
        dense = layers.Dense(1, kernel_initializer=spread(tf, 4, 1))
        model = tf.keras.Sequential([lstm, dense])
        model.compile(tf.keras.optimizers.legacy.Adam(0.01), "mse")
    return fitted(model, SERIES, SERIES.sum((1, 2)))


def masked_words(tf, strategy):
    layers = tf.keras.layers
    with strategy.scope():
        embedding = layers.Embedding(
            6, 3, mask_zero=True, embeddings_initializer=spread(tf, 6, 3)
        )
        gru = layers.GRU(
            4,
            kernel_initializer=spread(tf, 3, 12),
            recurrent_initializer=spread(tf, 4, 12),
        )
        dense = layers.Dense(1, kernel_initializer=spread(tf, 4, 1))
        model = tf.keras.Sequential([embedding, gru, dense])
        model.compile(tf.keras.optimizers.legacy.Adam(0.01), "mse")
    return fitted(model, WORDS, WORDS.sum(1).astype("float32"), batch_size=10)


def added_losses_and_metrics(tf, strategy):
    layers = tf.keras.layers
    with strategy.scope():
        x = tf.keras.Input((6,))
        hidden = layers.Dense(
            3,
            kernel_initializer=spread(tf, 6, 3),
            kernel_regularizer="l2",
            activity_regularizer=tf.keras.regularizers.L1(0.01),
        )(x)
        y = layers.Dense(1, kernel_initializer=spread(tf, 3, 1))(hidden)
        model = tf.keras.Model(x, y)
        model.add_loss(tf.reduce_mean(hidden) * 0.1)
        model.add_metric(hidden, name="mean", aggregation="mean")
        model.compile(sgd(tf), "mse")
    return fitted(model, X, Y)


def new_optimizer(tf, strategy):
    with strategy.scope():
        model = mlp(tf)
        options = {"clipnorm": 1.0, "use_ema": True, "weight_decay": 0.01}
        model.compile(tf.keras.optimizers.Adam(0.05, **options), "mse")
    return fitted(model, X, Y)


def falling_rate(tf, strategy):
    with strategy.scope():
        model = mlp(tf)
        model.compile(sgd(tf), "mse")
    plateau = tf.keras.callbacks.ReduceLROnPlateau(
        "val_loss", patience=1, factor=0.5, min_delta=1.5
    )
    return fitted(model, X, Y, epochs=5, validation_data=(X, Y), callbacks=[plateau])


def single_batches(tf, strategy):
    with strategy.scope():
        model = mlp(tf)
        model.compile(sgd(tf), "mse", metrics=["mae"])
    trained = [model.train_on_batch(X[:20], Y[:20]) for _ in range(2)]
    return {"trained": trained, "tested": model.test_on_batch(X, Y)}


CASES = (
    sample_weights,
    class_weights,
    several_steps_at_once,
    eager_steps,
    own_train_step,
    several_outputs,
    normalized_images,
    recurrent,
    masked_words,
    added_losses_and_metrics,
    new_optimizer,
    falling_rate,
    single_batches,
)
