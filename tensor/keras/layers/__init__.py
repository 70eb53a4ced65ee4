"""tf.keras.layers: the building blocks of models."""

from tensor.keras.engine.input_layer import Input as Input, InputLayer as InputLayer
from tensor.keras.engine.input_spec import InputSpec as InputSpec
from tensor.keras.engine.layer import Layer as Layer
from tensor.keras.layers import experimental as experimental
from tensor.keras.layers.activation import (
    ELU as ELU,
    Activation as Activation,
    Identity as Identity,
    LeakyReLU as LeakyReLU,
    PReLU as PReLU,
    ReLU as ReLU,
    Softmax as Softmax,
    ThresholdedReLU as ThresholdedReLU,
)
from tensor.keras.layers.attention import (
    AdditiveAttention as AdditiveAttention,
    Attention as Attention,
)
from tensor.keras.layers.batch_normalization import (
    BatchNormalization as BatchNormalization,
    SyncBatchNormalization as SyncBatchNormalization,
)
from tensor.keras.layers.convolution import (
    Conv1D as Conv1D,
    Conv2D as Conv2D,
    Conv3D as Conv3D,
    Convolution1D as Convolution1D,
    Convolution2D as Convolution2D,
    Convolution3D as Convolution3D,
)
from tensor.keras.layers.convolution_transpose import (
    Conv1DTranspose as Conv1DTranspose,
    Conv2DTranspose as Conv2DTranspose,
    Conv3DTranspose as Conv3DTranspose,
    Convolution1DTranspose as Convolution1DTranspose,
    Convolution2DTranspose as Convolution2DTranspose,
    Convolution3DTranspose as Convolution3DTranspose,
)
from tensor.keras.layers.dense import Dense as Dense
from tensor.keras.layers.dropout import (
    AlphaDropout as AlphaDropout,
    Dropout as Dropout,
    GaussianDropout as GaussianDropout,
    GaussianNoise as GaussianNoise,
    SpatialDropout1D as SpatialDropout1D,
    SpatialDropout2D as SpatialDropout2D,
    SpatialDropout3D as SpatialDropout3D,
)
from tensor.keras.layers.einsum_dense import EinsumDense as EinsumDense
from tensor.keras.layers.embedding import Embedding as Embedding
from tensor.keras.layers.feature_columns import DenseFeatures as DenseFeatures
from tensor.keras.layers.lambda_layer import Lambda as Lambda
from tensor.keras.layers.locally_connected import (
    LocallyConnected1D as LocallyConnected1D,
    LocallyConnected2D as LocallyConnected2D,
)
from tensor.keras.layers.lookup import (
    deserialize as deserialize,
    serialize as serialize,
)
from tensor.keras.layers.masking import (
    ActivityRegularization as ActivityRegularization,
    Masking as Masking,
)
from tensor.keras.layers.merging import (
    Add as Add,
    Average as Average,
    Concatenate as Concatenate,
    Dot as Dot,
    Maximum as Maximum,
    Minimum as Minimum,
    Multiply as Multiply,
    Subtract as Subtract,
    add as add,
    average as average,
    concatenate as concatenate,
    dot as dot,
    maximum as maximum,
    minimum as minimum,
    multiply as multiply,
    subtract as subtract,
)
from tensor.keras.layers.multi_head_attention import (
    MultiHeadAttention as MultiHeadAttention,
)
from tensor.keras.layers.normalization import (
    GroupNormalization as GroupNormalization,
    LayerNormalization as LayerNormalization,
    UnitNormalization as UnitNormalization,
)
from tensor.keras.layers.pooling import (
    AveragePooling1D as AveragePooling1D,
    AveragePooling2D as AveragePooling2D,
    AveragePooling3D as AveragePooling3D,
    AvgPool1D as AvgPool1D,
    AvgPool2D as AvgPool2D,
    AvgPool3D as AvgPool3D,
    GlobalAveragePooling1D as GlobalAveragePooling1D,
    GlobalAveragePooling2D as GlobalAveragePooling2D,
    GlobalAveragePooling3D as GlobalAveragePooling3D,
    GlobalAvgPool1D as GlobalAvgPool1D,
    GlobalAvgPool2D as GlobalAvgPool2D,
    GlobalAvgPool3D as GlobalAvgPool3D,
    GlobalMaxPool1D as GlobalMaxPool1D,
    GlobalMaxPool2D as GlobalMaxPool2D,
    GlobalMaxPool3D as GlobalMaxPool3D,
    GlobalMaxPooling1D as GlobalMaxPooling1D,
    GlobalMaxPooling2D as GlobalMaxPooling2D,
    GlobalMaxPooling3D as GlobalMaxPooling3D,
    MaxPool1D as MaxPool1D,
    MaxPool2D as MaxPool2D,
    MaxPool3D as MaxPool3D,
    MaxPooling1D as MaxPooling1D,
    MaxPooling2D as MaxPooling2D,
    MaxPooling3D as MaxPooling3D,
)
from tensor.keras.layers.preprocessing.categories import (
    CategoryEncoding as CategoryEncoding,
    Discretization as Discretization,
)
from tensor.keras.layers.preprocessing.crossing import (
    HashedCrossing as HashedCrossing,
)
from tensor.keras.layers.preprocessing.hashing import Hashing as Hashing
from tensor.keras.layers.preprocessing.image_augmentation import (
    RandomBrightness as RandomBrightness,
    RandomContrast as RandomContrast,
    RandomCrop as RandomCrop,
    RandomFlip as RandomFlip,
)
from tensor.keras.layers.preprocessing.image_size import (
    CenterCrop as CenterCrop,
    Resizing as Resizing,
)
from tensor.keras.layers.preprocessing.lookups import (
    IntegerLookup as IntegerLookup,
    StringLookup as StringLookup,
)
from tensor.keras.layers.preprocessing.normalization import (
    Normalization as Normalization,
)
from tensor.keras.layers.preprocessing.random_projection import (
    RandomHeight as RandomHeight,
    RandomRotation as RandomRotation,
    RandomTranslation as RandomTranslation,
    RandomWidth as RandomWidth,
    RandomZoom as RandomZoom,
)
from tensor.keras.layers.preprocessing.rescaling import Rescaling as Rescaling
from tensor.keras.layers.preprocessing.text_vectorization import (
    TextVectorization as TextVectorization,
)
from tensor.keras.layers.reshaping import (
    Flatten as Flatten,
    Permute as Permute,
    RepeatVector as RepeatVector,
    Reshape as Reshape,
)
from tensor.keras.layers.resizing import (
    Cropping1D as Cropping1D,
    Cropping2D as Cropping2D,
    Cropping3D as Cropping3D,
    UpSampling1D as UpSampling1D,
    UpSampling2D as UpSampling2D,
    UpSampling3D as UpSampling3D,
    ZeroPadding1D as ZeroPadding1D,
    ZeroPadding2D as ZeroPadding2D,
    ZeroPadding3D as ZeroPadding3D,
)
from tensor.keras.layers.rnn.abstract_cell import AbstractRNNCell as AbstractRNNCell
from tensor.keras.layers.rnn.cell_layers import (
    GRU as GRU,
    LSTM as LSTM,
    SimpleRNN as SimpleRNN,
)
from tensor.keras.layers.rnn.conv_lstm import (
    ConvLSTM1D as ConvLSTM1D,
    ConvLSTM2D as ConvLSTM2D,
    ConvLSTM3D as ConvLSTM3D,
)
from tensor.keras.layers.rnn.gru_cell import GRUCell as GRUCell
from tensor.keras.layers.rnn.lstm_cell import LSTMCell as LSTMCell
from tensor.keras.layers.rnn.rnn import RNN as RNN
from tensor.keras.layers.rnn.simple_rnn_cell import SimpleRNNCell as SimpleRNNCell
from tensor.keras.layers.rnn.stacked import StackedRNNCells as StackedRNNCells
from tensor.keras.layers.rnn.wrappers import (
    Bidirectional as Bidirectional,
    TimeDistributed as TimeDistributed,
    Wrapper as Wrapper,
)
from tensor.keras.layers.separable_convolution import (
    DepthwiseConv1D as DepthwiseConv1D,
    DepthwiseConv2D as DepthwiseConv2D,
    SeparableConv1D as SeparableConv1D,
    SeparableConv2D as SeparableConv2D,
    SeparableConvolution1D as SeparableConvolution1D,
    SeparableConvolution2D as SeparableConvolution2D,
)
from tensor.keras.layers.spectral_normalization import (
    SpectralNormalization as SpectralNormalization,
)
