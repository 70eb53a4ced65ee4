"""tf.keras.preprocessing.image: images changed at random; old names of functions."""

from tensor.keras.preprocessing.affine import (
    apply_affine_transform as apply_affine_transform,
    random_rotation as random_rotation,
    random_shear as random_shear,
    random_shift as random_shift,
    random_zoom as random_zoom,
)
from tensor.keras.preprocessing.colors import (
    apply_brightness_shift as apply_brightness_shift,
    apply_channel_shift as apply_channel_shift,
    random_brightness as random_brightness,
    random_channel_shift as random_channel_shift,
)
from tensor.keras.preprocessing.data_frame_iterator import (
    DataFrameIterator as DataFrameIterator,
)
from tensor.keras.preprocessing.file_iterators import (
    DirectoryIterator as DirectoryIterator,
)
from tensor.keras.preprocessing.image_data_generator import (
    ImageDataGenerator as ImageDataGenerator,
)
from tensor.keras.preprocessing.image_iterators import (
    Iterator as Iterator,
    NumpyArrayIterator as NumpyArrayIterator,
)
from tensor.keras.utils.images import (
    array_to_img as array_to_img,
    img_to_array as img_to_array,
    load_img as load_img,
    save_img as save_img,
    smart_resize as smart_resize,
)
