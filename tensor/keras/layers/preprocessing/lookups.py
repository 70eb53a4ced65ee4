"""StringLookup and IntegerLookup: tokens that are text, and tokens that are numbers."""

from __future__ import annotations

from typing import Any

from tensor.keras.layers.preprocessing.index_lookup import IndexLookup


class StringLookup(IndexLookup):
    """The index of each text in a vocabulary that is given or learned."""

    is_text = True

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: str | None = None,
        oov_token: str = "[UNK]",
        vocabulary: Any = None,
        idf_weights: Any = None,
        encoding: str = "utf-8",
        invert: bool = False,
        output_mode: str = "int",
        sparse: bool = False,
        pad_to_max_tokens: bool = False,
        **kwargs: Any,
    ) -> None:
        """Take what `IndexLookup` does.

        Raises:
            ValueError: As there; or the encoding is another than UTF-8.
        """
        if encoding.lower() not in ("utf-8", "utf8"):
            raise ValueError(
                f"StringLookup reads text in utf-8, not in {encoding}: decode it first."
            )
        super().__init__(
            max_tokens,
            num_oov_indices,
            mask_token,
            oov_token,
            vocabulary,
            idf_weights,
            invert,
            output_mode,
            sparse,
            pad_to_max_tokens,
            **kwargs,
        )
        self.encoding = encoding

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "encoding": self.encoding}


class IntegerLookup(IndexLookup):
    """The index of each integer in a vocabulary that is given or learned."""

    is_text = False

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: int | None = None,
        oov_token: int = -1,
        vocabulary: Any = None,
        vocabulary_dtype: str = "int64",
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: str = "int",
        sparse: bool = False,
        pad_to_max_tokens: bool = False,
        **kwargs: Any,
    ) -> None:
        """Take what `IndexLookup` does.

        Raises:
            ValueError: As there; or `vocabulary_dtype` is no integer one.
        """
        if vocabulary_dtype not in ("int64", "int32"):
            raise ValueError(
                "The vocabulary of an IntegerLookup is 'int64' or 'int32'. Received: "
                f"vocabulary_dtype={vocabulary_dtype}"
            )
        super().__init__(
            max_tokens,
            num_oov_indices,
            mask_token,
            oov_token,
            vocabulary,
            idf_weights,
            invert,
            output_mode,
            sparse,
            pad_to_max_tokens,
            **kwargs,
        )
        self.vocabulary_dtype = vocabulary_dtype

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "vocabulary_dtype": self.vocabulary_dtype}
