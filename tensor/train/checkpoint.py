"""tf.train.Checkpoint: save and restore the state of objects.

One process of a job writes, whichever call `save`: the chief. The others count along
and wait only when they restore what the chief may still be writing.
"""

from __future__ import annotations

import inspect
import os
from typing import Any

from tensor.core import errors
from tensor.core.dtypes import int64
from tensor.core.module import Module
from tensor.core.public_api import export
from tensor.core.replica import saving
from tensor.core.variable import Variable
from tensor.train.bundle import BundleReader, bundle_exists, write_bundle
from tensor.train.elsewhere import saved_by_chief, wait_for_chief
from tensor.train.lists import ListWrapper
from tensor.train.object_graph import ObjectGraph, children_of, is_trackable
from tensor.train.restoration import (
    InitializationOnlyStatus,
    LoadStatus,
    Restoration,
)
from tensor.train.state_file import latest_checkpoint, update_checkpoint_state


@export("train.CheckpointOptions")
class CheckpointOptions:
    """Options for saving and restoring; all but the callbacks are of no effect here.

    Attributes:
        experimental_write_callbacks: Functions that are called when a checkpoint is
            written, with its path if they take an argument.
    """

    def __init__(
        self,
        experimental_io_device: str | None = None,
        experimental_enable_async_checkpoint: bool = False,
        experimental_write_callbacks: Any = None,
        enable_async: bool = False,
        experimental_skip_slot_variables: bool = False,
        experimental_sharding_callback: Any = None,
    ) -> None:
        self.experimental_io_device = experimental_io_device
        self.enable_async = experimental_enable_async_checkpoint or enable_async
        self.experimental_enable_async_checkpoint = self.enable_async
        self.experimental_write_callbacks = experimental_write_callbacks
        self.experimental_skip_slot_variables = experimental_skip_slot_variables
        self.experimental_sharding_callback = experimental_sharding_callback


@export("train.Checkpoint")
class Checkpoint(Module):
    """Objects whose state is saved and restored together.

    An example::

    checkpoint = tf.train.Checkpoint(model=model, optimizer=optimizer)
    path = checkpoint.save("folder/ckpt")
    checkpoint.restore(path)
    """

    def __init__(self, root: Any = None, **kwargs: Any) -> None:
        """Name the objects.

        Args:
            root: An object whose attributes are saved under their own names.
            **kwargs: Objects by the names to save them under.

        Raises:
            ValueError: Something is not trackable: it keeps no state that could be
                saved.
        """
        super().__init__(name="checkpoint")
        self._save_counter: Variable | None = None
        if root is not None:
            _check_trackable("root", root)
        self._root = root
        for name, value in sorted(kwargs.items()):
            if callable(getattr(value, "__func__", None)):
                value = value()
            _check_trackable(name, value)
            setattr(self, name, value)

    def __setattr__(self, name: str, value: Any) -> None:
        if type(value) is list:
            value = ListWrapper(self, value)
        super().__setattr__(name, value)

    def _checkpoint_children(self) -> dict[str, Any]:
        own = {
            name: value
            for name, value in sorted(vars(self).items())
            if not name.startswith("_")
        }
        if self._root is not None:
            own = {**children_of(self._root), **own}
        if self._save_counter is not None:
            own["save_counter"] = self._save_counter
        return own

    @property
    def save_counter(self) -> Variable:
        """How often `save` was called, an int64 variable that is saved as well."""
        if self._save_counter is None:
            self._save_counter = Variable(
                0, dtype=int64, name="save_counter", trainable=False
            )
        return self._save_counter

    # ---- saving

    def save(self, file_prefix: Any, options: Any = None) -> str:
        """Write `file_prefix-N`, N counting from 1, and note it as the latest.

        Returns:
            The path, for `restore`.
        """
        self.save_counter.assign_add(1)
        number = int(self.save_counter.numpy())
        path = f"{os.fspath(file_prefix)}-{number}"
        if self._write(path):
            update_checkpoint_state(
                os.path.dirname(path) or ".", path, all_model_checkpoint_paths=[path]
            )
        _call_back(options, path)
        return path

    def write(self, file_prefix: Any, options: Any = None) -> str:
        """Write the state to `file_prefix`; no counter, no note of the latest.

        The files appear complete or not at all.
        """
        prefix: str = os.fspath(file_prefix)
        self._write(prefix)
        _call_back(options, prefix)
        return prefix

    def sync(self) -> None:
        """Do nothing: a save is on disk when it returns."""

    def _write(self, prefix: str) -> bool:
        """Write the state if that is this process's part; return whether it is."""
        graph = ObjectGraph(self)
        with saving(graph.objects) as is_writer:
            if is_writer:
                write_bundle(prefix, graph.save())
        if not is_writer:
            saved_by_chief(prefix)
        return is_writer

    # ---- restoring

    def restore(self, save_path: Any, options: Any = None) -> Any:
        """Restore what `save` wrote.

        Values of objects that do not exist yet are given to them when they come to be.

        Args:
            save_path: A path that `save` or `latest_checkpoint` returned, a folder
                (its latest checkpoint), or None for none.
            options: Accepted for compatibility.

        Returns:
            A status: see `assert_consumed`, `expect_partial`.

        Raises:
            NotFoundError: There is no such checkpoint.
            ValueError: A variable has another shape than in the checkpoint.
        """
        if save_path is not None and os.path.isdir(os.fspath(save_path)):
            save_path = latest_checkpoint(save_path) or save_path
        try:
            status = self.read(save_path, options)
        except errors.NotFoundError as error:
            raise errors.because(
                errors.NotFoundError,
                "Error when restoring from checkpoint or SavedModel at "
                f"{os.fspath(save_path)}: {error.message}\nPlease check that the "
                "path is correct. You may be missing the checkpoint suffix (e.g. the "
                "'-1' in 'path/to/ckpt-1').",
            ) from None
        if save_path is not None:
            # Create the counter now, so that it gets its value.
            _ = self.save_counter
        return status

    def read(self, save_path: Any, options: Any = None) -> Any:
        """Restore what `write` wrote; see `restore`."""
        if save_path is None:
            return InitializationOnlyStatus()
        path = os.fspath(save_path)
        wait_for_chief(path, bundle_exists)
        return LoadStatus(Restoration(BundleReader(path), self))


def _call_back(options: CheckpointOptions | None, path: str) -> None:
    """Call the user's functions after a checkpoint was written.

    Raises:
        AssertionError: One takes several arguments.
    """
    for function in (options and options.experimental_write_callbacks) or []:
        count = len(inspect.signature(function).parameters)
        if count > 1:
            raise AssertionError(
                f"Invalid callback function: {function!r} takes {count} arguments. "
                "Expected none, or one for the path of the checkpoint."
            )
        function(*[path][:count])


def _check_trackable(name: str, value: Any) -> None:
    if not is_trackable(value) and not isinstance(value, list | tuple | dict):
        raise ValueError(
            f"`Checkpoint` was expecting {name} to be a trackable object (an object "
            f"derived from `Trackable`), got {value}. Variables, modules, layers, "
            "optimizers, dataset iterators, and lists and dicts of these are."
        )
