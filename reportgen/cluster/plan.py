"""A model, data and options -> a plan: a file from which any process can go through any block of the data."""

from __future__ import annotations

import glob
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from reportgen.errors import DataError, OptionsError
from reportgen.evidence import answers
from reportgen.models import environment
from reportgen.models.blocks import Pass, State
from reportgen.models.compiling import runnable
from reportgen.models.subject import Subject
from reportgen.options import Options, chapters, make, words
from reportgen.pipeline import feeding, origins, passing
from reportgen.pipeline.origins import Origin
from reportgen.pipeline.preparing import prepared
from reportgen.pipeline.probing import needed_by
from reportgen.progress import Progress, silent
from reportgen.records import addresses
from reportgen.sources.dataset import Dataset
from reportgen.sources.remembering import Index, looking_up, writing_down

FORMAT = "reportgen-plan-1"
_MOST_BYTES = 4 << 30
_WRITTEN = ("output", "format", "assets_dir", "summary")
_PATHS = ("import", "font-dir", "config")
_FILES = ("data", "classes", "groups", "policy", "card", "templates")
_PACKAGES = ("python", "reportgen", "tensorflow", "keras", "numpy", "pillow")
"""Versions that have a part in what a block leaves."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done.

    Attributes:
        model: Path of the model.
        model_sha256: Hash of its file.
        data_sha256: Hash of the data.
        num_images: How many images can be read.
        class_names: Names of the classes, as far as they are known.
        options: What the report is made with, by name, as on a command line.
        versions: Versions of what has a part in the numbers.
        passes: By probe, what its pass over the data is: "images", "batch size", the ends of its "blocks", and the hash
            of what was "drawn" at random.
        index: What was found out about the data.
    """

    model: str
    model_sha256: str
    data_sha256: str
    num_images: int
    class_names: tuple[str, ...]
    options: Mapping[str, Any]
    versions: Mapping[str, str]
    passes: Mapping[str, Mapping[str, Any]]
    index: Index = field(repr=False)

    @property
    def sha256(self) -> str:
        """The hash of all but paths, which may differ from machine to machine."""
        options = {name: value for name, value in self.options.items() if name not in (*_FILES, *_PATHS)}
        own = {**_plain(self), "model": "", "options": options, "index": []}
        return hashlib.sha256(json.dumps(own, sort_keys=True).encode()).hexdigest()

    def num_blocks(self, probe: str) -> int:
        """Return how many blocks the pass of a probe has."""
        return len(self.passes[probe]["blocks"])

    def blocks(self, shard: int = 1, shards: int = 1) -> list[tuple[str, int]]:
        """Return the blocks of a shard, 1 … `shards`: of each probe every `shards`-th one."""
        return [(probe, block) for probe in self.passes for block in range(shard - 1, self.num_blocks(probe), shards)]


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """A model and data that are ready to be passed over.

    Attributes:
        origin: The model.
        dataset: The data as they came.
        options: What the report is made with.
        subject: Both together.
        passes: The passes over the data, by probe.
    """

    origin: Origin
    dataset: Dataset
    options: Options
    subject: Subject
    passes: Mapping[str, Pass]


def make_plan(origin: Origin, model: Path, options: Options, progress: Progress = silent) -> tuple[Plan, Dataset]:
    """Look at a model and data, and say what is to be done.

    Args:
        origin: The model, as `origins.load` returned it.
        model: Its file.
        options: What the report is to be made with, data among it.
        progress: Told of every long step.

    Returns:
        The plan, and the data as they came.

    Raises:
        OptionsError: There are no data, or no chapter that is asked for passes over them.
        ReportgenError: The model or the data cannot be used.
    """
    if options.data is None:
        raise OptionsError("A plan is made for passes over data. Expected images. Give them with --data.")
    index: Index = []
    with writing_down(index):
        dataset = feeding.opened(origin.model, options.data, options, progress)
    with _prepared(origin, dataset, options, progress) as ready:
        if not ready.passes:
            raise OptionsError(
                "No chapter that is asked for passes over all images. Expected one, such as 'channels'. Change"
                " --section, or use reportgen build."
            )
        fitted = ready.subject.dataset
        assert fitted is not None, "it was prepared with data"
        plan = Plan(
            model=os.path.abspath(model),
            model_sha256=_sha256_of(origin),
            data_sha256=fitted.sha256,
            num_images=fitted.size,
            class_names=fitted.class_names,
            options=_written(options),
            versions=versions(),
            passes={name: described(each) for name, each in ready.passes.items()},
            index=index,
        )
    return plan, dataset


