"""tf.keras.preprocessing.text; values are those of Keras."""

import numpy as np
import pytest

import tensor as tf

text = tf.keras.preprocessing.text
TEXTS = ["The cat sat on the mat", "the dog Ate my cat", ["x", "The"]]


def fitted(**options):
    tokenizer = text.Tokenizer(**options)
    tokenizer.fit_on_texts(TEXTS)
    return tokenizer


def test_words_of_a_text():
    words = text.text_to_word_sequence("Hello, wOrld! a-b")
    assert words == ["hello", "world", "a", "b"]
    assert text.hashing_trick("a b c", 7, "md5") == [2, 2, 2]
    assert all(1 <= n < 5 for n in text.one_hot("a b", 5))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [[1, 3], [2]]),
        ({"num_words": 3}, [[1], [2]]),
        ({"oov_token": "<u>"}, [[2, 1, 4], [3]]),
        ({"num_words": 4, "oov_token": "<u>"}, [[2, 1, 1], [3]]),
        ({"lower": False, "filters": ""}, [[3, 4], [2]]),
        ({"analyzer": lambda t: t.split("a")}, [[1], [1]]),
    ],
)
def test_texts_become_numbers(options, expected):
    assert fitted(**options).texts_to_sequences(["the zebra sat", "cat"]) == expected


def test_what_is_learned():
    tokenizer = fitted(oov_token="?")
    assert list(tokenizer.word_index)[:3] == ["?", "the", "cat"]
    assert tokenizer.document_count == 3
    assert tokenizer.word_counts["the"] == 4
    assert tokenizer.word_docs["the"] == 3
    assert tokenizer.index_docs[2] == 3
    assert tokenizer.sequences_to_texts([[2, 3, 99]]) == ["the cat ?"]
    tokenizer.fit_on_sequences([[2, 3], [2]])
    assert tokenizer.index_docs[2] == 5
    assert fitted(char_level=True).word_index["t"] == 2


@pytest.mark.parametrize(
    ("mode", "row"),
    [
        ("binary", [0, 1, 0, 1]),
        ("count", [0, 2, 0, 1]),
        ("freq", [0, 2 / 3, 0, 1 / 3]),
        ("tfidf", [0, 0.9475, 0, 0.9163]),
    ],
)
def test_texts_become_rows(mode, row):
    matrix = fitted(num_words=4).texts_to_matrix(["the the zebra sat", ""], mode)
    np.testing.assert_allclose(matrix[0], row, atol=1e-4)
    assert not matrix[1].any()


def test_a_tokenizer_can_be_written_and_read():
    tokenizer = fitted(num_words=5)
    again = text.tokenizer_from_json(tokenizer.to_json())
    assert again.get_config() == tokenizer.get_config()
    np.testing.assert_array_equal(
        again.texts_to_matrix(["my cat"], "tfidf"),
        tokenizer.texts_to_matrix(["my cat"], "tfidf"),
    )


def test_rows_need_a_length_and_a_known_mode():
    with pytest.raises(ValueError, match="Specify a dimension"):
        text.Tokenizer().texts_to_matrix(["a"])
    with pytest.raises(ValueError, match="before using tfidf"):
        text.Tokenizer(num_words=3).texts_to_matrix(["a"], "tfidf")
    with pytest.raises(ValueError, match="Unknown vectorization mode"):
        fitted().texts_to_matrix(["a"], "other")
