"""Words of a command line, a TOML file or a Python call -> checked options. One set of names for all three."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, field_validator

from reportgen import registry
from reportgen.errors import OptionsError
from reportgen.options.forms import (
    LEAST_SIZE,
    Pick,
    check_budget,
    check_macs,
    check_preprocess,
    function_name,
    parse_annexes,
    parse_dream,
    parse_feature,
    parse_rename,
    parse_shape,
    parse_size,
    size_words,
)
from reportgen.records import addresses
from reportgen.renderers import DEFAULTS
from reportgen.sections import VERDICT


class Options(BaseModel):
    """What a report is made with. Every field is an option of `reportgen build` under the same name.

    Attributes:
        output: Folder that the files are written to.
        format: Formats to write.
        assets_dir: Name of a folder beside the page for its style sheet and pictures; None for all in one file.
        summary: File that a summary in Markdown is appended to, or None.
        data: Where images come from: a file, a folder, or "digits".
        classes: File of class names by index.
        groups: File that sorts classes into kinds, CSV or TOML.
        pick: Ways to choose samples, in order; () for the default.
        layers: Shell pattern; conv and pooling calls whose path or name matches get activation grids.
        rename: Pairs OLD=NEW of layer names.
        title: Title of the report; None for "What NAME sees".
        colormap: Colours of activation maps.
        maps: Where the maps of a conv layer are drawn: "activated", after the batch normalization and activation that
            follow it, or "raw", at its own output.
        scale_maps: Grey scale of a map: its own, or common to all maps of a layer.
        max_size: Most bytes that the web page may have, with its folder of assets where there is one; the largest grids
            of maps give way.
        pdf_channels: Most maps of one layer in the PDF; None for as many as the web page has.
        pdf_annexes: Annexes that are in the PDF: "all", "none" or names of chapters.
        preprocess: How pixel values are brought to the model's range; also called "scale_input". In Python, a function
            that takes and returns a batch will do.
        resize: How an image of another size is brought to the model's: "crop" keeps its proportions and cuts its centre
            out, "stretch" does not; None for "crop", where it enlarges nothing more than eightfold.
        card: What only the owner of the model can say, TOML; None: the report has no chapter of it.
        policy: What the network has to show, a TOML file; None for nothing.
        answers: What picture-shaped outputs answer with: "classes" for each pixel, the "input" again, or "values";
            "auto" decides by their shapes, by what they end in and by what is given as true.
        feature: Pairs of "image", "label" or "mask" and the name of the feature of a TFRecord file that holds it.
        imports: Python files or modules of the user's own that are run first, for their classes; the option is called
            "import", a word that Python keeps for itself.
        input_shape: Shape of one sample, for a model that leaves it open: 224,224,3 of an image, 16000,1 of a signal;
            () for what the data or the model says.
        max_parameters: How many weights a file may ask for.
        max_memory: How many bytes the largest output of one layer may take for one image.
        section: Chapters to write; () for all.
        skip_section: Chapters to leave out.
        ablation_budget: What switching channels off may cost: "auto", seconds ("60s"), or forward passes of one image
            ("5000").
        why: Methods by which it is shown where the evidence for an answer is; () for all.
        why_budget: What explaining the samples' answers may cost: "auto", or a number of multiply-adds.
        dream: Pairs of a conv layer and a channel of it for which the image is made that moves it most; () for the
            three most important channels of the last conv layer.
        dream_steps: Steps of the gradient ascent that makes one; None for 64, or fewer in a big network.
        font_dir: Folders of fonts for characters that the bundled ones lack.
        templates: Folder of templates that take the place of the report's own.
        seed: Seed of everything random.
        limit: How many images every channel is watched on, drawn at random; None for all.
        limit_answers: How many images are looked at at all, drawn at random; None for all.
        nearly_dead: A channel that fires in a smaller share of the images is called nearly dead, 0..1.
        copy_correlation: A channel that correlates with another by more than this is called its copy, 0..1.
        class_level: Largest chance, 0..1, at which a channel is said to speak for a class.
        class_selectivity: Least class selectivity index, 0..1, of a channel that is said to speak for a class.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    output: Path = Path("reportgen-report")
    format: tuple[str, ...] = DEFAULTS
    assets_dir: str | None = None
    summary: Path | None = None
    data: str | None = None
    classes: Path | None = None
    groups: Path | None = None
    pick: tuple[Pick, ...] = ()
    layers: str = "*"
    rename: tuple[tuple[str, str], ...] = ()
    title: str | None = None
    colormap: Literal["gray", "viridis"] = "gray"
    maps: Literal["activated", "raw"] = "activated"
    scale_maps: Literal["own", "common"] = "own"
    max_size: int = 25_000_000
    pdf_channels: int | None = Field(default=None, gt=0)
    pdf_annexes: tuple[str, ...] = ("all",)
    preprocess: str | Callable[..., Any] = "auto"
    resize: Literal["crop", "stretch"] | None = None
    policy: Path | None = None
    card: Path | None = None
    answers: Literal["auto", "classes", "input", "values"] = "auto"
    feature: tuple[tuple[str, str], ...] = ()
    imports: tuple[str, ...] = ()
    input_shape: tuple[int, ...] = ()
    max_parameters: int = Field(default=2_000_000_000, gt=0)
    max_memory: int = Field(default=4 << 30, gt=0)
    section: tuple[str, ...] = ()
    skip_section: tuple[str, ...] = ()
    ablation_budget: str = "auto"
    why: tuple[Literal["integrated-gradients", "occlusion", "cam"], ...] = ()
    why_budget: str = "auto"
    dream: tuple[tuple[str, int], ...] = ()
    dream_steps: int | None = Field(default=None, gt=0, le=10_000)
    font_dir: tuple[Path, ...] = ()
    templates: Path | None = None
    seed: int = Field(default=0, ge=0, lt=2**32)
    limit: int | None = Field(default=None, gt=0)
    limit_answers: int | None = Field(default=None, gt=0)
    nearly_dead: float = Field(default=0.001, ge=0, le=1)
    copy_correlation: float = Field(default=0.99, gt=0, lt=1)
    class_level: float = Field(default=0.005, ge=0.001, lt=1)
    class_selectivity: float = Field(default=0.33, ge=0, lt=1)

    _config: Path | None = PrivateAttr(default=None)

    @property
    def config(self) -> Path | None:
        """The file that some of these options were read from, or None: no option itself, it changes no report."""
        return self._config

    def read_from(self, config: Path | None) -> Options:
        """Return the same options with the file that some of them were read from."""
        copy = self.model_copy()
        copy._config = config
        return copy

    @field_validator("pick", mode="before")
    @classmethod
    def _read_picks(cls, value: object) -> object:
        return tuple(item if isinstance(item, Pick) else Pick.parse(str(item)) for item in _as_tuple(value))

    @field_validator("rename", mode="before")
    @classmethod
    def _read_renames(cls, value: object) -> object:
        return tuple(parse_rename(item) if isinstance(item, str) else item for item in _as_tuple(value))

    @field_validator("feature", mode="before")
    @classmethod
    def _read_features(cls, value: object) -> object:
        return tuple(parse_feature(item) if isinstance(item, str) else item for item in _as_tuple(value))

    @field_validator("input_shape", mode="before")
    @classmethod
    def _read_shape(cls, value: object) -> object:
        written = ",".join(map(str, value)) if isinstance(value, list | tuple) and value else value
        return parse_shape(written) if isinstance(written, str) else written

    @field_validator("max_size", mode="before")
    @classmethod
    def _read_size(cls, value: object) -> object:
        size_bytes = parse_size(value) if isinstance(value, str) else value
        if isinstance(size_bytes, int) and size_bytes < LEAST_SIZE:
            raise OptionsError(
                f"The web page cannot be held to {value!r}. Expected {size_words(LEAST_SIZE)} or more. Write for"
                " example --max-size 25MB."
            )
        return size_bytes

    @field_validator("preprocess", mode="before")
    @classmethod
    def _check_preprocess(cls, value: object) -> object:
        return check_preprocess(value)

    @field_validator("dream", mode="before")
    @classmethod
    def _read_dreams(cls, value: object) -> object:
        return tuple(parse_dream(item) if isinstance(item, str) else item for item in _as_tuple(value))

    @field_validator("ablation_budget", mode="before")
    @classmethod
    def _check_budget(cls, value: object) -> object:
        return check_budget(str(value))

    @field_validator("why_budget", mode="before")
    @classmethod
    def _check_why_budget(cls, value: object) -> object:
        return check_macs(str(value))

    @field_validator("pdf_annexes", mode="before")
    @classmethod
    def _read_annexes(cls, value: object) -> object:
        return parse_annexes(_as_tuple(value), registry.names("sections"))

    @field_validator("imports", "font_dir", mode="before")
    @classmethod
    def _read_several(cls, value: object) -> object:
        return tuple(_as_tuple(value))

    @field_validator("format", "section", "skip_section", "why", mode="before")
    @classmethod
    def _read_lists(cls, value: object) -> object:
        items = _as_tuple(value)
        return tuple(item for place, item in enumerate(items) if item not in items[:place])

    @field_validator("section", "skip_section")
    @classmethod
    def _check_chapters(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        known = registry.names("sections")
        for name in value:
            if name not in known:
                raise OptionsError(
                    f"There is no chapter called {name!r}.{meant(name, known)} Expected one of: {', '.join(known)}."
                )
        return value

    @field_validator("format")
    @classmethod
    def _check_formats(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        known = registry.names("renderers")
        for name in value:
            if name not in known:
                quoted = [repr(each) for each in known]
                raise OptionsError(
                    f"The option format got {name!r}. Expected: {', '.join(quoted[:-1])} or {quoted[-1]}. See reportgen"
                    " build --help."
                )
        return value


def make(values: Mapping[str, Any]) -> Options:
    """Check a set of values.

    Args:
        values: By option name, with "_" or "-"; what is absent keeps its default.

    Raises:
        OptionsError: A name is unknown, in which case the known ones are listed, or a value is not allowed.
    """
    named = {field_of(key): value for key, value in values.items()}
    if len(named) < len(values):
        twice = next(name for name in named if sum(field_of(key) == name for key in values) > 1)
        written = " and ".join(repr(key) for key in values if field_of(key) == twice)
        raise OptionsError(f"One option is given twice, as {written}. Expected one value. Leave one of them out.")
    for key in named:
        if key not in Options.model_fields:
            known = list(map(_option, Options.model_fields))
            raise OptionsError(
                f"There is no option {_option(key)!r}.{meant(_option(key), known)} Expected one of: {', '.join(known)}."
            )
        if isinstance(named[key], bool) and Options.model_fields[key].annotation is not bool:
            raise OptionsError(
                f"The option {_option(key)} got {named[key]}. Expected: a value, not true or false. See reportgen build"
                " --help."
            )
    try:
        return Options(**named)
    except ValidationError as error:
        first = error.errors()[0]
        name, came = _option(str(first["loc"][0])), first["input"]
        seen = came.isoformat() if hasattr(came, "isoformat") else repr(came)
        expected = _EXPECTED.get(first["type"]) or first["msg"].removeprefix("Input should be ")
        raise OptionsError(
            f"The option {name} got {seen}. Expected: {expected}. See reportgen build --help."
        ) from error


# What pydantic says in words of its own.
_EXPECTED = {
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float", "int_parsing_size"), "a whole number"),
    **dict.fromkeys(("float_type", "float_parsing"), "a number"),
    "path_type": "a path",
    "string_type": "a text",
    "tuple_type": "a list",
}


def chapters(options: Options) -> tuple[str, ...]:
    """Return the names of the chapters to write, in the report's order.

    Raises:
        OptionsError: Nothing is left, or there is a policy and no chapter for what came of it.

    >>> chapters(make({"section": ["edges", "summary"]}))
    ('summary', 'edges')
    """
    known = registry.names("sections")
    wanted = options.section or known
    chosen = tuple(name for name in known if name in wanted and name not in options.skip_section)
    if not chosen:
        raise OptionsError("No chapter is left to write. Expected at least one. Change --section or --skip-section.")
    if options.policy is not None and VERDICT not in chosen:
        raise OptionsError(
            f"A policy was given, but the chapter {VERDICT!r}, which says what came of it, is left out. Expected it"
            " among the chapters. Choose it with --section, or do without --policy."
        )
    return chosen


def foreseen(options: Options) -> tuple[str, ...]:
    """Return the names of the chapters that a report can have; errors as for `chapters`.

    >>> foreseen(make({"section": ["summary", "policy"]}))
    ('summary',)
    """
    return tuple(name for name in chapters(options) if name != VERDICT or options.policy is not None)


def words(options: Options) -> dict[str, tuple[str, ...]]:
    """Return what has to be written on a command line for these options, by option name; () for one that is not set.

    Folders are left out of the names of files, and the options that change no report are left out.

    >>> words(make({"pick": ["wrong:2"], "data": "somewhere/digits.npz"}))["pick"]
    ('wrong:2',)
    """
    written: dict[str, tuple[str, ...]] = {}
    for name in Options.model_fields:
        value = getattr(options, name)
        if name in {"output", "format", "assets_dir", "summary"}:
            continue
        if name in {"rename", "feature"}:
            value = tuple(f"{first}={second}" for first, second in value)
        elif name == "dream":
            value = tuple(f"{layer}:{channel}" for layer, channel in value)
        elif name in {"data", "classes", "policy", "card", "groups", "templates"} and value is not None:
            value = Path(addresses.shown(str(value))).name
        listed = () if value is None else _as_tuple(value)
        if name == "max_size":
            listed = (size_words(options.max_size),)
        if name == "input_shape" and listed:
            listed = (",".join(map(str, listed)),)
        elif name == "pdf_annexes":
            listed = (",".join(value),)
        elif name == "preprocess" and callable(value):
            listed = (function_name(value),)
        elif name in {"imports", "font_dir"}:
            listed = tuple(Path(item).name for item in listed)
        written[_option(name)] = tuple(str(item) for item in listed)
    return written


def in_python(message: str) -> str:
    """Return an error's sentence with the options that it names as Python spells them.

    >>> in_python("Give the class names with --classes, or choose with --pick and --max-size.")
    'Give the class names with class_names=, or choose with pick= and max_size=.'
    """

    def spelled(found: re.Match[str]) -> str:
        field = field_of(found[1])
        return f"{_IN_PYTHON.get(field, field)}=" if field in Options.model_fields else found[0]

    return re.sub(r"--([a-z][a-z-]*[a-z])", spelled, message)


# What has another name where models and images are in memory.
_IN_PYTHON = {"classes": "class_names", "data": "images", "output": "directory"}


def meant(name: str, known: Sequence[str]) -> str:
    """Return the question whether the nearest of the known names was meant; nothing where none is near."""
    near = get_close_matches(name.lower(), known, 1)
    return f" Did you mean {near[0]!r}?" if near else ""


def field_of(option: str) -> str:
    """Return the field that an option of this name is kept in."""
    name = option.replace("-", "_")
    return {"import": "imports", "scale_input": "preprocess"}.get(name, name)


def _option(field: str) -> str:
    return "import" if field == "imports" else field.replace("_", "-")


def _as_tuple(value: object) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list | tuple) else (value,)