def described(made: Pass) -> dict[str, Any]:
    """Return what a plan says of a pass."""
    return {
        "images": made.blocks[-1].stop,
        "batch size": made.batch_size,
        "blocks": [block.stop for block in made.blocks],
        "drawn": _sha256_of_arrays(made.drawn),
    }


@contextmanager
def ready(plan: Plan, model: Path | None, data: str | None, progress: Progress = silent) -> Iterator[Ready]:
    """Have model and data ready to be passed over, as a plan says.

    Args:
        plan: The plan.
        model: Where the model is; None for where the plan was made.
        data: Where the data are; None for where they were.
        progress: Told of every long step.

    Raises:
        DataError: Versions, model or data are others than those of the plan, or something else was drawn.
        ReportgenError: Model or data cannot be used.
    """
    check_versions(plan, versions(), "here")
    origin, dataset, options = opened(plan, model, data, progress)
    with _prepared(origin, dataset, options, progress) as found:
        for name, each in found.passes.items():
            if described(each) != plan.passes.get(name):
                raise DataError(
                    f"The pass of {name!r} comes out otherwise than in the plan: other batches, or other images drawn."
                    " Expected the same. Make the plan again on the machine that works on it."
                )
        yield found


def opened(plan: Plan, model: Path | None, data: str | None, progress: Progress) -> tuple[Origin, Dataset, Options]:
    """Load the model and open the data of a plan; errors as `ready`."""
    options = options_of(plan)
    options = options if data is None else options.model_copy(update={"data": data}).read_from(options.config)
    path = model or Path(plan.model)
    if not path.exists():
        raise DataError(
            f"The model of the plan, {path.name!r}, is not there. Expected it where it was when the plan was made. Give"
            " its place with --model."
        )
    origin = origins.load(path, options, progress)
    _check_same("model", plan.model_sha256, _sha256_of(origin))
    assert options.data is not None, "a plan has data"
    with looking_up(plan.index):
        dataset = feeding.opened(origin.model, options.data, options, progress)
    _check_same("data", plan.data_sha256, dataset.sha256)
    return origin, dataset, options


def options_of(plan: Plan) -> Options:
    """Return the options of a plan; errors as `options.make`."""
    config = plan.options.get("config")
    options = make({name: value for name, value in plan.options.items() if name != "config"})
    return options.read_from(Path(config) if config else None)


def formats_of(planned: Options, asked: Sequence[str]) -> tuple[str, ...]:
    """Return the formats to write of what was collected: answers to single images where the plan keeps them.

    Args:
        planned: The options of the plan.
        asked: The formats that are asked for.

    Raises:
        DataError: The plan was made without keeping answers, and they are asked for.
    """
    keeps = answers.FORMAT in planned.format
    if answers.FORMAT in asked and not keeps:
        raise DataError(
            "The plan was made without --keep-answers, so the parts hold no answers to single images. Expected a plan"
            " that was made with it. Make the plan again and collect again, or do without the format 'answers'."
        )
    return tuple(dict.fromkeys((*asked, *((answers.FORMAT,) if keeps else ()))))


@contextmanager
def _prepared(origin: Origin, dataset: Dataset, options: Options, progress: Progress) -> Iterator[Ready]:
    with runnable(origin.model):
        subject = prepared(origin.model, dataset, options, progress)
        passes = passing.to_make(passing.of_probes(subject, needed_by(chapters(options)), options))
        yield Ready(origin, dataset, options, subject, passes)


def versions() -> dict[str, str]:
    """Return the versions that have a part in what a block leaves, by package."""
    found = {fact.name: str(fact.value) for fact in environment.versions()}
    return {name: found[name] for name in _PACKAGES}


def check_versions(plan: Plan, found: Mapping[str, str], where: str) -> None:
    """Refuse other versions than those of a plan.

    Args:
        plan: The plan.
        found: The versions by package.
        where: Where they are, for the sentence.

    Raises:
        DataError: One is another.
    """
    for name, version in plan.versions.items():
        if found.get(name) != version:
            raise DataError(
                f"The plan was made with {name} {version}, and {where} is {found.get(name)}. Expected the same, so that"
                " numbers come out the same. Install it, or make the plan again."
            )


