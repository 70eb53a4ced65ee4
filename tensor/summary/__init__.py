"""tf.summary: event files for TensorBoard.

From the ground up::

    events      the messages, and the file they go to
    writers     which writer, step and condition are in force
    values      scalars, histograms, images, text, audio
"""

from tensor.core.public_api import publish as _publish
from tensor.summary import experimental as experimental, values as _values

_publish(globals(), "summary")
