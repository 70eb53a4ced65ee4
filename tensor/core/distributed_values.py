"""What annotations and `isinstance` name the values of several replicas by.

The classes themselves are in `strategies`; these are their bases.
"""


class PerReplica:
    """Values that differ between replicas."""


class Mirrored:
    """Values that are equal on all replicas."""
