"""How names are looked for in tf.compat.v1; expressions/older_functions has more."""

from __future__ import annotations

import inspect

import pytest

import tensor as tf


def test_a_name_of_neither_is_an_error_that_says_so() -> None:
    for namespace in (tf.compat.v1, tf.compat.v1.nn):
        with pytest.raises(AttributeError, match="is not part of ringflow"):
            _ = namespace.nothing_of_the_kind


def test_namespaces_are_one_module_each_and_list_their_names() -> None:
    nn = tf.compat.v1.nn
    assert nn is tf.compat.v1.nn
    assert {"conv2d", "relu"} <= set(dir(nn))
    assert nn.relu is tf.nn.relu
    assert not hasattr(nn, "__path__")


def test_an_older_form_shows_its_parameters() -> None:
    names = list(inspect.signature(tf.compat.v1.reduce_sum).parameters)
    assert names == [
        *("input_tensor", "axis", "keepdims", "name"),
        *("reduction_indices", "keep_dims"),
    ]
    assert tf.compat.v1.nn.conv2d.__name__ == "conv2d"


def test_newer_forms_have_names_of_their_own() -> None:
    assert tf.compat.v1.nn.max_pool_v2 is tf.nn.max_pool
    assert tf.compat.v1.where_v2 is tf.where


def test_repeats_of_ctc_paths_are_merged_always() -> None:
    labels = tf.SparseTensor([[0, 0]], [0], [1, 1])
    with pytest.raises(NotImplementedError, match="merges repeats"):
        tf.compat.v1.nn.ctc_loss(
            labels, tf.zeros([2, 1, 2]), [2], ctc_merge_repeated=False
        )


def test_features_of_tf2_can_be_asked_for() -> None:
    tf.compat.v1.enable_resource_variables()
    assert tf.compat.v1.resource_variables_enabled()
    assert tf.compat.v1.get_seed(3)[1] == 3


def test_a_batch_of_images_is_resized_in_a_function_of_unknown_size() -> None:
    @tf.function(input_signature=[tf.TensorSpec([None, None, None, 1])])
    def f(x):
        return tf.compat.v1.image.resize_bilinear(x, tf.shape(x)[1:3] * 2)

    assert f(tf.ones([1, 2, 3, 1])).shape == (1, 4, 6, 1)
    with pytest.raises(tf.errors.InvalidArgumentError, match="must be 4-dimensional"):
        tf.compat.v1.image.resize_bilinear(tf.ones([2, 2]), [1, 1])


def test_an_older_name_of_what_is_absent_is_absent() -> None:
    with pytest.raises(AttributeError, match=r"compat\.v1.*is not part of ringflow"):
        _ = tf.compat.v1.quantized_concat
