"""The engine: what a tensor is, how an op runs, and how gradients flow back.

From the ground up, each module using only those above it::

    errors dtypes shapes        values every other module speaks in
    tensor_spec                 shape and dtype of a value that is not there yet
    context                     the only thread-local state: tapes, graph, scopes
    tensor                      Tensor (what users see) and EagerTensor (an array)
    registry                    Op: one class declares everything about one op
    public_api                  where `tf.math.sin` and its kind are collected
    tape backprop               recording, and the reverse walk over the record
    convert variable            Python and NumPy values in, mutable state
    nest module config replica  structures, tf.Module, tf.config, the strategy seam
"""
