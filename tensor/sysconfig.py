"""TensorFlow's `tf.sysconfig`: how the package was built. Nothing is."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import Any

CXX11_ABI_FLAG = 1
CXX_VERSION = 201703
MONOLITHIC_BUILD = 0


def get_build_info() -> OrderedDict[str, Any]:
    """Return what the package was built for: CPUs only."""
    return OrderedDict(
        cpu_compiler="none",
        is_cuda_build=False,
        is_rocm_build=False,
        is_tensorrt_build=False,
    )


def get_include() -> str:
    """Return the folder where C++ headers would be; there are none."""
    return str(Path(__file__).parent / "include")


def get_lib() -> str:
    """Return the folder of the package."""
    return str(Path(__file__).parent)


def get_compile_flags() -> list[str]:
    """Return the flags to compile C++ ops with: none, ops are Python classes."""
    return []


def get_link_flags() -> list[str]:
    """Return the flags to link C++ ops with: none, ops are Python classes."""
    return []
