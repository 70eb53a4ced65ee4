"""tf.data.experimental.enable_debug_mode: users' functions run as Python code."""

from __future__ import annotations

from tensor.core.public_api import export


class DebugMode:
    """Whether functions of elements run as Python code, where a debugger can stop."""

    enabled = False


debug_mode = DebugMode()


@export("data.experimental.enable_debug_mode")
def enable_debug_mode() -> None:
    """Run users' functions of elements as Python code from here on."""
    debug_mode.enabled = True
