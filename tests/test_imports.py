"""What an import loads: the promise of a quick start, as structure.

Times vary with the machine; which modules are loaded does not.
"""

import pytest

from tests.support.program import modules_loaded_by


def packages(modules):
    return {name.partition(".")[0] for name in modules}


def test_import_tensor_loads_no_distributed_runtime():
    loaded = packages(modules_loaded_by("-c", "import tensor"))
    assert "numpy" in loaded
    late = {"zmq", "cloudpickle", "ml_dtypes", "dist", "strategies", "launcher"}
    assert not loaded & late


def test_import_dist_knows_no_tensors():
    loaded = packages(modules_loaded_by("-c", "import dist"))
    assert "dist" in loaded
    assert not loaded & {"tensor", "strategies", "launcher"}


def test_launch_help_loads_no_numpy():
    loaded = packages(modules_loaded_by("-m", "launcher", "--help"))
    assert "launcher" in loaded
    assert not loaded & {"numpy", "tensor", "strategies"}


@pytest.mark.parametrize("package", ["tensor", "dist", "strategies", "launcher"])
def test_each_package_can_be_imported_first(package):
    assert package in modules_loaded_by("-c", f"import {package}")
