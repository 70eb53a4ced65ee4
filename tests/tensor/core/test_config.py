"""tf.config and tf.device: one CPU, logical devices, settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import tensor as tf
from tensor.core import config, thread_pool

if TYPE_CHECKING:
    from collections.abc import Iterator

CPU_0 = "/job:localhost/replica:0/task:0/device:CPU:0"


@pytest.fixture(autouse=True)
def _fresh_settings() -> Iterator[None]:
    config.reset()
    yield
    config.reset()


def cpu() -> Any:
    return tf.config.list_physical_devices("CPU")[0]


def halves() -> list[Any]:
    return [tf.config.LogicalDeviceConfiguration()] * 2


def test_there_is_one_physical_device() -> None:
    assert repr(cpu()) == (
        "PhysicalDevice(name='/physical_device:CPU:0', device_type='CPU')"
    )
    assert tf.config.list_physical_devices() == [cpu()]
    assert tf.config.experimental.list_physical_devices("GPU") == []
    assert tf.config.experimental.get_device_details(cpu()) == {}


def test_the_cpu_can_be_divided_until_it_is_listed() -> None:
    assert tf.config.get_logical_device_configuration(cpu()) is None
    tf.config.set_logical_device_configuration(cpu(), halves())
    names = [d.name for d in tf.config.list_logical_devices("CPU")]
    assert names == ["/device:CPU:0", "/device:CPU:1"]
    tf.config.set_logical_device_configuration(cpu(), halves())
    with pytest.raises(RuntimeError, match="cannot be modified"):
        tf.config.set_logical_device_configuration(cpu(), halves()[:1])
    with pytest.raises(RuntimeError, match="cannot be modified"):
        tf.config.set_visible_devices([], "CPU")


@pytest.mark.parametrize("field", ["memory_limit", "experimental_priority"])
def test_a_cpu_has_no_memory_limit_and_no_priority(field: str) -> None:
    part = tf.config.LogicalDeviceConfiguration(**{field: 1})
    with pytest.raises(ValueError, match=f"(?i){field.replace('_', '.')}|memory limit"):
        tf.config.set_logical_device_configuration(cpu(), [part])


def test_invisible_devices_are_not_listed() -> None:
    tf.config.set_visible_devices([], "CPU")
    assert tf.config.get_visible_devices() == []
    assert tf.config.list_logical_devices() == []


def test_devices_that_do_not_exist_are_refused() -> None:
    with pytest.raises(ValueError, match="Unrecognized device: 'x'"):
        tf.config.set_visible_devices(["x"], "GPU")
    with pytest.raises(ValueError, match="is no GPU"):
        tf.config.set_visible_devices([cpu()], "GPU")
    with pytest.raises(ValueError, match="Unrecognized device"):
        tf.config.get_logical_device_configuration("x")
    with pytest.raises(ValueError, match=r"must be a tf\.config\.PhysicalDevice"):
        tf.config.experimental.get_device_details("x")


def test_what_only_accelerators_have_says_so() -> None:
    experimental = tf.config.experimental
    with pytest.raises(ValueError, match="non-GPU"):
        experimental.set_memory_growth(cpu(), True)
    with pytest.raises(ValueError, match="no memory pool"):
        experimental.get_memory_growth(cpu())
    with pytest.raises(ValueError, match="Allocator stats not available"):
        experimental.get_memory_info("CPU:0")
    with pytest.raises(ValueError, match="No matching devices"):
        experimental.reset_memory_stats("GPU:0")
    tf.config.set_logical_device_configuration(cpu(), halves())
    with pytest.raises(ValueError, match="when virtual devices configured"):
        experimental.set_memory_growth(cpu(), True)


def test_threads_are_set_for_the_kernels_too() -> None:
    threading = tf.config.threading
    assert threading.get_intra_op_parallelism_threads() == 0
    threading.set_intra_op_parallelism_threads(3)
    assert threading.get_intra_op_parallelism_threads() == 3
    assert thread_pool.thread_count() == 3
    threading.set_inter_op_parallelism_threads(2)
    assert threading.get_inter_op_parallelism_threads() == 2


def test_settings_are_handed_back() -> None:
    experimental, optimizer = tf.config.experimental, tf.config.optimizer
    assert optimizer.get_jit() == ""
    optimizer.set_jit(True)
    assert optimizer.get_jit() == "autoclustering"
    with pytest.raises(ValueError, match="Invalid jit value"):
        optimizer.set_jit("sometimes")
    optimizer.set_experimental_options({"constant_folding": True})
    assert optimizer.get_experimental_options() == {
        "constant_folding": True,
        "disable_model_pruning": False,
        "disable_meta_optimizer": False,
    }
    with pytest.raises(ValueError, match="Unknown optimizer options"):
        optimizer.set_experimental_options({"magic": True})
    experimental.enable_tensor_float_32_execution(False)
    assert experimental.tensor_float_32_execution_enabled() is False
    experimental.set_synchronous_execution(True)
    assert experimental.get_synchronous_execution() is True
    assert experimental.get_device_policy() == "silent"
    experimental.set_device_policy("warn")
    assert experimental.get_device_policy() == "warn"
    with pytest.raises(ValueError, match="device_policy"):
        experimental.set_device_policy("loud")
    experimental.enable_op_determinism()


def test_variables_record_the_device_that_was_asked_for() -> None:
    tf.config.set_logical_device_configuration(cpu(), halves())
    with tf.device("CPU:1"):
        v = tf.Variable(1.0)
        with tf.device(None):
            assert tf.Variable(1.0).device == CPU_0
    assert v.device == CPU_0[:-1] + "1"
    assert tf.Variable(1.0).device == CPU_0


def test_tensors_say_on_which_device_they_were_made() -> None:
    tf.config.set_logical_device_configuration(cpu(), halves())
    x = tf.constant(1.0)
    with tf.device("CPU:1"):
        made = [tf.constant(1.0), x + 1, tf.identity(x), tf.function(lambda x: -x)(x)]
        made += tf.split(tf.zeros([2]), 2)
        assert x.device == CPU_0
    assert {y.device for y in made} == {CPU_0[:-1] + "1"}
    assert (made[0] + 1).device == made[0].cpu().device == CPU_0
    assert x.cpu() is x


def test_a_device_that_is_not_there_becomes_the_cpu_or_an_error() -> None:
    with tf.device("/GPU:0"):
        assert tf.Variable(1.0).device == CPU_0
    tf.config.set_soft_device_placement(False)
    with pytest.raises(tf.errors.InvalidArgumentError, match="Could not satisfy"):
        tf.device("/GPU:0")


def test_a_scope_inside_another_adds_to_its_name() -> None:
    with tf.device("/job:worker/task:1"), tf.device("CPU:0"):
        assert tf.Variable(1.0).device == "/job:worker/replica:0/task:1/device:CPU:0"


def test_names_that_are_no_devices_are_refused() -> None:
    with pytest.raises(ValueError, match="Unknown attribute 'foo'"):
        tf.device("foo")
    with pytest.raises(ValueError, match="is no device name"):
        tf.device("CPU:x")
    with pytest.raises(ValueError, match="Multiple device types"):
        tf.DeviceSpec.from_string("/CPU:0/GPU:0")
    with pytest.raises(RuntimeError, match="does not support functions"):
        tf.device(cpu)


def test_a_device_spec_takes_a_name_apart() -> None:
    spec = tf.DeviceSpec.from_string("/job:worker/task:1/device:cpu:2")
    assert (spec.job, spec.replica, spec.task) == ("worker", None, 1)
    assert (spec.device_type, spec.device_index) == ("CPU", 2)
    assert spec.to_string() == "/job:worker/task:1/device:CPU:2"
    assert spec.replace(task=3).task == 3
    merged = spec.make_merged_spec(tf.DeviceSpec(job="ps"))
    assert str(merged) == "/job:ps/task:1/device:CPU:2"
    assert spec == spec.parse_from_string(spec.to_string())
    assert len({spec, spec.replace()}) == 1


def test_variable_creators_are_called_innermost_first() -> None:
    calls: list[str] = []

    def creator(name: str) -> Any:
        def create(next_creator: Any, **kwargs: Any) -> Any:
            calls.append(name)
            kwargs["trainable"] = False
            return next_creator(**kwargs)

        return create

    scope = tf.variable_creator_scope
    with scope(creator("outer")), scope(creator("inner")):
        v = tf.Variable([1.0], name="v")
    assert calls == ["inner", "outer"]
    assert (v.name, v.trainable) == ("v:0", False)
    assert tf.Variable(1.0).trainable
