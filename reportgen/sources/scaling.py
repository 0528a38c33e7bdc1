"""The values of some images and what a model says of itself -> the way they are brought to its range, and why."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import prod
from typing import Any

import numpy as np

from reportgen.errors import DataError, UnknownNameError
from reportgen.language.numerals import number
from reportgen.options.forms import PREPROCESSING, function_name
from reportgen.records.data import Doubt
from reportgen.records.model import Shape
from reportgen.sources import own_code
from reportgen.sources.dataset import Array, Dataset, Manner, batches
from reportgen.sources.files import writable

_APPLICATIONS = "keras.applications."
_FUNCTION = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
_JUDGED_IMAGES = 256
_JUDGED_BATCH = 32
_WHITE = 255
# Values above this cannot be meant as 0..1; a little more than 1 can come from resizing or added noise.
_MOST_OF_UNIT_RANGE = 1.5
_COLOURS = 3


@dataclass(frozen=True, slots=True)
class Values:
    """What the first images hold.

    Attributes:
        number: How many were looked at.
        size: Of how many.
        low: Lowest value.
        high: Highest value.
        are_whole: Whether all values are whole numbers.
        sample: What one of them is called.
    """

    number: int
    size: int
    low: float
    high: float
    are_whole: bool
    sample: str = "image"

    @property
    def are_unit(self) -> bool:
        """Whether they run from 0 to 1."""
        return self.low >= 0 and self.high <= _MOST_OF_UNIT_RANGE

    @property
    def are_picture(self) -> bool:
        """Whether they run from 0 to 255, further than 0 to 1."""
        return self.low >= 0 and _MOST_OF_UNIT_RANGE < self.high <= _WHITE

    def __str__(self) -> str:
        kind = "whole values" if self.are_whole else "values"
        if self.size == 1:
            who = f"The {self.sample} holds"
        elif self.number == self.size:
            who = f"All {number(self.size)} {self.sample}s hold"
        else:
            who = f"The first {number(self.number)} of {number(self.size)} {self.sample}s hold"
        return f"{who} {kind} from {number(self.low)} to {number(self.high)}"


@dataclass(frozen=True, slots=True)
class Way:
    """One way to bring values to a range.

    Attributes:
        name: How it is written after `--preprocess`.
        apply: A batch of floats -> a batch of floats; what it was given is left as it was.
        done: What it does, behind "they": "were divided by 255".
        is_own: Whether it is a function of the user's own.
    """

    name: str
    apply: Callable[[Array], Array]
    done: str
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """The way that was chosen, why, and the other ways that these values could be meant.

    Attributes:
        ways: The chosen one first, then all others that make sense, no two of which give the same numbers.
        why: Why it was chosen: half a sentence.
        doubts: What speaks against it.
    """

    ways: tuple[Way, ...]
    why: str
    doubts: tuple[Doubt, ...]

    @property
    def note(self) -> str:
        """What was done and why, behind what the values are."""
        return f"they {self.ways[0].done}, {self.why}"


def look(dataset: Dataset, check: Callable[[Array, Sequence[int]], None]) -> Values:
    """Look at the first images, a few at a time.

    Args:
        dataset: Images, at least one.
        check: Told of each batch and its indices first; raises what is wrong with it.
    """
    lows, highs, are_whole = [], [], True
    first = replace(dataset, size=min(dataset.size, _JUDGED_IMAGES))
    for indices, images in batches(first, _JUDGED_BATCH):
        check(images, indices)
        lows.append(float(images.min()))
        highs.append(float(images.max()))
        are_whole = are_whole and (images.dtype.kind != "f" or bool(np.all(images == np.floor(images))))
    return Values(first.size, dataset.size, min(lows), max(highs), are_whole)


def plan(values: Values, shape: Shape, how: Manner, *, whole: bool) -> Plan:
    """Choose the way to scale, say why, and doubt it where something speaks against it.

    Args:
        values: What the images hold.
        shape: Shape of one image as the model takes it.
        how: How the model takes pictures, and what the user asked for.
        whole: Whether the model takes whole numbers only.

    Raises:
        UnknownNameError: There is no such way, or `keras.applications` has no such module.
        DataError: The way does not go with images of this shape, or the user's own code fails.
        OptionsError: The user's own module has no such function.
    """
    name, why = (how.scale, "as asked") if how.scale != "auto" else _decide(values, shape, how, whole)
    used = way(name, values, shape)
    doubts = [*_scaled_twice(used, values, shape, how.rescales), *_meant_for_others(used, values)]
    if how.scale == "auto" and not how.rescales and not whole:
        doubts += _named_otherwise(used, values, shape, () if how.published else how.networks)
    modules = tuple(filter(None, (how.published, *(module for _, module in how.networks))))
    return Plan((used, *(() if whole else _others(used, values, shape, modules))), why, tuple(doubts))


def way(name: str | Callable[[Array], Any], values: Values, shape: Shape) -> Way:
    """Return the way of a name, or of the user's own function, for values as they are; errors as `plan`."""
    if not isinstance(name, str):
        called = writable(function_name(name))
        return Way(
            called, partial(own_code.run, name, f"The preprocessing ({called})"), f"were preprocessed by {called}", True
        )
    if name == "none":
        return Way(name, _as_they_are, "were left as they are")
    if name == "1/255":
        return Way(name, partial(_affine, _WHITE, 0.0), "were divided by 255")
    if name == "-1..1":
        if values.are_unit:
            return Way(name, partial(_affine, 0.5, -1.0), "were doubled and lowered by 1, from 0 to 1 as they were")
        return Way(name, partial(_affine, _WHITE / 2, -1.0), "were divided by 127.5 and lowered by 1")
    if name == "0..255":
        if values.are_unit:
            return Way(name, _to_bytes, "were multiplied by 255, from 0 to 1 as they were")
        return Way(name, _as_they_are, "were left as they are, since they do not run from 0 to 1")
    if name.startswith(_APPLICATIONS):
        return _of_applications(name, values, shape)
    if _FUNCTION.fullmatch(name):
        done = f"went through your own function {name}, whose code was run"
        return Way(name, partial(own_code.run, own_code.load(name), repr(name)), done, True)
    raise UnknownNameError("way to scale", name, (*PREPROCESSING, f"{_APPLICATIONS}NAME", "module:function"))


