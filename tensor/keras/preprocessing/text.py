"""tf.keras.preprocessing.text: words as numbers, without tensors."""

from __future__ import annotations

import collections
import hashlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
_MODES = ("binary", "count", "tfidf", "freq")


def text_to_word_sequence(
    input_text: str, filters: str = _FILTERS, lower: bool = True, split: str = " "
) -> list[str]:
    """Return the words of a text; characters in `filters` separate words too."""
    if lower:
        input_text = input_text.lower()
    separators = {ord(character): split for character in filters}
    spaced = input_text.translate(separators)
    return [word for word in spaced.split(split) if word]


def hashing_trick(
    text: str,
    n: int,
    hash_function: Any = None,
    filters: str = _FILTERS,
    lower: bool = True,
    split: str = " ",
    analyzer: Callable[[str], Iterable[str]] | None = None,
) -> list[int]:
    """Return a number in 1 … n - 1 for each word; different words may share one.

    Args:
        text: The text.
        n: How many numbers there are, 0 included, which no word gets.
        hash_function: A function of a word, "md5", or Python's `hash`, which differs
            from run to run.
        filters: Characters that separate words.
        lower: Whether to ignore upper case.
        split: What separates words.
        analyzer: What to find words with instead.
    """
    if hash_function is None:
        hash_function = hash
    elif hash_function == "md5":
        hash_function = _md5
    words = (
        analyzer(text)
        if analyzer
        else text_to_word_sequence(text, filters, lower, split)
    )
    return [hash_function(word) % (n - 1) + 1 for word in words]


def _md5(word: str) -> int:
    digest = hashlib.md5(word.encode(), usedforsecurity=False).hexdigest()
    return int(digest, 16)


def one_hot(
    input_text: str,
    n: int,
    filters: str = _FILTERS,
    lower: bool = True,
    split: str = " ",
    analyzer: Callable[[str], Iterable[str]] | None = None,
) -> list[int]:
    """Return a number in 1 … n - 1 for each word, by Python's `hash`."""
    return hashing_trick(input_text, n, hash, filters, lower, split, analyzer)


