"""tf.keras.applications: architectures with names.

`imagenet.py` has what they share; each family has a file. `weights="imagenet"` fetches
the weights that Keras offers into ~/.keras/models, unless they are there.
"""

from tensor.keras.applications import (
    densenet as densenet,
    efficientnet as efficientnet,
    imagenet_utils as imagenet_utils,
    inception_v3 as inception_v3,
    mobilenet as mobilenet,
    mobilenet_v2 as mobilenet_v2,
    mobilenet_v3 as mobilenet_v3,
    resnet as resnet,
    resnet50 as resnet50,
    resnet_v2 as resnet_v2,
    vgg16 as vgg16,
    vgg19 as vgg19,
    xception as xception,
)
from tensor.keras.applications.densenet import (
    DenseNet121 as DenseNet121,
    DenseNet169 as DenseNet169,
    DenseNet201 as DenseNet201,
)
from tensor.keras.applications.efficientnet import (
    EfficientNetB0 as EfficientNetB0,
    EfficientNetB1 as EfficientNetB1,
    EfficientNetB2 as EfficientNetB2,
    EfficientNetB3 as EfficientNetB3,
    EfficientNetB4 as EfficientNetB4,
    EfficientNetB5 as EfficientNetB5,
    EfficientNetB6 as EfficientNetB6,
    EfficientNetB7 as EfficientNetB7,
)
from tensor.keras.applications.inception_v3 import InceptionV3 as InceptionV3
from tensor.keras.applications.mobilenet import MobileNet as MobileNet
from tensor.keras.applications.mobilenet_v2 import MobileNetV2 as MobileNetV2
from tensor.keras.applications.mobilenet_v3 import (
    MobileNetV3Large as MobileNetV3Large,
    MobileNetV3Small as MobileNetV3Small,
)
from tensor.keras.applications.resnet_blocks import (
    ResNet50 as ResNet50,
    ResNet50V2 as ResNet50V2,
    ResNet101 as ResNet101,
    ResNet101V2 as ResNet101V2,
    ResNet152 as ResNet152,
    ResNet152V2 as ResNet152V2,
)
from tensor.keras.applications.vgg import VGG16 as VGG16, VGG19 as VGG19
from tensor.keras.applications.xception import Xception as Xception
