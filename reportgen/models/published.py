"""A living model -> the network of `keras.applications` that it is, or that it begins with, by its whole structure.

A name says what somebody called a network. Its structure, layer by layer and edge by edge up to its last feature maps,
says what it is: it is brought to one number for each beginning, and looked up among those of the published networks.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

import keras

from reportgen.models.hooks import operations_inside
from reportgen.models.types import Model, Operation

# Settings that make a layer what it is; where the channels stand and what layers are called does not matter.
_SETTINGS = (
    "kernel_size", "strides", "padding", "dilation_rate", "depth_multiplier", "groups", "use_bias", "activation",
    "pool_size", "max_value", "negative_slope", "threshold", "cropping",
)  # fmt: skip
# What stands before a network's first layer and changes no value's meaning.
_BEFORE = (
    "InputLayer", "RandomFlip", "RandomRotation", "RandomZoom", "RandomTranslation", "RandomContrast",
    "RandomBrightness", "RandomCrop", "Resizing", "CenterCrop",
)  # fmt: skip
# Their widths are a choice; those of the others are what they are.
_OF_ANY_WIDTH = ("mobilenet", "mobilenet_v2")

# (how many layers, number of their structure) -> module. Made by `python -m tests.models.structures` with Keras 3.15;
# compared in the tests with the networks that Keras builds.
STRUCTURES = {
    (85, "e9d9e3d7d889c07d"): "mobilenet",  # MobileNet
    (153, "57bad84db8520605"): "mobilenet_v2",  # MobileNetV2
    (174, "893dd28543ca1a14"): "resnet50",  # ResNet50
    (344, "c9e7646587ebaa6d"): "resnet",  # ResNet101
    (514, "c930513c2355b993"): "resnet",  # ResNet152
    (376, "fab3363cc9a173a2"): "resnet_v2",  # ResNet101V2
    (563, "1ea6c16fcdc517d2"): "resnet_v2",  # ResNet152V2
    (189, "2b9cf2889a657d6f"): "resnet_v2",  # ResNet50V2
    (18, "2d3060471c579330"): "vgg16",  # VGG16
    (21, "0ea9006174b25651"): "vgg19",  # VGG19
    (426, "87301e5fedaa1758"): "densenet",  # DenseNet121
    (594, "f6e1067961bcd5a3"): "densenet",  # DenseNet169
    (706, "34f45e3f7819b8b6"): "densenet",  # DenseNet201
    (310, "a23d2bf5def8121c"): "inception_v3",  # InceptionV3
    (779, "e09a382e236fc924"): "inception_resnet_v2",  # InceptionResNetV2
    (131, "689875a56d86a0b8"): "xception",  # Xception
    (1038, "77c1cf1ba51af18e"): "nasnet",  # NASNetLarge
    (768, "7badeee78e34772c"): "nasnet",  # NASNetMobile
}


def module_of(model: Model) -> str:
    """Return the module of `keras.applications` whose network a model is, or begins with, or holds as a model.

    Args:
        model: A Keras model. A subclassed one says nothing of its structure; models inside it are looked at.

    Returns:
        The name of the module, such as "mobilenet"; "" for any other network.
    """
    lengths = {length for length, _ in STRUCTURES}
    for each in (model, *operations_inside(model)):
        if isinstance(each, keras.Model) and hasattr(each, "operations"):
            for length, number in beginnings(each):
                if length in lengths and (length, number) in STRUCTURES:
                    return STRUCTURES[length, number]
    return ""


def beginnings(model: Model) -> Iterator[tuple[int, str]]:
    """Yield for each beginning of a functional model how many layers it has, and the number of its structure.

    Each beginning has two numbers: with the widths of its layers, and without.
    """
    digests = {"width": sha256(), "any width": sha256()}
    operations = [each for each in model.operations if type(each).__name__ not in _BEFORE]
    places = {id(each): place for place, each in enumerate(operations)}
    for place, operation in enumerate(operations):
        said = _said(operation, place, places)
        digests["any width"].update(said.encode())
        digests["width"].update(f"{said} {getattr(operation, 'filters', '')}".encode())
        for digest in digests.values():
            yield place + 1, digest.hexdigest()[:16]


def number_of(model: Model, module: str) -> tuple[int, str]:
    """Return what a published network without its head is looked up by: its layers, and the number of its structure."""
    *_, (length, exact), (_, any_width) = beginnings(model)
    return length, any_width if module in _OF_ANY_WIDTH else exact


def _said(operation: Operation, place: int, places: dict[int, int]) -> str:
    """One layer in words: its class, its settings, and how far back its inputs stand."""
    config = operation.get_config() if isinstance(operation, keras.Layer) else {}
    # How much is padded follows from the size of the image.
    padded = isinstance(operation, keras.layers.ZeroPadding2D)
    settings = [f"{name}={config[name]}" for name in _SETTINGS if config.get(name) is not None and not padded]
    back = [
        place - places[id(tensor._keras_history.operation)]
        for node in operation._inbound_nodes[:1]
        for tensor in node.input_tensors
        if id(tensor._keras_history.operation) in places
    ]
    return f"{type(operation).__name__} {' '.join(settings)} {back};"
