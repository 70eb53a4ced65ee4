"""tf.keras.preprocessing.image: old names of functions in tf.keras.utils."""

from tensor.keras.utils.images import (
    array_to_img as array_to_img,
    img_to_array as img_to_array,
    load_img as load_img,
    save_img as save_img,
    smart_resize as smart_resize,
)
