"""tf.keras.utils: what makes life with Keras easier."""

from tensor.keras.registration import (
    CustomObjectScope as CustomObjectScope,
    custom_object_scope as custom_object_scope,
    get_custom_objects as get_custom_objects,
    get_registered_name as get_registered_name,
    get_registered_object as get_registered_object,
    register_keras_serializable as register_keras_serializable,
)
from tensor.keras.serialization import (
    deserialize_keras_object as deserialize_keras_object,
    serialize_keras_object as serialize_keras_object,
)
from tensor.keras.training.batches import (
    pack as pack_x_y_sample_weight,
    unpack as unpack_x_y_sample_weight,
)
from tensor.keras.training.interactive_logging import (
    disable_interactive_logging as disable_interactive_logging,
    enable_interactive_logging as enable_interactive_logging,
    is_interactive_logging_enabled as is_interactive_logging_enabled,
)
from tensor.keras.training.progress_bar import Progbar as Progbar
from tensor.keras.utils import experimental as experimental, legacy as legacy
from tensor.keras.utils.arrays import (
    normalize as normalize,
    to_categorical as to_categorical,
    to_ordinal as to_ordinal,
)
from tensor.keras.utils.directories import (
    image_dataset_from_directory as image_dataset_from_directory,
    text_dataset_from_directory as text_dataset_from_directory,
)
from tensor.keras.utils.enqueuers import (
    GeneratorEnqueuer as GeneratorEnqueuer,
    OrderedEnqueuer as OrderedEnqueuer,
    SequenceEnqueuer as SequenceEnqueuer,
)
from tensor.keras.utils.files import (
    extract_archive as extract_archive,
    get_file as get_file,
    validate_file as validate_file,
)
from tensor.keras.utils.graph_walks import get_source_inputs as get_source_inputs
from tensor.keras.utils.images import (
    array_to_img as array_to_img,
    img_to_array as img_to_array,
    load_img as load_img,
    save_img as save_img,
)
from tensor.keras.utils.plotting import (
    model_to_dot as model_to_dot,
    plot_model as plot_model,
)
from tensor.keras.utils.seeds import set_random_seed as set_random_seed
from tensor.keras.utils.sequence import Sequence as Sequence
from tensor.keras.utils.sequences import (
    pad_sequences as pad_sequences,
    timeseries_dataset_from_array as timeseries_dataset_from_array,
)
from tensor.keras.utils.sidecar_evaluator import SidecarEvaluator as SidecarEvaluator
from tensor.keras.utils.splitting import split_dataset as split_dataset
from tensor.keras.utils.warm_start import (
    warmstart_embedding_matrix as warmstart_embedding_matrix,
)
