"""What an option may look like where it is written: a text -> its value, or a sentence that says what it should be."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from reportgen.errors import OptionsError
from reportgen.language.sizes import parse_size as parse_size
from reportgen.language.sizes import size_words as size_words

_ANONYMOUS = "a function of the caller"
PREPROCESSING = ("auto", "none", "1/255", "-1..1", "0..255")
"""Ways to scale pixel values that have a name of their own."""
_PREPROCESSING_FORM = re.compile(r"keras\.applications\.[a-z]\w*|[A-Za-z_][\w.]*:[A-Za-z_]\w*")
_BUDGET_FORM = re.compile(r"[0-9]{1,9}|[0-9]{1,9}(\.[0-9]{1,3})?s")
_MACS_FORM = re.compile(r"[0-9]{1,18}(\.[0-9]{1,9})?(e[0-9]{1,2})?")
FEATURE_ROLES = ("image", "label", "mask")
LEAST_SIZE = 100_000
"""Fewest bytes that a web page may be held to: its type and its words alone take as much."""
PICK_KINDS = ("index", "per-class", "random", "confident", "uncertain", "wrong")


@dataclass(frozen=True, slots=True)
class Pick:
    """A way to choose samples.

    Attributes:
        kind: One of `PICK_KINDS`.
        numbers: The indices for "index", else one number: how many.
    """

    kind: str
    numbers: tuple[int, ...]

    @classmethod
    def parse(cls, text: str) -> Pick:
        """Read a way to choose from its written form.

        Raises:
            OptionsError: The form is not KIND:NUMBERS with a known kind and whole numbers of 0 or more.

        >>> Pick.parse("index:2,17")
        Pick(kind='index', numbers=(2, 17))
        """
        kind, _, rest = text.partition(":")
        parts = [part.strip() for part in rest.split(",")]
        good = kind in PICK_KINDS and all(part.isascii() and part.isdigit() for part in parts)
        if good and (kind == "index" or (len(parts) == 1 and int(parts[0]) > 0)):
            return cls(kind, tuple(int(part) for part in parts))
        raise OptionsError(
            f"Samples cannot be picked by {text!r}. Expected index:NUMBERS, or one of "
            f"{', '.join(PICK_KINDS[1:])} with a number of 1 or more. Write for example index:2,17 or confident:2."
        )

    def __str__(self) -> str:
        return f"{self.kind}:{','.join(map(str, self.numbers))}"


def check_preprocess(given: object) -> str | Callable[..., Any]:
    """Return a way to scale pixel values as it was given; whether Keras or a module has it is found out later.

    Raises:
        OptionsError: It has none of the known forms, and is no function.
    """
    if isinstance(given, str) and (given in PREPROCESSING or _PREPROCESSING_FORM.fullmatch(given)):
        return given
    if callable(given):
        return given
    raise OptionsError(
        f"Pixel values cannot be scaled by {given!r}. Expected one of {', '.join(PREPROCESSING)}, "
        "keras.applications.NAME or module:function. Write for example 1/255 or keras.applications.resnet50."
    )


def function_name(function: Callable[..., Any]) -> str:
    """Return what a function is called by those who did not write it: by its module and name, where it has both.

    >>> import os.path
    >>> function_name(os.path.commonpath), function_name(lambda images: images / 2)
    ('posixpath.commonpath', 'a function of the caller')
    """
    name, module = getattr(function, "__qualname__", ""), getattr(function, "__module__", None)
    if not isinstance(name, str) or not isinstance(module, str) or not name or "<lambda>" in name:
        return _ANONYMOUS
    if module == "__main__" or "<locals>" in name:
        return f"{name.rpartition('.')[2]}, {_ANONYMOUS}"
    # Keras exports its functions under shorter names than those of its modules.
    public = module.replace("keras.src.", "keras.", 1)
    known = getattr(sys.modules.get(public), name, None)
    return f"{public if known is function else module}.{name}"


def check_budget(text: str) -> str:
    """Return what switching channels off may cost, as it was given.

    Raises:
        OptionsError: It is neither "auto" nor a positive number, with an "s" for seconds.

    >>> check_budget("60s"), check_budget("5000")
    ('60s', '5000')
    """
    if text == "auto" or (_BUDGET_FORM.fullmatch(text) and float(text.removesuffix("s"))):
        return text
    raise OptionsError(
        f"Channels cannot be switched off within {text!r}. Expected seconds, such as 60s, or a number of forward passes"
        " of one image, such as 5000. Write for example 60s."
    )


def check_macs(text: str) -> str:
    """Return how many multiply-adds explaining answers may take, as it was given, a number as whole digits.

    Raises:
        OptionsError: It is neither "auto" nor a positive number.

    >>> check_macs("auto"), check_macs("2e11")
    ('auto', '200000000000')
    """
    if text == "auto":
        return text
    if _MACS_FORM.fullmatch(text) and float(text) >= 1:
        return str(int(float(text)))
    raise OptionsError(
        f"Answers cannot be explained within {text!r}. Expected a number of multiply-adds, such as 2e11, or auto. Write"
        " for example 2e11."
    )


def parse_annexes(items: Sequence[object], chapters: Sequence[str]) -> tuple[str, ...]:
    """Read which annexes the PDF has.

    Args:
        items: Names, or texts with several names and commas between them.
        chapters: Names of all chapters.

    Raises:
        OptionsError: There is no such chapter, or "all" or "none" stands beside another name.

    >>> parse_annexes(["calculations, names"], ["calculations", "names", "glossary"])
    ('calculations', 'names')
    """
    names = tuple(dict.fromkeys(part.strip() for item in items for part in str(item).split(",")))
    known = ("all", "none", *chapters)
    for name in names:
        if name not in known or (name in known[:2] and len(names) > 1):
            raise OptionsError(
                f"The annexes of the PDF cannot be {', '.join(names)!r}. Expected all, none, or names of chapters with"
                " commas between them. Write for example --pdf-annexes calculations,provenance."
            )
    return names


def parse_dream(text: str) -> tuple[str, int]:
    """Read LAYER:CHANNEL.

    Raises:
        OptionsError: There is no ":", a side is empty, or the channel is no whole number.

    >>> parse_dream("conv_1:17")
    ('conv_1', 17)
    """
    layer, _, channel = text.rpartition(":")
    if layer and re.fullmatch("[0-9]{1,9}", channel):
        return layer, int(channel)
    raise OptionsError(
        f"A channel cannot be named by {text!r}. Expected LAYER:CHANNEL, with a whole number from 0. Write for example"
        " conv_1:17."
    )


def parse_rename(text: str) -> tuple[str, str]:
    """Read OLD=NEW.

    Raises:
        OptionsError: There is no "=", or a side is empty.

    >>> parse_rename("conv_1=second")
    ('conv_1', 'second')
    """
    old, sign, new = text.partition("=")
    if not (sign and old and new):
        raise OptionsError(
            f"A layer cannot be renamed by {text!r}. Expected OLD=NEW. Write for example input_layer=conv_0."
        )
    return old, new


def parse_feature(text: str) -> tuple[str, str]:
    """Read ROLE=NAME, what a feature of a TFRecord file holds and what it is called.

    Raises:
        OptionsError: The role is none of "image", "label" and "mask", or there is no name.

    >>> parse_feature("image=scan/raw")
    ('image', 'scan/raw')
    """
    role, sign, name = text.partition("=")
    if role not in FEATURE_ROLES or not (sign and name):
        raise OptionsError(
            f"A feature cannot be named by {text!r}. Expected image=NAME, label=NAME or mask=NAME. Write for example "
            "image=image_raw."
        )
    return role, name


def parse_shape(text: str) -> tuple[int, ...]:
    """Read the shape of one image, batch axis left out.

    Raises:
        OptionsError: It is not a row of whole numbers of 1 or more.

    >>> parse_shape("224,224,3"), parse_shape("28x28x1")
    ((224, 224, 3), (28, 28, 1))
    """
    parts = [part.strip() for part in text.replace("×", "x").replace("x", ",").split(",")]
    if all(part.isascii() and part.isdigit() and int(part) > 0 for part in parts):
        return tuple(int(part) for part in parts)
    raise OptionsError(
        f"{text!r} is not the shape of an image. Expected whole numbers with commas, without the batch axis. Write for "
        "example 224,224,3."
    )
