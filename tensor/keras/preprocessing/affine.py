"""Rotations, shifts, shears and zooms of images, drawn at random or given."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

# The generator that `np.random.seed` seeds: Keras draws from it, and so do scripts
# that want the same images again.
GLOBAL_RANDOM: Any = np.random.mtrand._rand


def _affine_transform() -> Any:
    """Return SciPy's function.

    Raises:
        ImportError: SciPy is not installed.
    """
    try:
        from scipy.ndimage import affine_transform
    except ImportError as error:
        raise ImportError(
            "Image transformations require SciPy: pip install 'ringflow[image]'."
        ) from error
    return affine_transform


def apply_affine_transform(
    x: Any,
    theta: float = 0,
    tx: float = 0,
    ty: float = 0,
    shear: float = 0,
    zx: float = 1,
    zy: float = 1,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    order: int = 1,
) -> Any:
    """Return an image rotated, shifted, sheared and zoomed about its center.

    Args:
        x: An image of three axes.
        theta: The rotation, in degrees.
        tx: The shift of rows.
        ty: The shift of columns.
        shear: The shear, in degrees.
        zx: The zoom of rows; more than 1 shows more.
        zy: The zoom of columns.
        row_axis: Where rows are.
        col_axis: Where columns are.
        channel_axis: Where channels are: first or last.
        fill_mode: What is outside: "constant", "nearest", "reflect" or "wrap".
        cval: The constant outside.
        order: The order of the splines that interpolate.

    Raises:
        ImportError: SciPy is not installed, and something is to be done.
        ValueError: The axes are not those of an image.
    """
    axes = [row_axis, col_axis, channel_axis]
    if len(set(axes)) != 3:
        raise ValueError("'row_axis', 'col_axis', and 'channel_axis' must be distinct")
    if set(axes) != {0, 1, 2}:
        raise ValueError(
            f"Invalid axis' indices: {set(axes) - {0, 1, 2}}. Expected 0, 1 and 2."
        )
    if x.ndim != 3:
        raise ValueError(
            "Input arrays must be multi-channel 2D images. Expected three axes, got "
            f"shape {x.shape}."
        )
    if channel_axis not in (0, 2):
        raise ValueError(
            "Channels are allowed and the first and last dimensions, not in the "
            f"middle. Received: channel_axis={channel_axis}"
        )
    matrix = _matrix(theta, tx, ty, shear, zx, zy)
    if matrix is None:
        return x
    matrix = _about_center(matrix, x.shape[row_axis], x.shape[col_axis])
    if col_axis > row_axis:
        matrix = matrix[[1, 0, 2]][:, [1, 0, 2]]
    affine_transform = _affine_transform()
    channels = [
        affine_transform(
            channel,
            matrix[:2, :2],
            matrix[:2, 2],
            order=order,
            mode=fill_mode,
            cval=cval,
        )
        for channel in np.moveaxis(x, channel_axis, 0)
    ]
    return np.moveaxis(np.stack(channels), 0, channel_axis)


def _matrix(
    theta: float, tx: float, ty: float, shear: float, zx: float, zy: float
) -> Any:
    """Return the matrix of all that is to be done, None if that is nothing."""
    steps = []
    if theta != 0:
        cos, sin = np.cos(np.deg2rad(theta)), np.sin(np.deg2rad(theta))
        steps.append([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
    if tx != 0 or ty != 0:
        steps.append([[1, 0, tx], [0, 1, ty], [0, 0, 1]])
    if shear != 0:
        cos, sin = np.cos(np.deg2rad(shear)), np.sin(np.deg2rad(shear))
        steps.append([[1, -sin, 0], [0, cos, 0], [0, 0, 1]])
    if zx != 1 or zy != 1:
        steps.append([[zx, 0, 0], [0, zy, 0], [0, 0, 1]])
    return functools.reduce(np.matmul, map(np.array, steps)) if steps else None


def _about_center(matrix: Any, height: int, width: int) -> Any:
    x, y = height / 2 - 0.5, width / 2 - 0.5
    there = np.array([[1, 0, x], [0, 1, y], [0, 0, 1]])
    back = np.array([[1, 0, -x], [0, 1, -y], [0, 0, 1]])
    return there @ matrix @ back


def random_rotation(
    x: Any,
    rg: float,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    interpolation_order: int = 1,
) -> Any:
    """Return an image rotated by up to `rg` degrees."""
    theta = GLOBAL_RANDOM.uniform(-rg, rg)
    axes = (row_axis, col_axis, channel_axis)
    how = (*axes, fill_mode, cval, interpolation_order)
    return apply_affine_transform(x, theta, 0, 0, 0, 1, 1, *how)


def random_shift(
    x: Any,
    wrg: float,
    hrg: float,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    interpolation_order: int = 1,
) -> Any:
    """Return an image shifted by up to a part of its width and of its height."""
    tx = GLOBAL_RANDOM.uniform(-hrg, hrg) * x.shape[row_axis]
    ty = GLOBAL_RANDOM.uniform(-wrg, wrg) * x.shape[col_axis]
    axes = (row_axis, col_axis, channel_axis)
    how = (*axes, fill_mode, cval, interpolation_order)
    return apply_affine_transform(x, 0, tx, ty, 0, 1, 1, *how)


def random_shear(
    x: Any,
    intensity: float,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    interpolation_order: int = 1,
) -> Any:
    """Return an image sheared by up to `intensity` degrees."""
    shear = GLOBAL_RANDOM.uniform(-intensity, intensity)
    axes = (row_axis, col_axis, channel_axis)
    how = (*axes, fill_mode, cval, interpolation_order)
    return apply_affine_transform(x, 0, 0, 0, shear, 1, 1, *how)


def random_zoom(
    x: Any,
    zoom_range: Any,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    interpolation_order: int = 1,
) -> Any:
    """Return an image zoomed by factors between two.

    Raises:
        ValueError: There are not two.
    """
    if len(zoom_range) != 2:
        raise ValueError(
            "`zoom_range` should be a tuple or list of two floats. Received: "
            f"{zoom_range}"
        )
    zx, zy = 1, 1
    if tuple(zoom_range) != (1, 1):
        zx, zy = GLOBAL_RANDOM.uniform(zoom_range[0], zoom_range[1], 2)
    axes = (row_axis, col_axis, channel_axis)
    how = (*axes, fill_mode, cval, interpolation_order)
    return apply_affine_transform(x, 0, 0, 0, 0, zx, zy, *how)
