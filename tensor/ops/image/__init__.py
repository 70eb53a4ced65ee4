"""Operations on images, by family; importing this package registers them."""

from tensor.ops.image import (
    augment as augment,
    boxes as boxes,
    codecs as codecs,
    color as color,
    crop_and_resize as crop_and_resize,
    distorted_box as distorted_box,
    geometry as geometry,
    glimpse as glimpse,
    hsv as hsv,
    jpeg as jpeg,
    quality as quality,
    resize as resize,
    suppression as suppression,
)