def bounds(values: Values, used: Way, shape: Shape) -> tuple[float, float] | None:
    """Return between which values a picture of 0 to 255 lies when the model gets it.

    Args:
        values: What the images hold.
        used: The way that they are brought to the model's range, where every value rises with the one it is made of.
        shape: Shape of one image as the model takes it.

    Returns:
        None for what is no picture of whole values, and for the user's own way.
    """
    if not (values.are_whole and values.are_picture) or used.is_own:
        return None
    sizes = [size or 1 for size in shape]
    ends = [used.apply(np.full((1, *sizes), value, np.float32)) for value in (0, _WHITE)]
    return min(float(end.min()) for end in ends), max(float(end.max()) for end in ends)


def check(name: str | Callable[[Array], Any]) -> None:
    """Refuse a network that Keras does not have, before any work is done; the user's own modules may come later.

    Raises:
        UnknownNameError: `keras.applications` has no such module.
    """
    if isinstance(name, str) and name.startswith(_APPLICATIONS):
        _preprocess_input(name)


def _decide(values: Values, shape: Shape, how: Manner, whole: bool) -> tuple[str, str]:
    if whole:
        return "none", "because the model takes whole numbers"
    if how.rescales:
        where = f" itself, in its layer {how.rescales!r}" if isinstance(how.rescales, str) else ""
        return "none", f"because the model rescales its input{where}"
    if values.are_unit:
        return "none", "because they already run from 0 to 1"
    if values.are_whole and values.are_picture and not how.pictures:
        return "none", "because they are not pictures: only pictures are divided by 255 without being asked"
    if values.are_whole and values.are_picture and how.published and _data_format(shape) is not None:
        return f"{_APPLICATIONS}{how.published}", (
            f"because the model has, layer by layer, the structure of the network in {_APPLICATIONS}{how.published}; if"
            " its weights were trained on other values, say so with --preprocess"
        )
    if values.are_whole and values.are_picture:
        return "1/255", "because the model does not rescale its input"
    return "none", (
        f"because they are not the whole values 0 to {_WHITE} of a picture; check that the model was trained on such "
        "values"
    )


def _scaled_twice(used: Way, values: Values, shape: Shape, rescales: bool | str) -> tuple[Doubt, ...]:
    """Doubt anything but 0..255 for a model that rescales, and fractions of fractions for any other."""
    if not rescales:
        again = used.name == "1/255" and values.are_unit
        why = "The values ran from 0 to 1 already and were divided by 255 once more, as asked."
        return (Doubt("none", why),) if again else ()
    if used.is_own:
        return ()
    ends = used.apply(_two_pixels([values.low] * _COLOURS, [values.high] * _COLOURS, shape))
    if ends.min() >= 0 and ends.max() > _MOST_OF_UNIT_RANGE:
        return ()
    other = "0..255" if values.are_unit else ""
    if values.are_picture:
        other = "none"
    return (
        Doubt(
            other,
            "The model brings 0 to 255 to its range itself, but gets values from "
            f"{number(float(ends.min()))} to {number(float(ends.max()))}: they may be scaled twice.",
        ),
    )


def _meant_for_others(used: Way, values: Values) -> tuple[Doubt, ...]:
    if values.are_unit or values.are_picture or used.name == "none" or used.is_own:
        return ()
    seen = f"the values run from {number(values.low)} to {number(values.high)}"
    return (Doubt("none", f"{used.name} is meant for values from 0 to 255 or from 0 to 1, but {seen}."),)


