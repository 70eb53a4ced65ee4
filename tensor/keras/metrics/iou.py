"""Intersection over union of predicted and true classes."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.keras.metrics.metric import Metric


class _ConfusionMatrix(Metric):
    """Keeps how often each class was taken for each."""

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        self.num_classes = num_classes
        self.ignore_class = ignore_class
        self.sparse_y_true = sparse_y_true
        self.sparse_y_pred = sparse_y_pred
        self.axis = axis
        self.total_cm = self.add_weight(
            "total_confusion_matrix", shape=(num_classes, num_classes)
        )

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Count a batch."""
        if not self.sparse_y_true:
            y_true = tf.argmax(y_true, axis=self.axis)
        if not self.sparse_y_pred:
            y_pred = tf.argmax(y_pred, axis=self.axis)
        y_true = tf.reshape(tf.cast(y_true, "int64"), [-1])
        y_pred = tf.reshape(tf.cast(y_pred, "int64"), [-1])
        if sample_weight is not None:
            sample_weight = tf.cast(sample_weight, self._dtype)
            if sample_weight.shape.rank != 0:
                sample_weight = tf.reshape(sample_weight, [-1])
            sample_weight.shape.assert_is_compatible_with(y_true.shape)
        if self.ignore_class is not None:
            counts = tf.not_equal(y_true, tf.cast(self.ignore_class, "int64"))
            y_true = tf.boolean_mask(y_true, counts)
            y_pred = tf.boolean_mask(y_pred, counts)
            if sample_weight is not None:
                sample_weight = tf.boolean_mask(sample_weight, counts)
        matrix = tf.math.confusion_matrix(
            y_true,
            y_pred,
            self.num_classes,
            weights=sample_weight,
            dtype=tf.as_dtype(self._dtype),
        )
        return self.total_cm.assign_add(matrix)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "num_classes": self.num_classes}


class IoU(_ConfusionMatrix):
    """The mean over some classes of intersection over union."""

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Any,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        """Take the number of classes and those that count.

        Raises:
            ValueError: There is no such class.
        """
        super().__init__(
            num_classes, name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis
        )
        if max(target_class_ids) >= num_classes:
            raise ValueError(
                f"Target class id {max(target_class_ids)} is out of range, which is "
                f"[0, {num_classes})."
            )
        self.target_class_ids = list(target_class_ids)

    def result(self) -> Any:
        matrix = self.total_cm.value()
        rows = tf.reduce_sum(matrix, axis=0)
        columns = tf.reduce_sum(matrix, axis=1)
        hits = tf.linalg.diag_part(matrix)
        union = tf.gather(rows + columns - hits, self.target_class_ids)
        hits = tf.gather(hits, self.target_class_ids)
        seen = tf.reduce_sum(tf.cast(tf.not_equal(union, 0), self._dtype))
        iou = tf.math.divide_no_nan(hits, union)
        return tf.math.divide_no_nan(tf.reduce_sum(iou), seen)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "target_class_ids": self.target_class_ids,
            "ignore_class": self.ignore_class,
            "sparse_y_true": self.sparse_y_true,
            "sparse_y_pred": self.sparse_y_pred,
            "axis": self.axis,
        }


class MeanIoU(IoU):
    """The mean over all classes of intersection over union."""

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        """Take the number of classes."""
        super().__init__(
            num_classes,
            list(range(num_classes)),
            name,
            dtype,
            ignore_class,
            sparse_y_true,
            sparse_y_pred,
            axis,
        )

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.pop("target_class_ids")
        return config


class OneHotIoU(IoU):
    """IoU of one-hot targets."""

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Any,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        """Take the number of classes and those that count."""
        super().__init__(
            num_classes,
            target_class_ids,
            name,
            dtype,
            ignore_class,
            False,
            sparse_y_pred,
            axis,
        )

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.pop("sparse_y_true")
        return config


class OneHotMeanIoU(MeanIoU):
    """MeanIoU of one-hot targets."""

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        """Take the number of classes."""
        super().__init__(
            num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis
        )

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.pop("sparse_y_true")
        return config


class BinaryIoU(IoU):
    """IoU of two classes, told apart by a threshold."""

    def __init__(
        self,
        target_class_ids: Any = (0, 1),
        threshold: float = 0.5,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        """Take the classes that count, and the threshold."""
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = threshold

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Count a batch."""
        y_pred = tf.cast(y_pred, self._dtype)
        positive = tf.cast(y_pred >= self.threshold, self._dtype)
        return super().update_state(y_true, positive, sample_weight)

    def get_config(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "dtype": self._dtype,
            "target_class_ids": self.target_class_ids,
            "threshold": self.threshold,
        }
