"""The name of one of Keras's own sets of images -> its test images. Keras downloads a set when it is first used."""

from __future__ import annotations

import importlib
import urllib.error

from reportgen.errors import DataError, UnknownNameError
from reportgen.records.model import Shape
from reportgen.sources.dataset import USUAL, Dataset, Reading
from reportgen.sources.memory import from_arrays

ACCEPTED = "keras:NAME for a set that Keras downloads"
IN_SHORT = "keras:NAME"
_PREFIX = "keras:"
_CLOTHES = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")
_THINGS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
# Class names: the pages of the sets' authors (Xiao, Rasul and Vollgraf 2017; Krizhevsky 2009).
_SETS = {
    "mnist": tuple(str(digit) for digit in range(10)),
    "fashion_mnist": _CLOTHES,
    "cifar10": _THINGS,
    "cifar100": (),
}


def accepts(spec: str) -> bool:
    """Tell whether a name begins with "keras:"."""
    return spec.startswith(_PREFIX)


def open(spec: str, shape: Shape | None = None, reading: Reading = USUAL) -> Dataset:
    """Load the test images of one of Keras's own sets.

    Args:
        spec: "keras:mnist", "keras:fashion_mnist", "keras:cifar10" or "keras:cifar100".
        shape: Not used: what does not fit the model is refused later, by `fitting.fit`.
        reading: Not used.

    Returns:
        Its test images and labels.

    Raises:
        UnknownNameError: Keras has no such set of images.
        DataError: It cannot be downloaded.
    """
    del shape, reading
    name = spec.removeprefix(_PREFIX)
    if name not in _SETS:
        raise UnknownNameError("set of images in Keras", name, _SETS)
    module = importlib.import_module(f"keras.datasets.{name}")
    try:
        _, (images, labels) = module.load_data()
    except (OSError, urllib.error.URLError, ValueError) as error:
        raise DataError(
            f"Keras's set {name!r} is not on this machine and cannot be downloaded. Expected a network, or the set in "
            "Keras's own folder. Download it elsewhere and give the images as an .npz file."
        ) from error
    except Exception as error:
        # `keras.utils.get_file` raises plain Exception when a download fails.
        if "fetch failure" not in str(error):
            raise
        raise DataError(
            f"Keras's set {name!r} cannot be downloaded. Expected a network, or the set in Keras's own folder. "
            "Download it elsewhere and give the images as an .npz file."
        ) from error
    return from_arrays(images, labels, _SETS[name], name=f"of {name}", source=spec, split=f"{name}'s own test split")
