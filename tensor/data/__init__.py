"""tf.data: input pipelines.

From the ground up::

    structure elements          what an element is, for users and inside
    stream table                one pass over a dataset; rows that can be read by number
    random_numbers seeds        what random transformations draw from
    unknown graph_nodes         datasets inside traced functions
    options dataset iterator    what all datasets share
    functions                   users' functions of elements
    sources generator files pieces
                                where elements come from
    parts joined batch shuffle mapping nested windows padding ragged folding sampling
    selection rebatching sparse_batches storage cache prefetch
                                the transformations, each with its `Dataset` method
    experimental random_access reducers table_content example_files csv_files sql
                                what tf.data.experimental adds
"""

from tensor.core.public_api import publish as _publish
from tensor.data import (
    batch as _batch,
    cache as _cache,
    csv_files as _csv_files,
    example_files as _example_files,
    experimental as experimental,
    files as _files,
    folding as _folding,
    generator as _generator,
    iterator as _iterator,
    joined as _joined,
    mapping as _mapping,
    nested as _nested,
    optional as _optional,
    padding as _padding,
    parts as _parts,
    pieces as _pieces,
    prefetch as _prefetch,
    ragged as _ragged,
    random_access as _random_access,
    rebatching as _rebatching,
    reducers as _reducers,
    sampling as _sampling,
    selection as _selection,
    shuffle as _shuffle,
    sources as _sources,
    sparse_batches as _sparse_batches,
    sql as _sql,
    storage as _storage,
    table_content as _table_content,
    windows as _windows,
)
from tensor.data.dataset import (
    INFINITE as INFINITE_CARDINALITY,
    UNKNOWN as UNKNOWN_CARDINALITY,
)
from tensor.data.prefetch import AUTOTUNE as AUTOTUNE

_publish(globals(), "data")
