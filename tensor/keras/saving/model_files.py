"""ModelFiles: the methods of a model that write and read files."""

from __future__ import annotations

import os
from typing import Any

import tensor as tf
from tensor.core import replica
from tensor.keras.saving import (
    folder,
    json_models,
    keras_file,
    legacy_file,
    legacy_weights,
    weights_file,
)
from tensor.keras.saving.hdf5 import h5py
from tensor.train.bundle import bundle_exists
from tensor.train.elsewhere import saved_by_chief, wait_for_chief
from tensor.train.object_graph import ObjectGraph
from tensor.train.replacing import replacing
from tensor.train.state_file import update_checkpoint_state

_HDF5 = (".h5", ".hdf5", ".keras")
_SKIPPING = (
    "When calling model.load_weights, skip_mismatch can only be set to True when "
    "by_name is True."
)


class ModelFiles:
    """`save`, `save_weights`, `load_weights` and `to_json` of models.

    Of several replicas the chief writes; the others go on.
    """

    def save(
        self,
        filepath: Any,
        overwrite: bool = True,
        save_format: str | None = None,
        include_optimizer: bool = True,
        signatures: Any = None,
        options: Any = None,
        save_traces: bool = True,
        **kwargs: Any,
    ) -> None:
        """Write the whole model: structure, weights, and how it is compiled.

        Args:
            filepath: Where; `.keras` and `.h5` choose the format, other paths become
                folders.
            overwrite: Whether an existing file may be replaced; else it is an error.
            save_format: "keras", "h5" or "tf", against what the path says.
            include_optimizer: Whether the optimizer's state is written.
            signatures: The functions to export, for folders.
            options: Options of the SavedModel, for folders.
            save_traces: Accepted for compatibility.
            **kwargs: Accepted for compatibility.

        Raises:
            FileExistsError: Something is there, and may not be replaced.
            ValueError: The format is unknown, does not go with the path, or knows no
                such argument.
        """
        path = os.fspath(filepath)
        if not overwrite and os.path.exists(path):
            raise FileExistsError(
                f"{path} exists already. Choose another path, or pass overwrite=True."
            )
        kind = _format_asked(path, save_format)
        if kind == "keras":
            given = {
                "options": options is not None,
                "include_optimizer": not include_optimizer,
                "signatures": signatures is not None,
            }
            unsupported = [name for name, is_given in given.items() if is_given]
            unsupported += kwargs
            if unsupported:
                raise ValueError(
                    "The following argument(s) are not supported with the native "
                    f"TF-Keras format: {unsupported}. Received: filepath={path}"
                )
        with replica.saving(_saved_objects(self)) as is_writer:
            if not is_writer:
                saved_by_chief(path)
                return
            if kind == "keras":
                keras_file.save(self, path)
            elif kind in ("h5", "hdf5"):
                legacy_file.save(self, path, include_optimizer)
            else:
                folder.save(self, path, signatures, options)

    def save_weights(
        self,
        filepath: Any,
        overwrite: bool = True,
        save_format: str | None = None,
        options: Any = None,
    ) -> None:
        """Write the weights: `.h5` as HDF5, other paths as a checkpoint.

        Raises:
            ValueError: The weights are not there yet, or the format is unknown.
            FileExistsError: Something is there, and may not be replaced.
        """
        if save_format not in (None, "tf", "tensorflow", "h5", "hdf5", "keras"):
            raise ValueError(
                f"Unknown format. Received: `save_format`={save_format}. Was expecting "
                'one of {"tf", "h5"}.'
            )
        self._assert_weights_created()  # type: ignore[attr-defined]
        path = os.fspath(filepath)
        if not overwrite and os.path.exists(path):
            raise FileExistsError(
                f"{path} exists already. Choose another path, or pass overwrite=True."
            )
        is_hdf5 = save_format in ("h5", "hdf5", "keras")
        if save_format is None:
            is_hdf5 = path.endswith(_HDF5)
        with replica.saving(_saved_objects(self)) as is_writer:
            if not is_writer:
                saved_by_chief(path)
                return
            if is_hdf5:
                self._save_hdf5(path)
                return
            os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
            written = tf.train.Checkpoint(root=self).write(path)
            update_checkpoint_state(
                os.path.dirname(path) or ".",
                written,
                all_model_checkpoint_paths=[written],
            )

    def _save_hdf5(self, path: str) -> None:
        with replacing(path) as draft, h5py().File(draft, "w") as file:
            if path.endswith(".weights.h5"):
                weights_file.save(self, file)
            else:
                legacy_weights.save(self, file)

    def load_weights(
        self,
        filepath: Any,
        skip_mismatch: bool = False,
        by_name: bool = False,
        options: Any = None,
    ) -> Any:
        """Read weights; layers that are not built yet get theirs when they are.

        Args:
            filepath: A file or checkpoint that `save_weights` or `save` wrote.
            skip_mismatch: Leave out layers whose weights do not fit.
            by_name: Match layers by name instead of order (`.h5` only).
            options: Accepted for compatibility.

        Raises:
            ValueError: Weights do not fit, or a model is not built that must be.
            NotImplementedError: `by_name` is asked of a checkpoint.
        """
        path = os.fspath(filepath)
        wait_for_chief(path, lambda p: bundle_exists(p) or folder.is_complete(p))
        if path.endswith((".keras", ".h5", ".hdf5")):
            self._load_hdf5(path, skip_mismatch, by_name)
            return None
        if by_name:
            raise NotImplementedError(
                "Weights may only be loaded based on topology into Models when loading "
                "TensorFlow-formatted weights (got by_name=True to load_weights)."
            )
        if skip_mismatch:
            raise ValueError(_SKIPPING)
        if os.path.isdir(path) and folder.is_model_folder(path):
            path = os.path.join(path, "keras_state", "state")
        status = tf.train.Checkpoint(root=self).read(path)
        status.expect_partial()
        return status

    def _load_hdf5(self, path: str, skip_mismatch: bool, by_name: bool) -> None:
        if not self.built:  # type: ignore[attr-defined]
            raise ValueError(
                "Unable to load weights saved in HDF5 format into a subclassed Model "
                "which has not created its variables yet. Call the Model first, then "
                "load the weights."
            )
        if path.endswith(".keras"):
            keras_file.load_weights(self, path, skip_mismatch)
            return
        with h5py().File(path, "r") as file:
            group = file.get("model_weights", file)
            if "layer_names" not in group.attrs:
                weights_file.load(self, file, skip_mismatch)
                return
            if skip_mismatch and not by_name:
                raise ValueError(_SKIPPING)
            if by_name:
                legacy_weights.load_by_name(self, group, skip_mismatch)
            else:
                legacy_weights.load(self, group)

    def to_json(self, **kwargs: Any) -> str:
        """Return the structure as JSON, without weights."""
        return json_models.model_to_json(self, **kwargs)

    def to_yaml(self, **kwargs: Any) -> str:
        """Raise: YAML could run code when it is read.

        Raises:
            RuntimeError: Always.
        """
        raise RuntimeError(
            "Method `model.to_yaml()` has been removed due to security risk of "
            "arbitrary "
            "code execution. Please use `model.to_json()` instead."
        )

    def export(self, filepath: Any) -> None:
        """Write the model's inference as a SavedModel with one function, `serve`.

        Raises:
            ValueError: The shape of the inputs is not known yet.
        """
        from tensor.keras.saving.archive import export_model

        with replica.saving(_saved_objects(self)) as is_writer:
            if is_writer:
                export_model(self, filepath)
            else:
                saved_by_chief(os.fspath(filepath))


def _saved_objects(model: Any) -> list[Any]:
    """Return all that a file of the model may hold: variables of metrics too."""
    metrics = [v for metric in model.metrics for v in metric.variables]
    return [*ObjectGraph(model).objects, *metrics]


def _format_asked(path: str, save_format: str | None) -> str:
    """Return the format to save in: what is asked for, or what the path says.

    Raises:
        ValueError: There is no such format, or it does not go with the path.
    """
    if save_format is None:
        return _format_of(path)
    if save_format not in ("keras", "tf", "tensorflow", "h5", "hdf5"):
        raise ValueError(
            "Unknown `save_format` argument. Expected one of 'keras', 'tf', or 'h5'. "
            f"Received: save_format={save_format}"
        )
    if save_format == "keras" and not path.endswith(".keras"):
        raise ValueError(
            "Invalid `filepath` argument: expected a `.keras` extension. Received: "
            f"filepath={path}"
        )
    return save_format


def _format_of(path: str) -> str:
    if path.endswith(".keras"):
        return "keras"
    return "h5" if path.endswith((".h5", ".hdf5")) else "tf"