def _named_otherwise(used: Way, values: Values, shape: Shape, networks: Sequence[tuple[str, str]]) -> tuple[Doubt, ...]:
    if not (values.are_whole and values.are_picture) or _data_format(shape) is None:
        return ()
    ways = [(network, way(f"{_APPLICATIONS}{module}", values, shape)) for network, module in networks]
    return tuple(
        Doubt(
            other.name,
            f"The model is or holds the network that Keras calls {network!r}: with Keras's own weights it takes what "
            f"{other.name}.preprocess_input makes of 0 to 255. Its name alone does not tell what its weights were "
            "trained on.",
        )
        for network, other in ways
        if not _same(used, other, values, shape)
    )


def _others(used: Way, values: Values, shape: Shape, modules: Sequence[str]) -> tuple[Way, ...]:
    """Return the other ways that make sense for pictures, but for those that give the same numbers as one before."""
    if not (values.are_unit or values.are_picture):
        return ()
    names = ["none", "0..255" if values.are_unit else "1/255", "-1..1"]
    if _data_format(shape) is not None:
        # resnet50 stands for Keras's mode "caffe", densenet for "torch"; mode "tf" is -1..1.
        names += [f"{_APPLICATIONS}{module}" for module in (*modules, "resnet50", "densenet")]
    found = [used]
    for other in (way(name, values, shape) for name in names):
        if not any(_same(one, other, values, shape) for one in found):
            found.append(other)
    return tuple(found[1:])


def _same(one: Way, other: Way, values: Values, shape: Shape) -> bool:
    """Tell whether two ways give the same numbers; one of the user's own but for rounding."""
    if not one.is_own and not other.is_own:
        colours = _two_pixels([0, 1, 100], [255, 7, 200], shape)
        return np.array_equal(one.apply(colours), other.apply(colours))
    if None in shape:
        return False
    size = prod(size or 1 for size in shape)
    pictures = (np.arange(2 * size, dtype=np.float32) * 7 % (_WHITE + 1)).reshape(2, *shape)
    pictures = pictures / np.float32(_WHITE) if values.are_unit else pictures
    try:
        return np.allclose(one.apply(pictures), other.apply(pictures), rtol=1e-5, atol=1e-5)
    except DataError:  # what is wrong with the user's own way is told when it gets the images
        return False


def _two_pixels(first: Sequence[float], second: Sequence[float], shape: Shape) -> Array:
    """Return two colour images of one pixel each, their channels where those of `shape` stand."""
    pixels = np.array([first, second], np.float32).reshape(2, 1, 1, _COLOURS)
    return pixels.transpose(0, 3, 1, 2) if _data_format(shape) == "channels_first" else pixels


def _as_they_are(images: Array) -> Array:
    return images


def _affine(divisor: float, offset: float, images: Array) -> Array:
    """Divide and shift in the number format of the images."""
    kind = images.dtype.type
    divided: Array = images / kind(divisor)
    return divided + kind(offset) if offset else divided


def _to_bytes(images: Array) -> Array:
    return np.asarray(images * images.dtype.type(_WHITE))


def _data_format(shape: Shape) -> str | None:
    """Return where the three channels of a colour picture stand, as Keras calls it; None for other images."""
    if len(shape) != 3:
        return None
    if shape[-1] == _COLOURS:
        return "channels_last"
    return "channels_first" if shape[0] == _COLOURS else None


def _of_applications(name: str, values: Values, shape: Shape) -> Way:
    function = _preprocess_input(name)
    data_format = _data_format(shape)
    if data_format is None:
        raise DataError(
            f"The images are {' × '.join(map(str, shape))} as the model takes them. Expected colour pictures of three "
            f"channels for {name}. Choose another --preprocess."
        )
    before = "were multiplied by 255, from 0 to 1 as they were, and " if values.are_unit else ""
    done = f"{before}went through {name}.preprocess_input"
    return Way(name, partial(_preprocess, partial(function, data_format=data_format), values.are_unit), done)


def _preprocess_input(name: str) -> Callable[..., Any]:
    applications = importlib.import_module("keras.applications")
    known = sorted(each for each, module in vars(applications).items() if hasattr(module, "preprocess_input"))
    module = name.removeprefix(_APPLICATIONS)
    if module not in known:
        raise UnknownNameError("module with preprocess_input in keras.applications", module, known)
    return getattr(applications, module).preprocess_input  # type: ignore[no-any-return]


def _preprocess(function: Callable[[Array], Array], are_unit: bool, images: Array) -> Array:
    # Keras works in place, hence the copy.
    copy = images.astype(np.float32)
    return np.asarray(function(_to_bytes(copy) if are_unit else copy))
