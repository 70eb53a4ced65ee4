"""Devices by name: tf.DeviceSpec, and tf.device, the scope that asks for one.

All tensors live in this process's memory. What a scope asks for is checked, recorded on
the tensors and variables made inside it, and otherwise has no effect.
"""

from __future__ import annotations

from typing import Any

from tensor.core.context import context
from tensor.core.public_api import export
from tensor.core.tensor import FIRST_CPU

_LOCAL = FIRST_CPU.removesuffix("/device:CPU:0")


@export("DeviceSpec")
class DeviceSpec:
    """A device's name taken apart; what is not known is None."""

    __slots__ = ("_device_index", "_device_type", "_job", "_replica", "_task")

    def __init__(
        self,
        job: str | None = None,
        replica: int | None = None,
        task: int | None = None,
        device_type: str | None = None,
        device_index: int | None = None,
    ) -> None:
        self._job = None if job is None else str(job)
        self._replica = None if replica is None else int(replica)
        self._task = None if task is None else int(task)
        self._device_type = None if device_type is None else str(device_type).upper()
        self._device_index = None if device_index is None else int(device_index)

    @property
    def job(self) -> str | None:
        """The job's name, such as `worker`."""
        return self._job

    @property
    def replica(self) -> int | None:
        """The replica's number."""
        return self._replica

    @property
    def task(self) -> int | None:
        """The task's number."""
        return self._task

    @property
    def device_type(self) -> str | None:
        """The kind of device, such as `CPU`."""
        return self._device_type

    @property
    def device_index(self) -> int | None:
        """The device's number among those of its kind."""
        return self._device_index

    @classmethod
    def from_string(cls, spec: str) -> DeviceSpec:
        """Take a device's name apart, such as `/job:worker/task:1/device:CPU:0`.

        Raises:
            ValueError: It is no device name.
        """
        fields: dict[str, Any] = {}
        for part in spec.split("/"):
            words = part.split(":")
            key = words[0].lower()
            if not part:
                continue
            if key in ("job", "replica", "task") and len(words) == 2:
                fields[key] = words[1]
            elif key == "device" and len(words) in (2, 3):
                fields |= _device_fields(words[1:])
            elif key in ("cpu", "gpu", "tpu") and len(words) <= 2:
                if "device_type" in fields:
                    raise ValueError(
                        f"Multiple device types are not allowed: {spec!r}."
                    )
                fields |= _device_fields(words)
            else:
                raise ValueError(
                    f"Unknown attribute {part!r} is encountered while parsing the "
                    f"device spec: {spec!r}. Expected a name such as "
                    "'/job:worker/task:1/device:CPU:0' or 'CPU:0'."
                )
        try:
            return cls(**fields)
        except ValueError as error:
            raise ValueError(f"{spec!r} is no device name: {error}") from None

    def parse_from_string(self, spec: str) -> DeviceSpec:
        """Take a device's name apart."""
        return type(self).from_string(spec)

    def to_string(self) -> str:
        """Return the name."""
        parts = [
            f"/{key}:{value}"
            for key, value in (
                ("job", self._job),
                ("replica", self._replica),
                ("task", self._task),
            )
            if value is not None
        ]
        if self._device_type is not None:
            index = "*" if self._device_index is None else self._device_index
            parts.append(f"/device:{self._device_type}:{index}")
        return "".join(parts)

    def replace(self, **kwargs: Any) -> DeviceSpec:
        """Return the spec with some parts changed."""
        return DeviceSpec(**{**self._fields(), **kwargs})

    def make_merged_spec(self, dev: DeviceSpec) -> DeviceSpec:
        """Return this spec with what `dev` knows put in its place."""
        known = {k: v for k, v in dev._fields().items() if v is not None}
        return DeviceSpec(**{**self._fields(), **known})

    def _fields(self) -> dict[str, Any]:
        return {
            "job": self._job,
            "replica": self._replica,
            "task": self._task,
            "device_type": self._device_type,
            "device_index": self._device_index,
        }

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DeviceSpec) and self._fields() == other._fields()

    def __hash__(self) -> int:
        return hash(self.to_string())

    def __repr__(self) -> str:
        return self.to_string()

    __str__ = __repr__


def _device_fields(words: list[str]) -> dict[str, Any]:
    fields: dict[str, Any] = {"device_type": words[0]}
    if len(words) > 1 and words[1] != "*":
        fields["device_index"] = words[1]
    return fields


_DEFAULT = DeviceSpec("localhost", 0, 0, "CPU", 0)


def full_name(spec: DeviceSpec) -> str:
    """Return a device's whole name, with the local CPU's for what is not known."""
    return _DEFAULT.make_merged_spec(spec).to_string()


def current_device() -> str:
    """Return the name of the device that `tf.device` asks for now.

    One that this machine has not is replaced by the CPU: soft placement.
    """
    if context.device is None:
        return FIRST_CPU
    spec = DeviceSpec.from_string(context.device)
    if spec.job not in (None, "localhost"):
        return full_name(spec)
    from tensor.core.config import has_logical_device

    name = full_name(spec)
    return name if has_logical_device(name) else FIRST_CPU


@export("device")
class device:  # noqa: N801  # TensorFlow's name
    """Ask for a device in a `with` block, by name or DeviceSpec; None asks for none."""

    def __init__(self, device_name: Any) -> None:
        """Check the device's name.

        Raises:
            ValueError: It is no device name.
            RuntimeError: It is a function, which TF1 had.
            InvalidArgumentError: There is no such device, and soft placement is off.
        """
        if callable(device_name):
            raise RuntimeError(
                "tf.device does not support functions. Pass a device's name. Got "
                f"{device_name!r}."
            )
        self._name: str | None = None
        if device_name is not None and str(device_name):
            spec = DeviceSpec.from_string(str(device_name))
            self._name = spec.to_string()
            self._check_exists(spec)
        self._outer: list[tuple[str | None, str | None]] = []

    @staticmethod
    def _check_exists(spec: DeviceSpec) -> None:
        from tensor.core import config

        if config.get_soft_device_placement() or spec.job not in (None, "localhost"):
            return
        name = full_name(spec)
        if not config.has_logical_device(name):
            from tensor.core import errors

            names = [_LOCAL + d.name for d in config.list_logical_devices()]
            raise errors.because(
                errors.InvalidArgumentError,
                f"Could not satisfy device specification {name!r}. "
                "enable_soft_placement=0. Supported device types [CPU]. All available "
                f"devices [{', '.join(names)}].",
            )

    def __enter__(self) -> None:
        self._outer.append((context.device, context.placement))
        if self._name is None or context.device is None:
            context.device = self._name
        else:
            # An inner scope may say part of a name: the rest is the outer scope's.
            outer = DeviceSpec.from_string(context.device)
            inner = DeviceSpec.from_string(self._name)
            context.device = outer.make_merged_spec(inner).to_string()
        name = current_device()
        context.placement = None if name == FIRST_CPU else name

    def __exit__(self, *exception: object) -> None:
        context.device, context.placement = self._outer.pop()