def _check_same(what: str, planned: str, found: str) -> None:
    if planned != found:
        raise DataError(
            f"The {what} is not the one of the plan: SHA-256 {planned[:12]}… in the plan, {found[:12]}… now. Expected"
            f" the same. Give it with --{what}, or make the plan again."
        )


def _sha256_of(origin: Origin) -> str:
    return next((str(fact.value) for fact in origin.facts if fact.name == "SHA-256 of the file"), "")


def _sha256_of_arrays(arrays: State) -> str:
    digest = hashlib.sha256()
    for name, array in arrays.items():
        digest.update(f"{name} {array.dtype.str} {array.shape} ".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _written(options: Options) -> dict[str, Any]:
    """Return the options that a report depends on as a command line has them, with whole paths."""
    usual, found = words(Options()), dict[str, Any]()
    for name, values in words(options).items():
        if values != usual[name] and name not in _WRITTEN:
            found[name] = list(values) if len(values) > 1 else values[0]
    for name in _FILES:
        value = getattr(options, name)
        if value is not None:
            found[name] = _place(str(value))
    found |= {"font-dir": [os.path.abspath(each) for each in options.font_dir]} if options.font_dir else {}
    found |= {"config": os.path.abspath(options.config)} if options.config else {}
    found |= {"format": ["json", answers.FORMAT]} if answers.FORMAT in options.format else {}
    found |= {"import": [_place(each) for each in options.imports]} if options.imports else {}
    return found


def _place(text: str) -> str:
    """Return an address as it may be shown, the whole path of what is here, and any other word as it is."""
    if addresses.scheme_of(text):
        return addresses.shown(text)
    is_path = os.path.exists(text) or os.sep in text or glob.has_magic(text) or "{" in text
    return os.path.abspath(text) if is_path else text


def _plain(plan: Plan) -> dict[str, Any]:
    return {
        "schema": FORMAT,
        "model": plan.model,
        "model_sha256": plan.model_sha256,
        "data_sha256": plan.data_sha256,
        "num_images": plan.num_images,
        "class_names": list(plan.class_names),
        "options": dict(plan.options),
        "versions": dict(plan.versions),
        "passes": {name: dict(each) for name, each in plan.passes.items()},
        "index": plan.index,
    }


def encoded(plan: Plan) -> bytes:
    """Return the bytes of a plan's file."""
    return (json.dumps(_plain(plan), indent=1, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")


def read(path: Path) -> Plan:
    """Read a plan.

    Raises:
        DataError: It cannot be read, or is none.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError("it is too large")
        plan = decoded(path.read_bytes())
    except OSError as error:
        raise DataError(
            f"{path.name!r} cannot be read: {error.strerror or error}. Expected a plan, as reportgen plan writes it."
            " Check its name."
        ) from error
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise DataError(
            f"{path.name!r} is no whole plan ({type(error).__name__}). Expected a file as this version of reportgen"
            " plan writes it. Make the plan again."
        ) from error
    return plan


def decoded(data: bytes) -> Plan:
    """Return the plan of some bytes; `ValueError`, `TypeError` or `KeyError` where they are none."""
    plain = json.loads(data)
    if not isinstance(plain, dict) or plain.pop("schema", None) != FORMAT:
        raise ValueError("no plan")
    plan = Plan(**plain)
    if not plan.passes or not all(isinstance(each["blocks"], list) for each in plan.passes.values()):
        raise ValueError("no passes")
    return replace(plan, class_names=tuple(plan.class_names))


def shard_of(text: str) -> tuple[int, int]:
    """Return the number of a shard and how many there are.

    Raises:
        OptionsError: It is no such pair.

    >>> shard_of("2/7")
    (2, 7)
    """
    first, slash, second = text.partition("/")
    if slash and first.isdecimal() and second.isdecimal() and 1 <= int(first) <= int(second):
        return int(first), int(second)
    raise OptionsError(
        f"--shard got {text!r}. Expected a number and how many there are, from 1/1 on. Write for example --shard 2/7."
    )


def missing_words(missing: Sequence[tuple[str, int]]) -> str:
    """Return blocks in words, the first few of them."""
    said = [f"{probe} {block}" for probe, block in missing[:5]]
    return ", ".join(said) + (f" and {len(missing) - 5} more" if len(missing) > 5 else "")