class Tokenizer:
    """Words as their rank by frequency, the most frequent one being 1.

    Attributes:
        word_counts: How often each word was seen.
        word_docs: In how many texts.
        word_index: The number of each word.
        index_word: The word of each number.
        index_docs: In how many texts each number was seen.
        document_count: How many texts were seen.
    """

    def __init__(
        self,
        num_words: int | None = None,
        filters: str = _FILTERS,
        lower: bool = True,
        split: str = " ",
        char_level: bool = False,
        oov_token: str | None = None,
        analyzer: Callable[[str], Iterable[str]] | None = None,
        document_count: int = 0,
    ) -> None:
        """Take how texts become words.

        Args:
            num_words: Numbers from this one on are not used; all are by default.
            filters: Characters that separate words.
            lower: Whether to ignore upper case.
            split: What separates words.
            char_level: Whether characters take the place of words.
            oov_token: What stands for unknown words, as number 1; they are left out by
                default.
            analyzer: What to find words with instead.
            document_count: How many texts were seen already.
        """
        self.num_words = num_words
        self.filters = filters
        self.lower = lower
        self.split = split
        self.char_level = char_level
        self.oov_token = oov_token
        self.analyzer = analyzer
        self.document_count = document_count
        self.word_counts: dict[str, int] = collections.OrderedDict()
        self.word_docs: dict[str, int] = collections.defaultdict(int)
        self.word_index: dict[str, int] = {}
        self.index_word: dict[int, str] = {}
        self.index_docs: dict[int, int] = collections.defaultdict(int)

    def _words(self, text: Any) -> list[str]:
        """Return the words of a text, or of a list of words."""
        if self.char_level or isinstance(text, list):
            return [word.lower() for word in text] if self.lower else list(text)
        if self.analyzer is not None:
            return list(self.analyzer(text))
        return text_to_word_sequence(text, self.filters, self.lower, self.split)

    def fit_on_texts(self, texts: Iterable[Any]) -> None:
        """Count the words of texts, and number them."""
        for text in texts:
            self.document_count += 1
            words = self._words(text)
            for word in words:
                self.word_counts[word] = self.word_counts.get(word, 0) + 1
            for word in set(words):
                self.word_docs[word] += 1
        counts = self.word_counts
        ordered = sorted(counts, key=lambda word: counts[word], reverse=True)
        if self.oov_token is not None:
            ordered.insert(0, self.oov_token)
        self.word_index = {word: i for i, word in enumerate(ordered, 1)}
        self.index_word = {i: word for word, i in self.word_index.items()}
        for word, count in self.word_docs.items():
            self.index_docs[self.word_index[word]] = count

    def fit_on_sequences(self, sequences: list[list[int]]) -> None:
        """Count in how many sequences each number occurs."""
        self.document_count += len(sequences)
        for sequence in sequences:
            for number in set(sequence):
                self.index_docs[number] += 1

    def _is_used(self, number: int) -> bool:
        return not self.num_words or number < self.num_words

    @property
    def _oov_index(self) -> int | None:
        return None if self.oov_token is None else self.word_index.get(self.oov_token)

    def texts_to_sequences(self, texts: Iterable[Any]) -> list[list[int]]:
        """Return the numbers of the words of each text."""
        return list(self.texts_to_sequences_generator(texts))

    def texts_to_sequences_generator(self, texts: Iterable[Any]) -> Iterator[list[int]]:
        """Yield the numbers of the words of each text."""
        unknown = self._oov_index
        for text in texts:
            found = (self.word_index.get(word) for word in self._words(text))
            numbers = [
                i if i is not None and self._is_used(i) else unknown for i in found
            ]
            yield [i for i in numbers if i is not None]

    def sequences_to_texts(self, sequences: Iterable[list[int]]) -> list[str]:
        """Return the words of each sequence of numbers, with spaces between."""
        return list(self.sequences_to_texts_generator(sequences))

    def sequences_to_texts_generator(
        self, sequences: Iterable[list[int]]
    ) -> Iterator[str]:
        """Yield the words of each sequence of numbers, with spaces between."""
        for sequence in sequences:
            words = [
                self.index_word.get(i) if self._is_used(i) else None for i in sequence
            ]
            named = [self.oov_token if word is None else word for word in words]
            yield " ".join(word for word in named if word is not None)

    def texts_to_matrix(self, texts: Iterable[Any], mode: str = "binary") -> np.ndarray:
        """Return a row for each text; see `sequences_to_matrix`."""
        return self.sequences_to_matrix(self.texts_to_sequences(texts), mode)

    def sequences_to_matrix(
        self, sequences: list[list[int]], mode: str = "binary"
    ) -> np.ndarray:
        """Return a row for each sequence, with a column for each number.

        Args:
            sequences: Numbers of words.
            mode: "binary" for which occur, "count" for how often, "freq" for their
                share, "tfidf" for (1 + log count) · log(1 + texts / (1 + texts with
                the word)).

        Raises:
            ValueError: The mode is unknown, or no text was seen that would say how many
                columns there are.
        """
        if not self.num_words and not self.word_index:
            raise ValueError(
                "Specify a dimension (`num_words` argument), or fit on some text data "
                "first."
            )
        if mode == "tfidf" and not self.document_count:
            raise ValueError("Fit the Tokenizer on some data before using tfidf mode.")
        if mode not in _MODES:
            raise ValueError(
                f"Unknown vectorization mode: {mode}. Expected one of {_MODES}."
            )
        matrix = np.zeros((len(sequences), self.num_words or len(self.word_index) + 1))
        for row, sequence in zip(matrix, sequences, strict=True):
            used = (i for i in sequence if i < len(row))
            for number, count in collections.Counter(used).items():
                row[number] = self._value(mode, number, count, len(sequence))
        return matrix

    def _value(self, mode: str, number: int, count: int, length: int) -> float:
        if mode == "binary":
            return 1.0
        if mode == "count":
            return count
        if mode == "freq":
            return count / length
        rarity = self.document_count / (1 + self.index_docs.get(number, 0))
        return float((1 + np.log(count)) * np.log1p(rarity))

    def get_config(self) -> dict[str, Any]:
        """Return the settings, and what was learned as JSON."""
        return {
            "num_words": self.num_words,
            "filters": self.filters,
            "lower": self.lower,
            "split": self.split,
            "char_level": self.char_level,
            "oov_token": self.oov_token,
            "document_count": self.document_count,
            "word_counts": json.dumps(self.word_counts),
            "word_docs": json.dumps(self.word_docs),
            "index_docs": json.dumps(self.index_docs),
            "index_word": json.dumps(self.index_word),
            "word_index": json.dumps(self.word_index),
        }

    def to_json(self, **kwargs: Any) -> str:
        """Return all of it as JSON; `tokenizer_from_json` reads it."""
        config = {"class_name": type(self).__name__, "config": self.get_config()}
        return json.dumps(config, **kwargs)


def tokenizer_from_json(json_string: str) -> Tokenizer:
    """Return the tokenizer that `Tokenizer.to_json` wrote."""
    config = json.loads(json_string)["config"]
    learned = {
        name: json.loads(config.pop(name))
        for name in ("word_counts", "word_docs", "index_docs", "word_index")
    }
    numbered = json.loads(config.pop("index_word"))
    tokenizer = Tokenizer(**config)
    tokenizer.word_counts = learned["word_counts"]
    tokenizer.word_docs = learned["word_docs"]
    tokenizer.word_index = learned["word_index"]
    tokenizer.index_docs = {int(k): v for k, v in learned["index_docs"].items()}
    tokenizer.index_word = {int(k): v for k, v in numbered.items()}
    return tokenizer
