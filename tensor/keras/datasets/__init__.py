"""tf.keras.datasets: small data sets that examples use, read from the cache.

A set that is not in the cache is fetched; without a network the error says which file
to put where.
"""

from tensor.keras.datasets import (
    boston_housing as boston_housing,
    california_housing as california_housing,
    cifar10 as cifar10,
    cifar100 as cifar100,
    fashion_mnist as fashion_mnist,
    imdb as imdb,
    mnist as mnist,
    reuters as reuters,
)
