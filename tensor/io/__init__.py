"""tf.io: TFRecord files, examples, serialized tensors, files and folders.

From the ground up::

    crc32c wire field message   checksums; protocol buffers
    plain_data                  nested values as bytes
    example tensor_proto        the messages of TensorFlow's formats
    records                     TFRecord files
    features example_bytes parsed_columns sparse_columns example_parsing
                                what an example should hold, and getting it out
    decoding csv_decoding files bytes to numbers, lines to columns, ops on files
    compressed json_example sparse_bytes   other strings: compressed, JSON, sparse
    gfile                       files and folders by path
"""

from tensor.core.public_api import publish as _publish
from tensor.io import (
    compressed as _compressed,
    csv_decoding as _csv_decoding,
    decoding as _decoding,
    example_parsing as _example_parsing,
    files as _files,
    gfile as gfile,
    json_example as _json_example,
    records as _records,
    sparse_bytes as _sparse_bytes,
)
from tensor.ops import image as _image  # its files are decoded under both names

_publish(globals(), "io")
