"""tf.data: input pipelines.

From the ground up::

    structure elements          what an element is, for users and inside
    stream table                one pass over a dataset; rows that can be read by number
    options dataset iterator    what all datasets share
    random_numbers seeds functions      random numbers, users' functions
    sources parts joined batch shuffle mapping prefetch cache …
                                the transformations, each with its `Dataset` method
"""

from tensor.core.public_api import publish as _publish
from tensor.data import (
    batch as _batch,
    cache as _cache,
    joined as _joined,
    mapping as _mapping,
    parts as _parts,
    prefetch as _prefetch,
    shuffle as _shuffle,
    sources as _sources,
)
from tensor.data.dataset import (
    INFINITE as INFINITE_CARDINALITY,
    UNKNOWN as UNKNOWN_CARDINALITY,
)
from tensor.data.prefetch import AUTOTUNE as AUTOTUNE

_publish(globals(), "data")
