"""Layers for texts and categories: expressions that Keras and ringflow compute.

`tests/oracle/keras_text_values.py` runs them with Keras and stores what comes out.
"""

import numpy as np

TEXTS = [["a", "z", "b"], ["c", "a", "q"]]
DOCUMENTS = ["The cat sat, on the mat.", "Dogs & cats!", "mat [the] cat?"]

_LOOKUPS = [
    "",
    "num_oov_indices=3",
    "mask_token='q'",
    "mask_token='q', num_oov_indices=2",
    "output_mode='multi_hot'",
    "output_mode='count'",
    "output_mode='count', mask_token='q'",
    "output_mode='one_hot'",
    "output_mode='multi_hot', pad_to_max_tokens=True, max_tokens=7",
    "output_mode='multi_hot', num_oov_indices=2",
    "num_oov_indices=0",
    "dtype='int32'",
    "output_mode='tf_idf', idf_weights=[.1, .2, .3]",
    "output_mode='tf_idf', idf_weights=[.1, .2, .3], pad_to_max_tokens=True, "
    "max_tokens=6",
]
_INPUTS = [
    "tf.constant(TEXTS)",
    "tf.constant('a')",
    "tf.constant(['a', 'zz'])",
    "tf.ragged.constant([['a'], ['b', 'zz']])",
]
_GIVEN = [
    f"L.StringLookup(vocabulary=['a', 'b', 'c'], {options})({given})"
    for options in _LOOKUPS
    for given in _INPUTS
]
_VOCABULARIES = [
    f"L.StringLookup(vocabulary=['a', 'b', 'c'], {options}).get_vocabulary()"
    for options in _LOOKUPS
]
_REFUSED = [
    f"L.StringLookup({options})"
    for options in (
        "vocabulary=['a', 'a']",
        "vocabulary=['a', '[UNK]'], invert=True",
        "vocabulary=['a', ''], mask_token=''",
        "vocabulary=[]",
        "vocabulary='/no/such/file'",
        "vocabulary=['a', 'b', 'c'], max_tokens=2",
        "max_tokens=1",
        "output_mode='x'",
        "invert=True, output_mode='count'",
        "pad_to_max_tokens=True",
        "dtype='float32'",
        "num_oov_indices=-1",
        "idf_weights=[1.0]",
        "output_mode='tf_idf', vocabulary=['a'], idf_weights=[1.0, 2.0]",
        "output_mode='tf_idf', vocabulary=['a']",
    )
] + [
    "L.StringLookup()(tf.constant(TEXTS))",
    "L.StringLookup(output_mode='count')(tf.constant(TEXTS))",
    "adapted(L.StringLookup(vocabulary=['a']), TEXTS)",
    "L.TextVectorization(dtype='int64')",
    "L.TextVectorization(standardize='x')",
    "L.TextVectorization(split='x')",
    "L.TextVectorization(output_mode='x')",
    "L.TextVectorization(ngrams='x')",
    "L.TextVectorization(output_sequence_length='x')",
    "L.TextVectorization(output_mode='count', output_sequence_length=3)",
    "L.TextVectorization(ragged=True, output_mode='count')",
    "L.TextVectorization(ragged=True, output_sequence_length=2)",
    "L.TextVectorization(vocabulary=['a'])(tf.constant(TEXTS))",
    "L.Hashing(0)(tf.constant(['a']))",
    "L.Hashing(2, salt='x')(tf.constant(['a']))",
    "L.Hashing(2, output_mode='x')",
    "L.IntegerLookup(vocabulary=[1], vocabulary_dtype='float32')",
]
_INVERTED = [
    "L.StringLookup(vocabulary=['a', 'b'], invert=True)(tf.constant([0, 1, 2, 9]))",
    "L.StringLookup(vocabulary=['a', 'b'], invert=True, mask_token='')"
    "(tf.constant([[0, 1, 2, 9]]))",
    "L.StringLookup(vocabulary=['[UNK]', 'a', 'b'])(tf.constant(TEXTS))",
]
_ADAPTED = [
    f"adapted(L.StringLookup({options}), [['a', 'b', 'f'], ['c', 'd', 'g'], "
    f"['a', 'b', 'e']]){result}"
    for options in (
        "",
        "max_tokens=3",
        "mask_token='b'",
        "output_mode='tf_idf'",
        "output_mode='tf_idf', max_tokens=9, pad_to_max_tokens=True",
        "output_mode='count'",
    )
    for result in (".get_vocabulary()", "(tf.constant(TEXTS))")
]
_INTEGERS = [
    f"L.IntegerLookup(vocabulary=[5, 7, 9], {options})"
    "(tf.constant([[5, 9, -1], [7, 0, 3]]))"
    for options in (
        "",
        "mask_token=0",
        "num_oov_indices=3",
        "output_mode='count'",
        "mask_token=0, output_mode='multi_hot'",
        "invert=True",
        "oov_token=-7, invert=True",
    )
] + ["adapted(L.IntegerLookup(), [[1, 2], [2, 3], [-1, 3]]).get_vocabulary()"]
_VECTORIZED = [
    f"adapted(L.TextVectorization({options}), DOCUMENTS){result}"
    for options in (
        "",
        "output_sequence_length=3",
        "output_sequence_length=6",
        "ragged=True",
        "ngrams=2",
        "ngrams=(2,)",
        "split='character'",
        "split=None",
        "split=None, output_sequence_length=2",
        "standardize='lower'",
        "standardize='strip_punctuation'",
        "standardize=None",
        "standardize=tf.strings.upper",
        "split=lambda t: tf.strings.split(t, 'a')",
        "max_tokens=5",
        "output_mode='multi_hot'",
        "output_mode='count'",
        "output_mode='tf_idf'",
        "output_mode='count', max_tokens=12, pad_to_max_tokens=True",
    )
    for result in (
        ".get_vocabulary()",
        "(['the cat dogs', 'zz'])",
        "([['the cat dogs'], ['zz']])",
        "(tf.constant('the cat'))",
    )
]
_HASHED = [
    "L.Hashing(3)(tf.constant([['a'], ['b'], ['zz']]))",
    "L.Hashing(5)(tf.constant([1, 2, 3, 40]))",
    "L.Hashing(4, mask_value='')(tf.constant([['A', '']]))",
    "L.Hashing(5, salt=133)(tf.constant(['a', 'b']))",
    "L.Hashing(5, salt=[1, 2])(tf.constant(['a', 'b']))",
    "L.Hashing(3, output_mode='one_hot')(tf.constant([1, 2]))",
    "L.Hashing(3, output_mode='count')(tf.constant([[1, 2]]))",
    "L.Hashing(3)(tf.ragged.constant([['a'], ['b', 'c']]))",
]
EXPRESSIONS = [
    *_GIVEN,
    *_VOCABULARIES,
    *_REFUSED,
    *_INVERTED,
    *_ADAPTED,
    *_INTEGERS,
    *_VECTORIZED,
    *_HASHED,
]


def outcome(expression, tf):
    """Return what an expression gives, as plain data; an error is its type's name."""

    def adapted(layer, data):
        layer.adapt(np.array(data))
        return layer

    names = {"tf": tf, "L": tf.keras.layers, "adapted": adapted}
    try:
        return plain(eval(expression, {**globals(), **names}), tf)
    except Exception as error:
        return type(error).__name__


def plain(value, tf):
    """Return tokens, tensors and ragged tensors as lists of numbers and texts."""
    if isinstance(value, tf.RaggedTensor):
        return ["ragged", value.dtype.name, plain(value.to_list(), tf)]
    if isinstance(value, tf.Tensor):
        return [value.dtype.name, plain(value.numpy().tolist(), tf)]
    if isinstance(value, list):
        return [plain(item, tf) for item in value]
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, str):
        return str(value)
    return round(value.item() if hasattr(value, "item") else value, 5)
