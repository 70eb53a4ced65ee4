"""tf.strings: operations on byte strings.

per_element   one string in, one value out
joining       several strings made one
parts         one string made several: split, ngrams, characters
conversion    numbers to strings and back
hashing       strings to numbers of buckets
unicode       code points
scripts       which script a code point belongs to
"""

from tensor.ops.strings import (
    conversion as conversion,
    hashing as hashing,
    joining as joining,
    parts as parts,
    per_element as per_element,
    scripts as scripts,
    unicode as unicode,
)
